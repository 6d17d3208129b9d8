// The host's own addresses: MASQUERADE gives one of the device that a packet leaves by, REDIRECT one of that it came in by; to the networks
// of those with a broadcast address helpers listen.

import {
  OWN_ADDRESS,
  OWN_BROADCAST,
  OWN_BYTES,
  OWN_FLAG_DEPRECATED,
  OWN_FLAG_MAPPED,
  OWN_FLAG_SOURCE,
  OWN_FLAG_TEMPORARY,
  OWN_FLAGS,
  OWN_INTERFACE,
  OWN_LENGTH,
  OWN_NETWORK,
} from '../../assembly/abi/host.ts';
import type { Family } from '../ir/ir.ts';
import { addressWords } from '../net/address.ts';
import {
  type Host,
  type HostInterface,
  type InterfaceAddress,
  network,
  type Route,
  type RoutePath,
  SCOPE_GLOBAL,
  SCOPE_HOST,
  SCOPE_LINK,
  sameBytes,
} from './host.ts';

interface OwnAddress {
  readonly device: string;
  readonly entry: InterfaceAddress;
  /** OWN_FLAG_* bits. */
  readonly flags: number;
  /** No other before it has its network. */
  readonly isPrimary: boolean;
}

/** Ref: iproute2 ip/ipaddress.c:default_scope() */
function scopeOf({ scope, address }: InterfaceAddress): number {
  return scope ?? (address[0] === 127 ? SCOPE_HOST : SCOPE_GLOBAL);
}

/** The network of an address, which is that of the other end where there is one. */
function networkOf({ address, peer, prefixLength }: InterfaceAddress): Uint8Array {
  return network(peer ?? address, prefixLength);
}

/** An address is secondary to one before it of the same network. Ref: net/ipv4/devinet.c:__inet_insert_ifa() */
function isSecondary(entry: InterfaceAddress, before: readonly InterfaceAddress[]): boolean {
  return before.some(
    (other) =>
      other.prefixLength === entry.prefixLength && sameBytes(network(entry.address, entry.prefixLength), networkOf(other)),
  );
}

/** The IPv4 addresses of a device as the kernel lists them: by scope, the nearest first, then secondary ones. Ref: net/ipv4/devinet.c:__inet_insert_ifa() */
function listed4({ name: device, addresses }: HostInterface): OwnAddress[] {
  const added = addresses.filter(({ family }) => family === 4);
  const secondary = added.map((entry, i) => isSecondary(entry, added.slice(0, i)));
  const primary = added.filter((_, i) => !secondary[i]).sort((a, b) => scopeOf(b) - scopeOf(a));
  return [
    ...primary.map((entry) => ({
      device,
      entry,
      flags: scopeOf(entry) === SCOPE_GLOBAL ? OWN_FLAG_SOURCE : 0,
      isPrimary: true,
    })),
    ...added.filter((_, i) => secondary[i]).map((entry) => ({ device, entry, flags: 0, isPrimary: false })),
  ];
}

/** How far an IPv6 address reaches: the link, the site, everywhere. */
function scope6({ address }: InterfaceAddress): number {
  const first = (address[0]! << 8) | address[1]!;
  const isLoopback = address.every((byte, i) => byte === (i === 15 ? 1 : 0));
  if (isLoopback || (first & 0xffc0) === 0xfe80) return 2;
  return (first & 0xffc0) === 0xfec0 ? 5 : 14;
}

function isMapped({ address }: InterfaceAddress): boolean {
  return address.every((byte, i) => i > 11 || byte === (i > 9 ? 0xff : 0));
}

/** The IPv6 addresses of a device as the kernel lists them: by scope, the farthest first, then the latest. Ref: net/ipv6/addrconf.c:ipv6_link_dev_addr() */
function listed6({ name: device, addresses }: HostInterface): OwnAddress[] {
  const added = addresses.filter(({ family }) => family === 6);
  const list = added.toReversed().sort((a, b) => scope6(b) - scope6(a));
  const flags = (entry: InterfaceAddress): number =>
    (isMapped(entry) ? OWN_FLAG_MAPPED : 0) |
    (entry.deprecated ? OWN_FLAG_DEPRECATED : 0) |
    (entry.temporary ? OWN_FLAG_TEMPORARY : 0);
  return list.map((entry) => ({ device, entry, flags: flags(entry), isPrimary: true }));
}

/** The addresses of a family, by device, each device's as the kernel lists them. */
export function ownAddresses(host: Host, family: Family): OwnAddress[] {
  return host.interfaces.flatMap((device) => (family === 4 ? listed4(device) : listed6(device)));
}

/** Writes them to the section whose offset stands at `offsetAt`. */
export function writeOwnAddresses(
  view: DataView,
  offsetAt: number,
  list: readonly OwnAddress[],
  numbers: ReadonlyMap<string, number>,
): void {
  let at = view.getUint32(offsetAt, true);
  for (const { device, entry, flags, isPrimary } of list) {
    view.setUint32(at + OWN_INTERFACE, numbers.get(device) ?? 0, true);
    view.setUint32(at + OWN_FLAGS, flags, true);
    view.setUint32(at + OWN_LENGTH, entry.prefixLength, true);
    for (const [i, word] of addressWords(entry.address).entries()) view.setUint32(at + OWN_ADDRESS + i * 4, word, true);
    for (const [i, word] of addressWords(networkOf(entry)).entries()) view.setUint32(at + OWN_NETWORK + i * 4, word, true);
    if (entry.broadcast && isPrimary) view.setUint32(at + OWN_BROADCAST, addressWords(entry.broadcast)[0]!, true);
    at += OWN_BYTES;
  }
}

/**
 * The IPv4 address to send from by a device: the one whose network has the gateway, else the device's first, else any of the host's.
 *
 * Ref: net/ipv4/devinet.c:inet_select_addr()
 */
function selectAddress(
  interfaces: readonly HostInterface[],
  device: string,
  gateway: Uint8Array | undefined,
  scope: number,
): Uint8Array | undefined {
  const all = interfaces.flatMap(listed4).filter(({ entry, isPrimary }) => isPrimary && scopeOf(entry) <= scope);
  const near = all.filter((own) => own.device === device).map(({ entry }) => entry);
  const hasGateway = (entry: InterfaceAddress): boolean =>
    gateway !== undefined && sameBytes(network(gateway, entry.prefixLength), networkOf(entry));
  const others = all.map(({ entry }) => entry).filter((entry) => scopeOf(entry) !== SCOPE_LINK);
  return (near.find(hasGateway) ?? near[0] ?? others[0])?.address;
}

/**
 * Gives what tells the address that the device of a path has on the side of its gateway; many routes have one gateway.
 * Ref: net/ipv4/fib_semantics.c:fib_info_update_nhc_saddr()
 */
export function nearAddresses(interfaces: readonly HostInterface[]): (route: Route, path: RoutePath) => Uint8Array | undefined {
  const known = new Map<string, Uint8Array | undefined>();
  return ({ family, scope = SCOPE_GLOBAL }, { device, gateway }) => {
    if (device === undefined || family === 6) return undefined;
    const key = `${device} ${gateway} ${scope}`;
    if (!known.has(key)) known.set(key, selectAddress(interfaces, device, gateway?.length === 4 ? gateway : undefined, scope));
    return known.get(key);
  };
}
