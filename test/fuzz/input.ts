// Inputs by choice: a tape of numbers says what is taken, so that fast-check can shrink an input by shrinking the tape.

import fc from 'fast-check';
import { extensions } from '../../src/extensions/index.ts';
import { type Family, TABLE_HOOKS, TABLE_NAMES, type TableName } from '../../src/ir/ir.ts';
import type { Named, Pool } from './pool.ts';

export interface Input {
  readonly kind: 'ruleset' | 'commands' | 'sets';
  readonly family: Family;
  readonly text: string;
}

/** Values that options take, might take, or must not. */
const VALUES = [
  ...[
    '0',
    '1',
    '-1',
    '22',
    '65535',
    '65536',
    '4294967295',
    '4294967296',
    '18446744073709551615',
    '18446744073709551616',
    '08',
    '0x10',
    '+3',
  ],
  ...[
    '1:2',
    '2:1',
    ':5',
    '5:',
    '1-2',
    '2-1',
    '1,2,3',
    ',',
    '1,,2',
    'a',
    'A',
    'tcp',
    'udp',
    'http',
    'ssh',
    'any',
    'all',
    'none',
    'src',
    'src,dst',
  ],
  ...[
    '10.0.0.1',
    '10.0.0.0/8',
    '10.0.0.1-10.0.0.9',
    '10.0.0.0/255.0.255.0',
    '0/0',
    '::',
    '2001:db8::/32',
    'fe80::1%eth0',
    '::1-::2',
    '1.2.3',
    'example.com',
  ],
  ...[
    'eth0',
    'eth+',
    '+',
    '1/s',
    '5/minute',
    '1mb/s',
    '0/day',
    '1kb/s',
    '10s',
    '8bit',
    '1.5',
    'nan',
    '1e9',
    '/',
    '*',
    '|41 42|',
    '"a b"',
    '""',
    '"\\""',
    "'",
  ],
  ...[
    'NEW',
    'NEW,INVALID',
    'SYN,ACK SYN',
    'SYN',
    'ALL NONE',
    '0x1/0xff',
    '1/2',
    'icmp-port-unreachable',
    'x'.repeat(40),
    'ü',
    '\u0001',
  ],
];

const STANDARD = ['ACCEPT', 'DROP', 'RETURN', 'QUEUE', 'one', 'two', 'nope'];
const GENERAL = [
  '-s',
  '-d',
  '-i',
  '-o',
  '-p',
  '-f',
  '-c',
  '!',
  '-4',
  '-6',
  '--',
  '-g',
  '-t',
  '-n',
  '-v',
  '-x',
  '-w',
  '--line',
  '-m',
];
const COMMANDS = ['-A', '-A', '-A', '-A', '-I', '-D', '-R', '-C', '-N', '-X', '-E', '-P', '-F', '-Z', '-L', '-S'];
const CHAINS = ['INPUT', 'FORWARD', 'OUTPUT', 'PREROUTING', 'POSTROUTING', 'one', 'two', 'three'];
/** Bytes that mean something somewhere. */
const BYTES = [...'!-"\\,:/=+.*#[]%|&;$\'`(){}<>~@0129afxAZ _\t\n\r\0', 'ü', '€', '\ud83d\ude00', '\udc80'];

/** Tapes whose numbers are all equally likely: small ones would mean the same rules again and again. */
export const TAPES = fc.noBias(fc.array(fc.nat(0x7fffffff), { minLength: 40, maxLength: 80, size: 'max' }));

/** Takes choices from a tape; behind its end all are the first. */
class Tape {
  private at = 0;
  private readonly numbers: readonly number[];

  constructor(numbers: readonly number[]) {
    this.numbers = numbers;
  }

  below(limit: number): number {
    return limit <= 1 ? 0 : (this.numbers[this.at++] ?? 0) % limit;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
}

/** Makes the input that a tape says. */
export function inputOf(pool: Pool, numbers: readonly number[]): Input {
  const tape = new Tape(numbers);
  const kind = tape.pick(['ruleset', 'ruleset', 'ruleset', 'ruleset', 'ruleset', 'commands', 'commands', 'sets'] as const);
  const family = tape.pick([4, 4, 6] as const);
  const mutations = tape.pick([0, 0, 0, 1, 1, 2, 5]);
  let text =
    kind === 'ruleset' ? ruleset(pool, family, tape) : kind === 'commands' ? commands(pool, family, tape) : sets(pool, tape);
  for (let i = 0; i < mutations; i++) text = mutated(text, pool, tape);
  return { kind, family, text };
}

function ruleset(pool: Pool, family: Family, tape: Tape): string {
  const [table, good] = tape.pick([...pool.good[family]]);
  const lines: string[] = [];
  for (let count = tape.pick([1, 1, 2, 3]); count > 0; count--) {
    const form = tape.below(8);
    const counters = tape.pick(['', '', '[1:2] ']);
    if (form === 0) lines.push(`${tape.pick(COMMANDS)} ${tape.pick(CHAINS)} ${madeRule(pool, family, tape)}`);
    else lines.push(`${counters}-A ${form === 1 ? tape.pick(pool.rules[family]).rule : tape.pick(good)}`);
  }
  const chains = new Set(['one', 'two', ...lines.flatMap(chainNames)]);
  const declared = [...chains].filter(
    (name) => !isTarget(name, family) && !TABLE_HOOKS[table as TableName]?.some((hook) => hook === name),
  );
  return [`*${table}`, ...declared.map((name) => `:${name} - [0:0]`), ...lines, 'COMMIT', ''].join('\n');
}

/** What a line may mean by a chain. */
function chainNames(line: string): string[] {
  return [...line.matchAll(/(?:^| )-[AIDRCjg] ([\w.-]{1,28})(?= |$)/g)].map(([, name]) => name!);
}

function isTarget(name: string, family: Family): boolean {
  return ['ACCEPT', 'DROP', 'RETURN', 'QUEUE', 'nope'].includes(name) || extensions.isKnown('target', name, family);
}

/** A rule of names, options and values that need not fit. */
function madeRule(pool: Pool, family: Family, tape: Tape): string {
  const words: string[] = [];
  const count = tape.below(4);
  for (let i = 0; i < count; i++) {
    if (tape.below(3) === 0) words.push(tape.pick(GENERAL), tape.pick(VALUES));
    else words.push('-m', ...withOptions(tape.pick(pool.matches[family]), tape));
  }
  if (tape.below(2) === 0) words.push('-j', tape.pick(STANDARD));
  else words.push('-j', ...withOptions(tape.pick(pool.targets[family]), tape));
  return words.join(' ');
}

function withOptions({ name, options }: Named, tape: Tape): string[] {
  const words = [name];
  const count = tape.below(Math.min(4, options.length + 1));
  for (let i = 0; i < count; i++) {
    words.push(...tape.pick([[], [], ['!']]), `--${tape.pick(options)}`);
    for (let values = tape.pick([1, 1, 1, 0, 2]); values > 0; values--) words.push(tape.pick(VALUES));
  }
  return words;
}

function commands(pool: Pool, family: Family, tape: Tape): string {
  const tool = family === 4 ? 'iptables' : 'ip6tables';
  const lines = [tape.pick([`${tool} -N one`, '#!/bin/sh', 'A=b', `T=${tool}`])];
  const count = 1 + tape.below(5);
  for (let i = 0; i < count; i++) {
    const form = tape.below(4);
    if (form < 2) lines.push(tape.pick(pool.commands));
    else if (form === 2) lines.push(`${tool} -t ${tape.pick(TABLE_NAMES)} -A ${tape.pick(pool.rules[family]).rule}`);
    else
      lines.push(
        `${tape.pick([tool, '$T', 'ipset'])} ${tape.pick(COMMANDS)} ${tape.pick(CHAINS)} ${madeRule(pool, family, tape)}`,
      );
  }
  return `${lines.join('\n')}\n`;
}

function sets(pool: Pool, tape: Tape): string {
  const lines: string[] = [];
  const count = 1 + tape.below(6);
  for (let i = 0; i < count; i++) lines.push(tape.pick(pool.ipset).replace(/^ipset /, ''));
  return `${lines.join('\n')}\n`;
}

/** Changes one thing: a byte, a word, a number, or a piece that comes again or from elsewhere. */
function mutated(text: string, pool: Pool, tape: Tape): string {
  const at = tape.below(text.length + 1);
  const words = text.split(' ');
  const word = tape.below(words.length);
  switch (tape.below(9)) {
    case 0:
      return text.slice(0, at) + tape.pick(BYTES) + text.slice(at);
    case 1:
      return text.slice(0, at) + text.slice(at + 1);
    case 2:
      return text.slice(0, at) + tape.pick(BYTES) + text.slice(at + 1);
    case 3:
      return text.replace(/\d+/g, (number, place: number) => (place >= at ? tape.pick(VALUES) : number));
    case 4:
      return words.toSpliced(word, 1).join(' ');
    case 5:
      return words.toSpliced(word, 0, words[tape.below(words.length)]!).join(' ');
    case 6:
      return words.toSpliced(word, 1, tape.pick(VALUES)).join(' ');
    case 7:
      return text.slice(0, at) + text.slice(at, at + 12).repeat(tape.pick([2, 20, 400])) + text.slice(at + 12);
    default:
      return text.slice(0, at) + tape.pick(pool.rules[4]).rule + text.slice(at);
  }
}
