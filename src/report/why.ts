// Why-codes as people and programs read them: a stable word for output, a sentence for people.

import {
  CTSTATE_ESTABLISHED,
  CTSTATE_INVALID,
  CTSTATE_NEW,
  CTSTATE_RELATED,
  CTSTATE_UNTRACKED,
} from '../../assembly/abi/packet.ts';
import * as codes from '../../assembly/abi/verdict.ts';

export interface Why {
  /** Stable kebab-case word: part of the output's contract. */
  readonly word: string;
  /** One sentence without a full stop. */
  readonly sentence: string;
}

const WHYS: ReadonlyMap<number, Why> = new Map([
  [codes.WHY_NOT_IP, { word: 'not-ip', sentence: 'the frame carries no IP packet' }],
  [codes.WHY_LINKTYPE, { word: 'link-type', sentence: 'the capture is of a link type that is not read here' }],
  [codes.WHY_CUT, { word: 'cut', sentence: 'the capture ends before bytes that decide' }],
  [codes.WHY_LINK_HEADER, { word: 'link-header', sentence: 'the link-layer header is malformed or cut' }],
  [codes.WHY_INTERFACE, { word: 'interface', sentence: 'the host has no such interface, or it is down' }],
  [codes.WHY_IP_VERSION, { word: 'ip-version', sentence: 'the version in the IP header is not that of the frame' }],
  [codes.WHY_IP_HEADER_LENGTH, { word: 'ip-header-length', sentence: 'the IP header length is too small or exceeds the packet' }],
  [codes.WHY_IP_LENGTH, { word: 'ip-length', sentence: 'the IP length is below the header or beyond the frame' }],
  [codes.WHY_IP_CHECKSUM, { word: 'ip-checksum', sentence: 'the IP header checksum is wrong' }],
  [codes.WHY_IPV6_HOP_BY_HOP, { word: 'hop-by-hop', sentence: 'the IPv6 hop-by-hop options are malformed' }],
  [codes.WHY_IPV6_ADDRESS, { word: 'ipv6-address', sentence: 'an IPv6 address cannot be on the wire there' }],
  [codes.WHY_OTHERHOST, { word: 'other-host', sentence: 'the frame is addressed to another host on the link' }],
  [codes.WHY_IP_OPTIONS, { word: 'ip-options', sentence: 'the IPv4 options are malformed, or source routing is refused' }],
  [codes.WHY_IPV6_DISABLED, { word: 'ipv6-disabled', sentence: 'IPv6 is off on the interface (disable_ipv6)' }],
  [codes.WHY_HOTDROP, { word: 'match-drop', sentence: 'a match could not read the header it asks for and dropped the packet' }],
  [codes.WHY_NO_ROUTE, { word: 'no-route', sentence: 'there is no route to the destination' }],
  [codes.WHY_MARTIAN, { word: 'martian', sentence: 'the source or destination cannot come in by this interface' }],
  [codes.WHY_RP_FILTER, { word: 'rp-filter', sentence: 'the reverse path filter refuses the source (rp_filter)' }],
  [codes.WHY_NOT_FORWARDING, { word: 'not-forwarding', sentence: 'it is for another host and forwarding is off (ip_forward)' }],
  [codes.WHY_TTL, { word: 'ttl', sentence: 'its time to live ran out' }],
  [codes.WHY_BLACKHOLE, { word: 'blackhole', sentence: 'the route is a blackhole' }],
  [codes.WHY_UNREACHABLE, { word: 'unreachable', sentence: 'the route says unreachable' }],
  [codes.WHY_PROHIBIT, { word: 'prohibit', sentence: 'the route says prohibited' }],
  [codes.WHY_BROADCAST, { word: 'broadcast', sentence: 'it would be forwarded, but is a broadcast or multicast' }],
  [codes.WHY_TOO_BIG, { word: 'too-big', sentence: 'it is larger than the MTU of the way out and may not be fragmented' }],
  [codes.WHY_MULTICAST, { word: 'multicast', sentence: 'nobody on this host listens to the multicast group' }],
  [codes.WHY_LINK_DOWN, { word: 'link-down', sentence: 'the interface that it leaves by has no link' }],
  [codes.WHY_SOURCE_SCOPE, { word: 'source-scope', sentence: 'its IPv6 source may not be forwarded' }],
  [codes.WHY_CONNTRACK_FULL, { word: 'conntrack-full', sentence: 'the conntrack table is full' }],
  [codes.WHY_CONNTRACK_DROP, { word: 'conntrack-drop', sentence: 'connection tracking refuses it' }],
  [
    codes.WHY_NAT_ERROR,
    { word: 'nat-error', sentence: 'it is an ICMP error that nat cannot translate, as one with a wrong checksum' },
  ],
  [codes.WHY_NAT_DEVICE, { word: 'nat-device', sentence: 'its connection was masqueraded and now leaves by another device' }],
  [codes.WHY_NAT_HEADER, { word: 'nat-header', sentence: 'its transport header is too short, or of a kind, for nat to change' }],
  [
    codes.WHY_HELPER,
    { word: 'helper-drop', sentence: "it announces a connection in a way that the connection's helper cannot follow" },
  ],
  [codes.WHY_FRAGMENT_HELD, { word: 'fragment-held', sentence: 'it is a fragment that waits for the others' }],
  [codes.WHY_FRAGMENT_DUPLICATE, { word: 'fragment-duplicate', sentence: 'it is a fragment that has come before' }],
  [
    codes.WHY_FRAGMENT_OVERLAP,
    { word: 'fragment-overlap', sentence: 'it is a fragment that overlaps others, and all are given up' },
  ],
  [
    codes.WHY_FRAGMENT_LENGTH,
    {
      word: 'fragment-length',
      sentence: 'it is a fragment whose length cannot be, or that contradicts others on where the packet ends',
    },
  ],
  [codes.WHY_FRAGMENT_ECN, { word: 'fragment-ecn', sentence: 'the ECN fields of the fragments cannot be those of one packet' }],
  [codes.WHY_FRAGMENT_FULL, { word: 'fragments-full', sentence: 'too many fragments wait for others already' }],
  [codes.WHY_NOT_MODELLED, { word: 'not-modelled', sentence: 'it needs something that is not modelled yet' }],
]);

/** What a why-code means; undefined for WHY_NONE. */
export function explainWhy(code: number): Why | undefined {
  if (code === codes.WHY_NONE) return undefined;
  return WHYS.get(code) ?? { word: `why-${code}`, sentence: `reason ${code}` };
}

/** Verdicts as the output names them; undefined for VERDICT_NONE. */
const VERDICTS: ReadonlyMap<number, string> = new Map([
  [codes.VERDICT_ACCEPT, 'ACCEPT'],
  [codes.VERDICT_DROP, 'DROP'],
  [codes.VERDICT_REJECT, 'REJECT'],
  [codes.VERDICT_QUEUE, 'QUEUE'],
  [codes.VERDICT_STOLEN, 'STOLEN'],
  [codes.VERDICT_CONSUMED, 'CONSUMED'],
]);

/** The name of a verdict; undefined for a packet that was not evaluated. */
export function verdictName(verdict: number): string | undefined {
  return VERDICTS.get(verdict);
}

const CTSTATES: readonly (readonly [number, string])[] = [
  [CTSTATE_INVALID, 'INVALID'],
  [CTSTATE_ESTABLISHED, 'ESTABLISHED'],
  [CTSTATE_RELATED, 'RELATED'],
  [CTSTATE_NEW, 'NEW'],
  [CTSTATE_UNTRACKED, 'UNTRACKED'],
];

/** The state of a packet's connection, from OUTCOME_CTSTATE; undefined where nothing is tracked. */
export function ctstateName(ctstate: number): string | undefined {
  return CTSTATES.find(([bit]) => (ctstate & bit) !== 0)?.[1];
}
