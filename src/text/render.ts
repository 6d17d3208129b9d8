// Diagnostics as people read them: place, severity, message, the line, and a caret under the spot.

import type { Diagnostic, Severity } from './diagnostic.ts';
import { locate, type Span } from './source.ts';

export interface RenderOptions {
  /** Write ANSI colours, for a terminal. */
  readonly colour?: boolean;
}

/** Widest piece of a source line that is shown; a longer line is cut around the spot. */
const WINDOW_MAX = 160;
/** Characters shown before the spot when a line is cut. */
const WINDOW_BEFORE = 60;
/** Longest message shown whole, and how much is shown of the front and of the end of a longer one. */
const MESSAGE_MAX = 400;
const MESSAGE_FRONT = 240;
const MESSAGE_END = 120;
/** Width of the line-number column. */
const GUTTER = 5;

const ESCAPE = '\u001b[';
const BOLD = '1';
const COLOURS: Readonly<Record<Severity, string>> = { error: '1;31', warning: '1;35', note: '1;36' };

/** Gives all diagnostics as text, each ended by a line end; '' for none. */
export function renderDiagnostics(list: readonly Diagnostic[], options: RenderOptions = {}): string {
  return list.map((diagnostic) => renderDiagnostic(diagnostic, options)).join('');
}

/** Gives the number of diagnostics of each severity as words: `2 errors, 1 warning`; '' for none. */
export function countDiagnostics(list: readonly Diagnostic[]): string {
  const severities: readonly Severity[] = ['error', 'warning'];
  const counts = severities.map((severity) => [severity, list.filter((d) => d.severity === severity).length] as const);
  return counts
    .filter(([, count]) => count > 0)
    .map(([severity, count]) => `${count} ${severity}${count === 1 ? '' : 's'}`)
    .join(', ');
}

function renderDiagnostic(diagnostic: Diagnostic, options: RenderOptions): string {
  let text = renderOne(diagnostic.severity, `${diagnostic.message} [${diagnostic.code}]`, diagnostic.span, options);
  for (const note of diagnostic.notes ?? []) text += renderOne('note', note.message, note.span, options);
  return text;
}

function renderOne(severity: Severity, message: string, span: Span | undefined, options: RenderOptions): string {
  const word = paint(`${severity}:`, COLOURS[severity], options);
  const sentence = printable(elided(message));
  if (!span) return `${word} ${sentence}\n`;
  const place = locate(span.source, span.start);
  const where = paint(`${span.source.name}:${place.line}:${place.column}:`, BOLD, options);
  return `${where} ${word} ${sentence}\n${excerpt(span, severity, options)}`;
}

/** A message without the middle of what it quotes, when that is very long. */
function elided(message: string): string {
  return message.length <= MESSAGE_MAX ? message : `${message.slice(0, MESSAGE_FRONT)}…${message.slice(-MESSAGE_END)}`;
}

/** The source line with its number, and below it the caret and a tilde for each further character of the span. */
function excerpt(span: Span, severity: Severity, options: RenderOptions): string {
  const { line, lineStart, lineEnd } = locate(span.source, span.start);
  const text = span.source.text;
  const start = Math.min(span.start, lineEnd);
  const end = Math.max(start, Math.min(span.end, lineEnd));
  const tooLong = lineEnd - lineStart > WINDOW_MAX;
  const from = tooLong ? Math.max(lineStart, Math.min(start - WINDOW_BEFORE, lineEnd - WINDOW_MAX)) : lineStart;
  const to = tooLong ? Math.min(lineEnd, from + WINDOW_MAX) : lineEnd;
  const cutBefore = from > lineStart ? '…' : '';
  const cutAfter = to < lineEnd ? '…' : '';
  const shown = cutBefore + printable(text.slice(from, to).replace(/\r$/, '')) + cutAfter;
  const pad = (cutBefore && ' ') + blank(text.slice(from, start));
  const marks = `^${'~'.repeat(Math.max(0, [...text.slice(start, Math.min(end, to))].length - 1))}`;
  const gutter = ' '.repeat(GUTTER);
  return `${String(line).padStart(GUTTER)} | ${shown}\n${gutter} | ${pad}${paint(marks, COLOURS[severity], options)}\n`;
}

/** A blank for each character, tabs as they are, so that what follows lines up below the text. */
function blank(text: string): string {
  return [...text].map((character) => (character === '\t' ? '\t' : ' ')).join('');
}

/** Replaces what a terminal would act on: a hostile file must not move the reader's cursor. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  return text.replace(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f\ud800-\udfff]/gu, '\ufffd');
}

function paint(text: string, style: string, options: RenderOptions): string {
  return options.colour ? `${ESCAPE}${style}m${text}${ESCAPE}0m` : text;
}
