import { expect, test } from 'vitest';
import { splitWords, WORD_BYTES_MAX, WORDS_MAX } from '../../src/ruleset/lexer.ts';
import { Diagnostics } from '../../src/text/diagnostic.ts';

function split(text: string): { words: string[]; spans: string[]; codes: string[] } {
  const diagnostics = new Diagnostics();
  const words = splitWords({ name: 'x', text }, 0, text.length, diagnostics);
  return {
    words: words.map((word) => word.text),
    spans: words.map(({ span }) => text.slice(span.start, span.end)),
    codes: diagnostics.list.map(({ code }) => code),
  };
}

test('words are separated by blanks and tabs', () => {
  expect(split(' -A  INPUT\t-j ACCEPT ').words).toEqual(['-A', 'INPUT', '-j', 'ACCEPT']);
});

test('quotes hold blanks together, and the span includes them', () => {
  const { words, spans } = split('--comment "a b" -j');
  expect(words).toEqual(['--comment', 'a b', '-j']);
  expect(spans).toEqual(['--comment', '"a b"', '-j']);
});

test('a quote may open inside a word, and the closing quote ends the word', () => {
  expect(split('a"b c"d').words).toEqual(['ab c', 'd']);
  expect(split('"a""b"').words).toEqual(['a', 'b']);
  expect(split('""').words).toEqual(['']);
});

test('a backslash escapes inside quotes only', () => {
  expect(split('"a\\"b\\\\c\\d"').words).toEqual(['a"b\\cd']);
  expect(split('a\\"b c"').words).toEqual(['a\\b c']);
  expect(split('\\x').words).toEqual(['\\x']);
});

test('single quotes are characters like others', () => {
  expect(split("'a b'").words).toEqual(["'a", "b'"]);
});

test('an open quote is reported and holds the rest of the line', () => {
  expect(split('x "a b')).toMatchObject({ words: ['x', 'a b'], codes: ['open-quote'] });
  expect(split('"a\\')).toMatchObject({ words: ['a'], codes: ['open-quote'] });
});

test('a word of the greatest length passes, one byte more is reported', () => {
  expect(split('x'.repeat(WORD_BYTES_MAX)).codes).toEqual([]);
  expect(split('x'.repeat(WORD_BYTES_MAX + 1)).codes).toEqual(['word-too-long']);
  expect(split('ä'.repeat(WORD_BYTES_MAX / 2 + 1)).codes).toEqual(['word-too-long']);
});

test('a line of the greatest number of words passes, one more is reported', () => {
  expect(split('x '.repeat(WORDS_MAX)).codes).toEqual([]);
  expect(split('x '.repeat(WORDS_MAX + 1)).codes).toEqual(['too-many-words']);
});
