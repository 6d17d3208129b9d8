// -m cluster: whether the connection is one of those that this node of a cluster serves.

import { TEST_CLUSTER } from '../../assembly/abi/opcode.ts';
import type { MatchExtension, OptionSpec, RuleContext } from '../ruleset/extension.ts';
import { numberOption } from './specs.ts';
import { type Asked, atLeastOne, readNumber, U32 } from './values.ts';

interface ClusterOptions {
  total?: number;
  seed?: number;
  /** A bit for each node. */
  nodes?: Asked<number>;
}

/** Ref: include/uapi/linux/netfilter/xt_cluster.h XT_CLUSTER_NODES_MAX */
const NODES_MAX = 32;

/** iptables takes no mask above 32 either. */
function nodeOption(name: string, other: string, maskOf: (value: number) => number): OptionSpec<ClusterOptions> {
  return {
    name,
    argument: 'required',
    invertible: true,
    excludes: [other],
    set(options, [argument], context) {
      const value = readNumber(argument!, context, NODES_MAX, 1);
      if (value !== undefined) options.nodes = { value: maskOf(value), invert: context.invert };
    },
  };
}

const NODES = atLeastOne<ClusterOptions>(
  'cluster',
  [
    numberOption('cluster-total-nodes', 'total', { max: NODES_MAX, min: 1, mandatory: true }),
    nodeOption('cluster-local-node', 'cluster-local-nodemask', (node) => (1 << (node - 1)) >>> 0),
    nodeOption('cluster-local-nodemask', 'cluster-local-node', (mask) => mask),
    numberOption('cluster-hash-seed', 'seed', { max: U32, mandatory: true }),
  ],
  ['cluster-local-node', 'cluster-local-nodemask'],
);

/** Ref: net/netfilter/xt_cluster.c:xt_cluster_mt_checkentry() */
function finish(options: ClusterOptions, context: RuleContext): void {
  NODES.finish(options, context);
  const { nodes, total = NODES_MAX } = options;
  const { diagnostics, span } = context;
  if (!nodes) return;
  if (nodes.value >= 2 ** total) {
    diagnostics.error('number-out-of-range', `there are ${total} nodes, and the local one is not among them`, span);
  } else if (nodes.value > NODES_MAX) {
    const message = `iptables prints the mask ${hexWord(nodes.value)}, and cannot read back one above ${NODES_MAX}`;
    diagnostics.warning('unreadable-print', message, span);
  }
}

function hexWord(value: number): string {
  return `0x${value.toString(16).padStart(8, '0')}`;
}

/** Ref: net/netfilter/xt_cluster.c:xt_cluster_mt() */
export const cluster: MatchExtension<ClusterOptions> = {
  kind: 'match',
  name: 'cluster',
  families: [4, 6],
  usesConntrack: true,
  options: NODES.options,
  create: () => ({}),
  finish,
  save({ total, seed, nodes }) {
    return [
      ...(nodes?.invert ? ['!'] : []),
      '--cluster-local-nodemask',
      hexWord(nodes?.value ?? 0),
      '--cluster-total-nodes',
      String(total),
      '--cluster-hash-seed',
      hexWord(seed ?? 0),
    ];
  },
  print({ total, seed, nodes }) {
    const mask = `${nodes?.invert ? '!' : ''}node_mask=${hexWord(nodes?.value ?? 0)}`;
    return ` cluster ${mask} total_nodes=${total} hash_seed=${hexWord(seed ?? 0)}`;
  },
  lower({ total, seed, nodes }) {
    const operands = [total!, nodes!.value, seed!];
    return [{ kind: 'ask', opcode: TEST_CLUSTER, operands, negate: nodes!.invert, effect: true, changes: ['pkttype'] }];
  },
};
