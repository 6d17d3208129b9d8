// What rules translate: which packets may come to each of the targets that do, and what becomes of them.

import {
  NAT_RANGE_MAP_IPS,
  NAT_RANGE_PERSISTENT,
  NAT_RANGE_PROTO_OFFSET,
  NAT_RANGE_PROTO_RANDOM_ALL,
  NETMAP_MASK,
  NETMAP_NETWORK,
  NPT_DST,
  NPT_DST_LENGTH,
  NPT_SRC,
  NPT_SRC_LENGTH,
  RANGE_FLAGS,
  RANGE_MAX,
  RANGE_MIN,
} from '../../assembly/abi/nat.ts';
import {
  ACTION_DNAT,
  ACTION_DNPT,
  ACTION_MASQUERADE,
  ACTION_NETMAP,
  ACTION_REDIRECT,
  ACTION_SNAT,
  ACTION_SNPT,
} from '../../assembly/abi/opcode.ts';
import { RTN_LOCAL } from '../../assembly/abi/packet.ts';
import type { Action, Chain, Family, Field, HookName, Rule, Ruleset, Test } from '../ir/ir.ts';
import type { Span } from '../text/source.ts';
import { lastAddress, numberOf, type Range } from './ranges.ts';

/** Indexes of interfaces, first and last. */
export type Indexes = readonly (readonly [number, number])[];

/** Packets that may come to a rule: more than do, if anything. What is absent may be anything. */
export interface Reach {
  readonly in?: Indexes;
  readonly out?: Indexes;
  readonly src?: readonly Range[];
  readonly dst?: readonly Range[];
  /** Their destination is an address of this host. */
  readonly local?: true;
}

export interface Translation {
  readonly family: Family;
  readonly side: 'source' | 'destination';
  readonly hook: HookName;
  /** Name of the target. */
  readonly name: string;
  readonly span?: Span;
  readonly reach: Reach;
  /** The addresses that it gives; absent = one that the host has, or only ports. */
  readonly to?: Range;
  /** Packets are changed one by one, whatever becomes of their connection. */
  readonly stateless: boolean;
  /** Each address is given another of its own. */
  readonly mapped: boolean;
  /** One source gets the same of several addresses for all its connections. */
  readonly persistent: boolean;
  /** Ports are drawn, whatever others have. */
  readonly random: boolean;
  /** It moves a range of ports. */
  readonly shifts: boolean;
}

/** Places on the way that are looked at; beyond them what leads to a rule is not asked. */
const PLACES_MAX = 100_000;

const SIDES: Readonly<Record<number, Translation['side']>> = {
  [ACTION_SNAT]: 'source',
  [ACTION_MASQUERADE]: 'source',
  [ACTION_DNAT]: 'destination',
  [ACTION_REDIRECT]: 'destination',
  [ACTION_SNPT]: 'source',
  [ACTION_DNPT]: 'destination',
};

/** What the rules translate, by every way that leads to each; once for equal ways. `isEnough`: those behind this one are not wanted. */
export function translationsOf(ruleset: Ruleset, isEnough: (translation: Translation) => boolean = () => false): Translation[] {
  const found: Translation[] = [];
  for (const { name, chains } of ruleset.tables) {
    if (name !== 'nat' && name !== 'mangle') continue;
    for (const translation of new Walk(ruleset, chains, isEnough).translations) found.push(translation);
    const last = found.at(-1);
    if (last && isEnough(last)) break;
  }
  return found;
}

class Walk {
  readonly translations: Translation[] = [];
  private readonly ruleset: Ruleset;
  private readonly chains: ReadonlyMap<string, Chain>;
  private readonly seen = new Set<string>();
  private readonly texts = new WeakMap<Reach, string>();
  /** Chains that lead to a target that translates. */
  private readonly translating: ReadonlySet<string>;

  private readonly isEnough: (translation: Translation) => boolean;
  private isDone = false;

  constructor(ruleset: Ruleset, chains: readonly Chain[], isEnough: (translation: Translation) => boolean) {
    this.ruleset = ruleset;
    this.isEnough = isEnough;
    this.chains = new Map(chains.map((chain) => [chain.name, chain]));
    this.translating = translatingChains(chains);
    for (const chain of chains) if (chain.hook && !this.isDone) this.walk(chain, chain.hook, {});
  }

  private walk(chain: Chain, hook: HookName, reach: Reach): void {
    const known = this.seen.size < PLACES_MAX ? reach : {};
    const key = `${chain.name} ${hook} ${this.textOf(known)}`;
    if (this.seen.has(key)) return;
    this.seen.add(key);
    for (const rule of chain.rules) {
      if (this.isDone) return;
      this.take(rule, hook, known);
    }
  }

  private textOf(reach: Reach): string {
    let text = this.texts.get(reach);
    if (text === undefined) {
      text = JSON.stringify(reach, (_, value) => (typeof value === 'bigint' ? `${value}` : value));
      this.texts.set(reach, text);
    }
    return text;
  }

  private take({ tests, action, span }: Rule, hook: HookName, before: Reach): void {
    if (action.kind === 'jump' || action.kind === 'goto') {
      const chain = this.translating.has(action.chain) ? this.chains.get(action.chain) : undefined;
      if (chain) this.walk(chain, hook, this.narrowed(before, tests));
      return;
    }
    if (action.kind !== 'effect') return;
    const side = sideOf(action.opcode, hook);
    if (side === undefined) return;
    const { family } = this.ruleset;
    const { name } = action;
    const { reach, ...given } = givenBy(action, family);
    const translation: Translation = {
      ...{ family, side, hook, name, reach: { ...this.narrowed(before, tests), ...reach } },
      ...{ stateless: false, mapped: false, persistent: false, random: false, shifts: false },
      ...given,
      ...(span ? { span } : {}),
    };
    this.translations.push(translation);
    this.isDone = this.isEnough(translation);
  }

  private narrowed(before: Reach, tests: readonly Test[]): Reach {
    const { family, interfaces } = this.ruleset;
    const last = interfaces.names.length - 1;
    const inside = indexes(tests, 'in', last);
    const out = indexes(tests, 'out', last);
    const src = addresses(tests, 'src', family);
    const dst = addresses(tests, 'dst', family);
    const local = tests.some(isForThisHost);
    if (!inside && !out && !src && !dst && !local) return before;
    return {
      ...before,
      ...(inside ? { in: inside } : {}),
      ...(out ? { out } : {}),
      ...(src ? { src } : {}),
      ...(dst ? { dst } : {}),
      ...(local ? { local: true as const } : {}),
    };
  }
}

/** Names of chains that have a target which translates, or lead to one. */
function translatingChains(chains: readonly Chain[]): ReadonlySet<string> {
  const callers = new Map<string, string[]>();
  const found = new Set<string>();
  for (const { name, rules } of chains) {
    for (const { action } of rules) {
      if (action.kind === 'jump' || action.kind === 'goto') {
        const known = callers.get(action.chain);
        if (known) known.push(name);
        else callers.set(action.chain, [name]);
      } else if (action.kind === 'effect' && sideOf(action.opcode, 'PREROUTING') !== undefined) found.add(name);
    }
  }
  // What is added on the way is gone through too.
  for (const name of found) for (const caller of callers.get(name) ?? []) found.add(caller);
  return found;
}

function sideOf(opcode: number, hook: HookName): Translation['side'] | undefined {
  if (opcode === ACTION_NETMAP) return hook === 'PREROUTING' || hook === 'OUTPUT' ? 'destination' : 'source';
  return SIDES[opcode];
}

/** What the operands of a target say. */
function givenBy({ opcode, operands }: Extract<Action, { kind: 'effect' }>, family: Family): Partial<Translation> {
  const words = family === 4 ? 1 : 4;
  const address = (offset: number): bigint => numberOf(operands.slice(offset / 4, offset / 4 + words), 32);
  if (opcode === ACTION_NETMAP) {
    const first = address(NETMAP_NETWORK);
    return { to: [first, first | (lastAddress(family) & ~address(NETMAP_MASK))], mapped: true };
  }
  if (opcode === ACTION_SNPT || opcode === ACTION_DNPT) {
    const prefix = (offset: number, length: number): Range => {
      const rest = lastAddress(family) >> BigInt(operands[length / 4]!);
      return [address(offset) & ~rest, address(offset) | rest];
    };
    const matched = [prefix(NPT_SRC, NPT_SRC_LENGTH)];
    const reach = opcode === ACTION_SNPT ? { src: matched } : { dst: matched };
    return { to: prefix(NPT_DST, NPT_DST_LENGTH), reach, mapped: true, stateless: true };
  }
  const flags = operands[RANGE_FLAGS / 4]!;
  return {
    ...((flags & NAT_RANGE_MAP_IPS) !== 0 ? { to: [address(RANGE_MIN), address(RANGE_MAX)] as const } : {}),
    persistent: (flags & NAT_RANGE_PERSISTENT) !== 0,
    random: (flags & NAT_RANGE_PROTO_RANDOM_ALL) !== 0,
    shifts: (flags & NAT_RANGE_PROTO_OFFSET) !== 0,
  };
}

/** The indexes that tests leave to an interface; undefined = any. */
function indexes(tests: readonly Test[], field: Field, last: number): Indexes | undefined {
  for (const test of tests) {
    const asked = valuesOf(test, field);
    if (!asked) continue;
    const [low, high] = asked.range;
    return asked.negate
      ? ([
          [0, low - 1],
          [high + 1, last],
        ] as const)
      : [[low, high]];
  }
  return undefined;
}

/** A range of values, or all others. */
interface Values {
  readonly range: readonly [number, number];
  readonly negate: boolean;
}

/** The values of a field that a test is about, if they are one range. */
function valuesOf(test: Test, field: Field): Values | undefined {
  if (test.kind === 'range' && test.field === field) return { range: [test.low, test.high], negate: test.negate };
  if (test.kind !== 'mask' || test.field !== field) return undefined;
  const rest = ~test.mask >>> 0;
  if ((rest & (rest + 1)) !== 0) return undefined;
  return { range: [test.value, (test.value | rest) >>> 0], negate: test.negate };
}

function positiveValues(tests: readonly Test[], field: Field): Values | undefined {
  for (const test of tests) {
    const values = valuesOf(test, field);
    if (values && !values.negate) return values;
  }
  return undefined;
}

/** The addresses that tests leave to the source or the destination; undefined = any. */
function addresses(tests: readonly Test[], side: 'src' | 'dst', family: Family): readonly Range[] | undefined {
  const words = family === 4 ? 1 : 4;
  let first = 0n;
  let last = 0n;
  let isFixed: boolean = true;
  for (let i = 0; i < words; i++) {
    const field = `${side}${i}` as Field;
    // A word counts while those before it are given.
    const asked: Values | undefined = isFixed ? positiveValues(tests, field) : undefined;
    if (i === 0 && !asked) return undefined;
    const [low, high]: readonly [number, number] = asked?.range ?? [0, 0xffffffff];
    isFixed = low === high;
    first = (first << 32n) | BigInt(low);
    last = (last << 32n) | BigInt(high);
  }
  return [[first, last]];
}

/** `-m addrtype --dst-type LOCAL`. */
function isForThisHost(test: Test): boolean {
  if (test.kind !== 'mask' || test.field !== 'dstType' || test.mask !== 1 << RTN_LOCAL) return false;
  return (test.value === 0) === test.negate;
}
