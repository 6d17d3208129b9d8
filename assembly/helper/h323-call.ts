// h323: the messages of a call (Q.931, in which H.225.0 tells addresses).

import { HELPER_Q931, PARAMETER_H323_CALL_FORWARD_FILTER } from '../abi/expect.ts';
import { FLOW_ORIGINAL, TUPLE_DPORT, TUPLE_DST, TUPLE_FAMILY, TUPLE_SPORT, TUPLE_SRC } from '../abi/flow.ts';
import {
  ADDRESS_PLACE,
  BODY_ALERTING,
  BODY_CALL_PROCEEDING,
  BODY_CONNECT,
  BODY_CONTROL_ADDRESS,
  BODY_CONTROL_ADDRESS_BIT,
  BODY_FACILITY,
  BODY_FAST_START,
  BODY_FAST_START_BIT,
  BODY_PROGRESS,
  BODY_SETUP,
  CALL_BODY,
  CALL_BODY_PART,
  CALL_CONTROLS,
  CALL_CONTROLS_BIT,
  CALL_PRESENT,
  CONTROL_BYTES,
  FACILITY_ALTERNATIVE,
  FACILITY_ALTERNATIVE_BIT,
  FACILITY_CONTROL_ADDRESS,
  FACILITY_CONTROL_ADDRESS_BIT,
  FACILITY_FAST_START,
  FACILITY_FAST_START_BIT,
  FACILITY_REASON,
  KEPT_USER_INFORMATION,
  LIST_ITEMS,
  OPEN_BYTES,
  PROGRESS_FAST_START_BIT,
  REASON_CALL_FORWARDED,
  ROOT_USER_INFORMATION,
  SETUP_DESTINATION,
  SETUP_DESTINATION_BIT,
  SETUP_FAST_START,
  SETUP_FAST_START_BIT,
  SETUP_SOURCE,
  SETUP_SOURCE_BIT,
} from '../abi/h323.ts';
import { VERDICT_ACCEPT, VERDICT_DROP, VERDICT_NONE } from '../abi/verdict.ts';
import { be16, IPPROTO_TCP, sameAddress } from '../conntrack/tuple.ts';
import { sameWayOut } from '../hooks/way-out.ts';
import { parameter, scratch } from './context.ts';
import { put } from './expect.ts';
import {
  decodeOf,
  describeOne,
  expectControl,
  expectOne,
  GOES_ON,
  IS_DROPPED,
  keptOf,
  otherTuple,
  readAddress,
} from './h323-address.ts';
import { followControl, followOpen } from './h323-channel.ts';
import { TOLD_ADDRESS } from './h323-memory.ts';
import { announceForwarded, isRewritten, isSenderHidden, tell } from './h323-nat.ts';
import { BROKEN } from './h323-per.ts';

const PROTOCOL_Q931: u32 = 0x08;
const ELEMENT_USER_USER: u32 = 0x7e;

/**
 * Follows a call's message from `at` to `end`.
 *
 * Returns: VERDICT_ACCEPT, VERDICT_DROP, or VERDICT_NONE when it is none that can be read.
 * Ref: net/netfilter/nf_conntrack_h323_main.c:process_q931()
 */
export function followCall(env: usize, packet: usize, entry: usize, at: usize, end: usize): u32 {
  const element = userInformation(at, end);
  if (element == 0) return VERDICT_NONE;
  const call = keptOf(env, packet, KEPT_USER_INFORMATION);
  if (decodeOf(env, packet, ROOT_USER_INFORMATION, at, <usize>element, <usize>(element >> 32), call) == BROKEN) return VERDICT_NONE;
  if (!followBody(env, packet, entry, call)) return VERDICT_DROP;
  if (!(load<u32>(call, CALL_PRESENT) & CALL_CONTROLS_BIT)) return VERDICT_ACCEPT;
  const count = load<u32>(call, CALL_CONTROLS);
  for (let i: u32 = 0; i < count; i++) {
    const control = call + CALL_CONTROLS + LIST_ITEMS + i * CONTROL_BYTES;
    if (!followControl(env, packet, entry, control)) return VERDICT_DROP;
  }
  return VERDICT_ACCEPT;
}

/**
 * Finds what H.225.0 tells in a message of Q.931: its start, and its end in the upper half; 0 = none.
 *
 *   protocol (8) | length and call reference | message type (8) | elements: type (8) | length (8, of the one wanted 16) | …
 *
 * Ref: net/netfilter/nf_conntrack_h323_asn1.c:DecodeQ931()
 */
function userInformation(at: usize, end: usize): u64 {
  if (end - at < 2 || load<u8>(at) != PROTOCOL_Q931) return 0;
  const reference = at + 2 + load<u8>(at, 1);
  if (reference > end || end - reference < 2) return 0;
  let element = reference + 1;
  if (load<u8>(element) & 0x80) element++;
  while (element < end) {
    if (<u32>load<u8>(element) == ELEMENT_USER_USER) {
      if (end - element < 3) return 0;
      const bytes = be16(element + 1);
      const start = element + 4;
      // One byte of it says what protocol it is of.
      return bytes > 1 && bytes <= <u32>(end - element) - 3 ? (<u64>(element + 3 + bytes) << 32) | start : 0;
    }
    if (end - element < 2) return 0;
    element += 2 + load<u8>(element, 1);
  }
  return 0;
}

function followBody(env: usize, packet: usize, entry: usize, call: usize): bool {
  const body = call + CALL_BODY_PART;
  switch (load<u32>(call, CALL_BODY)) {
    case BODY_SETUP:
      return followSetup(env, packet, entry, body);
    case BODY_CALL_PROCEEDING:
    case BODY_CONNECT:
    case BODY_ALERTING:
      return followParts(env, packet, entry, body, BODY_FAST_START, BODY_FAST_START_BIT);
    case BODY_PROGRESS:
      return followParts(env, packet, entry, body, BODY_FAST_START, PROGRESS_FAST_START_BIT);
    case BODY_FACILITY:
      return followFacility(env, packet, entry, body);
    default:
      return GOES_ON;
  }
}

/** Tells who calls, and who is called, as the other side knows them. Ref: net/netfilter/nf_conntrack_h323_main.c:process_setup() */
function followSetup(env: usize, packet: usize, entry: usize, body: usize): bool {
  const present = load<u32>(body);
  if (present & BODY_CONTROL_ADDRESS_BIT && !expectControl(env, packet, entry, body + BODY_CONTROL_ADDRESS)) return IS_DROPPED;
  const other = otherTuple(packet, entry);
  if (present & SETUP_DESTINATION_BIT && !tellPeer(env, packet, entry, body + SETUP_DESTINATION, other + TUPLE_SRC, load<u16>(other, TUPLE_SPORT))) return IS_DROPPED;
  if (present & SETUP_SOURCE_BIT && !tellPeer(env, packet, entry, body + SETUP_SOURCE, other + TUPLE_DST, load<u16>(other, TUPLE_DPORT))) return IS_DROPPED;
  return present & SETUP_FAST_START_BIT ? followFastStart(env, packet, entry, body + SETUP_FAST_START) : GOES_ON;
}

/** Tells an address and a port instead of another address. */
function tellPeer(env: usize, packet: usize, entry: usize, address: usize, known: usize, port: u32): bool {
  if (!isRewritten(entry) || readAddress(env, packet, entry, address) < 0) return GOES_ON;
  if (sameAddress(scratch(env, packet) + TOLD_ADDRESS, known)) return GOES_ON;
  return tell(env, packet, load<u32>(address, ADDRESS_PLACE), known, port) ? GOES_ON : IS_DROPPED;
}

/** Follows the address for control, and the channels of a fast start: all that alerting and the like tell. */
function followParts(env: usize, packet: usize, entry: usize, body: usize, fastStart: u32, fastStartBit: u32): bool {
  const present = load<u32>(body);
  if (present & BODY_CONTROL_ADDRESS_BIT && !expectControl(env, packet, entry, body + BODY_CONTROL_ADDRESS)) return IS_DROPPED;
  return present & fastStartBit ? followFastStart(env, packet, entry, body + fastStart) : GOES_ON;
}

function followFastStart(env: usize, packet: usize, entry: usize, list: usize): bool {
  const count = load<u32>(list);
  for (let i: u32 = 0; i < count; i++) {
    if (!followOpen(env, packet, entry, list + LIST_ITEMS + i * OPEN_BYTES)) return IS_DROPPED;
  }
  return GOES_ON;
}

/** Ref: net/netfilter/nf_conntrack_h323_main.c:process_facility() */
function followFacility(env: usize, packet: usize, entry: usize, body: usize): bool {
  const present = load<u32>(body);
  if (load<u32>(body, FACILITY_REASON) == REASON_CALL_FORWARDED) {
    return present & FACILITY_ALTERNATIVE_BIT ? expectForwarded(env, packet, entry, body + FACILITY_ALTERNATIVE) : GOES_ON;
  }
  if (present & FACILITY_CONTROL_ADDRESS_BIT && !expectControl(env, packet, entry, body + FACILITY_CONTROL_ADDRESS)) return IS_DROPPED;
  return present & FACILITY_FAST_START_BIT ? followFastStart(env, packet, entry, body + FACILITY_FAST_START) : GOES_ON;
}

/**
 * Expects the call that the other side makes to where this one is forwarded; not when both are on the same side of this host, since
 * it would not come by.
 *
 * Ref: net/netfilter/nf_conntrack_h323_main.c:expect_callforwarding()
 */
function expectForwarded(env: usize, packet: usize, entry: usize, address: usize): bool {
  const port = readAddress(env, packet, entry, address);
  if (port <= 0) return GOES_ON;
  const told = scratch(env, packet) + TOLD_ADDRESS;
  const caller = otherTuple(packet, entry) + TUPLE_SRC;
  const isFiltered = parameter(env, entry, PARAMETER_H323_CALL_FORWARD_FILTER) != 0;
  if (isFiltered && sameWayOut(env, packet, load<u8>(entry, FLOW_ORIGINAL + TUPLE_FAMILY), told, caller)) return GOES_ON;
  if (!isSenderHidden(packet, entry)) return expectOne(env, packet, caller, told, IPPROTO_TCP, port, 0, HELPER_Q931);
  const made = describeOne(env, packet, caller, told, IPPROTO_TCP, port, 0, HELPER_Q931);
  if (made == 0) return IS_DROPPED;
  const isTold = announceForwarded(env, packet, entry, made, load<u32>(address, ADDRESS_PLACE), port);
  put(env, packet, made);
  return isTold ? GOES_ON : IS_DROPPED;
}
