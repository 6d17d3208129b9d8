// The region of fragments that wait for others: how large it is, and how it is made ready. Its layout is assembly/abi/fragment.ts.

import {
  BLOCK_BYTES,
  DIRECTORY_HIGH,
  DIRECTORY_MAX_DISTANCE,
  DIRECTORY_TIMEOUT,
  FRAGMENTS_HEADER_BYTES,
  FRAGMENTS_HOLDS,
  FRAGMENTS_IPV4,
  FRAGMENTS_IPV6,
  HOLD_BYTES,
  HOLD_UNUSED,
  HOLD_UNUSED_END,
} from '../../assembly/abi/fragment.ts';
import type { SysctlValues } from './conntrack.ts';

const HZ = 250;
/** Most that a shard holds, whatever the sysctls allow. */
const POOL_MAX = 16 << 20;
/** The last packet to be taken may go beyond the limit. */
const POOL_SPARE = 128 << 10;

interface Directory {
  readonly at: number;
  readonly timeout: { readonly name: string; readonly initial: number };
  readonly high: string;
  readonly maxDistance?: { readonly name: string; readonly initial: number };
}

const HIGH_INITIAL = 4 << 20;
const DIRECTORIES: readonly Directory[] = [
  {
    at: FRAGMENTS_IPV4,
    timeout: { name: 'net.ipv4.ipfrag_time', initial: 30 },
    high: 'net.ipv4.ipfrag_high_thresh',
    maxDistance: { name: 'net.ipv4.ipfrag_max_dist', initial: 64 },
  },
  {
    at: FRAGMENTS_IPV6,
    timeout: { name: 'net.netfilter.nf_conntrack_frag6_timeout', initial: 60 },
    high: 'net.netfilter.nf_conntrack_frag6_high_thresh',
  },
];

export interface FragmentOptions {
  readonly shards: number;
  readonly sysctl?: SysctlValues;
}

function setting(sysctl: SysctlValues | undefined, name: string, initial: number): number {
  const value = Number(sysctl?.[name] ?? initial);
  if (!Number.isInteger(value) || value < 0) throw new RangeError(`${name} is ${value}, expected a whole number from 0 on`);
  return value;
}

/** Bytes of a shard's pool: the kernel counts more for a fragment than it takes here. */
function poolBytes(sysctl: SysctlValues | undefined): number {
  const limits = DIRECTORIES.map(({ high }) => setting(sysctl, high, HIGH_INITIAL));
  return Math.ceil((Math.min(Math.max(...limits), POOL_MAX) + POOL_SPARE) / BLOCK_BYTES) * BLOCK_BYTES;
}

/** Bytes that the region takes. Pages that hold nothing are never touched. */
export function fragmentRegionBytes({ shards, sysctl }: FragmentOptions): number {
  return FRAGMENTS_HEADER_BYTES + shards * (HOLD_BYTES + poolBytes(sysctl));
}

/** Makes a region ready: settings, and pools that nothing was taken from. The memory from `base` on must be zero. */
export function initFragments(view: DataView, base: number, { shards, sysctl }: FragmentOptions): void {
  const holds = base + FRAGMENTS_HEADER_BYTES;
  const pools = holds + shards * HOLD_BYTES;
  const pool = poolBytes(sysctl);
  view.setUint32(base + FRAGMENTS_HOLDS, holds, true);
  for (const { at, timeout, high, maxDistance } of DIRECTORIES) {
    const distance = maxDistance ? setting(sysctl, maxDistance.name, maxDistance.initial) : 0;
    view.setBigUint64(base + at + DIRECTORY_TIMEOUT, BigInt(setting(sysctl, timeout.name, timeout.initial) * HZ), true);
    view.setUint32(base + at + DIRECTORY_HIGH, Math.min(setting(sysctl, high, HIGH_INITIAL), 0x7fffffff), true);
    view.setUint32(base + at + DIRECTORY_MAX_DISTANCE, Math.min(distance, 0xffffffff), true);
  }
  for (let shard = 0; shard < shards; shard++) {
    const hold = holds + shard * HOLD_BYTES;
    view.setUint32(hold + HOLD_UNUSED, pools + shard * pool, true);
    view.setUint32(hold + HOLD_UNUSED_END, pools + (shard + 1) * pool, true);
  }
}
