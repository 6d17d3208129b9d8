// A call of a tool, and its answer.

import type { Word } from '../ruleset/lexer.ts';
import type { Source } from '../text/source.ts';

/** A call of a tool. */
export interface Call {
  /** As the script called it, without its path. */
  readonly tool: string;
  readonly args: readonly string[];
  /** Reads a file that the words name; undefined when it cannot be read. */
  readFile(path: string): Source | undefined;
  /** Standard input; asked for at most once. Throws InputNeeded as long as it is not there. */
  readInput(): Source;
  writeFile(path: string, text: string): void;
}

/** The call cannot be answered without its standard input. */
export class InputNeeded extends Error {
  override readonly name = 'InputNeeded';
}

export interface Answer {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** An answer that says that something cannot be recorded. */
export function refuse(message: string): Answer {
  return { status: 1, stdout: '', stderr: `hookline record: ${message}\n` };
}

/** The words of a call with their places in a line that one would type for it. */
export function wordsOf(tool: string, args: readonly string[]): Word[] {
  let text = tool;
  const places = args.map((arg) => {
    const shown = /^[\w./:,@%+=!-]+$/.test(arg) ? arg : `'${arg}'`;
    const start = text.length + 1;
    text += ` ${shown}`;
    return { arg, start, end: text.length };
  });
  const source: Source = { name: tool, text };
  return places.map(({ arg, start, end }) => ({ text: arg, span: { source, start, end }, quoted: false }));
}
