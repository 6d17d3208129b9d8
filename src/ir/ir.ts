// What a ruleset means, free of text: tests on packet words, actions, chains. One page, all node types.
//
// Comes in from lowering (ruleset/ and extensions/), goes out to compile/. Knows no option names, no spelling, no memory
// layout beyond the field names, which are the words of the packet record (assembly/abi/packet.ts).

import type { Span } from '../text/source.ts';

export type Family = 4 | 6;

export const TABLE_NAMES = ['raw', 'mangle', 'nat', 'filter', 'security'] as const;
export type TableName = (typeof TABLE_NAMES)[number];

export const HOOK_NAMES = ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'] as const;
export type HookName = (typeof HOOK_NAMES)[number];

/** The base chains of each table, in the order `iptables-save` prints them. Ref: net/ipv4/netfilter/iptable_filter.c and its sisters */
export const TABLE_HOOKS: Readonly<Record<TableName, readonly HookName[]>> = {
  raw: ['PREROUTING', 'OUTPUT'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
  security: ['INPUT', 'FORWARD', 'OUTPUT'],
};

/** Words of the packet record a pure test can read. `src0` is the most significant word of the address (for IPv4 the only one). */
export type Field =
  | 'src0'
  | 'src1'
  | 'src2'
  | 'src3'
  | 'dst0'
  | 'dst1'
  | 'dst2'
  | 'dst3'
  | 'sport'
  | 'dport'
  | 'proto'
  | 'icmp'
  | 'tcpFlags'
  | 'length'
  | 'tos'
  | 'ttl'
  | 'mark'
  | 'in'
  | 'out'
  | 'ctstate'
  | 'srcType'
  | 'dstType'
  | 'pkttype'
  | 'flags';

/** (field & mask) == value. */
export interface MaskTest {
  readonly kind: 'mask';
  readonly field: Field;
  readonly mask: number;
  readonly value: number;
  readonly negate: boolean;
}
/** low <= field <= high, unsigned. */
export interface RangeTest {
  readonly kind: 'range';
  readonly field: Field;
  readonly low: number;
  readonly high: number;
  readonly negate: boolean;
}
/** The field is in one of the ranges. */
export interface RangesTest {
  readonly kind: 'ranges';
  readonly field: Field;
  readonly ranges: readonly (readonly [number, number])[];
  readonly negate: boolean;
}
/** The tests do not all hold. All of them are pure. */
export interface NotTest {
  readonly kind: 'not';
  readonly tests: readonly Test[];
}
/**
 * A question only the core can answer: an opcode of assembly/abi/opcode.ts with operand words.
 * `effect`: asking changes something or may drop the packet (hotdrop), so that it must be asked exactly when the kernel would.
 */
export interface AskTest {
  readonly kind: 'ask';
  readonly opcode: number;
  /** For opcodes that read one field. */
  readonly field?: Field;
  readonly operands: readonly number[];
  readonly negate: boolean;
  readonly effect: boolean;
  /** Fields that asking may give another value; it then has an effect. */
  readonly changes?: readonly Field[];
}
export type Test = MaskTest | RangeTest | RangesTest | NotTest | AskTest;

export type Verdict = 'ACCEPT' | 'DROP';

export type Action =
  /** Counts and goes on: a rule without a target, or with one that changes nothing here. */
  | { readonly kind: 'continue' }
  | { readonly kind: 'verdict'; readonly verdict: Verdict }
  | { readonly kind: 'return' }
  | { readonly kind: 'jump'; readonly chain: string }
  | { readonly kind: 'goto'; readonly chain: string }
  /** Ends the packet with a word of its own: REJECT (operand: its type), QUEUE … */
  | { readonly kind: 'terminate'; readonly opcode: number; readonly operands: readonly number[]; readonly name: string }
  /** Does something and goes on. `changes`: the fields that may have another value behind it. */
  | {
      readonly kind: 'effect';
      readonly opcode: number;
      readonly operands: readonly number[];
      readonly name: string;
      readonly changes: readonly Field[];
    };

export interface Rule {
  /** Counter id, unique in the ruleset: rules in text order. */
  readonly id: number;
  /** 1-based number within its chain, as `iptables -L --line-numbers` shows it. */
  readonly number: number;
  /** In the order the kernel asks them: addresses, interfaces, protocol, fragment, then each match in its place. */
  readonly tests: readonly Test[];
  readonly action: Action;
  readonly span?: Span;
}

export interface Chain {
  readonly name: string;
  /** The hook of a base chain. */
  readonly hook?: HookName;
  /** Of a base chain: its policy, and the counter id of the policy. */
  readonly policy?: { readonly verdict: Verdict; readonly id: number };
  readonly rules: readonly Rule[];
}

export interface Table {
  readonly name: TableName;
  readonly chains: readonly Chain[];
}

/**
 * Every interface name the rules can tell apart, as small numbers, so that `-i` is a range test.
 * Index 0 is "no interface", index 1 "any other name". Names are numbered in byte order, and for each wildcard prefix there is one
 * more index for "any other name with this longest prefix", placed so that every pattern is one contiguous range.
 */
export interface InterfaceUniverse {
  /** The name, or for a class of other names `prefix+` (index 1: `+`); index 0 is ''. */
  readonly names: readonly string[];
  /** Index of a concrete interface name (any name: falls into a class if it is not known). */
  indexOf(name: string): number;
  /** The range of a pattern as `-i` takes it: a name, or a prefix with `+`. */
  range(pattern: string): readonly [number, number];
}

/** The rules of one address family. */
export interface Ruleset {
  readonly family: Family;
  readonly tables: readonly Table[];
  readonly interfaces: InterfaceUniverse;
  /** Some match or target makes the kernel track connections of this family. */
  readonly usesConntrack: boolean;
  /** Some match or target makes the kernel put fragments together before the rules see them. */
  readonly defragments?: boolean;
  /** Some match makes the kernel count packets and bytes of every connection. */
  readonly countsConnections: boolean;
  /** Number of rules; policies have the ids from here on, in table and hook order. */
  readonly ruleCount: number;
}

export function assertNever(value: never): never {
  throw new Error(`unexpected ${JSON.stringify(value)}`);
}
