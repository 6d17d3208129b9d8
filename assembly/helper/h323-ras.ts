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
  ADDRESS_PLACE,
  ADMISSION_CALLED,
  ADMISSION_CALLED_BIT,
  ADMISSION_CALLER,
  ADMISSION_CALLER_BIT,
  CHOICE_PART,
  CONFIRM_TTL,
  KEPT_RAS,
  LIST_ITEMS,
  RAS_ADDRESS,
  RAS_ADMISSION_CONFIRM,
  RAS_ADMISSION_REQUEST,
  RAS_GATEKEEPER_CONFIRM,
  RAS_GATEKEEPER_REQUEST,
  RAS_LOCATION_CONFIRM,
  RAS_LOCATION_REQUEST,
  RAS_REGISTRATION_CONFIRM,
  RAS_REGISTRATION_REQUEST,
  RAS_STATUS,
  RAS_UNREGISTRATION_REQUEST,
  REQUEST_OWN,
  REQUEST_TTL,
  ROOT_RAS,
  STATUS_CALLS,
  TTL_BIT,
} from '../abi/h323.ts';
import { PACKET_TIME } from '../abi/packet.ts';
import { VERDICT_ACCEPT, VERDICT_DROP } from '../abi/verdict.ts';
import { findExpectation, removeExpectations } from '../conntrack/expect.ts';
import { extendTime, packetDirection } from '../conntrack/expire.ts';
import { IPPROTO_TCP, IPPROTO_UDP, sameAddress } from '../conntrack/tuple.ts';
import { entryZones, zoneId } from '../conntrack/zone.ts';
import { parameter, scratch, state } from './context.ts';
import { blockOf, giveUp, put } from './expect.ts';
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
  describeOne,
} from './h323-address.ts';
import { H323_SIGNAL_PORT, H323_TTL, TOLD_ADDRESS, TOLD_PORT, TOLD_TUPLE } from './h323-memory.ts';
import { announceCalls, holdStill, isRewritten, otherSignalPort, ownSignalPort, tell, tellHere } from './h323-nat.ts';
import { BROKEN } from './h323-per.ts';
import { payloadEnd, udpPayload } from './payload.ts';

const TICKS: u32 = 250;
const TICK_NS: u64 = 4_000_000;
/** What a registration has left once it is to end. */
const ENDING_NS: u64 = 30_000_000_000;
const LONGEST: usize = 65535;

/** Ref: net/netfilter/nf_conntrack_h323_main.c:ras_help() */
export function ras(env: usize, packet: usize, entry: usize): u32 {
  if (udpPayload(packet) == 0) return VERDICT_ACCEPT;
  holdStill(env, packet, entry);
  const at = udpPayload(packet);
  const message = keptOf(env, packet, KEPT_RAS);
  const end = min(payloadEnd(packet), at + LONGEST);
  if (decodeOf(env, packet, ROOT_RAS, at, at, end, message) == BROKEN) return VERDICT_ACCEPT;
  return follow(env, packet, entry, load<u32>(message), message + CHOICE_PART) ? VERDICT_ACCEPT : VERDICT_DROP;
}

/**
 * Follows a message, whose address, or list of addresses, stands at RAS_ADDRESS.
 *
 * Ref: net/netfilter/nf_conntrack_h323_main.c:process_ras()
 */
function follow(env: usize, packet: usize, entry: usize, kind: u32, message: usize): bool {
  switch (kind) {
    case RAS_GATEKEEPER_REQUEST:
    case RAS_LOCATION_REQUEST:
      return tellOwn(env, packet, entry, message + RAS_ADDRESS, 1);
    case RAS_ADMISSION_REQUEST:
      return followAdmissionRequest(env, packet, entry, message);
    case RAS_STATUS: {
      const calls = message + STATUS_CALLS;
      if (!tellOwn(env, packet, entry, message + RAS_ADDRESS, 1)) return IS_DROPPED;
      return tellSignal(env, packet, entry, calls + LIST_ITEMS, load<u32>(calls));
    }
    case RAS_GATEKEEPER_CONFIRM:
      return followGatekeeper(env, packet, entry, message + RAS_ADDRESS);
    case RAS_REGISTRATION_REQUEST:
      return followRegistration(env, packet, entry, message);
    case RAS_REGISTRATION_CONFIRM:
      return followRegistered(env, packet, entry, message);
    case RAS_UNREGISTRATION_REQUEST:
      if (!tellSignal(env, packet, entry, message + RAS_ADDRESS + LIST_ITEMS, load<u32>(message, RAS_ADDRESS))) return IS_DROPPED;
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
    if (isRewritten(entry)) {
      if (!expectTranslated(env, packet, entry, source, list + LIST_ITEMS, i, port)) return IS_DROPPED;
      break;
    }
    if (!expectOne(env, packet, source, other + TUPLE_DST, IPPROTO_TCP, port, EXPECT_FLAG_PERMANENT, HELPER_Q931)) return IS_DROPPED;
    store<u16>(info + (packetDirection(packet) << 1), <u16>port, H323_SIGNAL_PORT);
    break;
  }
  const own = message + REQUEST_OWN;
  if (!tellOwn(env, packet, entry, own + LIST_ITEMS, load<u32>(own))) return IS_DROPPED;
  const hasTtl = (load<u32>(message) & TTL_BIT) != 0;
  store<u32>(info, hasTtl ? load<u32>(message, REQUEST_TTL) : parameter(env, entry, PARAMETER_H323_DEFAULT_TTL), H323_TTL);
  return GOES_ON;
}

/** The registration, and the calls that are expected, hold as long as is agreed. Ref: net/netfilter/nf_conntrack_h323_main.c:process_rcf() */
function followRegistered(env: usize, packet: usize, entry: usize, message: usize): bool {
  const info = state(entry);
  const list = message + RAS_ADDRESS;
  if (!tellSignal(env, packet, entry, list + LIST_ITEMS, load<u32>(list))) return IS_DROPPED;
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
  if (sameAddress(scratch(env, packet) + TOLD_ADDRESS, ownTuple(packet, entry) + TUPLE_DST)) return tellSignal(env, packet, entry, address, 1);
  return expectCall(env, packet, entry, port);
}

/** Expects calls to the address that was read last. */
function expectCall(env: usize, packet: usize, entry: usize, port: i32): bool {
  if (port < 0) return GOES_ON;
  const source = otherTuple(packet, entry) + TUPLE_SRC;
  const told = scratch(env, packet) + TOLD_ADDRESS;
  return expectOne(env, packet, source, told, IPPROTO_TCP, port, EXPECT_FLAG_PERMANENT, HELPER_Q931);
}

// ── Translation ───────────────────────────────────────────────────────────────────────────────────────────────────────────

const LOOPBACK_NET: u32 = 127;

/** Whether an address of a list is one of the sender's own loopback, which some endpoints tell ahead of others. */
function isLoopback(env: usize, packet: usize, entry: usize, address: usize): bool {
  return readAddress(env, packet, entry, address) >= 0 && load<u32>(scratch(env, packet), TOLD_ADDRESS) >>> 24 == LOOPBACK_NET;
}

/** Expects calls to the address of a list where the other side knows it. Ref: net/ipv4/netfilter/nf_nat_h323.c:nat_q931() */
function expectTranslated(env: usize, packet: usize, entry: usize, source: usize, items: usize, index: u32, port: i32): bool {
  const to = otherTuple(packet, entry) + TUPLE_DST;
  const made = describeOne(env, packet, source, to, IPPROTO_TCP, port, EXPECT_FLAG_PERMANENT, HELPER_Q931);
  if (made == 0) return IS_DROPPED;
  const found = announceCalls(env, packet, entry, made, load<u32>(items + index * ADDRESS_BYTES, ADDRESS_PLACE), port);
  let isTold = found >= 0;
  if (found > 0 && index > 0 && isLoopback(env, packet, entry, items)) {
    isTold = tellHere(env, packet, entry, load<u32>(items, ADDRESS_PLACE), found);
    if (!isTold) giveUp(env, packet, made);
  }
  put(env, packet, made);
  return isTold ? GOES_ON : IS_DROPPED;
}

/** Tells where the sender is reached, in place of the first address that it sends from. Ref: net/ipv4/netfilter/nf_nat_h323.c:set_ras_addr() */
function tellOwn(env: usize, packet: usize, entry: usize, items: usize, count: u32): bool {
  if (!isRewritten(entry)) return GOES_ON;
  const own = ownTuple(packet, entry);
  for (let i: u32 = 0; i < count; i++) {
    const address = items + i * ADDRESS_BYTES;
    const port = readAddress(env, packet, entry, address);
    if (port != <i32>load<u16>(own, TUPLE_SPORT) || !isOwn(env, packet, entry)) continue;
    return tellHere(env, packet, entry, load<u32>(address, ADDRESS_PLACE), load<u16>(otherTuple(packet, entry), TUPLE_DPORT));
  }
  return GOES_ON;
}

/**
 * Tells where calls are expected as the other side knows it, in place of the first address that is where they are.
 *
 * Ref: net/ipv4/netfilter/nf_nat_h323.c:set_sig_addr()
 */
function tellSignal(env: usize, packet: usize, entry: usize, items: usize, count: u32): bool {
  if (!isRewritten(entry)) return GOES_ON;
  const told = scratch(env, packet) + TOLD_ADDRESS;
  const other = otherTuple(packet, entry);
  for (let i: u32 = 0; i < count; i++) {
    const address = items + i * ADDRESS_BYTES;
    const port = readAddress(env, packet, entry, address);
    if (port != <i32>ownSignalPort(packet, entry)) continue;
    const seen = otherSignalPort(packet, entry);
    if (isOwn(env, packet, entry)) {
      const first = i > 0 && isLoopback(env, packet, entry, items) ? items : address;
      return tellHere(env, packet, entry, load<u32>(first, ADDRESS_PLACE), seen);
    }
    if (!sameAddress(told, ownTuple(packet, entry) + TUPLE_DST)) continue;
    return tell(env, packet, load<u32>(address, ADDRESS_PLACE), other + TUPLE_SRC, seen);
  }
  return GOES_ON;
}

/** Who wants to be called, or to call. Ref: net/netfilter/nf_conntrack_h323_main.c:process_arq() */
function followAdmissionRequest(env: usize, packet: usize, entry: usize, message: usize): bool {
  if (!isRewritten(entry)) return GOES_ON;
  const present = load<u32>(message);
  const called = message + ADMISSION_CALLED;
  if (present & ADMISSION_CALLED_BIT && readAddress(env, packet, entry, called) == <i32>ownSignalPort(packet, entry) && isOwn(env, packet, entry)) {
    return tellHere(env, packet, entry, load<u32>(called, ADDRESS_PLACE), otherSignalPort(packet, entry));
  }
  const caller = message + ADMISSION_CALLER;
  if (!(present & ADMISSION_CALLER_BIT) || readAddress(env, packet, entry, caller) < 0 || !isOwn(env, packet, entry)) return GOES_ON;
  return tellHere(env, packet, entry, load<u32>(caller, ADDRESS_PLACE), load<u32>(scratch(env, packet), TOLD_PORT));
}
