// A ruleset that counts every packet in every chain, and the journey of a packet through it as one line.

import { TABLE_HOOKS, TABLE_NAMES } from '../../src/ir/ir.ts';
import type { BenchOutcome } from '../support/host-bench.ts';

/** A rule without a target in each base chain, and one that makes the kernel track connections. */
export const COUNTING_RULES = TABLE_NAMES.map((table) => {
  const chains = TABLE_HOOKS[table];
  const tracking = table === 'filter' ? '-A INPUT -m conntrack --ctstate INVALID\n' : '';
  return `*${table}\n${chains.map((c) => `:${c} ACCEPT [0:0]\n`).join('')}${chains.map((c) => `-A ${c}\n`).join('')}${tracking}COMMIT\n`;
}).join('');

/** The chains a packet passed, in the order met: `PREROUTING raw mangle nat, INPUT mangle …`. */
export function chainsOf({ hits }: BenchOutcome): string {
  const parts: string[] = [];
  let last = '';
  for (const { table, chain, rule } of hits) {
    if (rule !== 1) continue;
    if (chain === last) parts.push(`${parts.pop()} ${table}`);
    else parts.push(`${chain} ${table}`);
    last = chain;
  }
  return parts.join(', ');
}

/** How a packet ended: `delivered`, `out by eth1`, both, or why it was dropped. */
export function endOf({ delivered, out, why, verdict }: BenchOutcome): string {
  if (why !== 'NONE') return why.toLowerCase().replaceAll('_', '-');
  const ways = [delivered ? 'delivered' : '', out === '' ? '' : `out by ${out}`].filter((way) => way !== '');
  return ways.length > 0 ? ways.join(', ') : verdict.toLowerCase();
}
