// A cluster's services as kube-proxy's iptables mode writes them on one node, at any size: `iptables-save` text with the chains
// KUBE-SERVICES, KUBE-SVC-…, KUBE-SEP-… and the rest, named as kube-proxy names them.
//
// Services of every kind come in turn: cluster only, node port, load balancer with and without source ranges, external traffic for local
// endpoints only (by node port, by load balancer; with and without such endpoints), session affinity, no endpoints, headless (which has no rules at all), UDP.

import { createHash } from 'node:crypto';
import { random } from './random.ts';

export interface KubeService {
  /** `namespace/name:port`, as comments have it. */
  readonly name: string;
  readonly protocol: 'tcp' | 'udp';
  /** Absent: headless, clients find the endpoints by themselves. */
  readonly clusterIp?: string;
  readonly port: number;
  readonly nodePort?: number;
  readonly loadBalancerIp?: string;
  /** Who may use the load balancer; all when empty. */
  readonly sourceRanges: readonly string[];
  /** External traffic goes to endpoints of this node only, and keeps its source. */
  readonly isLocal: boolean;
  /** Clients stay with their endpoint. */
  readonly hasAffinity: boolean;
  /** `address:port`. */
  readonly endpoints: readonly string[];
}

export interface KubeCluster {
  readonly services: readonly KubeService[];
  /** iptables-save text. */
  readonly rules: string;
  /** The node, as a host file. */
  readonly host: string;
}

export interface KubeSize {
  readonly services: number;
  /** Of each service that has any. */
  readonly endpoints: number;
  readonly seed: number;
}

const POD_CIDR = '10.244.0.0/16';
/** Pods of this node are in 10.244.1.0/24. */
const LOCAL_PODS = '10.244.1.';
const AFFINITY_SECONDS = 10_800;
const FIRST_NODE_PORT = 30_000;
const NODE_PORTS = 2768;

/** The node: eth0 to the others and the world, cni0 to its pods. */
const HOST = `interfaces:
  eth0: { addresses: [192.0.2.1/24] }
  cni0: { addresses: [10.244.1.1/24] }
routes: ["default via 192.0.2.254 dev eth0", "${POD_CIDR} via 192.0.2.2 dev eth0"]
sysctl: { net.ipv4.ip_forward: 1 }
`;

/** What a service is, by its number. */
const KINDS = [
  'cluster',
  'node',
  'balancer',
  'ranges',
  'local',
  'affinity',
  'empty',
  'headless',
  'datagrams',
  'localBalancer',
] as const;

export function kubeCluster(size: KubeSize): KubeCluster {
  const draws = random(size.seed);
  const services = Array.from({ length: size.services }, (_, i) => makeService(i, size.endpoints, draws.below));
  return { services, rules: kubeRules(services), host: HOST };
}

function makeService(i: number, endpoints: number, below: (n: number) => number): KubeService {
  const kind = KINDS[i % KINDS.length]!;
  const isLocal = kind === 'local' || kind === 'localBalancer';
  const isBalanced = kind === 'balancer' || kind === 'ranges' || kind === 'localBalancer';
  const isOutside = kind === 'node' || isBalanced || isLocal;
  const port = [80, 443, 8080, 5432][below(4)]!;
  return {
    name: `ns${i % 7}/svc${i}:p${port}`,
    protocol: kind === 'datagrams' ? 'udp' : 'tcp',
    ...(kind === 'headless' ? {} : { clusterIp: `10.${96 + (i >>> 16)}.${(i >>> 8) & 255}.${i & 255}` }),
    port,
    ...(isOutside ? { nodePort: FIRST_NODE_PORT + (i % NODE_PORTS) } : {}),
    ...(isBalanced ? { loadBalancerIp: `198.51.${100 + ((i >>> 8) & 127)}.${i & 255}` } : {}),
    sourceRanges: kind === 'ranges' ? ['203.0.113.0/24'] : [],
    isLocal,
    hasAffinity: kind === 'affinity',
    endpoints: kind === 'empty' ? [] : Array.from({ length: endpoints }, (_, e) => `${podAddress(i, e)}:${8000 + below(1000)}`),
  };
}

/** The first pod of every second pair of services is on this node, so that of each kind some have one here and some have not. */
function podAddress(service: number, endpoint: number): string {
  if (endpoint === 0 && (service & 2) === 0) return `${LOCAL_PODS}${2 + (((service >>> 2) * 2 + (service & 1)) % 250)}`;
  const pod = service * 16 + endpoint;
  return `10.244.${2 + ((pod >>> 8) % 250)}.${pod & 255}`;
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** The end of a chain's name. */
function chainHash(text: string): string {
  const digest = createHash('sha256').update(text).digest();
  let name = '';
  for (let bit = 0; bit < 80; bit += 5) {
    const at = bit >>> 3;
    name += BASE32[(((digest[at]! << 8) | digest[at + 1]!) >>> (11 - (bit & 7))) & 31];
  }
  return name;
}

/** Names of a service's chains: KUBE-SVC-…, KUBE-EXT-… and so on. */
export function serviceChain(
  kind: 'SVC' | 'SVL' | 'EXT' | 'FW',
  { name, protocol }: Pick<KubeService, 'name' | 'protocol'>,
): string {
  return `KUBE-${kind}-${chainHash(name + protocol)}`;
}

export function endpointChain({ name, protocol }: Pick<KubeService, 'name' | 'protocol'>, endpoint: string): string {
  return `KUBE-SEP-${chainHash(name + protocol + endpoint)}`;
}

/** A table while it is written. */
class TableText {
  private readonly declared: string[] = [];
  private readonly rules: string[] = [];

  chain(name: string): void {
    this.declared.push(`:${name} - [0:0]`);
  }

  add(rule: string): void {
    this.rules.push(`-A ${rule}`);
  }

  text(name: string, base: readonly string[]): string {
    const head = base.map((chain) => `:${chain} ACCEPT [0:0]`);
    return [`*${name}`, ...head, ...this.declared, ...this.rules, 'COMMIT', ''].join('\n');
  }
}

const comment = (text: string): string => `-m comment --comment "${text}"`;

function kubeRules(services: readonly KubeService[]): string {
  const filter = filterHead();
  const nat = natHead();
  for (const service of services) {
    const { clusterIp } = service;
    if (clusterIp === undefined) continue;
    if (service.endpoints.length === 0) refuse(filter, service, clusterIp);
    else serve(nat, filter, service, clusterIp);
  }
  const nodePorts = comment('kubernetes service nodeports; NOTE: this must be the last rule in this chain');
  nat.add(`KUBE-SERVICES ${nodePorts} -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS`);
  return (
    nat.text('nat', ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING']) + filter.text('filter', ['INPUT', 'FORWARD', 'OUTPUT'])
  );
}

function filterHead(): TableText {
  const filter = new TableText();
  for (const chain of ['EXTERNAL-SERVICES', 'FIREWALL', 'FORWARD', 'NODEPORTS', 'PROXY-FIREWALL', 'SERVICES']) {
    filter.chain(`KUBE-${chain}`);
  }
  const isNew = '-m conntrack --ctstate NEW';
  const balancers = `${isNew} ${comment('kubernetes load balancer firewall')} -j KUBE-PROXY-FIREWALL`;
  const external = `${isNew} ${comment('kubernetes externally-visible service portals')} -j KUBE-EXTERNAL-SERVICES`;
  const portals = `${isNew} ${comment('kubernetes service portals')} -j KUBE-SERVICES`;
  filter.add(`INPUT ${balancers}`);
  filter.add(`INPUT ${comment('kubernetes health check service ports')} -j KUBE-NODEPORTS`);
  filter.add(`INPUT ${external}`);
  filter.add('INPUT -j KUBE-FIREWALL');
  filter.add(`FORWARD ${balancers}`);
  filter.add(`FORWARD ${comment('kubernetes forwarding rules')} -j KUBE-FORWARD`);
  filter.add(`FORWARD ${portals}`);
  filter.add(`FORWARD ${external}`);
  filter.add(`OUTPUT ${balancers}`);
  filter.add(`OUTPUT ${portals}`);
  filter.add('OUTPUT -j KUBE-FIREWALL');
  const localnet = comment('block incoming localnet connections');
  filter.add(
    `KUBE-FIREWALL ! -s 127.0.0.0/8 -d 127.0.0.0/8 ${localnet} -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP`,
  );
  filter.add('KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP');
  filter.add(`KUBE-FORWARD ${comment('kubernetes forwarding rules')} -m mark --mark 0x4000/0x4000 -j ACCEPT`);
  const established = comment('kubernetes forwarding conntrack rule');
  filter.add(`KUBE-FORWARD ${established} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`);
  return filter;
}

function natHead(): TableText {
  const nat = new TableText();
  for (const chain of ['MARK-MASQ', 'NODEPORTS', 'POSTROUTING', 'SERVICES']) nat.chain(`KUBE-${chain}`);
  nat.add(`PREROUTING ${comment('kubernetes service portals')} -j KUBE-SERVICES`);
  nat.add(`OUTPUT ${comment('kubernetes service portals')} -j KUBE-SERVICES`);
  nat.add(`POSTROUTING ${comment('kubernetes postrouting rules')} -j KUBE-POSTROUTING`);
  nat.add('KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000');
  nat.add('KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN');
  nat.add('KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0');
  nat.add(`KUBE-POSTROUTING ${comment('kubernetes service traffic requiring SNAT')} -j MASQUERADE --random-fully`);
  return nat;
}

/** A rule's match of one address and the service's port. */
function towards(address: string, { name, protocol, port }: KubeService, what: string): string {
  return `-d ${address}/32 -p ${protocol} ${comment(`${name} ${what}`)} -m ${protocol} --dport ${port}`;
}

/** A service without endpoints. */
function refuse(filter: TableText, service: KubeService, clusterIp: string): void {
  const unreachable = '-j REJECT --reject-with icmp-port-unreachable';
  filter.add(`KUBE-SERVICES ${towards(clusterIp, service, 'has no endpoints')} ${unreachable}`);
}

function serve(nat: TableText, filter: TableText, service: KubeService, clusterIp: string): void {
  const svc = serviceChain('SVC', service);
  nat.chain(svc);
  nat.add(`KUBE-SERVICES ${towards(clusterIp, service, 'cluster IP')} -j ${svc}`);
  if (service.nodePort !== undefined) expose(nat, filter, service);
  nat.add(`${svc} ! -s ${POD_CIDR} ${towards(clusterIp, service, 'cluster IP')} -j KUBE-MARK-MASQ`);
  balance(nat, svc, service, service.endpoints);
  for (const endpoint of service.endpoints) lead(nat, service, endpoint);
}

/** What a service is from outside: node port, load balancer. */
function expose(nat: TableText, filter: TableText, service: KubeService): void {
  const { name, protocol, nodePort, loadBalancerIp, sourceRanges, isLocal } = service;
  const ext = serviceChain('EXT', service);
  const svc = serviceChain('SVC', service);
  nat.chain(ext);
  nat.add(`KUBE-NODEPORTS -p ${protocol} ${comment(name)} -m ${protocol} --dport ${nodePort} -j ${ext}`);
  const destinations = (who: string): string => comment(`${who} ${name} external destinations`);
  if (isLocal) {
    const svl = serviceChain('SVL', service);
    const local = service.endpoints.filter((endpoint) => endpoint.startsWith(LOCAL_PODS));
    nat.add(`${ext} -s ${POD_CIDR} ${destinations('pod traffic for')} -j ${svc}`);
    nat.add(`${ext} ${destinations('masquerade LOCAL traffic for')} -m addrtype --src-type LOCAL -j KUBE-MARK-MASQ`);
    nat.add(`${ext} ${destinations('route LOCAL traffic for')} -m addrtype --src-type LOCAL -j ${svc}`);
    if (local.length > 0) {
      nat.chain(svl);
      nat.add(`${ext} -j ${svl}`);
      balance(nat, svl, service, local);
    } else {
      const none = comment(`${name} has no local endpoints`);
      if (loadBalancerIp !== undefined) {
        filter.add(`KUBE-EXTERNAL-SERVICES ${towards(loadBalancerIp, service, 'has no local endpoints')} -j DROP`);
      }
      filter.add(
        `KUBE-EXTERNAL-SERVICES -p ${protocol} ${none} -m addrtype --dst-type LOCAL -m ${protocol} --dport ${nodePort} -j DROP`,
      );
    }
  } else {
    nat.add(`${ext} ${destinations('masquerade traffic for')} -j KUBE-MARK-MASQ`);
    nat.add(`${ext} -j ${svc}`);
  }
  if (loadBalancerIp === undefined) return;
  const balancer = towards(loadBalancerIp, service, 'loadbalancer IP');
  if (sourceRanges.length === 0) {
    nat.add(`KUBE-SERVICES ${balancer} -j ${ext}`);
    return;
  }
  const fw = serviceChain('FW', service);
  nat.chain(fw);
  nat.add(`KUBE-SERVICES ${balancer} -j ${fw}`);
  for (const range of sourceRanges) nat.add(`${fw} -s ${range} ${comment(`${name} loadbalancer IP`)} -j ${ext}`);
  nat.add(`${fw} ${comment(`other traffic to ${name} will be dropped by KUBE-PROXY-FIREWALL`)}`);
  filter.add(`KUBE-PROXY-FIREWALL ${towards(loadBalancerIp, service, `traffic not accepted by ${fw}`)} -j DROP`);
}

/** The choice among endpoints: each with the probability that makes all alike. */
function balance(nat: TableText, chain: string, service: KubeService, endpoints: readonly string[]): void {
  const { name, hasAffinity } = service;
  const sep = (endpoint: string): string => endpointChain(service, endpoint);
  if (hasAffinity) {
    for (const endpoint of endpoints) {
      const seen = `-m recent --rcheck --seconds ${AFFINITY_SECONDS} --reap --name ${sep(endpoint)} --mask 255.255.255.255 --rsource`;
      nat.add(`${chain} ${comment(`${name} -> ${endpoint}`)} ${seen} -j ${sep(endpoint)}`);
    }
  }
  for (const [i, endpoint] of endpoints.entries()) {
    const left = endpoints.length - i;
    const chance = left === 1 ? '' : ` -m statistic --mode random --probability ${savedProbability(1 / left)}`;
    nat.add(`${chain} ${comment(`${name} -> ${endpoint}`)}${chance} -j ${sep(endpoint)}`);
  }
}

/** A probability as iptables-save gives it back: kube-proxy writes ten decimals, the kernel keeps 31 bits. */
function savedProbability(probability: number): string {
  return (Math.round(Number(probability.toFixed(10)) * 0x8000_0000) / 0x8000_0000).toFixed(11);
}

/** The chain of one endpoint. */
function lead(nat: TableText, service: KubeService, endpoint: string): void {
  const { name, protocol, hasAffinity } = service;
  const chain = endpointChain(service, endpoint);
  nat.chain(chain);
  nat.add(`${chain} -s ${endpoint.slice(0, endpoint.indexOf(':'))}/32 ${comment(name)} -j KUBE-MARK-MASQ`);
  const remember = hasAffinity ? ` -m recent --set --name ${chain} --mask 255.255.255.255 --rsource` : '';
  nat.add(`${chain} -p ${protocol} ${comment(name)}${remember} -m ${protocol} -j DNAT --to-destination ${endpoint}`);
}
