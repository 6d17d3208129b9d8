// h323: registration, admission and status (RAS): what endpoints and their gatekeeper tell one another, over UDP.

import {
  EXPECT_DEADLINE,
  EXPECT_FLAG_PERMANENT,
  EXPECT_MASTER,
  HELPER_Q931,
  HELPER_RAS,
  PARAMETER_H323_DEFAULT_TTL,
  PARAMETER_H323_GATEKEEPER_ROUTED_ONLY,
} from '../abi/expect.ts';
import { ENV_CONNTRACK } from '../abi/batch.ts';
import {
  FLOW_ORIGINAL,
  FLOW_STATUS,
  IPS_EXPECTED,
  TUPLE_BYTES,
  TUPLE_DPORT,
  TUPLE_DST,
  TUPLE_FAMILY,
  TUPLE_PROTO,
  TUPLE_SPORT,
  TUPLE_SRC,
} from '../abi/flow.ts';
import {
  ADDRESS_BYTES,
  CHOICE_PART,
  CONFIRM_TTL,
  KEPT_RAS,
  LIST_ITEMS,
  RAS_ADDRESS,
  RAS_ADMISSION_CONFIRM,
  RAS_GATEKEEPER_CONFIRM,
  RAS_LOCATION_CONFIRM,
  RAS_REGISTRATION_CONFIRM,
  RAS_REGISTRATION_REQUEST,
  RAS_UNREGISTRATION_REQUEST,
  REQUEST_TTL,
  ROOT_RAS,
  TTL_BIT,
} from '../abi/h323.ts';
import { PACKET_TIME } from '../abi/packet.ts';
import { VERDICT_ACCEPT, VERDICT_DROP } from '../abi/verdict.ts';
import { findExpectation, removeExpectations } from '../conntrack/expect.ts';
import { extendTime, packetDirection } from '../conntrack/expire.ts';
import { IPPROTO_TCP, IPPROTO_UDP, sameAddress } from '../conntrack/tuple.ts';
import { entryZones, zoneId } from '../conntrack/zone.ts';
import { parameter, scratch, state } from './context.ts';
import { blockOf } from './expect.ts';
import {
  decodeOf,
  expectOne,
  GOES_ON,
  IS_DROPPED,
  isOwn,
  keptOf,
  otherTuple,
  ownTuple,
  readAddress,
  TOLD_ADDRESS,
  TOLD_TUPLE,
} from './h323-address.ts';
import { H323_SIGNAL_PORT, H323_TTL } from './h323-memory.ts';
import { BROKEN } from './h323-per.ts';
import { payloadEnd, udpPayload } from './payload.ts';

const TICKS: u32 = 250;
const TICK_NS: u64 = 4_000_000;
/** What a registration has left once it is to end. */
const ENDING_NS: u64 = 30_000_000_000;
const LONGEST: usize = 65535;

/** Ref: net/netfilter/nf_conntrack_h323_main.c:ras_help() */
export function ras(env: usize, packet: usize, entry: usize): u32 {
  const at = udpPayload(packet);
  if (at == 0) return VERDICT_ACCEPT;
  const message = keptOf(env, packet, KEPT_RAS);
  const end = min(payloadEnd(packet), at + LONGEST);
  if (decodeOf(env, packet, ROOT_RAS, at, at, end, message) == BROKEN) return VERDICT_ACCEPT;
  return follow(env, packet, entry, load<u32>(message), message + CHOICE_PART) ? VERDICT_ACCEPT : VERDICT_DROP;
}

/**
 * Follows a message, all of whose addresses stand behind RAS_ADDRESS.
 *
 * Translation also changes those of other requests, in the place of the default.
 * Ref: net/netfilter/nf_conntrack_h323_main.c:process_ras()
 */
function follow(env: usize, packet: usize, entry: usize, kind: u32, message: usize): bool {
  switch (kind) {
    case RAS_GATEKEEPER_CONFIRM:
      return followGatekeeper(env, packet, entry, message + RAS_ADDRESS);
    case RAS_REGISTRATION_REQUEST:
      return followRegistration(env, packet, entry, message);
    case RAS_REGISTRATION_CONFIRM:
      return followRegistered(env, packet, entry, message);
    case RAS_UNREGISTRATION_REQUEST:
      removeExpectations(<usize>load<u32>(env, ENV_CONNTRACK), blockOf(env, packet), entry);
      store<u32>(state(entry), 0, H323_SIGNAL_PORT);
      extendTime(entry, packet, ENDING_NS);
      return GOES_ON;
    case RAS_ADMISSION_CONFIRM:
      return followAdmission(env, packet, entry, message + RAS_ADDRESS);
    case RAS_LOCATION_CONFIRM:
      return expectCall(env, packet, entry, readAddress(env, packet, entry, message + RAS_ADDRESS));
    default:
      return GOES_ON;
  }
}

/** Expects registration where the gatekeeper says, if that is elsewhere. Ref: net/netfilter/nf_conntrack_h323_main.c:process_gcf() */
function followGatekeeper(env: usize, packet: usize, entry: usize, address: usize): bool {
  const port = readAddress(env, packet, entry, address);
  if (port < 0) return GOES_ON;
  if (isOwn(env, packet, entry) && port == <i32>load<u16>(ownTuple(packet, entry), TUPLE_SPORT)) return GOES_ON;
  if (load<u32>(entry, FLOW_STATUS) & IPS_EXPECTED) return GOES_ON;
  const source = otherTuple(packet, entry) + TUPLE_SRC;
  return expectOne(env, packet, source, scratch(env, packet) + TOLD_ADDRESS, IPPROTO_UDP, port, 0, HELPER_RAS);
}

/** Expects calls to the first address of its own that an endpoint registers. Ref: net/netfilter/nf_conntrack_h323_main.c:process_rrq(), expect_q931() */
function followRegistration(env: usize, packet: usize, entry: usize, message: usize): bool {
  const info = state(entry);
  const list = message + RAS_ADDRESS;
  const count = load<u32>(list);
  for (let i: u32 = 0; i < count; i++) {
    const port = readAddress(env, packet, entry, list + LIST_ITEMS + i * ADDRESS_BYTES);
    if (port <= 0 || !isOwn(env, packet, entry)) continue;
    const other = otherTuple(packet, entry);
    const source = parameter(env, entry, PARAMETER_H323_GATEKEEPER_ROUTED_ONLY) != 0 ? other + TUPLE_SRC : 0;
    if (!expectOne(env, packet, source, other + TUPLE_DST, IPPROTO_TCP, port, EXPECT_FLAG_PERMANENT, HELPER_Q931)) return IS_DROPPED;
    store<u16>(info + (packetDirection(packet) << 1), <u16>port, H323_SIGNAL_PORT);
    break;
  }
  const hasTtl = (load<u32>(message) & TTL_BIT) != 0;
  store<u32>(info, hasTtl ? load<u32>(message, REQUEST_TTL) : parameter(env, entry, PARAMETER_H323_DEFAULT_TTL), H323_TTL);
  return GOES_ON;
}

/** The registration, and the calls that are expected, hold as long as is agreed. Ref: net/netfilter/nf_conntrack_h323_main.c:process_rcf() */
function followRegistered(env: usize, packet: usize, entry: usize, message: usize): bool {
  const info = state(entry);
  if (load<u32>(message) & TTL_BIT) store<u32>(info, load<u32>(message, CONFIRM_TTL), H323_TTL);
  const ttl = load<u32>(info, H323_TTL);
  if (ttl == 0) return GOES_ON;
  const span = <u64>(ttl * TICKS) * TICK_NS;
  extendTime(entry, packet, span);
  const calls = expectedCalls(env, packet, entry);
  if (calls != 0) store<u64>(calls, load<u64>(packet, PACKET_TIME) + span, EXPECT_DEADLINE);
  return GOES_ON;
}

/** What is expected at the port that the other side has registered. Ref: net/netfilter/nf_conntrack_h323_main.c:find_expect() */
function expectedCalls(env: usize, packet: usize, entry: usize): usize {
  const tuple = scratch(env, packet) + TOLD_TUPLE;
  memory.fill(tuple, 0, TUPLE_BYTES);
  memory.copy(tuple + TUPLE_DST, ownTuple(packet, entry) + TUPLE_DST, 16);
  store<u16>(tuple, load<u16>(state(entry) + ((packetDirection(packet) ^ 1) << 1), H323_SIGNAL_PORT), TUPLE_DPORT);
  store<u8>(tuple, <u8>IPPROTO_TCP, TUPLE_PROTO);
  store<u8>(tuple, load<u8>(entry, FLOW_ORIGINAL + TUPLE_FAMILY), TUPLE_FAMILY);
  const calls = findExpectation(blockOf(env, packet), tuple, zoneId(entryZones(entry)), load<u64>(packet, PACKET_TIME));
  return calls != 0 && <usize>load<u32>(calls, EXPECT_MASTER) == entry ? calls : 0;
}

/** A caller is told whom to call: that is expected, unless it is the one who is told. Ref: net/netfilter/nf_conntrack_h323_main.c:process_acf() */
function followAdmission(env: usize, packet: usize, entry: usize, address: usize): bool {
  const port = readAddress(env, packet, entry, address);
  if (port < 0) return GOES_ON;
  if (sameAddress(scratch(env, packet) + TOLD_ADDRESS, ownTuple(packet, entry) + TUPLE_DST)) return GOES_ON;
  return expectCall(env, packet, entry, port);
}

/** Expects calls to the address that was read last. */
function expectCall(env: usize, packet: usize, entry: usize, port: i32): bool {
  if (port < 0) return GOES_ON;
  const source = otherTuple(packet, entry) + TUPLE_SRC;
  const told = scratch(env, packet) + TOLD_ADDRESS;
  return expectOne(env, packet, source, told, IPPROTO_TCP, port, EXPECT_FLAG_PERMANENT, HELPER_Q931);
}
