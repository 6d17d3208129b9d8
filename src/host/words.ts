// One-line texts inside the host file (`ip route add`, `ip addr add`, `ip rule add`), word by word.

import { parseUnsigned } from '../net/number.ts';
import type { Diagnostics } from '../text/diagnostic.ts';
import type { Span } from '../text/source.ts';

export interface Word {
  readonly text: string;
  readonly span: Span;
}

/** Splits a text at white space. `span` is where it stands; `offset` is where its first character does, if that is known. */
export function splitWords(text: string, span: Span, offset?: number): Word[] {
  return [...text.matchAll(/\S+/g)].map((match) => ({
    text: match[0],
    span: offset === undefined ? span : { ...span, start: offset + match.index, end: offset + match.index + match[0].length },
  }));
}

/** Takes words one after the other. */
export class WordReader {
  private at = 0;
  private readonly words: readonly Word[];
  private readonly whole: Span;
  private readonly diagnostics: Diagnostics;

  constructor(words: readonly Word[], whole: Span, diagnostics: Diagnostics) {
    this.words = words;
    this.whole = whole;
    this.diagnostics = diagnostics;
  }

  peek(): Word | undefined {
    return this.words[this.at];
  }

  next(): Word | undefined {
    return this.words[this.at++];
  }

  /** The value behind a keyword; reports when there is none. */
  value(keyword: Word, what: string): Word | undefined {
    const word = this.next();
    if (!word) this.diagnostics.error('missing-value', `"${keyword.text}" needs ${what} behind it`, keyword.span);
    return word;
  }

  /** As `value`, a number from 0 to `max`. */
  number(keyword: Word, what: string, max: number): number | undefined {
    const word = this.value(keyword, what);
    if (!word) return undefined;
    const number = parseUnsigned(word.text, max);
    if (number === undefined) this.error('bad-number', `expected ${what} from 0 to ${max}, not "${word.text}"`, word);
    return number;
  }

  /** As `value`, read by `parse`; what it cannot read is reported as being `fault`. */
  parsed<T>(keyword: Word, what: string, parse: (text: string) => T | undefined, code: string, fault: string): T | undefined {
    const word = this.value(keyword, what);
    if (!word) return undefined;
    const value = parse(word.text);
    if (value === undefined) this.error(code, `"${word.text}" is ${fault}`, word);
    return value;
  }

  error(code: string, message: string, word?: Word): void {
    this.diagnostics.error(code, message, word?.span ?? this.whole);
  }
}
