// A gateway between clients (10.0.0.0/8) and servers (172.16.0.0/12), both behind one interface, with rules at all its hooks: the ruleset of
// most suites, at any size, and the flows that it lets through.
//
// Every packet is asked the list BLOCKED, whatever its connection: rules about clients of 10.128.0.0/9, all of which drop. Those of
// connections are accepted behind it. What opens a connection is asked the list SERVICES: rules about clients of 10.0.0.0/9, all of which
// accept. So the right answer of each packet is known from how it was made.

import { type AccessPlan, type AccessRule, accessRules, dotted, ruleLine } from './rules.ts';
import type { Tuple } from './segments.ts';

const BLOCKED: AccessPlan = {
  within: { address: 0x0a800000, bits: 9 },
  sourceBits: [16, 20, 24, 24, 28, 32, 32, 32],
  accept: false,
};
/** Prefixes no longer than this leave room for the clients of a rule. */
const CLIENT_BITS = 24;
const SERVICES: AccessPlan = { within: { address: 0x0a000000, bits: 9 }, sourceBits: [12, 16, 20, 24, 24, 24], accept: true };
const FIRST_PORT = 1024;
const PORTS = 64_000;

export const GATEWAY_ADDRESS = 0xc0000201;

/** The machine, as a host file. */
export const GATEWAY_HOST = `interfaces: { eth0: { addresses: [${dotted(GATEWAY_ADDRESS)}/24] } }
routes: ["10.0.0.0/8 via 192.0.2.2 dev eth0", "172.16.0.0/12 via 192.0.2.3 dev eth0", "198.51.100.0/24 via 192.0.2.3 dev eth0"]
sysctl: { net.ipv4.ip_forward: 1, net.ipv4.conf.all.send_redirects: 0, net.ipv4.conf.eth0.send_redirects: 0 }
`;

export interface Gateway {
  readonly blocked: readonly AccessRule[];
  readonly services: readonly AccessRule[];
  /** iptables-save text. */
  readonly rules: string;
  /** Packets of a flow, by its number: below 16 million all differ. */
  tuple(flow: number, reply: boolean): Tuple;
  /** A packet that a rule of BLOCKED drops. */
  refused(index: number): Tuple;
}

/** A gateway with so many rules in each of its lists. */
export function gateway(size: { readonly blocked: number; readonly services: number }, seed: number): Gateway {
  const blocked = accessRules(size.blocked, seed, BLOCKED);
  const services = accessRules(size.services, seed ^ 0x2c1b3c6d, SERVICES);
  const [open, closed] = [services, blocked].map((rules) => rules.filter(({ protocol }) => protocol === 6));
  return {
    blocked,
    services,
    rules: rulesText(blocked, services),
    tuple(flow, reply) {
      const there = flowTuple(open!, flow);
      return reply ? { source: there.destination, destination: there.source, sport: there.dport, dport: there.sport } : there;
    },
    refused: (index) => flowTuple(closed!, index),
  };
}

/** Half of the rules in each list. */
export function halves(rules: number): { readonly blocked: number; readonly services: number } {
  const blocked = Math.max(1, rules >> 1);
  return { blocked, services: Math.max(1, rules - blocked) };
}

/** A packet of a client that one of the rules is about. Flows of the same port have clients that differ in the last bits. */
function flowTuple(rules: readonly AccessRule[], flow: number): Tuple {
  const drawn = mixed(flow);
  const rule = rules[drawn % rules.length]!;
  const hosts = (bits: number): number => (bits === 32 ? 0 : 0xffffffff >>> bits);
  const last = 0xffffffff >>> CLIENT_BITS;
  const host = (mixed(~flow) & ~last) | (flow & last);
  return {
    source: (rule.source | (host & hosts(rule.sourceBits))) >>> 0,
    destination: (rule.destination | (mixed(drawn) & hosts(rule.destinationBits))) >>> 0,
    sport: FIRST_PORT + ((flow >>> (32 - CLIENT_BITS)) % PORTS),
    dport: rule.portLow + (drawn % (rule.portHigh - rule.portLow + 1)),
  };
}

/** A number to another, so that neighbours are far from each other. */
function mixed(value: number): number {
  let word = Math.imul(value ^ (value >>> 16), 0x45d9f3b);
  word = Math.imul(word ^ (word >>> 16), 0x45d9f3b);
  return (word ^ (word >>> 16)) >>> 0;
}

const RAW = `*raw
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A PREROUTING -s 169.254.0.0/16 -j DROP
-A PREROUTING -s 127.0.0.0/8 -j DROP
COMMIT
`;
const MANGLE = `*mangle
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A PREROUTING -s 10.127.0.0/16 -j MARK --set-xmark 0x1/0xffffffff
-A FORWARD -m mark --mark 0x1
-A OUTPUT -p tcp -m tcp --dport 22
-A POSTROUTING -p icmp
COMMIT
`;
const NAT = `*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A PREROUTING -d ${dotted(GATEWAY_ADDRESS)}/32 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.16.0.80:80
-A POSTROUTING -s 10.0.0.0/8 -d 198.51.100.0/24 -j MASQUERADE
COMMIT
`;

function rulesText(blocked: readonly AccessRule[], services: readonly AccessRule[]): string {
  const filter = [
    '*filter',
    ':INPUT DROP [0:0]',
    ':FORWARD DROP [0:0]',
    ':OUTPUT ACCEPT [0:0]',
    ':BLOCKED - [0:0]',
    ':SERVICES - [0:0]',
    '-A INPUT -i lo -j ACCEPT',
    '-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
    '-A INPUT -s 10.127.0.0/16 -p tcp -m tcp --dport 22 -j ACCEPT',
    '-A FORWARD -j BLOCKED',
    '-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
    '-A FORWARD -m conntrack --ctstate INVALID -j DROP',
    '-A FORWARD -m conntrack --ctstate NEW -j SERVICES',
    '-A OUTPUT -m conntrack --ctstate INVALID -j DROP',
    ...blocked.map((rule) => ruleLine('BLOCKED', rule)),
    ...services.map((rule) => ruleLine('SERVICES', rule)),
    'COMMIT',
  ];
  return `${RAW}${MANGLE}${NAT}${filter.join('\n')}\n`;
}
