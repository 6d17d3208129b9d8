// The machine that rules run on, as a value: interfaces, addresses, routes, settings. There may be many of them in one program.
//
// Comes in from yaml.ts (one file) or snapshot.ts (a folder of tool outputs), or is assumed (assume.ts). Goes out as bytes for the
// core (image.ts). Knows nothing of rules or packets.

import type { Family } from '../ir/ir.ts';
import type { KernelSettings } from '../ir/kernel.ts';

/** An address of an interface. Bytes, most significant first: 4 or 16. */
export interface InterfaceAddress {
  readonly family: Family;
  readonly address: Uint8Array;
  readonly prefixLength: number;
  /** The other end of a point-to-point link: the prefix is then its. */
  readonly peer?: Uint8Array;
  /** Broadcast address that was set by hand (IPv4). */
  readonly broadcast?: Uint8Array;
  /** SCOPE_*; absent = global. */
  readonly scope?: number;
  /** Metric of the route to its network. */
  readonly metric?: number;
  /** IPv6: no longer preferred: what is new takes another address, if there is one. */
  readonly deprecated?: boolean;
  /** IPv6: one of those that change from time to time. */
  readonly temporary?: boolean;
  /** `noprefixroute`: there is no route to its network. */
  readonly noPrefixRoute?: boolean;
}

/** How far an address or route reaches. Ref: include/uapi/linux/rtnetlink.h RT_SCOPE_* */
export const SCOPE_GLOBAL = 0;
export const SCOPE_SITE = 200;
export const SCOPE_LINK = 253;
export const SCOPE_HOST = 254;
export const SCOPE_NOWHERE = 255;

/** Names of scopes. Ref: iproute2 lib/rt_names.c:rtnl_rtscope_initialize() */
export const SCOPES: Readonly<Record<string, number>> = {
  global: SCOPE_GLOBAL,
  universe: SCOPE_GLOBAL,
  site: SCOPE_SITE,
  link: SCOPE_LINK,
  host: SCOPE_HOST,
  nowhere: SCOPE_NOWHERE,
};

export interface HostInterface {
  readonly name: string;
  readonly up: boolean;
  readonly loopback: boolean;
  /** Neighbours are found by ARP and neighbour discovery; not so on tunnels. */
  readonly arp: boolean;
  readonly mtu: number;
  /** Up, but without a link: its routes are `linkdown`. */
  readonly noCarrier?: boolean;
  /** As `ip link set group` gives it; absent = 0. */
  readonly group?: number;
  readonly addresses: readonly InterfaceAddress[];
  /** Multicast groups that programs on the host listen to, besides those the kernel joins. */
  readonly groups: readonly Uint8Array[];
}

/** Types of routes that can be told apart here. Ref: include/uapi/linux/rtnetlink.h RTN_* */
export const ROUTE_TYPES = [
  'unicast',
  'local',
  'broadcast',
  'anycast',
  'multicast',
  'blackhole',
  'unreachable',
  'prohibit',
  'throw',
] as const;
export type RouteType = (typeof ROUTE_TYPES)[number];

/** Types that refuse packets and so need no device. */
export const REFUSING_TYPES: ReadonlySet<RouteType> = new Set<RouteType>(['blackhole', 'unreachable', 'prohibit', 'throw']);

/** Routing tables are numbers; these have names. Ref: include/uapi/linux/rtnetlink.h RT_TABLE_* */
export const TABLE_DEFAULT = 253;
export const TABLE_MAIN = 254;
export const TABLE_LOCAL = 255;

/** One way to where a route leads. */
export interface RoutePath {
  readonly device?: string;
  readonly gateway?: Uint8Array;
  /** Of its share among several paths. */
  readonly weight?: number;
  /** IPv4: realms, `from << 16 | to`; absent = 0. */
  readonly realm?: number;
  /** Its device is down. */
  readonly dead?: boolean;
  /** Its device has no carrier. */
  readonly linkdown?: boolean;
}

export interface Route extends RoutePath {
  readonly family: Family;
  readonly type: RouteType;
  readonly table: number;
  /** Network address; bits behind the prefix are 0. */
  readonly destination: Uint8Array;
  readonly prefixLength: number;
  /** Several paths; what a path says, the route does not. */
  readonly paths?: readonly RoutePath[];
  /** IPv4: the type of service that it is for; absent = any. */
  readonly tos?: number;
  /** SCOPE_*; absent = global. */
  readonly scope?: number;
  readonly mtu?: number;
  readonly mtuLocked?: boolean;
  /** IPv6: preference of the router; absent = medium. */
  readonly preference?: 'low' | 'medium' | 'high';
  /** Source address that packets of the host itself get. */
  readonly source?: Uint8Array;
  readonly metric: number;
  /** Stands for an address of an interface rather than for a network. */
  readonly isAddress?: boolean;
}

/** The ways of a route. */
export function pathsOf(route: Route): readonly RoutePath[] {
  return route.paths ?? [route];
}

/** A network: its address, and how many of its bits count. */
export interface Prefix {
  readonly address: Uint8Array;
  readonly length: number;
}

export const RULE_ACTIONS = ['lookup', 'goto', 'nop', 'blackhole', 'unreachable', 'prohibit'] as const;
export type RuleAction = (typeof RULE_ACTIONS)[number];

/** A rule that says which table is asked for a packet's way. What is absent is not asked for. */
export interface RoutingRule {
  readonly family: Family;
  readonly priority: number;
  readonly not?: boolean;
  readonly from?: Prefix;
  readonly to?: Prefix;
  readonly iif?: string;
  readonly oif?: string;
  readonly mark?: number;
  readonly markMask?: number;
  /** Type of service, and the bits of it that count. */
  readonly tos?: number;
  readonly tosMask?: number;
  readonly protocol?: number;
  readonly sport?: readonly [number, number];
  readonly dport?: readonly [number, number];
  readonly action: RuleAction;
  readonly table?: number;
  /** Priority of the rule that `goto` goes to. */
  readonly target?: number;
  readonly suppressLength?: number;
  readonly suppressGroup?: number;
  readonly realm?: number;
}

/** The rules that a host has by itself. Ref: net/ipv4/fib_rules.c:fib_default_rules_init(), net/ipv6/fib6_rules.c:fib6_rules_net_init() */
export const DEFAULT_RULES: readonly RoutingRule[] = [
  { family: 4, priority: 0, action: 'lookup', table: TABLE_LOCAL },
  { family: 4, priority: 32766, action: 'lookup', table: TABLE_MAIN },
  { family: 4, priority: 32767, action: 'lookup', table: TABLE_DEFAULT },
  { family: 6, priority: 0, action: 'lookup', table: TABLE_LOCAL },
  { family: 6, priority: 32766, action: 'lookup', table: TABLE_MAIN },
];

/** Values of sysctls by the name that `sysctl -a` prints (a dot within an interface name is a slash there). */
export type Sysctls = Readonly<Record<string, string>>;

export interface Host {
  readonly interfaces: readonly HostInterface[];
  /** All of them, those that the kernel makes by itself included. In the order added. */
  readonly routes: readonly Route[];
  /** Of both families, those that the host has by itself included; within a family by priority. */
  readonly rules: readonly RoutingRule[];
  readonly sysctl: Sysctls;
  readonly kernel: KernelSettings;
  /** What the kernel's clock (jiffies, in nanoseconds) is ahead of the time since the epoch; 0 = its ticks count from 1970. */
  readonly clockNs: bigint;
  /** IPv4 routes of type local were added by hand. */
  readonly hasCustomLocalRoutes: boolean;
  /** No host was given: see assume.ts. */
  readonly assumed: boolean;
  /** What was assumed, in sentences for people; empty for a host that was given. */
  readonly assumptions: readonly string[];
}

/** Names of all interfaces, for the interface universe. */
export function hostInterfaceNames(host: Host): string[] {
  return host.interfaces.map(({ name }) => name);
}

export const LOOPBACK = 'lo';
const LOOPBACK_MTU = 65536;

/** Every host's first interface. */
export function loopbackInterface(): HostInterface {
  return {
    name: LOOPBACK,
    up: true,
    loopback: true,
    arp: false,
    mtu: LOOPBACK_MTU,
    addresses: [
      { family: 4, address: Uint8Array.of(127, 0, 0, 1), prefixLength: 8, scope: SCOPE_HOST },
      { family: 6, address: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1), prefixLength: 128 },
    ],
    groups: [],
  };
}

/** The network of an address: bits behind the prefix become 0. */
export function network(address: Uint8Array, prefixLength: number): Uint8Array {
  return address.map((byte, i) => byte & (0xff00 >> Math.min(8, Math.max(0, prefixLength - 8 * i))) & 0xff);
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** Whether an address lies in a prefix of its family. */
export function isWithin(address: Uint8Array, prefix: Uint8Array, prefixLength: number): boolean {
  return sameBytes(network(address, prefixLength), prefix);
}

export function familyOf(address: Uint8Array): Family {
  return address.length === 4 ? 4 : 6;
}
