// The fields of the IR as words of the packet record, and what values they can have.
//
// compile/ turns the IR of one ruleset into the image the core runs: flatten (chains -> linear lists), guards (what a decision
// table may know of an item), tables (lists -> decision trees), image (all of it as bytes). It knows nothing of text or options.

import {
  CTSTATE_DNAT,
  CTSTATE_ESTABLISHED,
  CTSTATE_INVALID,
  CTSTATE_NEW,
  CTSTATE_RELATED,
  CTSTATE_SNAT,
  CTSTATE_UNTRACKED,
  PACKET_CTSTATE,
  PACKET_DPORT,
  PACKET_DST,
  PACKET_DST_TYPE,
  PACKET_FLAG_IPV6,
  PACKET_FLAG_LATER_FRAGMENT,
  PACKET_FLAG_PLAIN,
  PACKET_FLAGS,
  PACKET_ICMP,
  PACKET_IN,
  PACKET_LENGTH,
  PACKET_MARK,
  PACKET_OUT,
  PACKET_PKTTYPE,
  PACKET_PROTO,
  PACKET_SPORT,
  PACKET_SRC,
  PACKET_SRC_TYPE,
  PACKET_TCP_FLAGS,
  PACKET_TOS,
  PACKET_TTL,
  PKTTYPE_LOOPBACK,
} from '../../assembly/abi/packet.ts';
import type { Family, Field, Test } from '../ir/ir.ts';

/** Where each field stands in the packet record, in bytes. */
export const FIELD_OFFSET: Readonly<Record<Field, number>> = {
  src0: PACKET_SRC,
  src1: PACKET_SRC + 4,
  src2: PACKET_SRC + 8,
  src3: PACKET_SRC + 12,
  dst0: PACKET_DST,
  dst1: PACKET_DST + 4,
  dst2: PACKET_DST + 8,
  dst3: PACKET_DST + 12,
  sport: PACKET_SPORT,
  dport: PACKET_DPORT,
  proto: PACKET_PROTO,
  icmp: PACKET_ICMP,
  tcpFlags: PACKET_TCP_FLAGS,
  length: PACKET_LENGTH,
  tos: PACKET_TOS,
  ttl: PACKET_TTL,
  mark: PACKET_MARK,
  in: PACKET_IN,
  out: PACKET_OUT,
  ctstate: PACKET_CTSTATE,
  srcType: PACKET_SRC_TYPE,
  dstType: PACKET_DST_TYPE,
  pkttype: PACKET_PKTTYPE,
  flags: PACKET_FLAGS,
};

/** All fields; a field's number within compile/ is its place here. At most 31, so that a set of fields is a bit mask. */
export const FIELDS = Object.keys(FIELD_OFFSET) as readonly Field[];
export const FIELD_COUNT = FIELDS.length;
const FIELD_NUMBER = new Map(FIELDS.map((field, number) => [field, number]));

export function fieldNumber(field: Field): number {
  return FIELD_NUMBER.get(field)!;
}

/** A set of fields as a bit mask of their numbers. */
export function fieldSet(fields: readonly Field[]): number {
  return fields.reduce((set, field) => set | (1 << fieldNumber(field)), 0);
}

/** The set of fields that asking the tests of a rule may change. */
export function testChanges(tests: readonly Test[]): number {
  return tests.reduce((set, test) => (test.kind === 'ask' && test.changes ? set | fieldSet(test.changes) : set), 0);
}

/** The field at a byte offset of the packet record. */
export function fieldAt(offset: number): Field | undefined {
  return FIELDS.find((field) => FIELD_OFFSET[field] === offset);
}

/** Widths of fields narrower than a word, in bits. */
const FIELD_BITS: Partial<Record<Field, number>> = {
  sport: 16,
  dport: 16,
  proto: 8,
  icmp: 16,
  tcpFlags: 8,
  tos: 8,
  ttl: 8,
  srcType: 16,
  dstType: 16,
};

const CT_STATES = [0, CTSTATE_INVALID, CTSTATE_ESTABLISHED, CTSTATE_RELATED, CTSTATE_NEW, CTSTATE_UNTRACKED];
const CT_NATS = [0, CTSTATE_SNAT, CTSTATE_DNAT, CTSTATE_SNAT | CTSTATE_DNAT];

/**
 * Every value of the fields that have only a few (0 = not filled in included), so that a decision table does not reckon with a
 * packet that is NEW and ESTABLISHED at once.
 */
const FIELD_VALUES: Partial<Record<Field, readonly number[]>> = {
  ctstate: CT_STATES.flatMap((state) => CT_NATS.map((nat) => state + nat)),
  pkttype: Array.from({ length: PKTTYPE_LOOPBACK + 1 }, (_, type) => type),
};

/** The values of each field by number, where they are few. */
export const DOMAINS: readonly (readonly number[] | undefined)[] = FIELDS.map((field) => FIELD_VALUES[field]);

/** What is known of a packet: in each field, the bits in `mask` have the values in `value`. */
export interface Region {
  readonly mask: Uint32Array;
  readonly value: Uint32Array;
}

/** What is known of every plain packet of a family. */
export function wholeRegion(family: Family, interfaceCount: number): Region {
  const region: Region = { mask: new Uint32Array(FIELD_COUNT), value: new Uint32Array(FIELD_COUNT) };
  const know = (field: Field, mask: number, value = 0): void => {
    region.mask[fieldNumber(field)]! |= mask;
    region.value[fieldNumber(field)]! |= value;
  };
  for (const [field, bits] of Object.entries(FIELD_BITS) as [Field, number][]) know(field, upperBits(bits));
  for (const field of ['in', 'out'] as const) know(field, upperBits(bitsFor(interfaceCount)));
  for (const field of FIELDS) {
    const values = FIELD_VALUES[field];
    if (values) know(field, ~values.reduce((bits, value) => bits | value, 0));
  }
  const plain = PACKET_FLAG_PLAIN + (family === 6 ? PACKET_FLAG_IPV6 : 0);
  know('flags', PACKET_FLAG_PLAIN | PACKET_FLAG_LATER_FRAGMENT | PACKET_FLAG_IPV6, plain);
  if (family === 4) for (const field of ['src1', 'src2', 'src3', 'dst1', 'dst2', 'dst3'] as const) know(field, ~0);
  return region;
}

function bitsFor(count: number): number {
  return Math.max(1, Math.ceil(Math.log2(Math.max(2, count))));
}

function upperBits(bits: number): number {
  return bits >= 32 ? 0 : ~(2 ** bits - 1);
}
