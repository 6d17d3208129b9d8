import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createReader, readSimpleCommand } from '../../src/commands/words.ts';
import { Diagnostics } from '../../src/text/diagnostic.ts';

interface ReadWords {
  readonly commands: string[][];
  readonly codes: string[];
}

/** The words of every command of a script. */
function read(text: string, variables: Readonly<Record<string, string>> = {}): ReadWords {
  const diagnostics = new Diagnostics();
  const reader = createReader({ name: 'fw.sh', text }, diagnostics);
  for (const [name, value] of Object.entries(variables)) reader.variables.set(name, value);
  const commands: string[][] = [];
  for (let command = readSimpleCommand(reader); command; command = readSimpleCommand(reader)) {
    for (const { name, value } of command.assignments) reader.variables.set(name, value);
    if (command.words.length > 0 && !command.faulty) commands.push(command.words.map((word) => word.text));
  }
  return { commands, codes: diagnostics.list.map(({ code }) => code) };
}

test('commands end at line ends and semicolons; comments and blank lines are none', () => {
  expect(read('# one\n\n a b ; c # two\n\td#e\n;f').commands).toEqual([['a', 'b'], ['c'], ['d#e'], ['f']]);
});

test('a backslash at the end of a line joins it to the next', () => {
  expect(read('a \\\n  b\\\nc "d\\\ne" \'f\\\ng\'').commands).toEqual([['a', 'bc', 'de', 'f\\\ng']]);
});

test('quotes and backslashes keep blanks and what a shell would act on', () => {
  expect(read(`a 'b  c' "d  e" f\\ g "\\"h\\\\ \\i" '' x'y'"z" \\# '#' "#"`).commands).toEqual([
    ['a', 'b  c', 'd  e', 'f g', '"h\\ \\i', '', 'xyz', '#', '#', '#'],
  ]);
});

test('variables have the value set above; outside of quotes their blanks part words', () => {
  const text = `A="x  y"\nB=$A/z C=\nd $A "$A" \${B} $C "$C" -$A- '$A' \\$A $ "$" a$`;
  expect(read(text).commands).toEqual([['d', 'x', 'y', 'x  y', 'x', 'y/z', '', '-x', 'y-', '$A', '$A', '$', '$', 'a$']]);
});

test('what takes a shell is reported once where it stands, and the lines around it are read all the same', () => {
  const lines = [
    'a > f',
    'a 2>/dev/null',
    'a | b',
    'a && b',
    'a || true',
    'a &',
    'a $(b) c',
    'a `b`',
    'a "$(b)" c',
    'a $1',
    'a "$@"',
  ];
  for (const line of [...lines, `a \${B:-c}`, 'a *.x', 'a ~/x', 'a {b,c}', "a $'b'", '[ -x a ]', 'a < f']) {
    expect([line, read(`x\n${line}\ny\n`)]).toEqual([line, { commands: [['x'], ['y']], codes: ['needs-shell'] }]);
  }
});

test('behind what opens a block nothing can be read by itself', () => {
  const blocks = [
    'if true; then',
    'for i in 1 2; do',
    'while :',
    'case x in',
    'f() {',
    '{ a',
    '( a )',
    'a <<EOF',
    'a $(',
    'function f',
  ];
  for (const line of blocks) {
    expect([line, read(`x\n${line}\ny $Z\n`)]).toEqual([line, { commands: [['x']], codes: ['needs-shell'] }]);
  }
});

test('a variable that nothing sets, an open quote and a carriage return are reported', () => {
  expect(read('a $B\nc')).toEqual({ commands: [['c']], codes: ['unset-variable'] });
  expect(read("a 'b\nc")).toEqual({ commands: [], codes: ['open-quote'] });
  expect(read('a "b\nc')).toEqual({ commands: [], codes: ['open-quote'] });
  expect(read('a; ; b;').codes).toEqual(['stray-semicolon']);
  expect(read('a b\r\nc\r\n')).toEqual({ commands: [['a', 'b'], ['c']], codes: ['cr-line-end'] });
});

test('words come out as a shell has them', () => {
  const variables = { V: 'x y', W: 'z', E: '' };
  const piece = fc.constantFrom(
    'a',
    'b=',
    ' ',
    '  ',
    "'",
    '"',
    '\\',
    '$V',
    `\${W}`,
    '#',
    '\n',
    '-',
    '!',
    ';',
    '$',
    '\\\n',
    '$E',
    "''",
  );
  const script = fc.array(piece, { maxLength: 12 }).map((pieces) => `p ${pieces.join('').replace(/[;\n]/g, '$& p ')}\n`);
  let compared = 0;
  for (const text of fc.sample(script, { seed: 7, numRuns: 600 })) {
    const { commands, codes } = read(text, variables);
    if (codes.length > 0) continue;
    compared++;
    const prepared = `p() { for w in "$@"; do printf '%s\\036' "$w"; done; printf '\\035'; }; V='x y' W=z E=\n${text}`;
    const said = execFileSync('sh', ['-c', prepared], { encoding: 'utf8' }).split('\x1d').slice(0, -1);
    expect([text, said.map((words) => ['p', ...words.split('\x1e').slice(0, -1)])]).toEqual([text, commands]);
  }
  expect(compared).toBeGreaterThan(100);
});
