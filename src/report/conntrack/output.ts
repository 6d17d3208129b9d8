// The forms that connections are written in: those of `conntrack -o`, the kernel's own list, and JSON.

import { didYouMean } from '../../text/suggest.ts';
import type { Connection } from './connection.ts';
import { jsonLine } from './json.ts';
import { listLine, type Shown } from './list.ts';
import { listed, type TableSettings } from './message.ts';
import { procLine } from './proc.ts';
import { saveLine } from './save.ts';
import { XML_HEAD, XML_TAIL, xmlElement } from './xml.ts';

const FORMS = ['xml', 'save', 'proc', 'json'] as const;
const SHOWN = ['extended', 'id', 'timestamp', 'ktimestamp', 'labels'] as const;
/** What can be asked for, separated by commas. */
export const OUTPUT_WORDS: readonly string[] = [...SHOWN, ...FORMS];

export interface ConntrackOutput extends Shown {
  readonly form: 'list' | (typeof FORMS)[number];
}

/** As `conntrack -L` without `-o`. */
export const PLAIN: ConntrackOutput = readOutput('')!;

function readOutput(text: string): ConntrackOutput | undefined {
  const words = text === '' ? [] : text.split(',');
  const forms = FORMS.filter((form) => words.includes(form));
  if (words.some((word) => !OUTPUT_WORDS.includes(word)) || forms.length > 1) return undefined;
  const shown = Object.fromEntries(SHOWN.map((name) => [name, words.includes(name)])) as unknown as Shown;
  return { form: forms[0] ?? 'list', ...shown };
}

/** What is written: the table, or what happens to it. */
export type OutputUse = 'table' | 'events';

/** Why a text says no form; undefined = it says one. */
export function outputFault(text: string, use: OutputUse = 'table'): string | undefined {
  const words = text.split(',');
  const stranger = words.find((word) => !OUTPUT_WORDS.includes(word));
  if (stranger !== undefined) {
    return `"${stranger}" is not one of ${OUTPUT_WORDS.join(', ')}${didYouMean(stranger, OUTPUT_WORDS)}`;
  }
  const alone = FORMS.find((form) => form !== 'xml' && words.includes(form));
  if (alone !== undefined && words.length > 1) return `${alone} goes with no other form`;
  if (use === 'events' && words.includes('proc')) return 'proc lists a table, not what happens to it';
  return undefined;
}

/** Reads a list of words that `outputFault` finds nothing wrong with; without one the plain form. `labels`: numbers of labels, by name. */
export function parseOutput(text = '', labels: ReadonlyMap<string, number> = new Map()): ConntrackOutput {
  const output = readOutput(text)!;
  if (labels.size === 0) return output;
  // Of several names of one label the last counts.
  return { ...output, labelNames: new Map([...labels].map(([name, label]) => [label, name])) };
}

/** The text of a table, in pieces of whole lines. */
export function* tableText(
  connections: Iterable<Connection>,
  now: bigint,
  settings: TableSettings,
  output: ConntrackOutput,
): Generator<string> {
  if (output.form === 'xml') yield XML_HEAD;
  for (const connection of connections) yield `${tableLine(connection, now, settings, output)}\n`;
  if (output.form === 'xml') yield XML_TAIL;
}

function tableLine(connection: Connection, now: bigint, settings: TableSettings, output: ConntrackOutput): string {
  switch (output.form) {
    case 'list':
      return listLine(listed(connection, now, settings), output);
    case 'xml':
      return xmlElement(listed(connection, now, settings), output);
    case 'save':
      return saveLine(listed(connection, now, settings));
    case 'proc':
      return procLine(connection, now, settings);
    case 'json':
      return jsonLine(connection, now, settings);
  }
}
