// Transport protocol names and numbers as iptables reads and prints them, whatever files the machine has.

import { parseUnsigned } from './number.ts';

export const PROTOCOL_ICMP = 1;
export const PROTOCOL_TCP = 6;
export const PROTOCOL_UDP = 17;
export const PROTOCOL_DCCP = 33;
export const PROTOCOL_ESP = 50;
export const PROTOCOL_AH = 51;
export const PROTOCOL_ICMPV6 = 58;
export const PROTOCOL_IPCOMP = 108;
export const PROTOCOL_SCTP = 132;
export const PROTOCOL_MH = 135;
export const PROTOCOL_UDPLITE = 136;

/** iptables' own names: the first of a number is the one it prints. */
const OWN: readonly (readonly [string, number])[] = [
  ['tcp', 6],
  ['sctp', 132],
  ['udp', 17],
  ['udplite', 136],
  ['icmp', 1],
  ['ipv6-icmp', 58],
  ['icmpv6', 58],
  ['esp', 50],
  ['ah', 51],
  ['mobility-header', 135],
  ['ipv6-mh', 135],
  ['mh', 135],
  ['all', 0],
];

/** Names that a Debian system knows besides (/etc/protocols). */
const SYSTEM: readonly (readonly [string, number])[] = [
  ['ip', 0],
  ['hopopt', 0],
  ['igmp', 2],
  ['ggp', 3],
  ['ipencap', 4],
  ['st', 5],
  ['egp', 8],
  ['igp', 9],
  ['pup', 12],
  ['hmp', 20],
  ['xns-idp', 22],
  ['rdp', 27],
  ['iso-tp4', 29],
  ['dccp', 33],
  ['xtp', 36],
  ['ddp', 37],
  ['idpr-cmtp', 38],
  ['ipv6', 41],
  ['ipv6-route', 43],
  ['ipv6-frag', 44],
  ['idrp', 45],
  ['rsvp', 46],
  ['gre', 47],
  ['skip', 57],
  ['ipv6-nonxt', 59],
  ['ipv6-opts', 60],
  ['rspf', 73],
  ['vmtp', 81],
  ['eigrp', 88],
  ['ospf', 89],
  ['ax.25', 93],
  ['ipip', 94],
  ['etherip', 97],
  ['encap', 98],
  ['pim', 103],
  ['ipcomp', 108],
  ['vrrp', 112],
  ['l2tp', 115],
  ['isis', 124],
  ['fc', 133],
  ['mpls-in-ip', 137],
  ['manet', 138],
  ['hip', 139],
  ['shim6', 140],
  ['wesp', 141],
  ['rohc', 142],
  ['ethernet', 143],
];

const NUMBERS = new Map([...SYSTEM, ...OWN]);
// Built backwards, so that the first name of a number stays.
const NAMES = new Map([...OWN, ...SYSTEM].reverse().map(([name, number]) => [number, name]));

/** Reads a protocol: a number from 0 to 255, or a name. Names are written small; `-p` lowers them first. */
export function parseProtocol(text: string): number | undefined {
  return parseUnsigned(text, 255) ?? NUMBERS.get(text);
}

/** The name iptables prints for a protocol; undefined when it prints the number. */
export function protocolName(protocol: number): string | undefined {
  return NAMES.get(protocol);
}

/** Every name, for suggestions. */
export function protocolNames(): readonly string[] {
  return [...NUMBERS.keys()];
}
