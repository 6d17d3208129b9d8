import { expect, test } from 'vitest';
import { Diagnostics } from '../../src/text/diagnostic.ts';
import { countDiagnostics, renderDiagnostics } from '../../src/text/render.ts';
import { byteLength, decodeSource, encodeText, locate, type Source } from '../../src/text/source.ts';
import { nearest } from '../../src/text/suggest.ts';

const source: Source = { name: 'office.rules', text: '*filter\n\t-A INPUT\t--dport 70000 -j ACCEPT\nCOMMIT' };

function at(piece: string, from: Source = source): { source: Source; start: number; end: number } {
  const start = from.text.indexOf(piece);
  return { source: from, start, end: start + piece.length };
}

test('a diagnostic shows place, line and caret, and its pad keeps the tabs of the line', () => {
  const diagnostics = new Diagnostics();
  diagnostics.error('port-out-of-range', 'port 70000 is out of range (0 to 65535)', at('70000'), [
    { message: 'in the table that begins here', span: at('*filter') },
    { message: 'a port is a number of 16 bits' },
  ]);
  expect(renderDiagnostics(diagnostics.list)).toBe(
    [
      'office.rules:2:19: error: port 70000 is out of range (0 to 65535) [port-out-of-range]',
      '    2 | \t-A INPUT\t--dport 70000 -j ACCEPT',
      '      | \t        \t        ^~~~~',
      'office.rules:1:1: note: in the table that begins here',
      '    1 | *filter',
      '      | ^~~~~~~',
      'note: a port is a number of 16 bits',
      '',
    ].join('\n'),
  );
});

test('a span at the very end of the text gets a caret behind the last character', () => {
  const diagnostics = new Diagnostics();
  const { length } = source.text;
  diagnostics.error('missing-commit', 'something is missing', { source, start: length, end: length });
  expect(renderDiagnostics(diagnostics.list)).toContain('office.rules:3:7: error');
  expect(renderDiagnostics(diagnostics.list)).toContain('    3 | COMMIT\n      |       ^\n');
});

test('a span over several lines is marked on its first line only', () => {
  const diagnostics = new Diagnostics();
  diagnostics.error('x', 'y', { source, start: 0, end: source.text.length });
  expect(renderDiagnostics(diagnostics.list)).toContain('    1 | *filter\n      | ^~~~~~~\n');
});

test('a long line is cut around the spot', () => {
  const long: Source = { name: 'long', text: `${'a'.repeat(300)}HERE${'b'.repeat(300)}` };
  const diagnostics = new Diagnostics();
  diagnostics.error('x', 'y', at('HERE', long));
  const [, line, caret] = renderDiagnostics(diagnostics.list).split('\n');
  expect(line).toBe(`    1 | …${'a'.repeat(60)}HERE${'b'.repeat(96)}…`);
  expect(caret).toBe(`      | ${' '.repeat(61)}^~~~`);
});

test('control characters of a hostile file do not reach the terminal', () => {
  const hostile: Source = { name: 'hostile', text: '-A \u001b[2J\u0007 x' };
  const diagnostics = new Diagnostics();
  diagnostics.error('x', 'found "\u001b[31m"', at('x', hostile));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is the point
  expect(renderDiagnostics(diagnostics.list)).not.toMatch(/[\u0000-\u0008\u000b-\u001f]/);
});

test('colours are written only on demand', () => {
  const diagnostics = new Diagnostics();
  diagnostics.error('x', 'y', at('INPUT'));
  expect(renderDiagnostics(diagnostics.list)).not.toContain('\u001b');
  expect(renderDiagnostics(diagnostics.list, { colour: true })).toContain('\u001b[1;31merror:\u001b[0m y [x]');
});

test('errors and warnings are counted in words', () => {
  const diagnostics = new Diagnostics();
  expect(countDiagnostics(diagnostics.list)).toBe('');
  diagnostics.error('x', 'y');
  diagnostics.warning('x', 'y');
  diagnostics.warning('x', 'y');
  expect(countDiagnostics(diagnostics.list)).toBe('1 error, 2 warnings');
  expect([diagnostics.hasErrors, diagnostics.errorCount]).toEqual([true, 1]);
});

test('a place is line and column from 1', () => {
  expect(locate(source, 0)).toMatchObject({ line: 1, column: 1, lineStart: 0, lineEnd: 7 });
  expect(locate(source, 7)).toMatchObject({ line: 1, column: 8 });
  expect(locate(source, 8)).toMatchObject({ line: 2, column: 1 });
  expect(locate(source, 9999)).toMatchObject({ line: 3, column: 7 });
});

test('bytes that are no UTF-8 come back as they were', () => {
  const bytes = Uint8Array.from([0x61, 0xff, 0xc3, 0xa4, 0xe2, 0x82, 0xf0, 0x9f, 0x98, 0x80, 0xc3]);
  const { text } = decodeSource('x', bytes);
  expect(encodeText(text)).toEqual(bytes);
  expect(byteLength(text)).toBe(bytes.length);
  expect(decodeSource('x', encodeText('grün €')).text).toBe('grün €');
  expect(byteLength('grün €')).toBe(9);
});

test('the nearest name is suggested, and none when nothing is near', () => {
  expect(nearest('dprot', ['sport', 'dport', 'tcp-flags'])).toBe('dport');
  expect(nearest('accept', ['ACCEPT', 'DROP'])).toBe('ACCEPT');
  expect(nearest('REJCET', ['REJECT', 'RETURN'])).toBe('REJECT');
  expect(nearest('xyz', ['REJECT', 'RETURN'])).toBeUndefined();
});

test('the middle of a message that quotes very much is left out', () => {
  const diagnostics = new Diagnostics();
  diagnostics.error('unknown-option', `unknown option "${'x'.repeat(1000)}", expected -A`);
  const text = renderDiagnostics(diagnostics.list);
  expect(text.length).toBeLessThan(450);
  expect(text).toMatch(/^error: unknown option "x+…x+", expected -A \[unknown-option\]\n$/);
});
