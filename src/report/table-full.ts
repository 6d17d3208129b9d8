// What to say where the connection table got full.

import { WHY_CONNTRACK_FULL } from '../../assembly/abi/verdict.ts';
import type { Tally } from '../core/batch.ts';
import { conntrackLimit, type SysctlValues } from '../core/conntrack.ts';
import type { ConntrackStatistics } from '../core/flow.ts';
import { grouped, plural } from './summary.ts';

/** What was assumed of the table's limit, as a sentence; undefined where the host says it, or it was not reached. */
export function assumedLimit(tally: Tally, { earlyDrop }: ConntrackStatistics, sysctl: SysctlValues): string | undefined {
  const found = tally.whys[WHY_CONNTRACK_FULL]!;
  if (found + earlyDrop === 0) return undefined;
  if (['net.netfilter.nf_conntrack_max', 'net.nf_conntrack_max'].some((name) => sysctl[name] !== undefined)) return undefined;
  const what = `${plural(found, 'packet')} found it full, ${plural(earlyDrop, 'connection')} gave way to others`;
  return `The table takes ${grouped(conntrackLimit())} connections, as nf_conntrack_max is where there is memory enough: ${what}.`;
}
