// What the NAT targets come to: an action with the range that a source or destination may become.

import {
  NAT_RANGE_MAP_IPS,
  NAT_RANGE_PERSISTENT,
  NAT_RANGE_PROTO_OFFSET,
  NAT_RANGE_PROTO_RANDOM,
  NAT_RANGE_PROTO_RANDOM_FULLY,
  NAT_RANGE_PROTO_SPECIFIED,
} from '../../assembly/abi/nat.ts';
import type { Action } from '../ir/ir.ts';
import { addressWords } from '../net/address.ts';
import type { LowerContext } from '../ruleset/extension.ts';
import type { NatOptions } from './nat-range.ts';

/** An address as four words; IPv4 is the first of them. */
export function fourWords(address: Uint8Array | undefined): number[] {
  const words = address ? addressWords(address) : [];
  return [0, 1, 2, 3].map((i) => words[i] ?? 0);
}

/** The words of a range (RANGE_* of abi/nat.ts). */
function rangeWords({ addresses, ports, random, randomFully, persistent }: NatOptions): number[] {
  const flags =
    (addresses ? NAT_RANGE_MAP_IPS : 0) |
    (ports ? NAT_RANGE_PROTO_SPECIFIED : 0) |
    (ports?.base === undefined ? 0 : NAT_RANGE_PROTO_OFFSET) |
    (random ? NAT_RANGE_PROTO_RANDOM : 0) |
    (randomFully ? NAT_RANGE_PROTO_RANDOM_FULLY : 0) |
    (persistent ? NAT_RANGE_PERSISTENT : 0);
  const [first, last] = ports?.range ?? [0, 0];
  return [flags, ...fourWords(addresses?.[0]), ...fourWords(addresses?.[1]), first, last, ports?.base ?? 0];
}

/** An action that settles a connection, and so ends the chain. */
export function natAction(name: string, opcode: number, operands: readonly number[]): Action {
  return { kind: 'effect', opcode, operands, name, changes: [] };
}

/** Lowers a target that has a range. */
export function lowerRange(name: string, opcode: number): (options: NatOptions) => Action {
  return (options) => natAction(name, opcode, rangeWords(options));
}

/** The same of one that goes by the addresses of the machine. */
export function lowerByHost(name: string, opcode: number): (options: NatOptions, context: LowerContext) => Action {
  return (options, context) => {
    context.assume.noteAddresses();
    return natAction(name, opcode, rangeWords(options));
  };
}
