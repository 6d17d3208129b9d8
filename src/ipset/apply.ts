// One `ipset` command line, and what the program says to it.

import type { Diagnostics } from '../text/diagnostic.ts';
import type { IpsetCollection } from './collection.ts';
import { runCommand } from './command.ts';
import { type Fault, Faults, reportFault, type Word } from './fault.ts';
import { restoreLines } from './restore.ts';
import { type IpsetContext, newSession, PROGRAM } from './session.ts';

/** What the program does beside changing sets. */
export interface IpsetOutcome {
  /** Exit code. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Where `-file` sends what would go to standard output. */
  readonly file?: string;
  /** What is wrong with the command; what it would have changed is not changed. */
  readonly fault?: Fault;
}

/**
 * Runs one `ipset` command line; `words` are those behind the program's name. What is wrong goes to `diagnostics` for people, and to
 * the outcome as the program itself says it.
 */
export function applyIpsetCommand(
  collection: IpsetCollection,
  words: readonly Word[],
  context: IpsetContext,
  diagnostics?: Diagnostics,
): IpsetOutcome {
  const faults = new Faults();
  const session = newSession();
  let result = runCommand(collection, words, session, context, faults);
  if (result?.restores) result = restoreLines(collection, context.open?.(session.file), session, context, faults);
  const { fault } = faults;
  const span = fault?.span ?? words[0]?.span;
  if (fault && diagnostics && span) reportFault(fault, diagnostics, span);
  const stdout = result?.stdout ?? '';
  const notices = session.quiet ? '' : (fault ? '' : warningText(faults)) + (result?.stderr ?? '');
  if (!fault) {
    return {
      status: result?.status ?? 0,
      stdout,
      stderr: notices,
      ...(session.file === undefined ? {} : { file: session.file }),
    };
  }
  return { status: fault.isUsage ? 2 : 1, stdout, stderr: session.quiet ? '' : notices + faultText(fault), fault };
}

function warningText({ warnings }: Faults): string {
  return warnings.length === 0 ? '' : `Warning: ${warnings.join('\n')}\n`;
}

/** A fault as ipset prints it. */
function faultText({ text, isUsage }: Fault): string {
  return `${PROGRAM}: ${text}\n${isUsage ? `Try \`ipset help' for more information.\n` : ''}`;
}
