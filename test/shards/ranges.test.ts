import fc from 'fast-check';
import { expect, test } from 'vitest';
import { insideOf, type Painted, type Range, united } from '../../src/shards/ranges.ts';

const BITS = 8n;
const ALL = Array.from({ length: 1 << Number(BITS) }, (_, i) => BigInt(i));
const has = (ranges: readonly Range[], address: bigint): boolean => ranges.some(([a, b]) => address >= a && address <= b);

/** Networks of addresses of eight bits. */
const networks: fc.Arbitrary<Painted[]> = fc.array(
  fc.record({ address: fc.nat(255), length: fc.nat(8), inside: fc.boolean() }).map(({ address, length, inside }): Painted => {
    const rest = (1n << (BITS - BigInt(length))) - 1n;
    return { range: [BigInt(address) & ~rest, BigInt(address) | rest], inside };
  }),
  { maxLength: 12 },
);

const size = ([a, b]: Range): bigint => b - a;

function isInside(list: readonly Painted[], address: bigint): boolean {
  const those = list.filter(({ range }) => has([range], address));
  const longest = those.filter(({ range }) => those.every((other) => size(range) <= size(other.range)));
  return longest.length > 0 && longest.every(({ inside }) => inside);
}

test('an address is inside if the longest network that has it is', () => {
  fc.assert(
    fc.property(networks, (list) => {
      const ranges = insideOf(list);
      expect(ALL.filter((address) => has(ranges, address))).toEqual(ALL.filter((address) => isInside(list, address)));
    }),
    { seed: 1 },
  );
});

test('united ranges have the same addresses, in order, with some between any two', () => {
  const range = fc.tuple(fc.nat(255), fc.nat(255)).map(([a, b]): Range => [BigInt(Math.min(a, b)), BigInt(Math.max(a, b))]);
  fc.assert(
    fc.property(fc.array(range), (ranges) => {
      const result = united(ranges);
      expect(ALL.filter((address) => has(result, address))).toEqual(ALL.filter((address) => has(ranges, address)));
      for (let i = 1; i < result.length; i++) expect(result[i]![0]).toBeGreaterThan(result[i - 1]![1] + 1n);
    }),
    { seed: 1 },
  );
});
