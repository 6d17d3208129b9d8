// Traffic to a cluster's services, and what must become of it: an oracle that knows services, not rules.

import { type KubeCluster, type KubeService, serviceChain } from '../../bench/traffic/kube.ts';
import type { Count, PacketOutcome } from './outcome.ts';
import { parsePacketLine, type ScenarioPacket } from './packet-line.ts';

/** Of the node: its addresses to the world and to its pods. */
const NODE = '192.0.2.1';
const NODE_TO_PODS = '10.244.1.1';
const LOCAL_PODS = '10.244.1.';
/** Clients: a pod here, another node, the world, and a part of the world that load balancers may be kept from. */
const POD = '10.244.1.253';
const OTHER_NODE = '192.0.2.77';
const WORLD = '203.0.113.9';
const REST_OF_WORLD = '198.18.0.9';

export interface Visit {
  readonly service: KubeService;
  readonly client: string;
  readonly packet: ScenarioPacket;
  /** Where it may be led; none = it is turned away. */
  readonly endpoints: readonly string[];
  /** It gets an address of the node. */
  readonly isMasqueraded: boolean;
}

function visit(
  service: KubeService,
  from: string,
  client: string,
  to: string,
  port: number,
  sport: number,
): Pick<Visit, 'service' | 'client' | 'packet'> {
  const flags = service.protocol === 'tcp' ? ' S' : '';
  const line = `${from}: ${client} > ${to} ${service.protocol} ${sport} > ${port}${flags}`;
  return { service, client, packet: parsePacketLine(line) };
}

/** One packet over each way to each service, each opening a connection. Source ports go up from `sport` on. */
export function visits({ services }: KubeCluster, sport = 20_000): Visit[] {
  const list: Visit[] = [];
  let next = sport;
  const add = (
    service: KubeService,
    [from, client]: readonly [string, string],
    [to, port]: readonly [string, number],
    [endpoints, isMasqueraded]: readonly [readonly string[], boolean],
  ): void => {
    list.push({ ...visit(service, from, client, to, port, next++), endpoints, isMasqueraded });
  };
  for (const service of services) {
    const { clusterIp, endpoints, nodePort, loadBalancerIp, sourceRanges, isLocal, port } = service;
    if (clusterIp === undefined) continue;
    add(service, ['cni0', POD], [clusterIp, port], [endpoints, false]);
    add(service, ['eth0', OTHER_NODE], [clusterIp, port], [endpoints, true]);
    add(service, ['sent', NODE], [clusterIp, port], [endpoints, true]);
    const outside = isLocal ? endpoints.filter((one) => one.startsWith(LOCAL_PODS)) : endpoints;
    if (nodePort !== undefined) add(service, ['eth0', WORLD], [NODE, nodePort], [outside, !isLocal]);
    if (loadBalancerIp === undefined) continue;
    add(service, ['eth0', WORLD], [loadBalancerIp, port], [outside, !isLocal]);
    const isOpen = sourceRanges.length === 0;
    add(service, ['eth0', REST_OF_WORLD], [loadBalancerIp, port], [isOpen ? outside : [], !isLocal]);
  }
  return list;
}

/** What became of a visit: the endpoint it was led to; undefined when it was turned away. Throws where that may not be. */
export function endpointOf({ service, client, endpoints, isMasqueraded }: Visit, outcome: PacketOutcome): string | undefined {
  const [left] = outcome.egress;
  if (!left) {
    if (endpoints.length > 0) throw new Error(`${client} does not reach ${service.name}`);
    return undefined;
  }
  const { bytes } = left;
  const source = bytes.subarray(12, 16).join('.');
  const endpoint = `${bytes.subarray(16, 20).join('.')}:${(bytes[22]! << 8) | bytes[23]!}`;
  if (!endpoints.includes(endpoint)) throw new Error(`${client} is led to ${endpoint}, which is none of ${service.name}`);
  const isHere = endpoint.startsWith(LOCAL_PODS);
  if (left.interface !== (isHere ? 'cni0' : 'eth0')) throw new Error(`${endpoint} is not by ${left.interface}`);
  const expected = isMasqueraded ? (isHere ? NODE_TO_PODS : NODE) : client;
  if (source !== expected) throw new Error(`${service.name}: from ${source}, expected ${expected}`);
  return endpoint;
}

/**
 * Counters that no draw changes, as text: those of a service's endpoints together, and of the rules that choose among them; all others as
 * they are.
 */
export function certainCounters({ services }: KubeCluster, totals: readonly Count[]): Map<string, string> {
  const choosing = new Set(services.flatMap((one) => [serviceChain('SVC', one), serviceChain('SVL', one)]));
  const sums = new Map<string, [number, number]>();
  for (const [table, chain, number, packets, bytes] of totals) {
    const isEndpoint = chain.startsWith('KUBE-SEP-');
    // The first rule of an endpoint asks for its own packets.
    if (isEndpoint && number === 1) continue;
    const isChoice = choosing.has(chain) && !(chain.startsWith('KUBE-SVC-') && number === 1);
    const key = isEndpoint ? `${table} endpoints` : `${table} ${chain} ${isChoice ? 'choice' : number}`;
    const sum = sums.get(key) ?? [0, 0];
    sums.set(key, [sum[0] + packets, sum[1] + bytes]);
  }
  return new Map([...sums].map(([key, sum]) => [key, sum.join(' ')]));
}
