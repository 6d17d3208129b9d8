// The words of command lines as a shell makes them, without a shell: quotes, backslashes, continuation lines, comments, `$NAME`.
//
// Comes in: the text of a script, and the values of its variables. Goes out: one simple command at a time, as words with their
// places. What takes more than that (a pipe, a file, a subshell, a file name pattern) is reported where it stands, never guessed.
// Ref: POSIX.1-2017, XCU 2.2 Quoting, 2.3 Token Recognition, 2.6.2 Parameter Expansion, 2.6.5 Field Splitting

import type { Word } from '../ruleset/lexer.ts';
import type { Diagnostics } from '../text/diagnostic.ts';
import type { Source, Span } from '../text/source.ts';

export interface ScriptReader {
  readonly source: Source;
  readonly variables: Map<string, string>;
  readonly diagnostics: Diagnostics;
  /** Offset of what is to be read next. */
  at: number;
  /** A carriage return was reported. */
  isCrReported: boolean;
  /** What follows belongs to a construct that was refused, and cannot be read by itself. */
  isBlocked: boolean;
}

export function createReader(source: Source, diagnostics: Diagnostics): ScriptReader {
  return { source, variables: new Map(), diagnostics, at: 0, isCrReported: false, isBlocked: false };
}

/** `NAME=value` in front of, or in place of, a command. */
export interface Assignment {
  readonly name: string;
  readonly value: string;
}

export interface SimpleCommand {
  readonly assignments: readonly Assignment[];
  readonly words: readonly Word[];
  readonly span: Span;
  /** Something about it was reported: what it would do is not known. */
  readonly faulty: boolean;
}

/** A word while it is read: the fields it splits into, and whether the last of them goes on. */
interface Fields {
  readonly list: string[];
  /** The last field of the list is still being written. */
  isOpen: boolean;
  quoted: boolean;
  /** What the word is: a name and its value, the name of a command, or a word behind it. */
  readonly role: 'assignment' | 'command' | 'argument';
}

interface CommandState {
  readonly assignments: Assignment[];
  readonly words: Word[];
  faulty: boolean;
}

const BLANK = /[ \t\r]/;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*/;
const ASSIGNMENT = /^([A-Za-z_][A-Za-z0-9_]*)=/;
/** Operators that begin or end something larger than a command, in the order in which they are looked for. */
const OPERATORS = ['<<', '>>', '<', '>', '&&', '||', '|', '&', ';;', '(', ')'] as const;
const OPERATOR_NAMES: Readonly<Record<(typeof OPERATORS)[number], string>> = {
  '<<': 'a here-document',
  '>>': 'a redirection',
  '<': 'a redirection',
  '>': 'a redirection',
  '&&': '"&&"',
  '||': '"||"',
  '|': 'a pipe',
  '&': '"&"',
  ';;': '";;"',
  '(': '"("',
  ')': '")"',
};
/** Words that open, continue or close something that takes a shell, where a command stands. */
const RESERVED: readonly string[] = [
  ...['if', 'then', 'elif', 'else', 'fi', 'for', 'while', 'until', 'do', 'done', 'case', 'esac', 'select', 'function'],
  ...['{', '}', '[', '[[', 'time', 'coproc'],
];
/** Operators behind which lines cannot be read by themselves. */
const BLOCK_OPERATORS: readonly string[] = ['<<', '(', ')', ';;'];

/** Reads the next simple command; undefined at the end of the text, or where nothing more can be read by itself. */
export function readSimpleCommand(reader: ScriptReader): SimpleCommand | undefined {
  const { source } = reader;
  skipBetween(reader);
  if (reader.at >= source.text.length || reader.isBlocked) return undefined;
  const start = reader.at;
  let end = start;
  const state: CommandState = { assignments: [], words: [], faulty: false };
  for (skipBlanks(reader); !isAtEnd(reader); skipBlanks(reader)) {
    const operator = operatorAt(source.text, reader.at);
    if (operator) refuseOperator(reader, state, operator);
    else readWord(reader, state);
    end = reader.at;
    refuseReserved(reader, state);
  }
  endCommand(reader, state, start);
  return { ...state, span: { source, start, end } };
}

/** Reports a command that is none, and skips the rest of the line. */
function refuseReserved(reader: ScriptReader, state: CommandState): void {
  const [word] = state.words;
  if (!word || state.words.length > 1 || word.quoted || !RESERVED.includes(word.text)) return;
  needsShell(reader, `"${word.text}"`, word.span);
  state.faulty = true;
  reader.isBlocked ||= word.text !== '[' && word.text !== '[[';
  skipLine(reader);
}

/** Reports something that takes a shell. */
export function needsShell(reader: ScriptReader, what: string, span: Span): void {
  const message = `${what} needs a shell: \`hookline record -- sh ${reader.source.name}\` runs the script and writes down its commands`;
  reader.diagnostics.error('needs-shell', message, span);
}

/** Skips the `;` behind a command. */
function endCommand(reader: ScriptReader, state: CommandState, start: number): void {
  if (reader.source.text[reader.at] !== ';') return;
  reader.at++;
  if (reader.at > start + 1) return;
  const span: Span = { source: reader.source, start, end: reader.at };
  reader.diagnostics.error('stray-semicolon', 'no command stands before this ";"', span);
  state.faulty = true;
}

/** Skips line ends and blanks in front of a command. */
function skipBetween(reader: ScriptReader): void {
  for (skipBlanks(reader); reader.source.text[reader.at] === '\n'; skipBlanks(reader)) reader.at++;
}

/** Skips blanks, continued lines and a comment. */
function skipBlanks(reader: ScriptReader): void {
  const { text } = reader.source;
  for (;;) {
    const next = text[reader.at];
    if (next === '\r') reportCr(reader);
    if (next !== undefined && BLANK.test(next)) reader.at++;
    else if (next === '\\' && /^\r?\n/.test(text.slice(reader.at + 1, reader.at + 3)))
      reader.at += text[reader.at + 1] === '\r' ? 3 : 2;
    else if (next === '#') reader.at = endOfLine(text, reader.at);
    else return;
  }
}

function reportCr(reader: ScriptReader): void {
  if (reader.isCrReported) return;
  reader.isCrReported = true;
  const message = 'the line ends with a carriage return (CR LF): to a shell it is part of the last word';
  reader.diagnostics.error('cr-line-end', message, { source: reader.source, start: reader.at, end: reader.at + 1 });
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end < 0 ? text.length : end;
}

/** The command ends here: at a line end, at a `;` or with the text. */
function isAtEnd({ source: { text }, at }: ScriptReader): boolean {
  return at >= text.length || text[at] === '\n' || (text[at] === ';' && text[at + 1] !== ';');
}

function operatorAt(text: string, at: number): (typeof OPERATORS)[number] | undefined {
  // A number that touches a redirection is the file it redirects.
  const digits = /^\d+(?=[<>])/.exec(text.slice(at, at + 8))?.[0].length ?? 0;
  return OPERATORS.find((operator) => text.startsWith(operator, at + digits));
}

/** Reports an operator, and skips the rest of the line. */
function refuseOperator(reader: ScriptReader, state: CommandState, operator: (typeof OPERATORS)[number]): void {
  const { source } = reader;
  const start = reader.at;
  const end = source.text.indexOf(operator, start) + operator.length;
  needsShell(reader, OPERATOR_NAMES[operator], { source, start, end });
  state.faulty = true;
  reader.isBlocked ||= BLOCK_OPERATORS.includes(operator);
  skipLine(reader);
}

function skipLine(reader: ScriptReader): void {
  const { text } = reader.source;
  reader.at = endOfLine(text, reader.at);
  while (/\\\r?$/.test(text.slice(reader.at - 2, reader.at)) && reader.at < text.length)
    reader.at = endOfLine(text, reader.at + 1);
}

/** Reads one word with all its quotes and variables; it may come to no field, or to many. */
function readWord(reader: ScriptReader, state: CommandState): void {
  const { source, diagnostics } = reader;
  const start = reader.at;
  const errorsBefore = diagnostics.errorCount;
  const assignment = state.words.length === 0 ? ASSIGNMENT.exec(source.text.slice(start, start + 256)) : null;
  if (assignment) reader.at += assignment[0].length;
  const role = assignment ? 'assignment' : state.words.length === 0 ? 'command' : 'argument';
  const fields: Fields = { list: [], isOpen: false, quoted: false, role };
  while (!isWordEnd(reader)) readPiece(reader, fields);
  if (diagnostics.errorCount > errorsBefore) state.faulty = true;
  if (assignment) {
    state.assignments.push({ name: assignment[1]!, value: fields.list.join('') });
    return;
  }
  const span: Span = { source, start, end: reader.at };
  if (/^[^'"\\]*\{[^'"\\]*(,|\.\.)[^'"\\]*\}/.test(source.text.slice(start, reader.at))) {
    needsShell(reader, 'a list in braces', span);
    state.faulty = true;
  }
  for (const text of fields.list) state.words.push({ text, span, quoted: fields.quoted });
}

function isWordEnd(reader: ScriptReader): boolean {
  const { text } = reader.source;
  const next = text[reader.at];
  return next === undefined || /[ \t\r\n;&|<>()]/.test(next);
}

function readPiece(reader: ScriptReader, fields: Fields): void {
  const { text } = reader.source;
  const next = text[reader.at]!;
  if (next === "'") {
    readSingleQuoted(reader, fields);
  } else if (next === '"') {
    readDoubleQuoted(reader, fields);
  } else if (next === '\\') {
    readEscaped(reader, fields, /^/);
  } else if (next === '$' || next === '`') {
    const value = readExpansion(reader, /^[({'"$?!#@*\-0-9]/);
    if (fields.role === 'assignment') add(fields, value ?? '');
    else addSplit(reader, fields, value ?? '');
  } else {
    refusePattern(reader, fields, next, { start: reader.at, end: reader.at + 1 });
    add(fields, next);
    reader.at++;
  }
}

/** A `*`, `?` or `[` outside of quotes, and a `~` in front, stand for files of whichever machine runs the script. */
function refusePattern(reader: ScriptReader, fields: Fields, text: string, place: Omit<Span, 'source'>): void {
  const isPattern = /[*?[]/.test(text) || (text === '~' && !fields.isOpen);
  // A command called `[` is refused for what it is.
  if (!isPattern || fields.role === 'assignment' || (fields.role === 'command' && text === '[')) return;
  const what = `the file name pattern "${text}", if it is one and should not stand in quotes,`;
  needsShell(reader, what, { source: reader.source, ...place });
}

function add(fields: Fields, text: string): void {
  if (fields.isOpen) fields.list.push((fields.list.pop() ?? '') + text);
  else fields.list.push(text);
  fields.isOpen = true;
}

/** Adds the value of a variable that stands outside of quotes: blanks in it part fields. */
function addSplit(reader: ScriptReader, fields: Fields, value: string): void {
  refusePattern(reader, fields, /[*?[]/.exec(value)?.[0] ?? '', { start: reader.at - 1, end: reader.at });
  for (const [i, field] of value.split(/[ \t\n]+/).entries()) {
    if (i > 0) fields.isOpen = false;
    if (field !== '') add(fields, field);
  }
}

function readSingleQuoted(reader: ScriptReader, fields: Fields): void {
  const { text } = reader.source;
  const end = text.indexOf("'", reader.at + 1);
  if (end < 0) {
    reportOpenQuote(reader, reader.at);
    return;
  }
  add(fields, text.slice(reader.at + 1, end));
  fields.quoted = true;
  reader.at = end + 1;
}

function readDoubleQuoted(reader: ScriptReader, fields: Fields): void {
  const { text } = reader.source;
  const start = reader.at++;
  fields.quoted = true;
  add(fields, '');
  while (reader.at < text.length) {
    const next = text[reader.at]!;
    if (next === '"') {
      reader.at++;
      return;
    }
    if (next === '\\') {
      readEscaped(reader, fields, /[$`"\\\n]/);
    } else if (next === '$' || next === '`') {
      const value = readExpansion(reader, /^[({$?!#@*\-0-9]/);
      // What was refused has no end that could be found.
      if (value === undefined) return;
      add(fields, value);
    } else {
      add(fields, next);
      reader.at++;
    }
  }
  reportOpenQuote(reader, start);
}

/** Reports a quote without its end, and ends reading: what it holds is the rest of the text. */
function reportOpenQuote(reader: ScriptReader, start: number): void {
  reader.diagnostics.error('open-quote', 'the quote that opens here is not closed', {
    source: reader.source,
    start,
    end: start + 1,
  });
  reader.at = reader.source.text.length;
}

/** A backslash: it takes the meaning from what follows if that is one of `escapable`, and stands for itself otherwise. */
function readEscaped(reader: ScriptReader, fields: Fields, escapable: RegExp): void {
  const { text } = reader.source;
  const next = text[reader.at + 1];
  reader.at += next === undefined ? 1 : 2;
  if (next === undefined) add(fields, '\\');
  else if (!escapable.test(next)) add(fields, `\\${next}`);
  else if (next !== '\n') add(fields, next);
}

/** Reads `$NAME` or `${NAME}`; undefined for what takes a shell (a `$` before one of `special`): the line is skipped then. */
function readExpansion(reader: ScriptReader, special: RegExp): string | undefined {
  const { source, variables, diagnostics } = reader;
  const { text } = source;
  const start = reader.at;
  const rest = text.slice(start + 1, start + 256);
  const braced = rest.startsWith('{');
  const name = NAME.exec(braced ? rest.slice(1) : rest)?.[0];
  const length = (name?.length ?? 0) + (braced ? 2 : 0);
  if (text[start] === '$' && name !== undefined && (!braced || rest[length - 1] === '}')) {
    reader.at += 1 + length;
    const value = variables.get(name);
    if (value === undefined) {
      diagnostics.error('unset-variable', `no line above sets ${name}`, { source, start, end: reader.at });
    }
    return value ?? '';
  }
  if (text[start] === '$' && !special.test(rest)) {
    reader.at++;
    return '$';
  }
  refuseExpansion(reader, start);
  return undefined;
}

function refuseExpansion(reader: ScriptReader, start: number): void {
  const { source } = reader;
  const { text } = source;
  const isBackquote = text[start] === '`';
  const isCommand = isBackquote || text[start + 1] === '(';
  const what = isCommand ? 'the output of a command or a sum' : `"${/^\$(\{[^}\n]*\}?|.)/.exec(text.slice(start))?.[0]}"`;
  needsShell(reader, what, { source, start, end: start + (isBackquote ? 1 : 2) });
  skipLine(reader);
  reader.isBlocked ||= isCommand && !text.slice(start + 1, reader.at).includes(isBackquote ? '`' : ')');
}
