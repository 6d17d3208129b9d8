// ICMP and ICMPv6 type names as iptables lists them.

import { scanUnsigned } from './number.ts';

/** A type and a range of codes. */
export interface IcmpType {
  readonly type: number;
  readonly codes: readonly [number, number];
}

/** The type that stands for every type in IPv4 rules. Ref: net/ipv4/netfilter/ip_tables.c:icmp_type_code_match() */
export const ICMP_ANY = 255;

// name=type or name=type/code
const ICMP = `any=255 echo-reply=0 pong=0 destination-unreachable=3 network-unreachable=3/0 host-unreachable=3/1
  protocol-unreachable=3/2 port-unreachable=3/3 fragmentation-needed=3/4 source-route-failed=3/5 network-unknown=3/6
  host-unknown=3/7 network-prohibited=3/9 host-prohibited=3/10 TOS-network-unreachable=3/11 TOS-host-unreachable=3/12
  communication-prohibited=3/13 host-precedence-violation=3/14 precedence-cutoff=3/15 source-quench=4 redirect=5
  network-redirect=5/0 host-redirect=5/1 TOS-network-redirect=5/2 TOS-host-redirect=5/3 echo-request=8 ping=8
  router-advertisement=9 router-solicitation=10 time-exceeded=11 ttl-exceeded=11 ttl-zero-during-transit=11/0
  ttl-zero-during-reassembly=11/1 parameter-problem=12 ip-header-bad=12/0 required-option-missing=12/1 timestamp-request=13
  timestamp-reply=14 address-mask-request=17 address-mask-reply=18`;
const ICMP6 = `destination-unreachable=1 no-route=1/0 communication-prohibited=1/1 beyond-scope=1/2 address-unreachable=1/3
  port-unreachable=1/4 failed-policy=1/5 reject-route=1/6 packet-too-big=2 time-exceeded=3 ttl-exceeded=3
  ttl-zero-during-transit=3/0 ttl-zero-during-reassembly=3/1 parameter-problem=4 bad-header=4/0 unknown-header-type=4/1
  unknown-option=4/2 echo-request=128 ping=128 echo-reply=129 pong=129 router-solicitation=133 router-advertisement=134
  neighbour-solicitation=135 neighbor-solicitation=135 neighbour-advertisement=136 neighbor-advertisement=136 redirect=137`;

function table(list: string): ReadonlyMap<string, IcmpType> {
  const types = new Map<string, IcmpType>();
  for (const entry of list.split(/\s+/)) {
    const [name, type, code] = entry.split(/[=/]/);
    types.set(name!, { type: Number(type), codes: code === undefined ? [0, 255] : [Number(code), Number(code)] });
  }
  return types;
}

const TYPES = { 4: table(ICMP), 6: table(ICMP6) };

/** Every type name of a family, for suggestions. */
export function icmpNames(family: 4 | 6): readonly string[] {
  return [...TYPES[family].keys()];
}

function scanRange(text: string): { low: number; high: number; rest: string } | undefined {
  const first = scanUnsigned(text);
  if (!first || first.value > 255n) return undefined;
  if (!first.rest.startsWith(':')) return { low: Number(first.value), high: Number(first.value), rest: first.rest };
  const second = scanUnsigned(first.rest.slice(1));
  if (!second || second.value > 255n) return undefined;
  return { low: Number(first.value), high: Number(second.value), rest: second.rest };
}

/**
 * Reads a type: a name or an unambiguous beginning of one (any case), or `type`, `type/code`, `type/code:code` in numbers.
 * Gives the names an ambiguous beginning could be; undefined when it is none of these.
 */
export function parseIcmpType(text: string, family: 4 | 6): IcmpType | { readonly ambiguous: readonly string[] } | undefined {
  const wanted = text.toLowerCase();
  const names = [...TYPES[family].keys()].filter((name) => name.toLowerCase().startsWith(wanted));
  if (names.length > 1) return { ambiguous: names };
  if (names.length === 1) return TYPES[family].get(names[0]!)!;
  const type = scanRange(text);
  if (!type || type.low !== type.high) return undefined;
  if (type.rest === '') return { type: type.low, codes: [0, 255] };
  const codes = type.rest.startsWith('/') ? scanRange(type.rest.slice(1)) : undefined;
  return codes?.rest === '' ? { type: type.low, codes: [codes.low, codes.high] } : undefined;
}

/** The first name that a type has with its codes. */
export function icmpName({ type, codes }: IcmpType, family: 4 | 6): string | undefined {
  const found = [...TYPES[family]].find(([, known]) => known.type === type && String(known.codes) === String(codes));
  return found?.[0];
}
