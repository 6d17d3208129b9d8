// Expected connections as people read them: text as `conntrack -L expect` prints it.

import {
  EXPECT_CLASS,
  EXPECT_DEADLINE,
  EXPECT_FLAG_DEAD,
  EXPECT_FLAG_INACTIVE,
  EXPECT_FLAG_PERMANENT,
  EXPECT_FLAG_USERSPACE,
  EXPECT_FLAGS,
  EXPECT_HELPER,
  EXPECT_MASK_SPORT,
  EXPECT_MASK_SRC,
  EXPECT_MASTER,
  EXPECT_NUMBER,
  EXPECT_TUPLE,
} from '../../assembly/abi/expect.ts';
import { FLOW_DEADLINE, FLOW_ORIGINAL, TUPLE_BYTES, TUPLE_FAMILY, TUPLE_PROTO } from '../../assembly/abi/flow.ts';
import { registeredExpectations } from '../core/flow.ts';
import { formatAddress } from '../net/address.ts';
import { type Ends, helperName, readAddress, readEnds } from './conntrack/connection.ts';
import { portWords } from './conntrack/list.ts';
import { toolName } from './conntrack/names.ts';

const SECOND = 1_000_000_000n;

const FLAG_NAMES = [
  [EXPECT_FLAG_PERMANENT, 'PERMANENT'],
  [EXPECT_FLAG_INACTIVE, 'INACTIVE'],
  [EXPECT_FLAG_USERSPACE, 'USERSPACE'],
] as const;

/** Whether an expectation and its master have time left. */
function isLive(view: DataView, expectation: number, now: bigint): boolean {
  if ((view.getUint32(expectation + EXPECT_FLAGS, true) & EXPECT_FLAG_DEAD) !== 0) return false;
  const master = view.getUint32(expectation + EXPECT_MASTER, true);
  return [expectation + EXPECT_DEADLINE, master + FLOW_DEADLINE].every((at) => view.getBigUint64(at, true) > now);
}

/** By the packet that made them, then by what they expect: where they lie in memory says nothing. */
function byAge(view: DataView, a: number, b: number): number {
  const difference = view.getUint32(a + EXPECT_NUMBER, true) - view.getUint32(b + EXPECT_NUMBER, true);
  for (let at = 0; difference === 0 && at < TUPLE_BYTES; at += 4) {
    const one = view.getUint32(a + EXPECT_TUPLE + at, true) - view.getUint32(b + EXPECT_TUPLE + at, true);
    if (one !== 0) return one;
  }
  return difference;
}

/** Ends of one kind: of what is expected, of which bits count, of the master. */
function endWords(ends: Omit<Ends, 'zone'>, protocol: number, prefix: string): string[] {
  const addresses = [`${prefix}src=${formatAddress(ends.source)}`, `${prefix}dst=${formatAddress(ends.destination)}`];
  return [...addresses, ...portWords(ends, protocol, toolName(protocol))];
}

/** Which bits count: of the destination all do. */
function readMask(view: DataView, expectation: number): Omit<Ends, 'zone'> {
  const source = readAddress(view, expectation + EXPECT_MASK_SRC, view.getUint8(expectation + EXPECT_TUPLE + TUPLE_FAMILY));
  const sport = view.getUint16(expectation + EXPECT_MASK_SPORT, true);
  return { source, destination: new Uint8Array(source.length).fill(0xff), sport, dport: 0xffff };
}

/**
 * What is told of an expectation, whose master is the entry at `master`, in a list or with an event.
 *
 * Units: `now` is nanoseconds since the epoch, as packet times are.
 */
export function expectLine(view: DataView, expectation: number, master: number, now: bigint): string {
  const protocol = view.getUint8(expectation + EXPECT_TUPLE + TUPLE_PROTO);
  const masterProtocol = view.getUint8(master + FLOW_ORIGINAL + TUPLE_PROTO);
  const flags = view.getUint32(expectation + EXPECT_FLAGS, true);
  const left = view.getBigUint64(expectation + EXPECT_DEADLINE, true) - now;
  const names = FLAG_NAMES.filter(([bit]) => (flags & bit) !== 0).map(([, name]) => name);
  const helper = helperName(view.getUint32(expectation + EXPECT_HELPER, true));
  return [
    `${left > 0n ? left / SECOND : 0n}`,
    `proto=${protocol}`,
    ...endWords(readEnds(view, expectation + EXPECT_TUPLE), protocol, ''),
    ...endWords(readMask(view, expectation), protocol, 'mask-'),
    ...endWords(readEnds(view, master + FLOW_ORIGINAL), masterProtocol, 'master-'),
    ...(names.length === 0 ? [] : [names.join(',')]),
    `class=${view.getUint8(expectation + EXPECT_CLASS)}`,
    ...(helper === undefined ? [] : [`helper=${helper}`]),
  ].join(' ');
}

/**
 * The expectations at a time as the text of `conntrack -L expect`, oldest first.
 *
 * Units: `now` is nanoseconds since the epoch, as packet times are.
 * Differs: the kernel lists by hash bucket, that is in no order.
 */
export function expectText(view: DataView, base: number, now: bigint): string {
  const live = [...registeredExpectations(view, base)].filter((one) => isLive(view, one, now));
  return live
    .sort((a, b) => byAge(view, a, b))
    .map((one) => `${expectLine(view, one, view.getUint32(one + EXPECT_MASTER, true), now)}\n`)
    .join('');
}
