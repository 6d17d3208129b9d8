// A gateway at work: clients behind it that talk to servers outside, guests from outside that talk to servers behind it, in both families,
// with ICMP errors about all of it and files fetched over FTP. No translation takes a way that the plan of shards does not foresee.

import { toHex } from '../../src/packet/bytes.ts';
import { parsePacketLine } from './packet-line.ts';
import { hostInterfaces, scenarioCapture, scenarioTimes } from './scenario-replay.ts';

export const GATEWAY_HOST = `interfaces:
  eth0: { addresses: [192.0.2.1/24, "2001:db8:1::1/64"] }
  eth1: { addresses: [10.0.0.1/16, "2001:db8:2::1/64"] }
routes: ["default via 192.0.2.254 dev eth0"]
routes6: ["default via 2001:db8:1::fe dev eth0"]
sysctl: { net.ipv4.ip_forward: 1, net.ipv6.conf.all.forwarding: 1 }
`;

const rules = (web: string, webPort: string): string => `*raw
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A PREROUTING -p tcp -m tcp --dport 21 -j CT --helper ftp
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A PREROUTING -i eth0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination ${webPort}
-A PREROUTING -i eth0 -p tcp -m tcp --dport 443 -j DNAT --to-destination ${web}
-A POSTROUTING -o eth0 -j MASQUERADE
COMMIT
*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A FORWARD -m conntrack --ctstate RELATED -j ACCEPT
-A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT
-A FORWARD -m conntrack --ctstate DNAT -j ACCEPT
-A FORWARD -o eth0 -j ACCEPT
COMMIT
`;

export const GATEWAY_RULES = rules('10.0.0.80', '10.0.0.80:80');
export const GATEWAY_RULES6 = rules('2001:db8:2::80', '[2001:db8:2::80]:80');

/** Whose addresses a family has. */
interface Names {
  readonly ours: string;
  readonly web: string;
  readonly router: string;
  readonly icmp: string;
  /** Types of errors, and echo with its reply. */
  readonly errors: readonly string[];
  readonly echo: readonly [string, string];
  client(i: number): string;
  outside(i: number): string;
}

const FOUR: Names = {
  ours: '192.0.2.1',
  web: '10.0.0.80',
  router: '203.0.113.1',
  icmp: 'icmp',
  errors: ['3/1', '11/0', '3/4'],
  echo: ['8/0', '0/0'],
  client: (i) => `10.0.1.${1 + (i % 40)}`,
  outside: (i) => `198.51.100.${1 + (i % 97)}`,
};
const SIX: Names = {
  ours: '2001:db8:1::1',
  web: '2001:db8:2::80',
  router: '2001:db8:3::1',
  icmp: 'icmp6',
  errors: ['1/3', '3/0', '2/0'],
  echo: ['128/0', '129/0'],
  client: (i) => `2001:db8:2::1:${1 + (i % 40)}`,
  outside: (i) => `2001:db8:ffff::${1 + (i % 97)}`,
};

/** One side's segments: `there` with what the other side sees as `here` and so on. */
interface Ends {
  readonly there: string;
  readonly back: string;
}

/** A connection from its opening to its end, with an error about each direction on the way. */
function tcpTalk({ there, back }: Ends, port: number, server: number, serverSeen = server): string[] {
  const [out, home] = [`tcp ${port} > ${server}`, `tcp ${serverSeen} > ${port}`];
  return [
    `${there} ${out} S seq 1000 win 64240 opts mss:1460`,
    `${back} ${home} SA seq 5000 ack 1001 win 65535 opts mss:1460`,
    `${there} ${out} A seq 1001 ack 5001 win 64240`,
    `${there} ${out} PA seq 1001 ack 5001 win 64240 len 333`,
    `${back} ${home} PA seq 5001 ack 1334 win 65535 len 801`,
    `${there} ${out} FA seq 1334 ack 5802 win 64240`,
    `${back} ${home} FA seq 5802 ack 1335 win 65535`,
    `${there} ${out} A seq 1335 ack 5803 win 64240`,
  ];
}

/** A client talks to a server outside. */
function fromInside(names: Names, i: number): string[] {
  const { ours, router, icmp, errors, echo } = names;
  const [client, server] = [names.client(i), names.outside(i * 7)];
  const port = 2000 + i;
  const ends = { there: `eth1: ${client} > ${server}`, back: `eth0: ${server} > ${ours}` };
  const error = errors[i % errors.length]!;
  return [
    ...tcpTalk(ends, port, 80),
    `eth0: ${router} > ${ours} ${icmp} ${error} ( ${ours} > ${server} tcp ${port} > 80 A seq 1335 ack 5803 win 64240 )`,
    `eth1: ${client} > ${server} ${icmp} ${errors[0]} ( ${server} > ${client} tcp 80 > ${port} A seq 5803 ack 1335 win 65535 )`,
    `${ends.there} udp ${port} > 53 len ${i % 50}`,
    `${ends.back} udp 53 > ${port} len ${i % 70}`,
    `eth0: ${router} > ${ours} ${icmp} ${error} ( ${ours} > ${server} udp ${port} > 53 len 9 )`,
    `${ends.there} ${icmp} ${echo[0]} id ${port} seq 1 len 56`,
    `${ends.back} ${icmp} ${echo[1]} id ${port} seq 1 len 56`,
  ];
}

/** A guest talks to the server behind the gateway. */
function fromOutside(names: Names, i: number): string[] {
  const { ours, web, icmp, errors } = names;
  const guest = names.outside(i * 5 + 3);
  const port = 40000 + i;
  const [asked, given] = i % 2 === 0 ? [8080, 80] : [443, 443];
  const ends = { there: `eth0: ${guest} > ${ours}`, back: `eth1: ${web} > ${guest}` };
  return [
    ...tcpTalk(ends, port, asked, given),
    `eth0: ${guest} > ${ours} ${icmp} ${errors[1]} ( ${ours} > ${guest} tcp ${asked} > ${port} A seq 5803 ack 1335 win 65535 )`,
  ];
}

const text = (line: string): string => `data ${toHex(new TextEncoder().encode(`${line}\r\n`))}`;

/** A client has a server send it a file: the address that it announces is another one outside, and so is the length of the text. */
function fetched(i: number): string[] {
  const [client, server, ours] = [FOUR.client(i), FOUR.outside(i * 11), FOUR.ours];
  const port = 3000 + i;
  const announced = `PORT ${client.replaceAll('.', ',')},20,${i % 250}`;
  const behind = announced.length + 2;
  const changed = `PORT ${ours.replaceAll('.', ',')},20,${i % 250}`.length + 2;
  const [there, back] = [`eth1: ${client} > ${server} tcp ${port} > 21`, `eth0: ${server} > ${ours} tcp 21 > ${port}`];
  const data = 20 * 256 + (i % 250);
  return [
    `${there} S seq 1000 win 64240`,
    `${back} SA seq 5000 ack 1001 win 65535`,
    `${there} A seq 1001 ack 5001 win 64240`,
    `${there} PA seq 1001 ack 5001 win 64240 ${text('USER guest')}`,
    `${there} PA seq 1013 ack 5001 win 64240 ${text(announced)}`,
    `${back} PA seq 5001 ack ${1013 + changed} win 65535 ${text('200 PORT command successful')}`,
    `${there} PA seq ${1013 + behind} ack 5030 win 64240 ${text('RETR file')}`,
    `eth0: ${server} > ${ours} tcp 20 > ${data} S seq 7000 win 65535`,
    `eth1: ${client} > ${server} tcp ${data} > 20 SA seq 8000 ack 7001 win 64240`,
    `eth0: ${server} > ${ours} tcp 20 > ${data} PA seq 7001 ack 8001 win 65535 len 512`,
  ];
}

/** The packets of so many rounds, several conversations of each going on at once. */
export function gatewayLines(rounds: number): string[] {
  const lines: string[] = [];
  for (let i = 0; i < rounds; i++) {
    const talks = [fromInside(FOUR, i), fromOutside(FOUR, i), fromInside(SIX, i), fromOutside(SIX, i), fetched(i)];
    for (let at = 0; talks.some((talk) => at < talk.length); at++) lines.push(...talks.flatMap((talk) => talk[at] ?? []));
  }
  return lines;
}

/** Packets of the gateway's two devices as a pcapng capture. */
export function gatewayCapture(lines: readonly string[]): Uint8Array {
  const packets = lines.map((line) => parsePacketLine(line));
  return scenarioCapture(hostInterfaces(GATEWAY_HOST), packets, scenarioTimes(packets));
}
