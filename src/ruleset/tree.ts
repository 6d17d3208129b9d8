// The ruleset as text has it: tables, chains, rules with their matches and targets, each with its span.
//
// Comes in from the parser; goes out to the printer (text again) and to lowering (IR). Knows nothing of packets.

import type { Family, TableName } from '../ir/ir.ts';
import type { Source, Span } from '../text/source.ts';
import type { MatchExtension, TargetExtension } from './extension.ts';

export interface Counters {
  readonly packets: bigint;
  readonly bytes: bigint;
}

/** A value that `!` may stand in front of. */
export interface Invertible<T> {
  readonly value: T;
  readonly invert: boolean;
}

/** An address with its mask, both 4 or 16 bytes. The mask need not be a prefix. */
export interface AddressMask {
  readonly address: Uint8Array;
  readonly mask: Uint8Array;
}

export interface MatchTree {
  readonly extension: MatchExtension;
  /** What the extension's `create` made and its options have set. */
  readonly options: unknown;
  readonly span: Span;
}

export type TargetTree =
  | { readonly kind: 'chain'; readonly jump: 'jump' | 'goto'; readonly chain: string; readonly span: Span }
  | { readonly kind: 'standard'; readonly verdict: 'ACCEPT' | 'DROP' | 'RETURN' | 'QUEUE'; readonly span: Span }
  | { readonly kind: 'extension'; readonly extension: TargetExtension; readonly options: unknown; readonly span: Span };

export interface RuleTree {
  /** The whole line. Rules of one line (lists of addresses) share it. */
  readonly span: Span;
  readonly counters?: Counters;
  readonly source?: Invertible<AddressMask>;
  readonly destination?: Invertible<AddressMask>;
  readonly inInterface?: Invertible<string>;
  readonly outInterface?: Invertible<string>;
  /** Protocol number. IPv6 only: 0 for `-p all`, which asks that the header chain be readable; IPv4 has no trace of it. */
  readonly protocol?: Invertible<number>;
  /** IPv4 `-f`. */
  readonly fragment?: { readonly invert: boolean };
  /** In the order given; `-m tcp` that `-p tcp` implies included. */
  readonly matches: readonly MatchTree[];
  readonly target?: TargetTree;
}

export interface ChainTree {
  readonly name: string;
  /** Where it is declared; for a base chain that no line names, the line of its table. */
  readonly span: Span;
  /** Of a base chain, and of no other. */
  readonly policy?: 'ACCEPT' | 'DROP';
  readonly counters?: Counters;
  readonly rules: RuleTree[];
}

export interface TableTree {
  readonly name: TableName;
  readonly span: Span;
  /** All base chains in the order of their hooks, then user chains in the order declared. */
  readonly chains: ChainTree[];
}

export interface RulesetTree {
  readonly source: Source;
  readonly family: Family;
  /** In the order of the text; a table that the text loads twice stands where it came first, as its last load left it. */
  readonly tables: TableTree[];
}
