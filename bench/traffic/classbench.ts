// Rulesets like those of ClassBench, for decision tables: five fields, in the manner of access lists, firewalls and IP chains, of any size,
// for both families.
//
// Ref: D. Taylor, J. Turner, ClassBench: A Packet Classification Benchmark, 2007 (what kinds of rules sets of each style have; the numbers
// here are of this project).

import type { Family } from '../../src/ir/ir.ts';
import { ANY_PORT, ANY_PROTOCOL, type ClassRule, prefix } from './class-rules.ts';
import { type Random, random } from './random.ts';

export type Style = 'acl' | 'fw' | 'ipc';
export const STYLES: readonly Style[] = ['acl', 'fw', 'ipc'];

export interface ClassSet {
  readonly style: Style;
  readonly family: Family;
  readonly count: number;
  readonly seed: number;
  /** The part of the rules that do not end the list. */
  readonly goingOn?: number;
}

type Weighted<T> = readonly (readonly [value: T, weight: number])[];
type PortKind = 'any' | 'exact' | 'high' | 'low' | 'range';

interface StyleNumbers {
  /** Prefix lengths of IPv4 and of IPv6. */
  readonly source: Readonly<Record<Family, Weighted<number>>>;
  readonly destination: Readonly<Record<Family, Weighted<number>>>;
  readonly sport: Weighted<PortKind>;
  readonly dport: Weighted<PortKind>;
  readonly protocol: Weighted<number>;
}

const NUMBERS: Readonly<Record<Style, StyleNumbers>> = {
  acl: {
    source: {
      4: [
        [0, 3],
        [8, 1],
        [16, 6],
        [20, 6],
        [22, 6],
        [24, 22],
        [26, 8],
        [28, 14],
        [30, 8],
        [32, 26],
      ],
      6: [
        [0, 3],
        [32, 6],
        [40, 4],
        [48, 24],
        [56, 16],
        [64, 27],
        [128, 20],
      ],
    },
    destination: {
      4: [
        [0, 1],
        [16, 4],
        [20, 4],
        [24, 22],
        [26, 8],
        [28, 12],
        [30, 10],
        [32, 39],
      ],
      6: [
        [0, 1],
        [32, 4],
        [48, 20],
        [56, 10],
        [64, 25],
        [128, 40],
      ],
    },
    sport: [
      ['any', 99],
      ['high', 1],
    ],
    dport: [
      ['any', 20],
      ['exact', 58],
      ['high', 8],
      ['range', 14],
    ],
    protocol: [
      [6, 80],
      [17, 12],
      [1, 4],
      [ANY_PROTOCOL, 4],
    ],
  },
  fw: {
    source: {
      4: [
        [0, 36],
        [8, 2],
        [16, 8],
        [24, 18],
        [28, 6],
        [32, 30],
      ],
      6: [
        [0, 36],
        [32, 6],
        [48, 14],
        [64, 18],
        [128, 26],
      ],
    },
    destination: {
      4: [
        [0, 26],
        [16, 6],
        [24, 14],
        [28, 6],
        [30, 4],
        [32, 44],
      ],
      6: [
        [0, 26],
        [32, 4],
        [48, 12],
        [64, 18],
        [128, 40],
      ],
    },
    sport: [
      ['any', 70],
      ['exact', 14],
      ['high', 12],
      ['low', 1],
      ['range', 3],
    ],
    dport: [
      ['any', 30],
      ['exact', 46],
      ['high', 10],
      ['low', 2],
      ['range', 12],
    ],
    protocol: [
      [6, 60],
      [17, 28],
      [1, 5],
      [ANY_PROTOCOL, 7],
    ],
  },
  ipc: {
    source: {
      4: [
        [0, 9],
        [8, 2],
        [16, 10],
        [20, 6],
        [24, 24],
        [27, 6],
        [30, 5],
        [32, 38],
      ],
      6: [
        [0, 9],
        [32, 8],
        [48, 21],
        [56, 8],
        [64, 24],
        [128, 30],
      ],
    },
    destination: {
      4: [
        [0, 7],
        [8, 2],
        [16, 9],
        [20, 6],
        [24, 22],
        [28, 8],
        [32, 46],
      ],
      6: [
        [0, 7],
        [32, 7],
        [48, 20],
        [56, 6],
        [64, 24],
        [128, 36],
      ],
    },
    sport: [
      ['any', 76],
      ['exact', 16],
      ['high', 4],
      ['range', 4],
    ],
    dport: [
      ['any', 30],
      ['exact', 46],
      ['high', 10],
      ['low', 2],
      ['range', 12],
    ],
    protocol: [
      [6, 62],
      [17, 24],
      [1, 5],
      [50, 2],
      [ANY_PROTOCOL, 7],
    ],
  },
};

const SERVICES = [
  20, 21, 22, 23, 25, 53, 69, 80, 88, 110, 111, 119, 123, 135, 139, 143, 161, 162, 389, 443, 445, 514, 993, 1433, 1521, 2049,
  3306, 3389, 5060, 5432, 6379, 8080, 8443, 9090,
];
/** Ports that a set uses beside well-known ones. */
const OWN_PORTS = 200;

function weighted<T>(r: Random, list: Weighted<T>): T {
  let left = r.below(list.reduce((sum, [, weight]) => sum + weight, 0));
  for (const [value, weight] of list) {
    left -= weight;
    if (left < 0) return value;
  }
  return list[0]![0];
}

/** Some networks, most addresses of a set lie in: a few large ones, with sites in them, of which some have more rules than others. */
class Networks {
  private readonly sites: readonly (readonly number[])[];
  private readonly r: Random;
  private readonly family: Family;

  constructor(r: Random, family: Family, rules: number) {
    this.r = r;
    this.family = family;
    const carriers = Array.from({ length: 4 + r.below(8) }, () =>
      family === 4 ? r.word() & 0xffff0000 : 0x20010000 | r.below(0x10000),
    );
    const sites = Math.ceil(rules ** 0.7) + 4;
    this.sites = Array.from({ length: sites }, () => this.site(carriers));
  }

  private site(carriers: readonly number[]): number[] {
    const { r, family } = this;
    if (family === 4) return [((r.below(5) === 0 ? r.word() : r.pick(carriers)) | (r.below(256) << 8)) >>> 0];
    return [r.pick(carriers), (r.word() & 0xffff0000) | r.below(64), 0, 0].map((word) => word >>> 0);
  }

  /** An address prefix: of two sites the one with the lower number, so that there are favourites, and in it a few hosts often. */
  draw(bits: number): number[] {
    const { r, sites } = this;
    const words = [...sites[Math.min(r.below(sites.length), r.below(sites.length))]!];
    const last = words.length - 1;
    words[last] = (words[last]! | (r.below(3) === 0 ? r.below(256) : r.below(24))) >>> 0;
    return prefix(words, bits);
  }
}

function ports(r: Random, kind: PortKind, own: readonly number[]): readonly [number, number] {
  switch (kind) {
    case 'any':
      return ANY_PORT;
    case 'high':
      return [1024, 65535];
    case 'low':
      return [0, 1023];
    case 'exact': {
      const port = r.below(4) === 0 ? r.pick(own) : r.pick(SERVICES);
      return [port, port];
    }
    case 'range': {
      const low = r.pick(own);
      return [low, Math.min(65535, low + r.pick([1, 3, 7, 10, 31, 99, 499, 4999]))];
    }
  }
}

const ICMPV6 = 58;

/** The rules of a set, none twice; fewer than asked for if the style has no more. */
export function classRules({ style, family, count, seed, goingOn = 0 }: ClassSet): ClassRule[] {
  const r = random(seed ^ (STYLES.indexOf(style) * 0x9e3779b1) ^ family);
  // Which rules go on is drawn apart, so that a set with such rules is the same set otherwise.
  const marks = random(~seed);
  const numbers = NUMBERS[style];
  const sources = new Networks(r, family, count);
  const destinations = new Networks(r, family, count);
  const own = Array.from({ length: OWN_PORTS }, () => 1024 + r.below(64_000));
  const rules: ClassRule[] = [];
  const seen = new Set<string>();
  for (let tries = 0; rules.length < count && tries < 8 * count; tries++) {
    const sourceBits = weighted(r, numbers.source[family]);
    const destinationBits = weighted(r, numbers.destination[family]);
    const [sport, dport] = [ports(r, weighted(r, numbers.sport), own), ports(r, weighted(r, numbers.dport), own)];
    const hasPorts = sport !== ANY_PORT || dport !== ANY_PORT;
    const drawn = weighted(r, numbers.protocol);
    const protocol = hasPorts && drawn !== 17 ? 6 : drawn === 1 && family === 6 ? ICMPV6 : drawn;
    const rule = {
      source: sources.draw(sourceBits),
      sourceBits,
      destination: destinations.draw(destinationBits),
      destinationBits,
      sport,
      dport,
      protocol,
    };
    const key = JSON.stringify(rule);
    // A rule that asks nothing of the addresses hides most of what is behind it: such stand at the end of a list, and few.
    if (seen.has(key) || (sourceBits + destinationBits === 0 && rules.length < 0.9 * count)) continue;
    seen.add(key);
    const goesOn = marks.below(1000) < 1000 * goingOn ? marks.pick(['counts', 'logs'] as const) : undefined;
    rules.push(goesOn ? { ...rule, goesOn } : rule);
  }
  return rules;
}
