import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { endpointChain, kubeCluster, serviceChain } from '../../bench/traffic/kube.ts';
import { pcapng } from '../../src/packet/captures.ts';
import { runHookline } from '../support/hookline.ts';
import { visits } from '../support/kube.ts';
import { parsePacketLine } from '../support/packet-line.ts';
import { scenarioCapture, scenarioTimes } from '../support/scenario-replay.ts';

const folder = mkdtempSync(join(tmpdir(), 'hookline-'));
afterAll(() => rmSync(folder, { recursive: true }));

const hookline = (words: readonly string[]) => runHookline(folder, words);

function file(name: string, content: string | Uint8Array): string {
  writeFileSync(join(folder, name), content);
  return name;
}

function capture(name: string, interfaces: readonly string[], lines: readonly string[]): string {
  const packets = lines.map((line) => parsePacketLine(line));
  return file(name, scenarioCapture(interfaces, packets, scenarioTimes(packets)));
}

const HOST = file(
  'host.yaml',
  `interfaces:
  eth0: { addresses: [192.0.2.1/24, "2001:db8:1::1/64"] }
  eth1: { addresses: [10.0.0.1/24, "2001:db8:2::1/64"] }
routes: ["default via 192.0.2.254 dev eth0"]
sysctl: { net.ipv4.ip_forward: 1, net.ipv6.conf.all.forwarding: 1 }
`,
);
const RULES = file(
  'rules.v4',
  `*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
[7:70] -A POSTROUTING -o eth0 -j SNAT --to-source 192.0.2.1
COMMIT
*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:out - [0:0]
-A FORWARD -i eth1 -j out
-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A out -p udp -m comment --comment "names"
-A out -j ACCEPT
COMMIT
`,
);

test('--format text tells of each packet what it was, the rules that counted it, what left, and what decided', async () => {
  const lines = [
    'eth1: 10.0.0.7 > 198.51.100.7 udp 4000 > 53 len 5',
    'eth0: 198.51.100.7 > 192.0.2.1 udp 53 > 4000 len 9',
    'eth0: 198.51.100.7 > 192.0.2.1 tcp 80 > 4000 SA seq 1 ack 1',
    'eth0: 198.51.100.7 > 192.0.2.1 icmp 3/3 ( 192.0.2.1 > 198.51.100.7 udp 4000 > 53 len 5 )',
    'eth1: 10.0.0.7 > 203.0.113.9 ttl 1 icmp 8/0 id 1 seq 1 len 8',
    'eth1: 10.0.0.7 > 203.0.113.9 id 9 udp 4001 > 53 len 24 part 0-16',
    'eth1: 10.0.0.7 > 203.0.113.9 id 9 udp 4001 > 53 len 24 part 16-32',
    'eth1: 2001:db8:2::7 > 2001:db8:1::9 hbh 010400000000 tcp 4000 > 80 S seq 1',
    'sent: 192.0.2.1 > 192.0.2.9 sctp 4000 > 53 vtag 0 chunks init:5',
    'eth1: hex 4500',
  ];
  const words = ['replay', '--rules', RULES, '--host', HOST, '--format', 'text', capture('some.pcapng', ['eth0', 'eth1'], lines)];
  const { code, stdout } = await hookline(words);
  expect(code).toBe(0);
  expect(stdout).toMatchSnapshot();
});

test('it does not depend on the workers, nor on what the frames of the capture are', async () => {
  const line = 'eth1: 10.0.0.7 > 198.51.100.7 udp 4000 > 53 len 5';
  const { bytes } = parsePacketLine(line);
  const vlan = Uint8Array.from([...new Uint8Array(12), 0x81, 0, 0, 5, 8, 0, ...bytes, ...new Uint8Array(11)]);
  const blocks = pcapng();
  const framed = file(
    'framed.pcapng',
    Buffer.concat([
      blocks.section(),
      blocks.describe({ name: 'eth1', linktype: 1, resolution: 9 }),
      blocks.enhanced({ interface: 0, data: vlan, time: scenarioTimes([parsePacketLine(line)])[0]! }),
    ]),
  );
  const text = async (path: string, workers: string) => {
    const words = ['--rules', RULES, '--host', HOST, '--format', 'text', '--workers', workers, path];
    return (await hookline(['replay', ...words])).stdout;
  };
  const raw = await text(capture('raw.pcapng', ['eth1'], [line]), '0');
  expect(raw).toContain('eth1: 10.0.0.7 > 198.51.100.7, udp 4000 > 53, 33 bytes, NEW');
  expect(await text(framed, '3')).toBe(raw);
});

test('on the way to an endpoint of a cluster the chains of service and endpoint are named, as text and as NDJSON', async () => {
  const cluster = kubeCluster({ services: 20, endpoints: 3, seed: 1 });
  const list = visits(cluster);
  const packets = list.map(({ packet }) => packet);
  const rules = file('kube.rules', cluster.rules);
  const host = file('kube.yaml', cluster.host);
  const path = file('kube.pcapng', scenarioCapture(['eth0', 'cni0'], packets, scenarioTimes(packets)));
  const replay = async (format: string) =>
    (await hookline(['replay', '--rules', rules, '--host', host, '--seed', '1', '--format', format, path])).stdout;
  const texts = (await replay('text')).split(/^(?=packet )/m);
  const objects = (await replay('ndjson')).trim().split('\n');
  expect(texts).toHaveLength(list.length);
  for (const [i, { service, endpoints }] of list.entries()) {
    const { hits } = JSON.parse(objects[i]!) as { hits: [string, string, number][] };
    const chains = hits.map(([, chain]) => chain);
    const named = [...texts[i]!.matchAll(/^ {2}\w+ (\S+) \d+:/gm)].map(([, chain]) => chain);
    expect(named).toEqual(chains);
    if (endpoints.length === 0) continue;
    expect(chains.some((chain) => chain === serviceChain('SVC', service) || chain === serviceChain('SVL', service))).toBe(true);
    const endpoint = endpoints.find((one) => chains.includes(endpointChain(service, one)))!;
    expect(texts[i]).toContain(`--to-destination ${endpoint}`);
  }
});
