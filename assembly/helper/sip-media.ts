// sip: the media that an offer or an answer describes. Each stream has a port for its data and the next one for its control.

import {
  EXPECT_ALREADY,
  EXPECT_ANY_PORT,
  EXPECT_CLASS,
  EXPECT_DONE,
  EXPECT_HELPER,
  EXPECT_MASTER,
  EXPECT_SAVED_ADDRESS,
  EXPECT_SAVED_PORT,
  EXPECT_SKIP_MASTER,
  EXPECT_TUPLE,
  PARAMETER_SIP_DIRECT_MEDIA,
  PARAMETER_SIP_EXTERNAL_MEDIA,
} from '../abi/expect.ts';
import {
  FLOW_DIRECTION_TUPLE,
  FLOW_ORIGINAL,
  TUPLE_BYTES,
  TUPLE_DPORT,
  TUPLE_DST,
  TUPLE_FAMILY,
  TUPLE_PROTO,
  TUPLE_SRC,
} from '../abi/flow.ts';
import { PACKET_TIME } from '../abi/packet.ts';
import { VERDICT_ACCEPT, VERDICT_DROP } from '../abi/verdict.ts';
import { findExpectation, helperOf } from '../conntrack/expect.ts';
import { packetDirection } from '../conntrack/expire.ts';
import { IPPROTO_UDP, sameAddress } from '../conntrack/tuple.ts';
import { entryZones, zoneId } from '../conntrack/zone.ts';
import { leavesLikePacket } from '../hooks/way-out.ts';
import { parameter, scratch } from './context.ts';
import { blockOf, expectation, giveUp, put, register } from './expect.ts';
import { findSdp, SDP_CONNECTION, SDP_MEDIA, SDP_VERSION } from './sdp.ts';
import { FOUND, FOUND_ADDRESS, FOUND_AT, FOUND_END } from './sip-header.ts';
import { SCRATCH_ADDRESS, SCRATCH_FOUND, SCRATCH_TOLD, SCRATCH_TUPLE } from './sip-memory.ts';
import { expectTranslatedStream, tellConnection, tellPort, tellSession } from './sip-media-nat.ts';
import { messageEnd } from './sip-text.ts';
import { isTranslated } from './translate.ts';
import { hasExactWord, numberEnd, readNumber } from './text.ts';

/** Classes of expectations. Ref: include/linux/netfilter/nf_conntrack_sip.h:sip_expectation_classes */
export const CLASS_SIGNALLING: u32 = 0;
const CLASS_AUDIO: u32 = 1;
const CLASS_VIDEO: u32 = 2;
const CLASS_IMAGE: u32 = 3;
const CLASS_NONE: u32 = 4;

/** Media that are followed, of one message. */
const MOST_MEDIA: u32 = 3;
const KIND_BYTES: usize = 6;

function mediaClass(at: usize, end: usize): u32 {
  if (hasExactWord(at, end, 'audio ')) return CLASS_AUDIO;
  if (hasExactWord(at, end, 'video ')) return CLASS_VIDEO;
  return hasExactWord(at, end, 'image ') ? CLASS_IMAGE : CLASS_NONE;
}

/**
 * Expects the media that the session description of a message tells of, if it has one.
 *
 * Returns: VERDICT_ACCEPT or VERDICT_DROP.
 * Ref: net/netfilter/nf_conntrack_sip.c:process_sdp()
 */
export function followMedia(env: usize, packet: usize, entry: usize, at: usize): u32 {
  const family = <u32>load<u8>(entry, FLOW_ORIGINAL + TUPLE_FAMILY);
  const room = scratch(env, packet);
  const found = room + SCRATCH_FOUND;
  const address = room + SCRATCH_ADDRESS;
  let end = messageEnd(env, packet);
  if (findSdp(SDP_VERSION, false, family, at, end, found) != FOUND) return VERDICT_ACCEPT;
  const session = <usize>load<u32>(found, FOUND_AT);
  // The session has an address, or each medium its own.
  const isOfSession = findSdp(SDP_CONNECTION, true, family, session, end, found) == FOUND;
  memory.copy(address, found + FOUND_ADDRESS, 16);
  memory.copy(room + SCRATCH_TOLD, address, 16);
  let next = session;
  let count: u32 = 0;
  while (count < MOST_MEDIA && findSdp(SDP_MEDIA, false, family, next, end, found) == FOUND) {
    const kindAt = <usize>load<u32>(found, FOUND_AT);
    const mediumEnd = <usize>load<u32>(found, FOUND_END);
    const klass = mediaClass(kindAt, mediumEnd);
    if (klass == CLASS_NONE) {
      next = mediumEnd;
      continue;
    }
    next = kindAt + KIND_BYTES;
    const number = readNumber(next, end);
    const port = <u32>number;
    // Port 0 says that the stream is not used.
    if (port == 0 || numberEnd(number) == next) continue;
    if (port < 1024 || port > 65535) return VERDICT_DROP;
    const isOfMedium = findSdp(SDP_CONNECTION, true, family, next, end, found) == FOUND;
    if (!isOfMedium && !isOfSession) return VERDICT_DROP;
    memory.copy(room + SCRATCH_TOLD, isOfMedium ? found + FOUND_ADDRESS : address, 16);
    if (expectStream(env, packet, entry, port, klass, next, mediumEnd) != VERDICT_ACCEPT) return VERDICT_DROP;
    if (isOfMedium && isTranslated(entry) && !tellConnection(env, packet, entry, next, room + SCRATCH_TOLD)) return VERDICT_DROP;
    end = messageEnd(env, packet);
    count++;
  }
  const isTold = (count > 0 || isOfSession) && isTranslated(entry);
  return isTold && !tellSession(env, packet, entry, session, room + SCRATCH_TOLD) ? VERDICT_DROP : VERDICT_ACCEPT;
}

/**
 * Expects the data and the control of a stream to the address SCRATCH_TOLD and a port; by default only between those who talk here. The
 * port stands from `from` to `to` in the message.
 *
 * Returns: VERDICT_ACCEPT or VERDICT_DROP.
 * Ref: net/netfilter/nf_conntrack_sip.c:set_expected_rtp_rtcp()
 */
function expectStream(env: usize, packet: usize, entry: usize, port: u32, klass: u32, from: usize, to: usize): u32 {
  const direction = packetDirection(packet);
  const address = scratch(env, packet) + SCRATCH_TOLD;
  let source: usize = 0;
  if (parameter(env, entry, PARAMETER_SIP_DIRECT_MEDIA) != 0) {
    if (!sameAddress(address, entry + direction * FLOW_DIRECTION_TUPLE + TUPLE_SRC)) return VERDICT_ACCEPT;
    source = entry + (direction ^ 1) * FLOW_DIRECTION_TUPLE + TUPLE_SRC;
  } else if (parameter(env, entry, PARAMETER_SIP_EXTERNAL_MEDIA) != 0) {
    // Media that go where the message goes do not come by.
    if (leavesLikePacket(env, packet, load<u8>(entry, FLOW_ORIGINAL + TUPLE_FAMILY), address)) return VERDICT_ACCEPT;
  }
  let other = expectedByOther(env, packet, entry, source, address, port, klass);
  let isDirect = false;
  if (other != 0 && isTranslated(entry) && isLedElsewhere(other)) {
    // Both sides of the translation are known: media may go straight there.
    isDirect = true;
    memory.copy(address, other + EXPECT_SAVED_ADDRESS, 16);
    port = load<u16>(other, EXPECT_SAVED_PORT);
    other = expectedByOther(env, packet, entry, source, address, port, klass);
  }
  const even = port & ~1;
  if (isDirect && !tellPort(env, packet, entry, from, to, even)) return VERDICT_DROP;
  if (other != 0) return VERDICT_ACCEPT;
  if (isTranslated(entry) && !isDirect) return expectTranslatedStream(env, packet, entry, klass, source, address, even, from, to);
  const data = expectation(env, packet, klass, source, address, IPPROTO_UDP, EXPECT_ANY_PORT, even);
  if (data == 0) return VERDICT_DROP;
  const control = expectation(env, packet, klass, source, address, IPPROTO_UDP, EXPECT_ANY_PORT, even + 1);
  const verdict = control == 0 ? VERDICT_DROP : registerBoth(env, packet, data, control);
  if (control != 0) put(env, packet, control);
  put(env, packet, data);
  return verdict;
}

/** Whether what is expected leads to another address or port than it is expected at. */
function isLedElsewhere(expected: usize): bool {
  const tuple = expected + EXPECT_TUPLE;
  if (!sameAddress(expected + EXPECT_SAVED_ADDRESS, tuple + TUPLE_DST)) return true;
  return load<u16>(expected, EXPECT_SAVED_PORT) != load<u16>(tuple, TUPLE_DPORT);
}

/** What is expected already, on another connection or for another medium, counts as done. */
function registerBoth(env: usize, packet: usize, data: usize, control: usize): u32 {
  const first = register(env, packet, data, EXPECT_SKIP_MASTER);
  if (first != EXPECT_DONE && first != EXPECT_ALREADY) return VERDICT_DROP;
  const second = register(env, packet, control, EXPECT_SKIP_MASTER);
  if (second == EXPECT_DONE || second == EXPECT_ALREADY) return VERDICT_ACCEPT;
  if (first == EXPECT_DONE) giveUp(env, packet, data);
  return VERDICT_DROP;
}

/** What another connection expects of the stream, 0 = nothing: several may see one call. */
function expectedByOther(env: usize, packet: usize, entry: usize, source: usize, address: usize, port: u32, klass: u32): usize {
  const tuple = scratch(env, packet) + SCRATCH_TUPLE;
  memory.fill(tuple, 0, TUPLE_BYTES);
  if (source != 0) memory.copy(tuple + TUPLE_SRC, source, 16);
  memory.copy(tuple + TUPLE_DST, address, 16);
  store<u16>(tuple, <u16>port, TUPLE_DPORT);
  store<u8>(tuple, <u8>IPPROTO_UDP, TUPLE_PROTO);
  store<u8>(tuple, load<u8>(entry, FLOW_ORIGINAL + TUPLE_FAMILY), TUPLE_FAMILY);
  const found = findExpectation(blockOf(env, packet), tuple, zoneId(entryZones(entry)), load<u64>(packet, PACKET_TIME));
  if (found == 0) return 0;
  const master = <usize>load<u32>(found, EXPECT_MASTER);
  // The helper is another for TCP than for UDP.
  const isIts =
    master != entry &&
    load<u32>(found, EXPECT_HELPER) == helperOf(entry) &&
    load<u8>(master, FLOW_ORIGINAL + TUPLE_PROTO) == load<u8>(entry, FLOW_ORIGINAL + TUPLE_PROTO) &&
    load<u8>(found, EXPECT_CLASS) == klass;
  return isIts ? found : 0;
}
