// A gateway that translates: its rules, and flows whose translation is known beforehand, so that their replies can be captured as they come.

import { GATEWAY_ADDRESS } from './gateway.ts';
import { dotted } from './rules.ts';
import type { Tuple } from './segments.ts';

export const TRANSLATIONS = ['none', 'SNAT', 'MASQUERADE', 'DNAT'] as const;
export type Translation = (typeof TRANSLATIONS)[number];

const FIRST_PORT = 1024;
const PORTS = 64_000;
const FIRST_CLIENT = 0x0a000001;
const FIRST_SERVER = 0xac100001;
const SERVER_PORT = 443;
const OWN_PORT = 80;
const HIDDEN_SERVER = 0xac100050;
const HIDDEN_PORT = 8080;

const GATEWAY = dotted(GATEWAY_ADDRESS);
const RULES: Readonly<Record<Translation, string>> = {
  none: '-A POSTROUTING -d 198.51.100.0/24 -j MASQUERADE',
  SNAT: `-A POSTROUTING -s 10.0.0.0/8 -d 172.16.0.0/12 -j SNAT --to-source ${GATEWAY}`,
  MASQUERADE: '-A POSTROUTING -s 10.0.0.0/8 -d 172.16.0.0/12 -j MASQUERADE',
  DNAT: `-A PREROUTING -d ${GATEWAY}/32 -p tcp -m tcp --dport ${OWN_PORT} -j DNAT --to-destination ${dotted(HIDDEN_SERVER)}:${HIDDEN_PORT}`,
};

/** The chain whose first rule translates. */
export function translatingChain(translation: Translation): 'PREROUTING' | 'POSTROUTING' {
  return translation === 'DNAT' ? 'PREROUTING' : 'POSTROUTING';
}

/** iptables-save text. Replies pass only when they are known to be of a connection, hence translated back. */
export function translatingRules(translation: Translation): string {
  return `*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
${RULES[translation]}
COMMIT
*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FORWARD -s 10.0.0.0/8 -m conntrack --ctstate NEW -j ACCEPT
COMMIT
`;
}

/** Packets of a flow as they come to the gateway. Flows of one server have ports of their own, which translation therefore keeps. */
export function translatedTuple(translation: Translation): (flow: number, reply: boolean) => Tuple {
  const isOurs = translation === 'DNAT';
  const hides = translation === 'SNAT' || translation === 'MASQUERADE';
  return (flow, reply) => {
    const source = FIRST_CLIENT + flow;
    const sport = FIRST_PORT + (flow % PORTS);
    const server = FIRST_SERVER + Math.floor(flow / PORTS);
    if (!reply) return { source, destination: isOurs ? GATEWAY_ADDRESS : server, sport, dport: isOurs ? OWN_PORT : SERVER_PORT };
    return {
      source: isOurs ? HIDDEN_SERVER : server,
      destination: hides ? GATEWAY_ADDRESS : source,
      sport: isOurs ? HIDDEN_PORT : SERVER_PORT,
      dport: sport,
    };
  };
}
