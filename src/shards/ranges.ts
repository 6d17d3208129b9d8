// Ranges of addresses as numbers: 32 bits of IPv4, 128 bits of IPv6.

import type { Family } from '../ir/ir.ts';

/** First and last. */
export type Range = readonly [bigint, bigint];

/** A network with what is said of it. */
export interface Painted {
  readonly range: Range;
  readonly inside: boolean;
}

/** The last address of a family. */
export function lastAddress(family: Family): bigint {
  return (1n << BigInt(family === 4 ? 32 : 128)) - 1n;
}

/** Bytes, or words of 32 bits, most significant first, as one number. */
export function numberOf(parts: Iterable<number>, bits: 8 | 32): bigint {
  let number = 0n;
  for (const part of parts) number = (number << BigInt(bits)) | BigInt(part >>> 0);
  return number;
}

/** The addresses of a network. */
export function networkRange(address: Uint8Array, prefixLength: number): Range {
  const rest = (1n << BigInt(address.length * 8 - prefixLength)) - 1n;
  const number = numberOf(address, 8);
  return [number & ~rest, number | rest];
}

/** The same addresses in as few ranges as can be, in order. */
export function united(ranges: readonly Range[]): Range[] {
  const result: [bigint, bigint][] = [];
  for (const [first, last] of [...ranges].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const before = result.at(-1);
    if (before && first <= before[1] + 1n) {
      if (last > before[1]) before[1] = last;
    } else if (first <= last) result.push([first, last]);
  }
  return result;
}

export function overlaps([a, b]: Range, [c, d]: Range): boolean {
  return a <= d && c <= b;
}

/** The addresses of which the longest network that has them is inside. Of equal networks one outside is enough. */
export function insideOf(networks: readonly Painted[]): Range[] {
  const sorted = [...networks].sort(({ range: [a, b] }, { range: [c, d] }) => (a !== c ? (a < c ? -1 : 1) : b > d ? -1 : 1));
  const result: Range[] = [];
  const open: Painted[] = [];
  let at = 0n;
  const upTo = (end: bigint): void => {
    if (open.at(-1)?.inside && at <= end) result.push([at, end]);
    at = end + 1n;
  };
  const closeBefore = (first: bigint | undefined): void => {
    for (let top = open.at(-1); top && (first === undefined || top.range[1] < first); top = open.at(-1)) {
      upTo(top.range[1]);
      open.pop();
    }
  };
  for (const network of sorted) {
    const [first, last] = network.range;
    closeBefore(first);
    const top = open.at(-1);
    if (top && top.range[0] === first && top.range[1] === last) {
      open[open.length - 1] = { range: top.range, inside: top.inside && network.inside };
      continue;
    }
    if (top) upTo(first - 1n);
    at = first;
    open.push(network);
  }
  closeBefore(undefined);
  return united(result);
}
