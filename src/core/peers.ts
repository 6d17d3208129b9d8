// The region of other hosts as this one has met them: how large it is, and how it is made ready. Its layout is assembly/abi/peer.ts.

import {
  PEER_BYTES,
  PEERS_ALL_BURST,
  PEERS_ALL_RATE,
  PEERS_HEADER_BYTES,
  PEERS_LIMIT_ALL,
  PEERS_LIMIT_EACH4,
  PEERS_LIMIT_EACH6,
  PEERS_LIMITS,
  PEERS_MASK,
  PEERS_MASK4,
  PEERS_MASK6,
  PEERS_RATE4,
  PEERS_RATE6,
  PEERS_REDIRECT_LOAD,
  PEERS_REDIRECT_NUMBER,
  PEERS_REDIRECT_SILENCE,
  PEERS_ROUTE_BURST,
  PEERS_ROUTE_COST,
  PEERS_WAYS,
} from '../../assembly/abi/peer.ts';
import { HZ } from '../../assembly/abi/rate.ts';
import type { SysctlValues } from './conntrack.ts';

/** With twice as many places as the kernel has, few of its hosts find their set full. */
const SETS = 16384;

/** What IPv4's routing tells, in jiffies where they are times. Ref: net/ipv4/route.c:ip_rt_redirect_load and its like */
const ROUTING = [
  { at: PEERS_REDIRECT_LOAD, name: 'net.ipv4.route.redirect_load', initial: 5 },
  { at: PEERS_REDIRECT_NUMBER, name: 'net.ipv4.route.redirect_number', initial: 9 },
  { at: PEERS_REDIRECT_SILENCE, name: 'net.ipv4.route.redirect_silence', initial: 5120 },
  { at: PEERS_ROUTE_COST, name: 'net.ipv4.route.error_cost', initial: 250 },
  { at: PEERS_ROUTE_BURST, name: 'net.ipv4.route.error_burst', initial: 1250 },
] as const;

/** Limits of messages, which are in force where they are given; each a number of milliseconds for a message. */
const EACH = [
  { at: PEERS_RATE4, name: 'net.ipv4.icmp_ratelimit', limit: PEERS_LIMIT_EACH4 },
  { at: PEERS_RATE6, name: 'net.ipv6.icmp.ratelimit', limit: PEERS_LIMIT_EACH6 },
] as const;
/** Those of all destinations together: in force where one of them is given. Ref: net/ipv4/icmp.c:icmp_sk_init() */
const ALL = [
  { at: PEERS_ALL_RATE, name: 'net.ipv4.icmp_msgs_per_sec', initial: 1000 },
  { at: PEERS_ALL_BURST, name: 'net.ipv4.icmp_msgs_burst', initial: 50 },
] as const;
const MASK4 = 'net.ipv4.icmp_ratemask';
/** Unreachable destinations, source quenches, times exceeded, bad headers. */
const MASK4_INITIAL = 0x1818;
const MASK6 = 'net.ipv6.icmp.ratemask';
/** All errors but of packets too big. */
const MASK6_INITIAL = '0-1,3-127';

/** Bytes that the region takes. Pages of hosts that were not met are never touched. With several shards none are met. */
export function peersRegionBytes(shards: number): number {
  return PEERS_HEADER_BYTES + (shards === 1 ? SETS * PEERS_WAYS * PEER_BYTES : 0);
}

/** Makes a region ready: settings, and nobody met. The memory from `base` on must be zero. */
export function initPeers(view: DataView, base: number, sysctl: SysctlValues = {}): void {
  const set = (at: number, value: number): void => view.setUint32(base + at, value, true);
  const isGiven = (name: string): boolean => sysctl[name] !== undefined;
  set(PEERS_MASK, SETS - 1);
  for (const { at, name, initial } of ROUTING) set(at, Number(sysctl[name] ?? initial));
  for (const { at, name } of EACH) set(at, Math.ceil((Number(sysctl[name] ?? 0) * HZ) / 1000));
  for (const { at, name, initial } of ALL) set(at, Number(sysctl[name] ?? initial));
  const each = EACH.reduce((bits, { name, limit }) => bits | (isGiven(name) ? limit : 0), 0);
  set(PEERS_LIMITS, each | (ALL.some(({ name }) => isGiven(name)) ? PEERS_LIMIT_ALL : 0));
  set(PEERS_MASK4, Number(sysctl[MASK4] ?? MASK4_INITIAL) >>> 0);
  for (const [first, last] of rangesOf(String(sysctl[MASK6] ?? MASK6_INITIAL))) {
    for (let type = first; type <= last; type++) {
      const at = base + PEERS_MASK6 + (type >> 3);
      view.setUint8(at, view.getUint8(at) | (1 << (type & 7)));
    }
  }
}

/** The numbers of a list as the kernel prints a bitmap: `0-1,3-127`. */
function rangesOf(list: string): [number, number][] {
  return list
    .split(',')
    .filter((part) => part.trim() !== '')
    .map((part) => {
      const [first, last = first] = part.split('-').map(Number);
      return [first!, last!];
    });
}
