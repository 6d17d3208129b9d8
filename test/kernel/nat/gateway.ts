// A gateway with translated connections from a seed: rules as gateways have them, few clients and ports, more servers. Ports clash often,
// and clients use the same one with several servers: what is drawn then is drawn, since nothing is compared with the kernel here.

import { parsePacketLine } from '../../support/packet-line.ts';
import { replayScenario, scenarioTimes } from '../../support/scenario-replay.ts';
import type { GeneratedScenario } from '../generate.ts';
import { Random } from '../random.ts';
import type { Family, Place, World } from '../world.ts';
import { type Entry, errorAbout, follower, opener, parseEntries } from './traffic.ts';

const HOST = `interfaces:
  eth0: { addresses: [192.0.2.1/24, "2001:db8:1::1/64"] }
  eth1: { addresses: [10.0.0.1/24, "2001:db8:2::1/64"] }
routes: ["default via 192.0.2.254 dev eth0"]
routes6: ["default via 2001:db8:1::fe dev eth0"]
sysctl: { net.ipv4.ip_forward: 1, net.ipv6.conf.all.forwarding: 1, net.netfilter.nf_conntrack_udp_timeout: 5 }
`;

const SERVERS = 24;
const ROUNDS = 4;

const numbered = (count: number, first: number, text: (i: number) => string, device: string): Place[] =>
  Array.from({ length: count }, (_, i) => ({ address: text(first + i), interface: device }));

const PLACES: World['places'] = {
  4: [
    ...numbered(SERVERS, 20, (i) => `198.51.100.${i}`, 'eth0'),
    ...numbered(6, 7, (i) => `10.0.0.${i}`, 'eth1'),
    { address: '192.0.2.1', interface: '' },
    { address: '10.0.0.1', interface: '' },
  ],
  6: [
    ...numbered(SERVERS, 20, (i) => `2001:db8:ffff::${i}`, 'eth0'),
    ...numbered(6, 7, (i) => `2001:db8:2::${i}`, 'eth1'),
    { address: '2001:db8:1::1', interface: '' },
    { address: '2001:db8:2::1', interface: '' },
  ],
};

const WORLD: World = {
  host: HOST,
  forwards: true,
  copies: false,
  answers: 'none',
  interfaces: ['lo', 'eth0', 'eth1'],
  places: PLACES,
  dead: { 4: [], 6: [] },
};

interface Names {
  readonly ours: string;
  readonly pool: string;
  readonly server: string;
  readonly inside: string;
}

const NAMES: Readonly<Record<Family, Names>> = {
  4: { ours: '192.0.2.1', pool: '192.0.2.77', server: '10.0.0.7', inside: '10.0.0.0/24' },
  6: { ours: '2001:db8:1::1', pool: '2001:db8:1::77', server: '2001:db8:2::7', inside: '2001:db8:2::/64' },
};

function rulesOf(random: Random, family: Family): string {
  const { ours, pool, server, inside } = NAMES[family];
  const behind = (port: string): string => (family === 6 ? `[${server}]:${port}` : `${server}:${port}`);
  const source = random.pick([
    '-o eth0 -j MASQUERADE',
    `-s ${inside} -o eth0 -j MASQUERADE`,
    `-s ${inside} ! -d ${inside} -p udp -j MASQUERADE --to-ports 4000-4063`,
    '-o eth0 -p tcp -j MASQUERADE --random',
    `-o eth0 -j SNAT --to-source ${pool}`,
    `-o eth0 -j SNAT --to-source ${ours}`,
  ]);
  const destination = [
    `-i eth0 -p tcp -m tcp --dport 80 -j DNAT --to-destination ${server}`,
    `-d ${ours} -p udp -m udp --dport 1000 -j DNAT --to-destination ${behind('53')}`,
    `-i eth0 -d ${pool} -j DNAT --to-destination ${server}`,
    '-i eth0 -p tcp -m tcp --dport 4000 -j REDIRECT --to-ports 53',
  ];
  const hairpin = [`-s ${inside} -d ${server} -j MASQUERADE`];
  return `*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
${random
  .some(destination, 3)
  .map((rule) => `-A PREROUTING ${rule}\n`)
  .join('')}-A POSTROUTING ${source}
${random.chance(0.4) ? `-A POSTROUTING ${hairpin}\n` : ''}${random.chance(0.5) ? '-A POSTROUTING -o eth0 -j MASQUERADE\n' : ''}COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A FORWARD -m conntrack --ctstate INVALID -j DROP
-A FORWARD -m conntrack --ctstate SNAT
-A FORWARD -m conntrack --ctstate DNAT
COMMIT
`;
}

export async function generateGateway(seed: number, packets: number): Promise<GeneratedScenario> {
  const random = new Random(seed);
  const families = random.pick<readonly Family[]>([[4], [4], [6], [4, 6]]);
  const text = new Map(families.map((family) => [family, rulesOf(random, family)]));
  const draft = { seed, answers: WORLD.answers, host: HOST, rules: text.get(4), rules6: text.get(6), ipset: undefined };
  const lines: string[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const sent = lines.map((line) => parsePacketLine(line));
    const known =
      round === 0 ? [] : parseEntries((await replayScenario({ ...draft, packets: sent, times: scenarioTimes(sent) })).conntrack);
    for (let i = 0; i < packets / ROUNDS; i++) lines.push(line(random, families, known));
  }
  return { ...draft, packets: lines };
}

/** From one server outside to another, or to an address of the gateway's that nobody has: what it seldom sees. */
const STRAY = /^eth0: .* > (198\.51\.100\.|2001:db8:ffff::)|> (192\.0\.2\.77|2001:db8:1::77) /;

function line(random: Random, families: readonly Family[], known: readonly Entry[]): string {
  if (known.length === 0 || random.chance(0.4)) {
    for (;;) {
      const first = opener(random, WORLD, random.pick(families));
      if (!STRAY.test(first) || random.chance(0.002)) return first;
    }
  }
  return (random.chance(0.8) ? follower : errorAbout)(random, WORLD, random.pick(known));
}
