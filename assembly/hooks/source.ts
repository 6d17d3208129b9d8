// Whether the source of a received IPv4 packet may be where it comes from.

import { ENV_HOST } from '../abi/batch.ts';
import {
  HOST_FLAG_CUSTOM_LOCAL,
  HOST_FLAG_REALMS,
  HOST_FLAG_RULES4,
  HOST_FLAGS,
  HOST_IF_ACCEPT_LOCAL,
  HOST_IF_ADDRESS4,
  HOST_IF_FLAGS,
  HOST_IF_RP_FILTER,
  HOST_IF_SEND_REDIRECTS,
  HOST_IF_SHARED_MEDIA,
  HOST_IF_SOURCE_MARK,
  HOST_OWN4,
  HOST_OWN4_COUNT,
  OWN_BYTES,
  OWN_INTERFACE,
  OWN_LENGTH,
  OWN_NETWORK,
  ROUTE_FLAG_GATEWAY,
  ROUTE_FLAGS,
  ROUTE_GATEWAY,
  ROUTE_REALM,
  ROUTE_TYPE,
} from '../abi/host.ts';
import { PACKET_DST, PACKET_IN, PACKET_MARK, PACKET_REALM, PACKET_SRC, PACKET_TOS, RTN_LOCAL, RTN_UNICAST } from '../abi/packet.ts';
import { WHY_MARTIAN, WHY_NONE, WHY_RP_FILTER } from '../abi/verdict.ts';
import { hostInterface, ownAddress4, usesDevice } from './fib.ts';
import { dissectFor, FLOW_DST, FLOW_IIF, FLOW_MARK, FLOW_OIF, FLOW_REALM, FLOW_SRC, FLOW_TOS, startFlow, swapPorts } from './flow.ts';
import { maskOf } from './own.ts';
import { lookup4 } from './rules.ts';
import { whyOfType } from './way.ts';
import { asksBits } from '../journey/recorder.ts';

/** The source may come in here, and is a neighbour: this beside WHY_*. */
export const SOURCE_NEIGHBOUR: u32 = 0x8000_0000;

/**
 * Gives why a source may not come in by this device, WHY_NONE when it may: our own addresses, and with rp_filter the sources that
 * we would reach another way. `out` is the way on, 0 = to this host; `isUnicast`: it is for one host. Writes PACKET_REALM.
 *
 * Ref: net/ipv4/fib_frontend.c:fib_validate_source()
 */
export function validateSource4(env: usize, packet: usize, out: u32, isUnicast: bool): u32 {
  const host: usize = load<u32>(env, ENV_HOST);
  const device = hostInterface(host, load<u32>(packet, PACKET_IN));
  const flags = load<u32>(device, HOST_IF_FLAGS);
  const hostFlags = load<u32>(host, HOST_FLAGS);
  store<u32>(packet, 0, PACKET_REALM);
  const mayRedirect = load<u32>(packet, PACKET_IN) == out && (flags & HOST_IF_SEND_REDIRECTS) != 0;
  if (load<u32>(device, HOST_IF_RP_FILTER) == 0 && (hostFlags & HOST_FLAG_REALMS) == 0 && !mayRedirect) {
    if ((flags & HOST_IF_ACCEPT_LOCAL) != 0) return WHY_NONE;
    if ((hostFlags & (HOST_FLAG_CUSTOM_LOCAL | HOST_FLAG_RULES4)) == 0) {
      return ownAddress4(host, load<u32>(packet, PACKET_SRC)) != 0 ? WHY_MARTIAN : WHY_NONE;
    }
  }
  return lookBack4(env, host, packet, device, out, isUnicast);
}

/** The same in full. Ref: net/ipv4/fib_frontend.c:__fib_validate_source() */
function lookBack4(env: usize, host: usize, packet: usize, device: usize, out: u32, isUnicast: bool): u32 {
  const input = load<u32>(packet, PACKET_IN);
  const flags = load<u32>(device, HOST_IF_FLAGS);
  const filter = load<u32>(device, HOST_IF_RP_FILTER);
  asksBits(packet, PACKET_TOS, ~0);
  const flow = startFlow(env, packet);
  store<u32>(flow, load<u32>(packet, PACKET_SRC), FLOW_DST);
  if (isUnicast) store<u32>(flow, load<u32>(packet, PACKET_DST), FLOW_SRC);
  if (out != 0) store<u32>(flow, out, FLOW_IIF);
  store<u32>(flow, load<u32>(packet, PACKET_TOS), FLOW_TOS);
  if ((flags & HOST_IF_SOURCE_MARK) != 0) store<u32>(flow, load<u32>(packet, PACKET_MARK), FLOW_MARK);
  dissectFor(flow, packet);
  swapPorts(flow);

  const unproven = filter != 0 ? WHY_RP_FILTER : WHY_NONE;
  const route = lookup4(host, flow);
  const type = load<u32>(route, ROUTE_TYPE);
  if (whyOfType(type) != WHY_NONE) return unproven;
  if (type != RTN_UNICAST && (type != RTN_LOCAL || (flags & HOST_IF_ACCEPT_LOCAL) == 0)) return WHY_MARTIAN;
  const realm = sourceRealm(load<u32>(route, ROUTE_REALM), load<u32>(flow, FLOW_REALM));
  if (usesDevice(route, input)) {
    store<u32>(packet, realm, PACKET_REALM);
    return isNeighbour(route);
  }
  if ((flags & HOST_IF_ADDRESS4) == 0) return unproven;
  if (filter == 1) return WHY_RP_FILTER;
  store<u32>(packet, realm, PACKET_REALM);
  store<u32>(flow, input, FLOW_OIF);
  const direct = lookup4(host, flow);
  return load<u32>(direct, ROUTE_TYPE) == RTN_UNICAST ? isNeighbour(direct) : WHY_NONE;
}

function isNeighbour(route: usize): u32 {
  return (load<u32>(route, ROUTE_FLAGS) & ROUTE_FLAG_GATEWAY) != 0 ? WHY_NONE : SOURCE_NEIGHBOUR;
}

/** Ref: include/net/ip_fib.h:fib_combine_itag() */
function sourceRealm(ofRoute: u32, ofRule: u32): u32 {
  const from = ofRoute << 16;
  return (from == 0 ? ofRule << 16 : from) | (ofRule >>> 16);
}

/**
 * Whether the sender, a neighbour, is told of a better gateway when its packet leaves by the device that it came in by.
 * Ref: net/ipv4/route.c:__mkroute_input(), net/ipv4/devinet.c:inet_addr_onlink()
 */
export function isRedirected4(host: usize, packet: usize, route: usize): bool {
  const input = load<u32>(packet, PACKET_IN);
  const flags = load<u32>(hostInterface(host, input), HOST_IF_FLAGS);
  if ((flags & HOST_IF_SEND_REDIRECTS) == 0) return false;
  if ((flags & HOST_IF_SHARED_MEDIA) != 0) return true;
  const source = load<u32>(packet, PACKET_SRC);
  const gateway = load<u32>(route, ROUTE_GATEWAY);
  const end = host + load<u32>(host, HOST_OWN4) + <usize>load<u32>(host, HOST_OWN4_COUNT) * OWN_BYTES;
  for (let at = host + load<u32>(host, HOST_OWN4); at < end; at += OWN_BYTES) {
    if (load<u32>(at, OWN_INTERFACE) != input) continue;
    const mask = maskOf(load<u32>(at, OWN_LENGTH));
    const own = load<u32>(at, OWN_NETWORK);
    if (((source ^ own) & mask) == 0 && (gateway == 0 || ((gateway ^ own) & mask) == 0)) return true;
  }
  return false;
}
