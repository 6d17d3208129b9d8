// Packet and byte counters as rules and policies carry them.

import type { Counters } from './tree.ts';

/** What a rule or policy has that none were given for. */
export const NO_COUNTERS: Counters = { packets: 0n, bytes: 0n };

const COUNTER_MAX = 0xffff_ffff_ffff_ffffn;

/** Reads two decimal numbers; undefined when either is none. */
export function parseCounterPair(packets: string, bytes: string): Counters | undefined {
  if (!/^\d{1,20}$/.test(packets) || !/^\d{1,20}$/.test(bytes)) return undefined;
  const pair = { packets: BigInt(packets), bytes: BigInt(bytes) };
  return pair.packets > COUNTER_MAX || pair.bytes > COUNTER_MAX ? undefined : pair;
}

/** Prints counters as iptables-save does. */
export function formatCounters({ packets, bytes }: Counters = NO_COUNTERS): string {
  return `[${packets}:${bytes}]`;
}
