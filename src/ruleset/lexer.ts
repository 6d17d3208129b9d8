// Words of one iptables-save line, split as iptables-restore splits them, each with its place.
//
// The rules are its own, not a shell's: a quote may open inside a word, the closing quote ends the word, a backslash escapes only
// inside quotes, and nothing but blank and tab separates. Ref: iptables 1.8.9, iptables/xshared.c:add_param_to_argv()

import type { Diagnostics } from '../text/diagnostic.ts';
import { byteLength, type Source, type Span } from '../text/source.ts';
import type { Argument } from './extension.ts';

/** Most bytes of one word. Ref: iptables/xshared.c:struct xt_param_buf */
export const WORD_BYTES_MAX = 1023;
/** Most words of one command: iptables' argument vector less the program's name and `-t table`. Ref: iptables/xshared.h:MAX_ARGC */
export const WORDS_MAX = 251;

const TAB = 9;
const BLANK = 32;
const QUOTE = 34;
const BACKSLASH = 92;

/** A word with its quotes and escapes taken off, and where it stands with them. */
export interface Word extends Argument {
  readonly quoted: boolean;
}

/** Splits text[start, end) into words. Reports an open quote and what is too long or too much, and gives the words all the same. */
export function splitWords(source: Source, start: number, end: number, diagnostics: Diagnostics): Word[] {
  const words: Word[] = [];
  const text = source.text;
  let at = start;
  while (at < end) {
    const code = text.charCodeAt(at);
    if (code === BLANK || code === TAB) {
      at++;
      continue;
    }
    const word = readWord(source, at, end, diagnostics);
    words.push(word);
    at = word.span.end;
  }
  checkLengths(words, diagnostics);
  return words;
}

function readWord(source: Source, start: number, end: number, diagnostics: Diagnostics): Word {
  const text = source.text;
  let at = start;
  while (at < end) {
    const code = text.charCodeAt(at);
    if (code === BLANK || code === TAB) break;
    if (code === QUOTE) return readQuoted(source, start, at, end, diagnostics);
    at++;
  }
  return { text: text.slice(start, at), span: { source, start, end: at }, quoted: false };
}

/** Reads on from the opening quote of a word whose first character is at `start`. */
function readQuoted(source: Source, start: number, quote: number, end: number, diagnostics: Diagnostics): Word {
  const text = source.text;
  let value = text.slice(start, quote);
  let from = quote + 1;
  let at = from;
  while (at < end) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      return { text: value + text.slice(from, at), span: { source, start, end: at + 1 }, quoted: true };
    }
    if (code === BACKSLASH) {
      value += text.slice(from, at);
      from = at + 1;
      at++;
    }
    at++;
  }
  const span: Span = { source, start: quote, end };
  diagnostics.error('open-quote', 'the quote that opens here is not closed on this line', span);
  return { text: value + text.slice(from, end), span: { source, start, end }, quoted: true };
}

function checkLengths(words: readonly Word[], diagnostics: Diagnostics): void {
  for (const { text, span } of words) {
    if (text.length * 3 <= WORD_BYTES_MAX || byteLength(text) <= WORD_BYTES_MAX) continue;
    diagnostics.error(
      'word-too-long',
      `the word has ${byteLength(text)} bytes, iptables-restore reads at most ${WORD_BYTES_MAX}`,
      span,
    );
  }
  const extra = words[WORDS_MAX];
  if (extra) {
    diagnostics.error(
      'too-many-words',
      `the line has ${words.length} words, iptables-restore reads at most ${WORDS_MAX}`,
      extra.span,
    );
  }
}
