// The connection table as people read it: text as `conntrack -L` prints it.

import {
  COLD_BYTES_SEEN,
  COLD_BYTES_SEEN_REPLY,
  COLD_CREATED,
  COLD_PACKETS,
  COLD_PACKETS_REPLY,
  CONNTRACK_ACCT,
  FLOW_DEADLINE,
  FLOW_MARK,
  FLOW_NUMBER,
  FLOW_ORIGINAL,
  FLOW_PROTO,
  FLOW_REPLY,
  FLOW_SECMARK,
  FLOW_STATUS,
  FLOW_TEMPLATE,
  IPS_ASSURED,
  IPS_SEEN_REPLY,
  SCTP_STATE,
  TCP_STATE,
  TEMPLATE_HELPER,
  TUPLE_BYTES,
  TUPLE_DPORT,
  TUPLE_DST,
  TUPLE_FAMILY,
  TUPLE_PROTO,
  TUPLE_SPORT,
  TUPLE_SRC,
  TUPLE_ZONE,
} from '../../assembly/abi/flow.ts';
import { coldOf, tableEntries } from '../core/flow.ts';
import { formatAddress } from '../net/address.ts';
import { HELPERS } from '../net/helper.ts';

const SECOND = 1_000_000_000n;

const ICMP = 1;
const TCP = 6;
const GRE = 47;
const ICMPV6 = 58;
const SCTP = 132;

/** Protocols that conntrack-tools knows by name; others are `unknown`. */
const NAMES: Readonly<Record<number, string>> = {
  [ICMP]: 'icmp',
  [TCP]: 'tcp',
  17: 'udp',
  33: 'dccp',
  [GRE]: 'gre',
  [ICMPV6]: 'icmpv6',
  [SCTP]: 'sctp',
  136: 'udplite',
};

/** Names of TCP_CT_* by number. */
const TCP_STATES = [
  'NONE',
  'SYN_SENT',
  'SYN_RECV',
  'ESTABLISHED',
  'FIN_WAIT',
  'CLOSE_WAIT',
  'LAST_ACK',
  'TIME_WAIT',
  'CLOSE',
  'SYN_SENT2',
];

/** Names of SCTP_CT_* by number. */
const SCTP_STATES = [
  'NONE',
  'CLOSED',
  'COOKIE_WAIT',
  'COOKIE_ECHOED',
  'ESTABLISHED',
  'SHUTDOWN_SENT',
  'SHUTDOWN_RECD',
  'SHUTDOWN_ACK_SENT',
  'HEARTBEAT_SENT',
];

function address(view: DataView, at: number, family: number): string {
  const bytes = new Uint8Array(family === 4 ? 4 : 16);
  const target = new DataView(bytes.buffer);
  for (let i = 0; i < bytes.length; i += 4) target.setUint32(i, view.getUint32(at + i, true));
  return formatAddress(bytes);
}

/** What stands behind the addresses: ports, keys, or type, code and id. */
function ports(view: DataView, tuple: number, proto: number): string[] {
  const sport = view.getUint16(tuple + TUPLE_SPORT, true);
  const dport = view.getUint16(tuple + TUPLE_DPORT, true);
  if (proto === ICMP || proto === ICMPV6) return [`type=${dport >> 8}`, `code=${dport & 255}`, `id=${sport}`];
  if (proto === GRE) return [`srckey=0x${sport.toString(16)}`, `dstkey=0x${dport.toString(16)}`];
  return proto in NAMES ? [`sport=${sport}`, `dport=${dport}`] : [];
}

function direction(view: DataView, tuple: number): string[] {
  const family = view.getUint8(tuple + TUPLE_FAMILY);
  const ends = [`src=${address(view, tuple + TUPLE_SRC, family)}`, `dst=${address(view, tuple + TUPLE_DST, family)}`];
  return [...ends, ...ports(view, tuple, view.getUint8(tuple + TUPLE_PROTO))];
}

function counters(view: DataView, packets: number, bytes: number): string[] {
  return [`packets=${view.getBigUint64(packets, true)}`, `bytes=${view.getBigUint64(bytes, true)}`];
}

/** The helper that connections made after a template have. */
function helper(view: DataView, template: number): string[] {
  const number = template === 0 ? 0 : view.getUint32(template + FLOW_PROTO + TEMPLATE_HELPER, true);
  return number === 0 ? [] : [`helper=${HELPERS[number - 1]!.name}`];
}

/** The security context whose text, which ends in a NUL, stands at an address; 0 = none. */
function securityContext(view: DataView, at: number): string[] {
  if (at === 0) return [];
  const bytes: number[] = [];
  for (let byte = view.getUint8(at); byte !== 0; byte = view.getUint8(at + bytes.length)) bytes.push(byte);
  return [`secctx=${new TextDecoder().decode(Uint8Array.from(bytes))}`];
}

/** One entry as a line, with counters under nf_conntrack_acct. */
function line(view: DataView, base: number, entry: number, now: bigint): string {
  const withCounters = view.getUint32(base + CONNTRACK_ACCT, true) !== 0;
  const cold = coldOf(view, base, entry);
  const zones = [FLOW_ORIGINAL, FLOW_REPLY].map((tuple) => view.getUint16(entry + tuple + TUPLE_ZONE, true));
  const proto = view.getUint8(entry + FLOW_ORIGINAL + TUPLE_PROTO);
  const status = view.getUint32(entry + FLOW_STATUS, true);
  const left = (view.getBigUint64(entry + FLOW_DEADLINE, true) - now) / SECOND;
  const words = [(NAMES[proto] ?? 'unknown').padEnd(8), `${proto}`, `${left}`];
  if (proto === TCP) words.push(TCP_STATES[view.getUint8(entry + FLOW_PROTO + TCP_STATE)]!);
  if (proto === SCTP) words.push(SCTP_STATES[view.getUint8(entry + FLOW_PROTO + SCTP_STATE)]!);
  words.push(...direction(view, entry + FLOW_ORIGINAL));
  if (zones[0] !== 0 && zones[1] === 0) words.push(`zone-orig=${zones[0]}`);
  if (withCounters) words.push(...counters(view, cold + COLD_PACKETS, cold + COLD_BYTES_SEEN));
  if (!(status & IPS_SEEN_REPLY)) words.push('[UNREPLIED]');
  words.push(...direction(view, entry + FLOW_REPLY));
  if (zones[1] !== 0 && zones[0] === 0) words.push(`zone-reply=${zones[1]}`);
  if (withCounters) words.push(...counters(view, cold + COLD_PACKETS_REPLY, cold + COLD_BYTES_SEEN_REPLY));
  if (status & IPS_ASSURED) words.push('[ASSURED]');
  words.push(
    `mark=${view.getUint32(entry + FLOW_MARK, true)}`,
    ...securityContext(view, view.getUint32(entry + FLOW_SECMARK, true)),
  );
  if (zones[0] !== 0 && zones[1] !== 0) words.push(`zone=${zones[0]}`);
  words.push(...helper(view, view.getUint32(entry + FLOW_TEMPLATE, true)));
  words.push('use=1');
  return words.join(' ');
}

/** Addresses of the entries that are in the table and have time left, in the order of their first packets. */
function liveEntries(view: DataView, base: number, now: bigint): number[] {
  const entries = [...tableEntries(view, base)].filter((entry) => view.getBigUint64(entry + FLOW_DEADLINE, true) > now);
  return entries.sort((a, b) => byAge(view, base, a, b));
}

/** By time, then by number of the first packet: each replay of an engine numbers its packets from 1. */
function byAge(view: DataView, base: number, a: number, b: number): number {
  const created = (entry: number): bigint => view.getBigUint64(coldOf(view, base, entry) + COLD_CREATED, true);
  const [createdA, createdB] = [created(a), created(b)];
  if (createdA !== createdB) return createdA < createdB ? -1 : 1;
  return view.getUint32(a + FLOW_NUMBER, true) - view.getUint32(b + FLOW_NUMBER, true) || byTuple(view, a, b);
}

/** By the bytes of the original tuple: where entries lie in memory says nothing. */
function byTuple(view: DataView, a: number, b: number): number {
  for (let at = FLOW_ORIGINAL; at < FLOW_ORIGINAL + TUPLE_BYTES; at += 4) {
    const difference = view.getUint32(a + at, true) - view.getUint32(b + at, true);
    if (difference !== 0) return difference;
  }
  return 0;
}

/**
 * Gives the lines of the table at a time, as `conntrack -L` prints them, oldest connection first.
 *
 * Units: `now` is nanoseconds since the epoch, as packet times are.
 * Differs: the kernel lists by hash bucket, that is in no order.
 */
export function* conntrackLines(view: DataView, base: number, now: bigint): Generator<string> {
  for (const entry of liveEntries(view, base, now)) yield line(view, base, entry, now);
}

/** The table at a time as the text of `conntrack -L`. */
export function conntrackText(view: DataView, base: number, now: bigint): string {
  let text = '';
  for (const each of conntrackLines(view, base, now)) text += `${each}\n`;
  return text;
}
