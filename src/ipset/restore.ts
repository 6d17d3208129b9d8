// `ipset save` text: commands line by line.

import type { Diagnostics } from '../text/diagnostic.ts';
import type { Source } from '../text/source.ts';
import { IpsetCollection } from './collection.ts';
import { runCommand } from './command.ts';
import { Faults, reportFault, type Word } from './fault.ts';
import { type CommandResult, type IpsetContext, newSession, type Session } from './session.ts';
import { splitLine } from './words.ts';

/** Longest line with its line end. Ref: ipset 7.17, lib/ipset.c MAX_CMDLINE_CHARS */
const LINE_CHARACTERS_MAX = 1023;

interface Line {
  readonly number: number;
  readonly words: readonly Word[];
  readonly faults: Faults;
}

/** The lines of a text that are commands. */
function* linesOf(source: Source): Generator<Line> {
  const { text } = source;
  let number = 0;
  for (let start = 0; start < text.length; number++) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    const line = text.slice(start, end).trimStart();
    if (line !== '' && !line.startsWith('#') && line.trimEnd() !== 'COMMIT') {
      const faults = new Faults();
      const span = { source, start, end };
      if (end - start >= LINE_CHARACTERS_MAX) {
        faults.fail('line-too-long', `ipset reads lines of at most ${LINE_CHARACTERS_MAX - 1} characters`, span);
      }
      yield { number: number + 1, words: splitLine(source, start, end, faults), faults };
    }
    start = end + 1;
  }
}

/** Reads `ipset save` text, reporting everything that is wrong with it. */
export function readIpsets(source: Source, context: IpsetContext, diagnostics: Diagnostics): IpsetCollection {
  const collection = new IpsetCollection();
  const session = newSession();
  for (const { words, faults } of linesOf(source)) {
    if (!faults.fault) runCommand(collection, words, session, context, faults, true);
    const span = words[0]?.span;
    if (!span) continue;
    for (const warning of faults.warnings) diagnostics.warning('ignored-option', warning.replace(/\.$/, ''), span);
    if (faults.fault) reportFault(faults.fault, diagnostics, span);
  }
  return collection;
}

/** `ipset restore`: runs the lines of a text until one fails. */
export function restoreLines(
  collection: IpsetCollection,
  source: Source | undefined,
  session: Session,
  context: IpsetContext,
  faults: Faults,
): CommandResult | undefined {
  if (!source) return faults.fail('no-input', 'Cannot open file to restore from');
  session.file = undefined;
  let stdout = '';
  let stderr = '';
  for (const line of linesOf(source)) {
    const result = line.faults.fault ? undefined : runCommand(collection, line.words, session, context, line.faults, true);
    stdout += result?.stdout ?? '';
    stderr += result?.stderr ?? '';
    faults.warnings.push(...line.faults.warnings);
    const { fault } = line.faults;
    if (!fault) continue;
    const text = fault.isUsage ? fault.text : `Error in line ${line.number}: ${fault.text}`;
    faults.fault = { ...fault, text };
    return { stdout, stderr };
  }
  return { stdout, stderr };
}
