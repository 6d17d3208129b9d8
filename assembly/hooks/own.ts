// The host's own addresses, for translation: which one a packet that leaves gets as its source, and which one a packet that comes in is
// redirected to.

import { ENV_HOST } from '../abi/batch.ts';
import {
  HOST_FLAG_ASSUMED,
  HOST_FLAGS,
  HOST_OWN4,
  HOST_OWN4_COUNT,
  HOST_OWN6,
  HOST_OWN6_COUNT,
  OWN_ADDRESS,
  OWN_BYTES,
  OWN_FLAG_MAPPED,
  OWN_FLAG_SOURCE,
  OWN_FLAGS,
  OWN_INTERFACE,
  OWN_LENGTH,
  OWN_NETWORK,
  ROUTE_GATEWAY,
} from '../abi/host.ts';
import { PACKET_DST, PACKET_FLAG_IPV6, PACKET_FLAGS, PACKET_HOOK, PACKET_IN, PACKET_OUT, PACKET_ROUTE, PACKET_SRC } from '../abi/packet.ts';
import { HOOK_OUTPUT } from '../abi/program.ts';
import { isLinkLocal6 } from './address.ts';
import { sourceFor6 } from './source6.ts';

const LOOPBACK4: u32 = 0x7f000001;
const ADDRESS_BYTES: usize = 16;

function isIpv6(packet: usize): bool {
  return (load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_IPV6) != 0;
}

function write4(address: usize, word: u32): bool {
  store<u64>(address, word);
  store<u64>(address, 0, 8);
  return word != 0;
}

/**
 * Writes the source that a packet which leaves by PACKET_OUT would get of this host. With no host given it is the one it has.
 *
 * Returns: false when there is none.
 * Ref: net/netfilter/nf_nat_masquerade.c:nf_nat_masquerade_ipv4(), nf_nat_masquerade_ipv6()
 */
export function sourceAddress(env: usize, packet: usize, address: usize): bool {
  const host: usize = load<u32>(env, ENV_HOST);
  if ((load<u32>(host, HOST_FLAGS) & HOST_FLAG_ASSUMED) != 0) {
    memory.copy(address, packet + PACKET_SRC, ADDRESS_BYTES);
    return true;
  }
  const out = load<u32>(packet, PACKET_OUT);
  if (isIpv6(packet)) {
    const source = sourceFor6(host, packet + PACKET_DST, out);
    if (source != 0) memory.copy(address, source, ADDRESS_BYTES);
    return source != 0;
  }
  return write4(address, select4(host, out, nextHop4(packet)));
}

/** Whom a packet is handed to next. Ref: include/net/route.h:rt_nexthop() */
export function nextHop4(packet: usize): u32 {
  const route: usize = load<u32>(packet, PACKET_ROUTE);
  const gateway = route == 0 ? 0 : load<u32>(route, ROUTE_GATEWAY);
  return gateway != 0 ? gateway : load<u32>(packet, PACKET_DST);
}

/**
 * The first source address of a device, or better one of the network that `neighbour` is in; of any device when it has none. 0 = none.
 *
 * Ref: net/ipv4/devinet.c:inet_select_addr()
 */
export function select4(host: usize, device: u32, neighbour: u32): u32 {
  const end = load<u32>(host, HOST_OWN4_COUNT);
  let first: u32 = 0;
  let any: u32 = 0;
  for (let i: u32 = 0; i < end; i++) {
    const own = host + load<u32>(host, HOST_OWN4) + i * OWN_BYTES;
    if ((load<u32>(own, OWN_FLAGS) & OWN_FLAG_SOURCE) == 0) continue;
    const address = load<u32>(own, OWN_ADDRESS);
    if (any == 0) any = address;
    if (load<u32>(own, OWN_INTERFACE) != device) continue;
    if (((neighbour ^ load<u32>(own, OWN_NETWORK)) & maskOf(load<u32>(own, OWN_LENGTH))) == 0) return address;
    if (first == 0) first = address;
  }
  return first != 0 ? first : any;
}

export function maskOf(length: u32): u32 {
  return length == 0 ? 0 : ~0 << (32 - length);
}

/**
 * Writes where REDIRECT sends a packet: what this host sends to itself, what comes in to the device it came in by. With no host given
 * that is where it goes.
 *
 * Returns: false when the device has no address.
 * Ref: net/netfilter/nf_nat_redirect.c:nf_nat_redirect_ipv4(), nf_nat_redirect_ipv6()
 */
export function redirectAddress(env: usize, packet: usize, address: usize): bool {
  const host: usize = load<u32>(env, ENV_HOST);
  if (load<u32>(packet, PACKET_HOOK) == HOOK_OUTPUT) {
    if (!isIpv6(packet)) return write4(address, LOOPBACK4);
    store<u64>(address, 0);
    store<u64>(address, <u64>1 << 32, 8);
    return true;
  }
  if ((load<u32>(host, HOST_FLAGS) & HOST_FLAG_ASSUMED) != 0) {
    memory.copy(address, packet + PACKET_DST, ADDRESS_BYTES);
    return true;
  }
  if (isIpv6(packet)) return redirect6(host, packet, address);
  const end = load<u32>(host, HOST_OWN4_COUNT);
  for (let i: u32 = 0; i < end; i++) {
    const own = host + load<u32>(host, HOST_OWN4) + i * OWN_BYTES;
    if (load<u32>(own, OWN_INTERFACE) == load<u32>(packet, PACKET_IN)) return write4(address, load<u32>(own, OWN_ADDRESS));
  }
  return false;
}

/** What is for a link-local address stays with one. Ref: net/netfilter/nf_nat_redirect.c:nf_nat_redirect_ipv6_usable() */
function redirect6(host: usize, packet: usize, address: usize): bool {
  const end = load<u32>(host, HOST_OWN6_COUNT);
  const isNear = isLinkLocal6(packet + PACKET_DST);
  for (let i: u32 = 0; i < end; i++) {
    const own = host + load<u32>(host, HOST_OWN6) + i * OWN_BYTES;
    if (load<u32>(own, OWN_INTERFACE) != load<u32>(packet, PACKET_IN) || (load<u32>(own, OWN_FLAGS) & OWN_FLAG_MAPPED) != 0) continue;
    if (isNear && !isLinkLocal6(own + OWN_ADDRESS)) continue;
    memory.copy(address, own + OWN_ADDRESS, ADDRESS_BYTES);
    return true;
  }
  return false;
}
