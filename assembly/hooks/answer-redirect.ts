// Redirects: the source of a packet that goes back to where it came from is told whom to send it to.

import { ENV_HOST, ENV_INTERFACES, INTERFACE_BYTES, INTERFACE_LINKTYPE } from '../abi/batch.ts';
import { LINKTYPE_ETHERNET, LINKTYPE_LINUX_SLL, LINKTYPE_LINUX_SLL2 } from '../abi/capture.ts';
import {
  HOST_OWN6,
  HOST_OWN6_COUNT,
  OWN_ADDRESS,
  OWN_BYTES,
  OWN_INTERFACE,
  ROUTE_FLAG_GATEWAY,
  ROUTE_FLAGS,
  ROUTE_GATEWAY,
} from '../abi/host.ts';
import {
  PACKET_DST,
  PACKET_FACT_REDIRECT,
  PACKET_FACT_REDIRECTED,
  PACKET_FACTS,
  PACKET_FLAG_IPV6,
  PACKET_FLAGS,
  PACKET_FRAME_INTERFACE,
  PACKET_IN,
  PACKET_L3,
  PACKET_LENGTH,
  PACKET_MARK,
  PACKET_ROUTE,
  PACKET_SRC,
  PACKET_TTL,
} from '../abi/packet.ts';
import { HZ } from '../abi/rate.ts';
import { WHY_NONE } from '../abi/verdict.ts';
import { spoil } from '../journey/recorder.ts';
import { jiffies } from '../match/jiffies.ts';
import { needsOneShard } from '../nat/foresight.ts';
import { writeTtl } from '../wire/edit.ts';
import { ICMPV6_REDIRECT } from '../wire/icmp.ts';
import { IPV6_BYTES, IPV6_HOP_LIMIT } from '../wire/ipv6.ts';
import { PROTO_ICMPV6 } from '../wire/transport.ts';
import { isLinkLocal6 } from './address.ts';
import { answerBytes, leaveOut, makesAnswers, sendAnswer, startAnswer } from './answer.ts';
import { captured, readAnswer, sealIcmp, writeAnswerHeader, writeIcmp } from './answer-bytes.ts';
import { reportError } from './answer-error.ts';
import { same6 } from './fib.ts';
import { FLOW_DEVICE, FLOW_DST, FLOW_OIF, FLOW_PROTO, FLOW_SPORT, FLOW_SRC, setAddress, startFlow } from './flow.ts';
import { nextHop4 } from './own.ts';
import { mayRedirect, mayTell, peerOf, tellRedirect } from './peer.ts';
import { output6 } from './route-output.ts';
import { ROUTE_DROPPED } from './way.ts';

const ICMP_REDIRECT: u32 = 5;
const REDIRECT_HOST: u32 = 1;
/** Of a redirect of IPv6: the header with the address of the better gateway, and the destination. */
const REDIRECT_BYTES: u32 = 40;
const TARGET_AT: u32 = 8;
const DESTINATION_AT: u32 = 24;
/** The option that quotes the packet: its kind, and its header. */
const REDIRECTED_HEADER: u32 = 4;
const OPTION_BYTES: u32 = 8;
/** An IPv6 redirect is no longer than this, with its IPv6 header. */
const REDIRECT_MAX: u32 = 1280;
/** A neighbour takes no other hop limit. */
const NEIGHBOUR_HOPS: u32 = 255;

/**
 * Redirects the source of a packet that forwarding has looked at. `why`: WHY_* why it is dropped, which IPv6 finds out behind this.
 *
 * Ref: net/ipv4/ip_forward.c:ip_forward(), net/ipv6/ip6_output.c:ip6_forward()
 */
export function answerRedirected(env: usize, packet: usize, why: u32): void {
  const isIpv6 = (load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_IPV6) != 0;
  if ((load<u32>(packet, PACKET_FACTS) & (isIpv6 ? PACKET_FACT_REDIRECT : PACKET_FACT_REDIRECTED)) == 0) return;
  if (!makesAnswers(env)) return;
  spoil(packet);
  if (needsOneShard(env, packet)) return;
  if (!isIpv6) return redirect4(env, packet);
  // The packet is quoted as it came.
  const hops = load<u32>(packet, PACKET_TTL);
  if (why == WHY_NONE) store<u32>(packet, hops + 1, PACKET_TTL);
  redirect6(env, packet);
  store<u32>(packet, hops, PACKET_TTL);
}

/** Ref: net/ipv4/route.c:ip_rt_send_redirect() */
function redirect4(env: usize, packet: usize): void {
  const now = jiffies(env, packet);
  const peer = peerOf(env, packet + PACKET_SRC, 4, now);
  if (!mayRedirect(env, peer, now)) return;
  reportError(env, packet, ICMP_REDIRECT, REDIRECT_HOST, nextHop4(packet), 0);
  tellRedirect(peer, now);
}

/**
 * Each destination and each source has one redirect a second, and some saved up. Only a gateway that has a link-local address can be named.
 *
 * Differs: where devices have link-layer addresses, and a redirect tells that of the gateway if it is known, none is made: captures do not
 * tell whether it is.
 * Ref: net/ipv6/ip6_output.c:ip6_forward(), net/ipv6/ndisc.c:ndisc_send_redirect()
 */
function redirect6(env: usize, packet: usize): void {
  const now = jiffies(env, packet);
  if (!mayTell(peerOf(env, packet + PACKET_DST, 6, now), HZ, now)) return;
  const host: usize = load<u32>(env, ENV_HOST);
  const target = nextHop6(packet);
  const source = linkLocalOf(host, load<u32>(packet, PACKET_IN));
  if (source == 0 || !(same6(target, packet + PACKET_DST) || isLinkLocal6(target))) return;
  const answer = startAnswer(env, packet);
  if (answer == 0) return;
  const decision = routeRedirect6(env, packet, answer, source);
  if (decision == ROUTE_DROPPED || isBehindGateway(answer)) return;
  if (!mayTell(peerOf(env, packet + PACKET_SRC, 6, now), HZ, now)) return;
  if (hasLinkAddress(env, packet)) return leaveOut(env, packet);
  writeRedirect6(env, packet, answer, target);
  sendAnswer(env, packet, answer, decision);
}

/** Whether the device that a packet came in by has a link-layer address, as its frame tells. */
function hasLinkAddress(env: usize, packet: usize): bool {
  const entry = load<u32>(env, ENV_INTERFACES) + load<u32>(packet, PACKET_FRAME_INTERFACE) * INTERFACE_BYTES;
  const type = load<u32>(entry, INTERFACE_LINKTYPE);
  return type == LINKTYPE_ETHERNET || type == LINKTYPE_LINUX_SLL || type == LINKTYPE_LINUX_SLL2;
}

/** The address of whom a packet is handed to next. */
function nextHop6(packet: usize): usize {
  return isBehindGateway(packet) ? <usize>load<u32>(packet, PACKET_ROUTE) + ROUTE_GATEWAY : packet + PACKET_DST;
}

function isBehindGateway(packet: usize): bool {
  const route: usize = load<u32>(packet, PACKET_ROUTE);
  return route != 0 && (load<u32>(route, ROUTE_FLAGS) & ROUTE_FLAG_GATEWAY) != 0;
}

/** The link-local address of a device, 0 = it has none: of several the first that it had. Ref: net/ipv6/addrconf.c:ipv6_get_lladdr() */
function linkLocalOf(host: usize, device: u32): usize {
  const first = host + load<u32>(host, HOST_OWN6);
  let own = first + <usize>load<u32>(host, HOST_OWN6_COUNT) * OWN_BYTES;
  while (own > first) {
    own -= OWN_BYTES;
    if (load<u32>(own, OWN_INTERFACE) == device && isLinkLocal6(own + OWN_ADDRESS)) return own + OWN_ADDRESS;
  }
  return 0;
}

function routeRedirect6(env: usize, packet: usize, answer: usize, source: usize): u32 {
  const device = load<u32>(packet, PACKET_IN);
  const flow = startFlow(env, packet);
  store<u32>(answer, 0, PACKET_MARK);
  setAddress(answer + PACKET_SRC, source);
  setAddress(answer + PACKET_DST, packet + PACKET_SRC);
  setAddress(flow + FLOW_DST, packet + PACKET_SRC);
  setAddress(flow + FLOW_SRC, source);
  store<u32>(flow, PROTO_ICMPV6, FLOW_PROTO);
  store<u32>(flow, ICMPV6_REDIRECT << 8, FLOW_SPORT);
  store<u32>(flow, device, FLOW_OIF);
  store<u32>(flow, device, FLOW_DEVICE);
  return output6(load<u32>(env, ENV_HOST), answer, flow, device);
}

/** Ref: net/ipv6/ndisc.c:ndisc_fill_redirect_hdr_option(), ndisc_send_skb() */
function writeRedirect6(env: usize, packet: usize, answer: usize, target: usize): void {
  const room = REDIRECT_MAX - IPV6_BYTES - REDIRECT_BYTES;
  const option = min(room, load<u32>(packet, PACKET_LENGTH) + OPTION_BYTES) & ~7;
  const present = min(option - OPTION_BYTES, captured(packet));
  const icmp = answerBytes(answer) + IPV6_BYTES;
  writeAnswerHeader(env, answer, PROTO_ICMPV6, 0, REDIRECT_BYTES + option, false);
  store<u8>(answerBytes(answer), <u8>NEIGHBOUR_HOPS, IPV6_HOP_LIMIT);
  writeIcmp(icmp, ICMPV6_REDIRECT, 0, 0);
  for (let i: usize = 0; i < 16; i += 4) {
    store<u32>(icmp + i, bswap<u32>(load<u32>(target + i)), TARGET_AT);
    store<u32>(icmp + i, bswap<u32>(load<u32>(packet + i, PACKET_DST)), DESTINATION_AT);
  }
  const quote = icmp + REDIRECT_BYTES;
  store<u64>(quote, 0);
  store<u8>(quote, <u8>REDIRECTED_HEADER);
  store<u8>(quote, <u8>(option >> 3), 1);
  memory.copy(quote + OPTION_BYTES, load<u32>(packet, PACKET_L3), present);
  writeTtl(packet, quote + OPTION_BYTES);
  readAnswer(answer, REDIRECT_BYTES + option, REDIRECT_BYTES + OPTION_BYTES + present);
  sealIcmp(answer);
}
