import { expect, test } from 'vitest';
import { compareResults, comparisonText } from '../../bench/comparison.ts';
import { type BenchResult, benchResult } from '../../bench/result.ts';
import { cost, type Figure, gain, reference } from '../../bench/suite.ts';

const MACHINE = { commit: 'abc', cpu: 'one', processors: 2, memoryGiB: 8, kernel: '6.1', node: 'v20' };

function result(figures: readonly Figure[], about: Partial<typeof MACHINE> = {}): BenchResult {
  return benchResult({ ...MACHINE, ...about }, { seed: 1, scale: 'quick' }, { replay: { figures, notices: [] } });
}

const steady = (value: number): number[] => [value, value, value, value, value];

test('a cost that grew and a gain that shrank are worse, the other way round they are better', () => {
  const before = result([cost('a', 'packet', 'ns', steady(100)), gain('b', 'speed-up', 'x', steady(1.8))]);
  const after = result([cost('a', 'packet', 'ns', steady(120)), gain('b', 'speed-up', 'x', steady(1.2))]);
  const verdicts = (first: BenchResult, second: BenchResult): string[] =>
    compareResults(first, second, 0.05).figures.map(({ verdict }) => verdict);
  expect(verdicts(before, after)).toEqual(['worse', 'worse']);
  expect(verdicts(after, before)).toEqual(['better', 'better']);
  expect(verdicts(before, before)).toEqual(['same', 'same']);
});

test('figures that only one run has are named', () => {
  const { figures, missing, added } = compareResults(
    result([cost('a', 'packet', 'ns', [1])]),
    result([cost('a', 'floor', 'ns', [1])]),
    0.05,
  );
  expect({ figures, missing, added }).toEqual({ figures: [], missing: ['replay: a: packet'], added: ['replay: a: floor'] });
});

test('what is not of Hookline is told, and never worse', () => {
  const [before, after] = [100, 200].map((ns) => result([reference('kernel', 'packet', 'ns', steady(ns))]));
  const compared = compareResults(before!, after!, 0.05);
  expect(compared.figures.map(({ verdict }) => verdict)).toEqual(['other']);
  expect(comparisonText(compared)).toContain('not of Hookline, yet different: 1 figures');
});

test('a suite that only one run has is one line', () => {
  const more = { ...result([]), suites: { nat: { figures: [cost('a', 'packet', 'ns', [1])], notices: [] } } };
  expect(compareResults(result([]), more, 0.05).added).toEqual(['suite nat']);
});

test('another machine or scale is said', () => {
  const other = { ...result([], { cpu: 'two' }), scale: 'full' as const };
  expect(compareResults(result([]), other, 0.05).cautions).toEqual(['cpu differs: one and two', 'scale differs: quick and full']);
});

test('the text ends with what differs and the sum', () => {
  const before = result([cost('a', 'packet', 'ns', steady(100)), cost('b', 'packet', 'ns', [90, 95, 100, 105, 110])]);
  const after = result([cost('a', 'packet', 'ns', steady(120)), cost('b', 'packet', 'ns', [90, 95, 101, 105, 110])]);
  expect(comparisonText(compareResults(before, after, 0.05))).toMatchInlineSnapshot(`
    "                       before       after  ratio  noise
    replay: b: packet  100 ns ±8%  101 ns ±9%  1.01x   ±20%
    replay: a: packet  100 ns ±0%  120 ns ±0%  1.20x    ±0%  WORSE
    1 worse, 0 better, 1 the same within noise"
  `);
});
