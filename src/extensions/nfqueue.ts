// -j NFQUEUE: hands the packet to a program, which says what becomes of it.

import { ACTION_VERDICT } from '../../assembly/abi/opcode.ts';
import { CHAIN_PASSED, VERDICT_QUEUE } from '../../assembly/abi/verdict.ts';
import type { Argument, OptionContext, TargetExtension } from '../ruleset/extension.ts';
import { flagOption, numberOption, valueOption } from './specs.ts';
import { type Range, readNumber, split, U16 } from './values.ts';

interface NfqueueOptions {
  queue?: number;
  balance?: Range;
  bypass?: boolean;
  cpuFanout?: boolean;
}

/** Reads `first:last`; either may be left out. The kernel counts the queues in 16 bits, so that there cannot be 65536. */
function readBalance(argument: Argument, context: OptionContext): Range | undefined {
  const { diagnostics } = context;
  const parts = split(argument, ':');
  if (parts.length !== 2) {
    diagnostics.error('bad-range', `expected two queues with ":" between, found "${argument.text}"`, argument.span);
    return undefined;
  }
  const [first, last] = parts.map((end, i) => (end.text === '' ? i * U16 : readNumber(end, context, U16)));
  if (first === undefined || last === undefined) return undefined;
  if (first < last && last - first < U16) return [first, last];
  const message = first < last ? `queues 0 to ${U16} are one too many` : `queue ${last} does not come behind queue ${first}`;
  diagnostics.error('bad-range', message, argument.span);
  return undefined;
}

/** Ref: net/netfilter/xt_NFQUEUE.c:nfqueue_tg_v3() */
export const nfqueue: TargetExtension<NfqueueOptions> = {
  kind: 'target',
  name: 'NFQUEUE',
  families: [4, 6],
  options: [
    numberOption('queue-num', 'queue', { max: U16, excludes: ['queue-balance'] }),
    valueOption('queue-balance', 'balance', readBalance, { excludes: ['queue-num'] }),
    flagOption('queue-bypass', 'bypass'),
    flagOption('queue-cpu-fanout', 'cpuFanout', { needs: ['queue-balance'] }),
  ],
  create: () => ({}),
  save: ({ queue = 0, balance, bypass, cpuFanout }) => [
    ...(balance ? ['--queue-balance', balance.join(':')] : ['--queue-num', String(queue)]),
    ...(bypass ? ['--queue-bypass'] : []),
    ...(cpuFanout ? ['--queue-cpu-fanout'] : []),
  ],
  print({ queue = 0, balance, bypass, cpuFanout }) {
    const queues = balance ? `balance ${balance.join(':')}` : `num ${queue}`;
    return ` NFQUEUE ${queues}${bypass ? ' bypass' : ''}${cpuFanout ? ' cpu-fanout' : ''}`;
  },
  // What nobody listens for --queue-bypass lets through to the next table.
  lower({ bypass }, { assume }) {
    const passes = bypass && assume.queue === 'none';
    return { kind: 'terminate', opcode: ACTION_VERDICT, operands: [passes ? CHAIN_PASSED : VERDICT_QUEUE], name: 'NFQUEUE' };
  },
};
