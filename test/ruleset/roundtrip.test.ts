import fc from 'fast-check';
import { expect, test } from 'vitest';
import { extensions } from '../../src/extensions/index.ts';
import type { Family } from '../../src/ir/ir.ts';
import { printRuleset } from '../../src/ruleset/print.ts';
import { read } from './reading.ts';

const OPTIONS = { counters: true, order: 'text' } as const;

const chance = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });
const bang = fc.constantFrom('', '', '! ');
const byte = fc.nat(255);
const address4 = fc
  .tuple(byte, byte, byte, byte, fc.oneof(fc.nat(32).map(String), fc.constantFrom('255.255.0.0', '255.0.255.0', '0.0.0.255')))
  .map(([a, b, c, d, mask]) => `${a}.${b}.${c}.${d}/${mask}`);
const address6 = fc
  .tuple(fc.ipV6(), fc.oneof(fc.nat(128).map(String), fc.constantFrom('ffff::ffff', '::ff')))
  .map(([address, mask]) => `${address}/${mask}`);
const device = fc.constantFrom('eth0', 'eth+', 'lo', '+', 'br-1.5');
const ports = fc.oneof(
  fc.nat(65535).map(String),
  fc.tuple(fc.nat(65535), fc.nat(65535)).map(([a, b]) => `${Math.min(a, b)}:${Math.max(a, b)}`),
);
const quoted = fc.string({ maxLength: 20, unit: 'grapheme-ascii' }).map((text) => `"${text.replace(/["\\]/g, '\\$&')}"`);

function matchOf(family: Family): fc.Arbitrary<string> {
  const icmp = family === 4 ? '-p icmp -m icmp --icmp-type 8' : '-p ipv6-icmp -m icmp6 --icmpv6-type 128';
  return fc.oneof(
    fc.tuple(bang, ports).map(([not, port]) => `-p tcp ${not}--dport ${port}`),
    fc.tuple(bang, ports).map(([not, port]) => `-p 17 -m udp ${not}--sport ${port}`),
    fc.constantFrom('-p tcp --syn', '-p 47', '! -p sctp', icmp, '-p tcp -m multiport --dports 1,2:3'),
  );
}

const others = fc.array(
  fc.oneof(
    quoted.map((text) => `-m comment --comment ${text}`),
    fc.constantFrom(
      '-m conntrack --ctstate NEW,RELATED',
      '-m state ! --state INVALID',
      '-m mark --mark 0x1/0xff',
      '-m length --length 1:9',
    ),
  ),
  { maxLength: 3 },
);
const target = fc.constantFrom('-j ACCEPT', '-j one', '-g two', '-j LOG --log-prefix "x y"', '-j RETURN', '', '-j REJECT');

function ruleOf(family: Family): fc.Arbitrary<string> {
  const address = family === 4 ? address4 : address6;
  return fc
    .record({
      counters: chance(fc.tuple(fc.bigInt({ min: 0n, max: 1n << 63n }), fc.nat()).map(([p, b]) => `[${p}:${b}] `)),
      source: chance(fc.tuple(bang, address).map(([not, a]) => `${not}-s ${a}`)),
      destination: chance(fc.array(address, { minLength: 1, maxLength: 3 }).map((list) => `-d ${list.join(',')}`)),
      into: chance(fc.tuple(bang, device).map(([not, name]) => `${not}-i ${name}`)),
      match: chance(matchOf(family)),
      others,
      target,
    })
    .filter(({ source, destination }) => !(source?.startsWith('!') && destination?.includes(',')))
    .map(({ counters, source, destination, into, match, others, target }) => {
      return `${counters ?? ''}-A INPUT ${[source, destination, into, match, ...others, target].filter(Boolean).join(' ')}`;
    });
}

for (const family of [4, 6] as const) {
  test(`what an IPv${family} ruleset prints reads back as the same ruleset`, () => {
    fc.assert(
      fc.property(fc.array(ruleOf(family), { maxLength: 8 }), (rules) => {
        const text = ['*filter', ':one - [0:0]', ':two - [0:0]', ...rules, 'COMMIT', '*nat', 'COMMIT', ''].join('\n');
        const first = read(text, { family, registry: extensions });
        expect(first.text).toBe('');
        const once = printRuleset(first.tree, OPTIONS);
        const second = read(once, { family, registry: extensions });
        expect(second.text).toBe('');
        expect(printRuleset(second.tree, OPTIONS)).toBe(once);
      }),
      { seed: 20, numRuns: 200 },
    );
  });
}

test('whatever a file holds, it is read to its end and printed', () => {
  const word = fc.constantFrom(
    ...[
      '*filter',
      '*',
      ':INPUT',
      'ACCEPT',
      '[0:0]',
      '-A',
      'INPUT',
      '-p',
      'tcp',
      '--dport',
      '80',
      '!',
      '-m',
      '-j',
      '"',
      '\\',
      '-s',
      'COMMIT',
    ],
    ...['1.2.3.4', '-I', '-N', '-X', '--', '-', '#', '\t', '\r', '\0', '-c', '=', ',', 'comment', '--comment', 'LOG', '-6'],
  );
  const text = fc.array(fc.oneof({ weight: 9, arbitrary: word }, fc.string()), { maxLength: 40 });
  const glue = fc.constantFrom(' ', ' ', '\n', '');
  fc.assert(
    fc.property(text, glue, (words, between) => {
      const { tree } = read(`*filter\n${words.join(between)}`, { registry: extensions });
      expect(printRuleset(tree)).toContain('COMMIT');
    }),
    { seed: 21, numRuns: 500 },
  );
});
