// The region of other hosts as this one has met them: how large it is, and how it is made ready. Its layout is assembly/abi/peer.ts.

import {
  PEER_BYTES,
  PEERS_HEADER_BYTES,
  PEERS_MASK,
  PEERS_REDIRECT_LOAD,
  PEERS_REDIRECT_NUMBER,
  PEERS_REDIRECT_SILENCE,
  PEERS_WAYS,
} from '../../assembly/abi/peer.ts';
import type { SysctlValues } from './conntrack.ts';

/** With twice as many places as the kernel has, few of its hosts find their set full. */
const SETS = 16384;

/** Of IPv4's redirects, in jiffies where they are times. Ref: net/ipv4/route.c:ip_rt_redirect_load and its like */
const REDIRECTS = [
  { at: PEERS_REDIRECT_LOAD, name: 'net.ipv4.route.redirect_load', initial: 5 },
  { at: PEERS_REDIRECT_NUMBER, name: 'net.ipv4.route.redirect_number', initial: 9 },
  { at: PEERS_REDIRECT_SILENCE, name: 'net.ipv4.route.redirect_silence', initial: 5120 },
] as const;

/** Bytes that the region takes. Pages of hosts that were not met are never touched. */
export const PEERS_REGION_BYTES = PEERS_HEADER_BYTES + SETS * PEERS_WAYS * PEER_BYTES;

/** Makes a region ready: settings, and nobody met. The memory from `base` on must be zero. */
export function initPeers(view: DataView, base: number, sysctl: SysctlValues = {}): void {
  view.setUint32(base + PEERS_MASK, SETS - 1, true);
  for (const { at, name, initial } of REDIRECTS) view.setUint32(base + at, Number(sysctl[name] ?? initial), true);
}
