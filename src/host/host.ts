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
}

export interface HostInterface {
  readonly name: string;
  readonly up: boolean;
  readonly loopback: boolean;
  /** Neighbours are found by ARP and neighbour discovery; not so on tunnels. */
  readonly arp: boolean;
  readonly mtu: number;
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

export type RouteTable = 'local' | 'main';

export interface Route {
  readonly family: Family;
  readonly type: RouteType;
  readonly table: RouteTable;
  /** Network address; bits behind the prefix are 0. */
  readonly destination: Uint8Array;
  readonly prefixLength: number;
  readonly device?: string;
  readonly gateway?: Uint8Array;
  /** Source address that packets of the host itself get. */
  readonly source?: Uint8Array;
  readonly metric: number;
  /** IPv4: realms, `from << 16 | to`; absent = 0. */
  readonly realm?: number;
  /** Stands for an address of an interface rather than for a network. */
  readonly isAddress?: boolean;
}

/** Values of sysctls by the name that `sysctl -a` prints (a dot within an interface name is a slash there). */
export type Sysctls = Readonly<Record<string, string>>;

export interface Host {
  readonly interfaces: readonly HostInterface[];
  /** All of them, those that the kernel makes by itself included. In the order added. */
  readonly routes: readonly Route[];
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
      { family: 4, address: Uint8Array.of(127, 0, 0, 1), prefixLength: 8 },
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
