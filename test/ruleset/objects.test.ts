import { expect, test } from 'vitest';
import { extensions } from '../../src/extensions/index.ts';
import { load } from '../../src/load.ts';
import { read } from './reading.ts';

const UP = '-j RATEEST --rateest-name up --rateest-interval 1s --rateest-ewmalog 2s';
const OTHER = '-j RATEEST --rateest-name up --rateest-interval 2s --rateest-ewmalog 4s';
const ASK = '-m rateest --rateest up --rateest-gt --rateest-bps 8bit';

/** What is reported of tables, each a name and its rules. */
function codes(...tables: readonly (readonly string[])[]): readonly string[] {
  const text = tables.map(([name, ...rules]) => `*${name}\n:z - [0:0]\n${rules.map((rule) => `-A ${rule}\n`).join('')}COMMIT\n`);
  return read(text.join(''), { registry: extensions }).codes;
}

test('a rule can ask only for an estimator that a rule before it makes, in the order in which the kernel has them', () => {
  expect(codes(['mangle', `PREROUTING ${UP}`, `INPUT ${ASK}`])).toEqual([]);
  expect(codes(['mangle', `INPUT ${ASK}`, `INPUT ${UP}`])).toEqual(['no-such-object']);
  expect(codes(['mangle', `INPUT ${ASK}`, `PREROUTING ${UP}`])).toEqual([]);
  expect(codes(['mangle', `INPUT ${ASK}`, `z ${UP}`])).toEqual(['no-such-object']);
  expect(codes(['mangle', `z ${ASK}`, `POSTROUTING ${UP}`])).toEqual([]);
  expect(codes(['mangle', `INPUT ${ASK} ${UP}`])).toEqual(['no-such-object']);
  expect(codes(['raw', `PREROUTING ${UP}`], ['filter', `INPUT ${ASK}`])).toEqual([]);
  expect(codes(['filter', `INPUT ${ASK}`], ['raw', `PREROUTING ${UP}`])).toEqual(['no-such-object']);
});

test('an estimator is made one way only', () => {
  expect(codes(['mangle', `INPUT ${UP}`, `OUTPUT ${UP}`])).toEqual([]);
  expect(codes(['mangle', `INPUT ${UP}`, `OUTPUT ${OTHER}`])).toEqual(['object-differs']);
});

test('an idle timer is an alarm for all rules or for none, whatever the time', () => {
  const timer = (options: string): string => `INPUT -j IDLETIMER --label a ${options}`;
  expect(codes(['filter', timer('--timeout 5'), timer('--timeout 9')])).toEqual([]);
  expect(codes(['filter', timer('--timeout 5 --alarm'), timer('--timeout 5')])).toEqual(['object-differs']);
  expect(codes(['filter', timer('--timeout 5')], ['mangle', timer('--timeout 5 --alarm')])).toEqual(['object-differs']);
});

test('both places of a contradiction are shown', () => {
  const { text } = read(`*mangle\n-A INPUT ${UP}\n-A OUTPUT ${OTHER}\nCOMMIT\n`, { registry: extensions });
  expect(`\n${text}`).toBe(`
test.rules:3:14: error: the rate estimator "up" is made here with --rateest-interval 2.0s --rateest-ewmalog 4.0s, and above with --rateest-interval 1.0s --rateest-ewmalog 2.0s [object-differs]
    3 | -A OUTPUT -j RATEEST --rateest-name up --rateest-interval 2s --rateest-ewmalog 4s
      |              ^~~~~~~
test.rules:2:13: note: it is made here
    2 | -A INPUT -j RATEEST --rateest-name up --rateest-interval 1s --rateest-ewmalog 2s
      |             ^~~~~~~
`);
});

test('both families share what rules make', () => {
  const timer = (options: string) => ({ name: options, text: `*filter\n-A INPUT -j IDLETIMER --label a ${options}\nCOMMIT\n` });
  expect(() => load({ rules: timer('--timeout 5'), rules6: timer('--timeout 5 --alarm') })).toThrow(/idle timer "a"/);
});
