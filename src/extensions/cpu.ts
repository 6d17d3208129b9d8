// -m cpu: the processor that handles the packet.

import type { MatchExtension } from '../ruleset/extension.ts';
import { listApart } from './listing.ts';
import { askedNumber, saveAsked } from './specs.ts';
import { type Asked, never, U32 } from './values.ts';

interface CpuOptions {
  cpu?: Asked<number>;
}

/** Ref: net/netfilter/xt_cpu.c:cpu_mt() */
export const cpu: MatchExtension<CpuOptions> = {
  kind: 'match',
  name: 'cpu',
  families: [4, 6],
  options: [askedNumber('cpu', 'cpu', { max: U32, mandatory: true })],
  create: () => ({}),
  save: ({ cpu }) => saveAsked('--cpu', cpu),
  print: ({ cpu }) => (cpu ? ` cpu ${listApart(cpu)}` : ''),
  lower({ cpu }, { assume }) {
    return (assume.cpu === cpu!.value) !== cpu!.invert ? [] : [never('flags')];
  },
};
