import { expect, test } from 'vitest';
import { alternate } from '../../bench/rounds.ts';
import { change, median, ratios, spread } from '../../bench/statistics.ts';

test('the median is the middle value, of an even number the mean of the two in the middle', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([10, 1, 2, 3])).toBe(2.5);
  expect(() => median([])).toThrow(RangeError);
});

test('one outlier does not move the spread', () => {
  expect(spread([100, 101, 99, 100, 100])).toBe(0);
  expect(spread([100, 102, 98, 101, 5000])).toBeCloseTo((1.4826 * 1) / 101, 10);
  expect(spread([7])).toBe(0);
});

test('ratios are of the same round', () => {
  expect(ratios([10, 30], [5, 10])).toEqual([2, 3]);
  expect(() => ratios([1], [1, 2])).toThrow(RangeError);
});

test('a change is told only beyond the tolerance and beyond the noise of both', () => {
  const quiet = [100, 100, 100, 100, 100];
  const by = (factor: number, values: readonly number[]): number[] => values.map((value) => value * factor);
  expect(change(quiet, by(1.04, quiet), 0.05).verdict).toBe('same');
  expect(change(quiet, by(1.06, quiet), 0.05).verdict).toBe('more');
  expect(change(by(1.06, quiet), quiet, 0.05).verdict).toBe('less');
  const noisy = [90, 95, 100, 105, 110];
  expect(change(noisy, by(1.15, noisy), 0.05).verdict).toBe('same');
  expect(change(noisy, by(1.3, noisy), 0.05).verdict).toBe('more');
});

test('what stays zero has not changed', () => {
  expect(change([0], [0], 0.05)).toEqual({ ratio: 1, noise: 0, verdict: 'same' });
  expect(change([0], [3], 0.05).verdict).toBe('more');
});

test('contestants are measured in turn, every other round backwards, the warm-up apart', async () => {
  const order: string[] = [];
  let clock = 0;
  const contestant = (name: string) => ({
    name,
    measure: async () => {
      order.push(name);
      return { time: clock++ };
    },
  });
  const samples = await alternate([contestant('a'), contestant('b')], { rounds: 2 });
  expect(order).toEqual(['b', 'a', 'a', 'b', 'b', 'a']);
  expect(samples.of('a', 'time')).toEqual([2, 5]);
  expect(samples.of('b', 'time')).toEqual([3, 4]);
  expect(() => samples.of('a', 'size')).toThrow('size of a was not measured');
});
