// How a replay would spread its packets over shards and workers, as people and programs read it.

import { conntrackCapacity, conntrackEntryBytes, conntrackLimit, type SysctlValues } from '../core/conntrack.ts';
import { causeTitle, type SpanningCause } from '../ir/state.ts';
import { grouped, plural } from './summary.ts';

export interface PlanReport {
  readonly shards: number;
  readonly workers: number;
  readonly spanning: readonly SpanningCause[];
  /** Rules or sysctls have the kernel track connections. */
  readonly tracks: boolean;
  readonly sysctl: SysctlValues;
}

const KEY = 'the two addresses of a packet, whichever is the source; of an ICMP error, those of the packet that it quotes';

/** What packets wait for each other, beyond those of one shard. */
function inOrder({ shards, tracks, sysctl }: PlanReport): string[] {
  if (shards === 1 || !tracks) return [];
  const limit = conntrackLimit(sysctl);
  return [
    ...(limit === 0 ? [] : [`where the table may come to ${grouped(limit)} connections (nf_conntrack_max)`]),
    'where fragments may make up an ICMP error about a connection of another shard',
  ];
}

/** The plan as text for a terminal. */
export function planText(plan: PlanReport): string {
  const { shards, workers, spanning, tracks, sysctl } = plan;
  const lines = [
    `shards: ${shards}`,
    `key: ${shards === 1 ? 'none, all packets pass one shard in their order' : KEY}`,
    `workers: ${workers === 0 ? 'none, everything on one thread' : workers}${shards < workers ? `, of which ${plural(shards, 'worker')} can be busy with rules at a time` : ''}`,
  ];
  for (const cause of spanning) lines.push(`cause: ${causeTitle(cause)} ${cause.reason}`);
  for (const when of inOrder(plan)) lines.push(`a batch in input order: ${when}`);
  if (tracks) {
    const capacity = conntrackCapacity(sysctl);
    const bytes = Math.ceil(conntrackEntryBytes({ shards, capacity }));
    lines.push(`connections: up to ${grouped(capacity)}, ${bytes} bytes each with their part of the buckets`);
  } else lines.push('connections: not tracked, no rule asks for them');
  return `${lines.join('\n')}\n`;
}

/** The plan as one JSON object, ended by a line end. */
export function planJson(plan: PlanReport): string {
  const { shards, workers, spanning, tracks, sysctl } = plan;
  const capacity = conntrackCapacity(sysctl);
  const connections = tracks ? { capacity, entryBytes: Math.ceil(conntrackEntryBytes({ shards, capacity })) } : null;
  const key = shards === 1 ? null : 'addresses';
  return `${JSON.stringify({ shards, key, workers, causes: spanning, inOrder: inOrder(plan), connections }, null, 2)}\n`;
}
