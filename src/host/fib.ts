// The routes that the kernel makes by itself: for each address of an interface, and for each interface that is up.
//
// Ref: net/ipv4/fib_frontend.c:fib_add_ifaddr(), net/ipv6/addrconf.c:addrconf_dev_config(), inet6_addr_add()

import {
  familyOf,
  type HostInterface,
  type InterfaceAddress,
  network,
  type Route,
  type RouteType,
  SCOPE_HOST,
  SCOPE_LINK,
  type Sysctls,
  sameBytes,
  TABLE_LOCAL,
  TABLE_MAIN,
} from './host.ts';
import { forwards, ipv6Setting } from './sysctl.ts';

/** IP6_RT_PRIO_ADDRCONF. Ref: include/net/ip6_route.h */
const METRIC_ADDRCONF = 256;
/** IN6_ADDR_GEN_MODE_NONE. */
const ADDRESS_GENERATION_NONE = 1;

const LINK_LOCAL = Uint8Array.of(0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
const MULTICAST6 = Uint8Array.of(0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

/** All routes that the kernel has before any is added by hand. */
export function kernelRoutes(interfaces: readonly HostInterface[], sysctl: Sysctls): Route[] {
  return interfaces.flatMap((device) => [...routes4(device), ...routes6(device, sysctl)]);
}

function route(
  type: RouteType,
  table: number,
  destination: Uint8Array,
  prefixLength: number,
  device: HostInterface,
  metric = 0,
): Route {
  const family = familyOf(destination);
  // Addresses of a device are there whether or not it has a link.
  const isAddress = type === 'local' || type === 'anycast';
  const scope = family === 6 ? undefined : type === 'local' ? SCOPE_HOST : SCOPE_LINK;
  return {
    family,
    type,
    table,
    destination,
    prefixLength,
    device: device.name,
    metric,
    ...(scope === undefined ? {} : { scope }),
    ...(device.noCarrier && !isAddress ? { linkdown: true } : {}),
  };
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

function routes4(device: HostInterface): Route[] {
  const routes: Route[] = [];
  const add = (made: Route): void => {
    if (
      !routes.some(
        (r) => r.type === made.type && r.prefixLength === made.prefixLength && sameBytes(r.destination, made.destination),
      )
    ) {
      routes.push(made);
    }
  };
  for (const address of device.addresses.filter(({ family }) => family === 4)) {
    add({ ...route('local', TABLE_LOCAL, address.address, 32, device), source: address.address, isAddress: true });
    if (device.up) for (const made of networkRoutes4(device, address)) add({ ...made, source: address.address });
  }
  return routes;
}

/** What an IPv4 address brings besides itself: its network, and the network's broadcast address. */
function networkRoutes4(device: HostInterface, own: InterfaceAddress): Route[] {
  const { address, prefixLength, peer, broadcast } = own;
  const routes: Route[] = [];
  if (broadcast?.some((byte) => byte !== 255)) routes.push(route('broadcast', TABLE_LOCAL, broadcast, 32, device));
  const prefix = network(peer ?? address, prefixLength);
  if (isZero(prefix) || (prefixLength === 32 && sameBytes(prefix, address))) return routes;
  if (device.loopback) routes.push(route('local', TABLE_LOCAL, prefix, prefixLength, device));
  else if (!own.noPrefixRoute) routes.push(route('unicast', TABLE_MAIN, prefix, prefixLength, device, own.metric));
  if (prefixLength < 31) routes.push(route('broadcast', TABLE_LOCAL, lastAddress(prefix, prefixLength), 32, device));
  return routes;
}

function lastAddress(prefix: Uint8Array, prefixLength: number): Uint8Array {
  return prefix.map((byte, i) => byte | (0xff >> Math.min(8, Math.max(0, prefixLength - 8 * i))));
}

function routes6(device: HostInterface, sysctl: Sysctls): Route[] {
  if (ipv6Setting(sysctl, device.name, 'disable_ipv6') !== 0) return [];
  const routes: Route[] = [];
  const addresses = device.addresses.filter(({ family }) => family === 6);
  for (const { address } of addresses) routes.push({ ...route('local', TABLE_LOCAL, address, 128, device), isAddress: true });
  const networks = networks6(device, addresses, sysctl);
  if (forwards(sysctl, 6, device.name) && !device.loopback) {
    for (const { prefix, length } of networks) {
      if (length < 127 && !isZero(prefix)) routes.push(route('anycast', TABLE_LOCAL, prefix, 128, device));
    }
  }
  if (!device.up || device.loopback) return routes;
  for (const { prefix, length, metric } of networks) {
    if (metric !== undefined) routes.push(route('unicast', TABLE_MAIN, prefix, length, device, metric));
  }
  routes.push(route('multicast', TABLE_LOCAL, MULTICAST6, 8, device, METRIC_ADDRCONF));
  return routes;
}

/** The networks of the addresses, and the link-local one that a device gets when it goes up. Each once; without a metric it has no route. */
function networks6(
  device: HostInterface,
  addresses: readonly InterfaceAddress[],
  sysctl: Sysctls,
): { prefix: Uint8Array; length: number; metric: number | undefined }[] {
  const networks = addresses.map(({ address, peer, prefixLength, noPrefixRoute, metric }) => ({
    prefix: network(peer ?? address, prefixLength),
    length: prefixLength,
    metric: noPrefixRoute ? undefined : metric || METRIC_ADDRCONF,
  }));
  const generates = ipv6Setting(sysctl, device.name, 'addr_gen_mode') !== ADDRESS_GENERATION_NONE;
  if (device.up && !device.loopback && generates) networks.push({ prefix: LINK_LOCAL, length: 64, metric: METRIC_ADDRCONF });
  return networks.filter((n, i) => networks.findIndex((m) => m.length === n.length && sameBytes(m.prefix, n.prefix)) === i);
}

const ALL_HOSTS4 = Uint8Array.of(224, 0, 0, 1);

/** ff0<scope>::<last>. */
function group6(scope: number, last: number): Uint8Array {
  return Uint8Array.of(0xff, scope, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last);
}

/** ff02::1:ffXX:XXXX. Ref: RFC 4291, 2.7.1 */
function solicitedNode(address: Uint8Array): Uint8Array {
  return Uint8Array.of(0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, ...address.slice(13));
}

/**
 * The multicast groups that an interface listens to: those the kernel joins by itself, then those named in the host.
 *
 * Ref: net/ipv4/igmp.c:ip_mc_up(), net/ipv6/mcast.c:ipv6_mc_up(), net/ipv6/addrconf.c:addrconf_join_solict()
 */
export function listenedGroups(device: HostInterface, sysctl: Sysctls): Uint8Array[] {
  if (!device.up) return [];
  const groups = [ALL_HOSTS4, ...device.groups];
  if (ipv6Setting(sysctl, device.name, 'disable_ipv6') !== 0) return groups;
  groups.push(group6(1, 1), group6(2, 1));
  const isRouter = forwards(sysctl, 6, device.name) && !device.loopback;
  if (isRouter) groups.push(group6(1, 2), group6(2, 2), group6(5, 2));
  if (!device.arp || device.loopback) return groups;
  const addresses = device.addresses.filter(({ family }) => family === 6);
  groups.push(...addresses.map(({ address }) => solicitedNode(address)));
  if (isRouter) groups.push(...networks6(device, addresses, sysctl).map(({ prefix }) => solicitedNode(prefix)));
  return groups;
}
