// How a replay would spread its packets over shards and workers, as people and programs read it.

import { conntrackCapacity, conntrackEntryBytes, conntrackLimit, type SysctlValues } from '../core/conntrack.ts';
import { causeTitle, type SpanningCause, type Telling } from '../ir/state.ts';
import { grouped, plural } from './summary.ts';

export interface PlanReport {
  readonly shards: number;
  readonly workers: number;
  readonly spanning: readonly SpanningCause[];
  /** What this host tells others of which it keeps how often. */
  readonly tells: readonly Telling[];
  /** Interfaces to the outside, where packets whose addresses are translated may be spread by those that are there. */
  readonly outside?: readonly string[];
  /** The captures can be read again. */
  readonly rereads: boolean;
  /** Rules or sysctls have the kernel track connections. */
  readonly tracks: boolean;
  readonly sysctl: SysctlValues;
}

const KEY = 'the two addresses of a packet, whichever is the source; of an ICMP error, those of the packet that it quotes';

const STARTS_OVER = 'where a translation depends on connections that may be of another shard';

/** The same where addresses are translated. */
function keyBySides(outside: readonly string[]): string {
  const way = outside.length === 0 ? 'no interface leads there' : `behind ${outside.join(', ')}`;
  return `the one of the two addresses that is outside (${way}), which translation leaves alone; of an ICMP error, of those of the packet that it quotes`;
}

/** What packets are spread by; undefined where they are not. */
function keyOf({ shards, outside }: PlanReport): 'addresses' | 'outside' | undefined {
  if (shards === 1) return undefined;
  return outside ? 'outside' : 'addresses';
}

/** Why there is one shard, where not for the sake of what rules keep. */
function otherCauses({ shards, workers, spanning, outside, tells, rereads }: PlanReport): SpanningCause[] {
  if (shards > 1 || spanning.length > 0) return [];
  const translation = 'translation of addresses';
  if (!rereads) {
    const titles = [...(outside ? [translation] : []), ...tells.map(({ title }) => title)];
    return titles.map((title) => ({ title, reason: 'may have a replay start over, and not all captures can be read again' }));
  }
  return workers < 2 && outside ? [{ title: translation, reason: 'is spread over shards for several workers only' }] : [];
}

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
  const { shards, workers, spanning, tells, outside, tracks, sysctl } = plan;
  const key = outside ? keyBySides(outside) : KEY;
  const lines = [
    `shards: ${shards}`,
    `key: ${shards === 1 ? 'none, all packets pass one shard in their order' : key}`,
    `workers: ${workers === 0 ? 'none, everything on one thread' : workers}${shards < workers ? `, of which ${plural(shards, 'worker')} can be busy with rules at a time` : ''}`,
  ];
  for (const cause of [...spanning, ...otherCauses(plan)]) lines.push(`cause: ${causeTitle(cause)} ${cause.reason}`);
  for (const when of inOrder(plan)) lines.push(`a batch in input order: ${when}`);
  const again = [...(outside ? [STARTS_OVER] : []), ...tells.map(({ when }) => when)];
  if (shards > 1) lines.push(...again.map((when) => `once more with one shard: ${when}`));
  if (tracks) {
    const capacity = conntrackCapacity(sysctl);
    const bytes = Math.ceil(conntrackEntryBytes({ shards, capacity }));
    lines.push(`connections: up to ${grouped(capacity)}, ${bytes} bytes each with their part of the buckets`);
  } else lines.push('connections: not tracked, no rule asks for them');
  return `${lines.join('\n')}\n`;
}

/** The plan as one JSON object, ended by a line end. */
export function planJson(plan: PlanReport): string {
  const { shards, workers, spanning, outside, tracks, sysctl } = plan;
  const capacity = conntrackCapacity(sysctl);
  const connections = tracks ? { capacity, entryBytes: Math.ceil(conntrackEntryBytes({ shards, capacity })) } : null;
  const key = keyOf(plan) ?? null;
  const causes = [...spanning, ...otherCauses(plan)];
  const sides = key === 'outside' ? { outside } : {};
  return `${JSON.stringify({ shards, key, ...sides, workers, causes, inOrder: inOrder(plan), connections }, null, 2)}\n`;
}
