// What the commands of one run of `ipset` share.

import type { Source } from '../text/source.ts';
import { didYouMean } from '../text/suggest.ts';
import type { IpsetCollection } from './collection.ts';
import { checkSetName } from './entry.ts';
import { type Faults, REFUSALS, type Word } from './fault.ts';

export const PROGRAM = 'ipset v7.17';

/** What commands depend on besides the sets and their words. */
export interface IpsetContext {
  /** Whether a rule refers to a set: then it can be neither destroyed nor renamed. */
  isUsed?(name: string): boolean;
  /** Gives the seed of a hash that no option gives: a number below 2 to the 32nd. */
  random(): number;
  /** Opens what `restore` reads: a file, or standard input. */
  open?(path: string | undefined): Source | undefined;
}

export type ListMode = 'plain' | 'save' | 'xml';

/** Options that hold for a command, or for the rest of a file that is restored. */
export interface Session {
  exist: boolean;
  quiet: boolean;
  sorted: boolean;
  /** `list -n` and `list -t`. */
  namesOnly: boolean;
  terse: boolean;
  mode: ListMode | undefined;
  file: string | undefined;
}

export function newSession(): Session {
  return { exist: false, quiet: false, sorted: false, namesOnly: false, terse: false, mode: undefined, file: undefined };
}

/** What a command that went well gives. */
export interface CommandResult {
  readonly status?: number;
  readonly stdout?: string;
  readonly stderr?: string;
  /** The command asks for a text to be restored. */
  readonly restores?: boolean;
}

/** What a command works on. */
export interface Work {
  readonly collection: IpsetCollection;
  readonly session: Session;
  readonly context: IpsetContext;
  readonly faults: Faults;
}

/** The index of a set that must be there. */
export function findSet(word: Word, collection: IpsetCollection, faults: Faults): number | undefined {
  if (!checkSetName(word, faults)) return undefined;
  const index = collection.indexOf(word.text);
  if (index >= 0) return index;
  return faults.fail('unknown-set', REFUSALS['unknown-set'], word.span, didYouMean(word.text, collection.names()));
}
