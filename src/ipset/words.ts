// Words of one line of `ipset save` text, split as `ipset restore` splits them, each with its place.
//
// A quote toggles: blanks between two quotes belong to the word. There are no escapes. Ref: ipset 7.17, lib/ipset.c:build_argv()

import type { Source } from '../text/source.ts';
import type { Faults, Word } from './fault.ts';

/** Most words of a line, the program's name not counted. Ref: lib/ipset.c MAX_ARGS */
export const WORDS_MAX = 30;

const BLANK = /[ \t\r\n]/;

/** Splits text[start, end) into words. Reports an open quote and a line that is too long. */
export function splitLine(source: Source, start: number, end: number, faults: Faults): Word[] {
  const words: Word[] = [];
  let text = '';
  let from = -1;
  let quote = -1;
  const close = (at: number): void => {
    if (text !== '') words.push({ text, span: { source, start: from, end: at } });
    text = '';
    from = -1;
  };
  for (let at = start; at < end; at++) {
    const character = source.text[at]!;
    if (character === '"') {
      if (from < 0) from = at;
      quote = quote < 0 ? at : -1;
    } else if (quote < 0 && BLANK.test(character)) {
      close(at);
    } else {
      if (from < 0) from = at;
      text += character;
    }
  }
  if (quote >= 0) faults.misuse('open-quote', 'Missing close quote!', { source, start: quote, end });
  close(end);
  const extra = words[WORDS_MAX];
  if (extra) faults.misuse('too-many-words', 'Line is too long to parse.', extra.span);
  return words;
}

/** A piece of a word with its own place, where the word stands in its text as it is. */
export function piece({ text, span }: Word, from: number, to: number): Word {
  const exact = span.end - span.start === text.length;
  return { text: text.slice(from, to), span: exact ? { ...span, start: span.start + from, end: span.start + to } : span };
}

/** Where a separator stands: its first place, unless the text begins or ends with it. Ref: lib/parse.c:ipset_strchr() */
export function separatorAt(text: string, separator: string): number {
  return text.startsWith(separator) || text.endsWith(separator) ? -1 : text.indexOf(separator);
}
