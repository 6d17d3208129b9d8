// -j CLUSTERIP: shares one address between hosts, each taking its part of the connections. Gone from the kernel since Linux 6.4.

import type { Argument, OptionContext, OptionSpec, RuleContext, TargetExtension } from '../ruleset/extension.ts';
import { flagOption, numberOption, valueOption } from './specs.ts';
import { U32 } from './values.ts';

interface ClusteripOptions {
  isNew?: boolean;
  hashmode?: (typeof HASHMODES)[number];
  mac?: readonly number[];
  totalNodes?: number;
  localNode?: number;
  hashInit?: number;
}

const HASHMODES = ['sourceip', 'sourceip-sourceport', 'sourceip-sourceport-destport'] as const;
/** Ref: include/uapi/linux/netfilter_ipv4/ipt_CLUSTERIP.h CLUSTERIP_MAX_NODES */
const NODES_MAX = 16;
/** What must be given as soon as anything is. Ref: iptables 1.8.9, extensions/libipt_CLUSTERIP.c:CLUSTERIP_check() */
const TOGETHER = ['isNew', 'hashmode', 'mac', 'totalNodes', 'localNode'] as const;

function readHashmode({ text, span }: Argument, { diagnostics }: OptionContext): (typeof HASHMODES)[number] | undefined {
  const mode = HASHMODES.find((name) => name === text);
  if (!mode) diagnostics.error('unknown-hashmode', `"${text}" is not one of ${HASHMODES.join(', ')}`, span);
  return mode;
}

/** Reads a multicast hardware address: the lowest bit of its first byte is set. */
function readClusterMac({ text, span }: Argument, { diagnostics }: OptionContext): readonly number[] | undefined {
  const isMac = /^[0-9a-f]{1,2}(:[0-9a-f]{1,2}){5}$/i.test(text);
  const bytes = text.split(':').map((byte) => Number.parseInt(byte, 16));
  if (isMac && (bytes[0]! & 1) === 1) return bytes;
  const found = isMac ? 'which is not multicast: its first byte is even' : 'six bytes with ":" between';
  diagnostics.error(
    'bad-mac',
    isMac ? `${text} is no address for a cluster, ${found}` : `expected ${found}, found "${text}"`,
    span,
  );
  return undefined;
}

function formatMac(bytes: readonly number[]): string {
  return bytes.map((byte) => byte.toString(16).toUpperCase().padStart(2, '0')).join(':');
}

/** Ref: net/ipv4/netfilter/ipt_CLUSTERIP.c:clusterip_tg_check(), clusterip_config_init() */
function check(options: ClusteripOptions, { rule, diagnostics, span }: RuleContext): void {
  const { destination, inInterface } = rule;
  const isAny = Object.keys(options).length > 0;
  if (isAny && TOGETHER.some((key) => options[key] === undefined)) {
    const message = 'CLUSTERIP needs --new, --hashmode, --clustermac, --total-nodes and --local-node, or none of them';
    diagnostics.error('missing-option', message, span);
    return;
  }
  const isHost = destination?.value.mask.every((byte) => byte === 0xff) && destination.value.address.some((byte) => byte !== 0);
  if (!isHost) diagnostics.error('needs-address', 'CLUSTERIP needs -d with the one address of the cluster', span);
  else if (isAny && !inInterface?.value) diagnostics.error('needs-interface', 'CLUSTERIP --new needs -i', span);
}

const OPTIONS: readonly OptionSpec<ClusteripOptions>[] = [
  flagOption('new', 'isNew'),
  valueOption('hashmode', 'hashmode', readHashmode),
  valueOption('clustermac', 'mac', readClusterMac),
  numberOption('total-nodes', 'totalNodes', { max: NODES_MAX }),
  // Nodes are counted from 1: the kernel refuses 0.
  numberOption('local-node', 'localNode', { min: 1, max: NODES_MAX }),
  numberOption('hash-init', 'hashInit', { max: U32 }),
];

export const clusterip: TargetExtension<ClusteripOptions> = {
  kind: 'target',
  name: 'CLUSTERIP',
  families: [4],
  usesConntrack: true,
  options: OPTIONS,
  create: () => ({}),
  finish: check,
  save({ isNew, hashmode, mac, totalNodes, localNode, hashInit = 0 }) {
    if (!isNew || !hashmode || !mac) return [];
    const nodes = ['--total-nodes', String(totalNodes), '--local-node', String(localNode)];
    return ['--new', '--hashmode', hashmode, '--clustermac', formatMac(mac), ...nodes, '--hash-init', String(hashInit)];
  },
  print({ isNew, hashmode, mac, totalNodes, localNode, hashInit = 0 }) {
    if (!isNew || !hashmode || !mac) return ' CLUSTERIP';
    const nodes = `total_nodes=${totalNodes} local_node=${localNode} hash_init=${hashInit}`;
    return ` CLUSTERIP hashmode=${hashmode} clustermac=${formatMac(mac)} ${nodes}`;
  },
};
