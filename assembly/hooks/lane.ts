// The packets of a slot, some at a time: first a look at all of them, then their connections are fetched, then they run in their order.
// A packet whose connection remembers where such a packet goes takes the short way: it is put into effect on the connection, and the
// journey's outcome is its own. All others take the long one (traverse.ts), and leave a journey behind if theirs can be remembered.

import {
  ANSWERS_ERRORS,
  ANSWERS_LEFT_OUT,
  ANSWERS_MADE,
  ANSWERS_SENT,
  CLASS_SHARD,
  CLASS_SIMPLE,
  ENV_CONNTRACK,
  ENV_FLAG_BRIEF,
  ENV_FLAGS,
  ENV_JOURNEYS,
  ENV_PROGRAM4,
  ENV_SCRATCH,
  FRAME_BYTES,
  LANE_PACKETS,
  OUTCOME_ANSWER_NOT_MODELLED,
  OUTCOME_ANSWERS,
  OUTCOME_BY,
  OUTCOME_BYTES,
  OUTCOME_CTSTATE,
  OUTCOME_FAMILY,
  OUTCOME_FLAGS,
  OUTCOME_OUT,
  OUTCOME_VERDICT,
  SCRATCH_LANE,
  SCRATCH_LANE_ANSWERS,
  SCRATCH_LANE_BUCKETS,
  SCRATCH_LANE_LINKS,
  SCRATCH_LANE_SOURCES,
  SCRATCH_LANE_TOUCHED,
  SCRATCH_PACKET,
  SCRATCH_PACKET_OUTCOME,
  SCRATCH_RECORDER,
  SCRATCH_TALLY,
  SHARD_SCRATCH_BYTES,
  SLOT_CLASSES,
  SLOT_DISSECTED,
  SLOT_FRAMES,
  SLOT_OUTCOMES,
  SLOT_PACKETS,
  SLOT_SORTED,
  SLOT_STATE,
  TALLY_ANSWERS,
  TALLY_VERDICT_BYTES,
  TALLY_WHYS,
} from '../abi/batch.ts';
import {
  CONNTRACK_EVENTS,
  CONNTRACK_ORDERED,
  FLOW_DIRECTION_TUPLE,
  FLOW_JOURNEYS,
  FLOW_MARK,
  FLOW_PROTO,
  FLOW_STATUS,
  ORDERED_AND_TIGHT,
  SHARD_LIMBO,
  TUPLE_DST,
  TUPLE_SPORT,
  TUPLE_SRC,
} from '../abi/flow.ts';
import { EVENTS_OFF } from '../abi/event.ts';
import {
  JOURNEY_BY,
  JOURNEY_CTSTATE,
  JOURNEY_FAMILY,
  JOURNEY_FLAGS,
  JOURNEY_MARK,
  JOURNEY_OUT,
  JOURNEY_STATE,
  JOURNEY_VERDICT,
  PLACE_FLAGS,
  PLACE_PKTTYPE_SHIFT,
  RECORDER_LINK,
  RECORDER_TTL,
  STATE_STATUS,
} from '../abi/journey.ts';
import {
  CTINFO_NONE,
  PACKET_BYTES,
  PACKET_CT,
  PACKET_CTINFO,
  PACKET_DPORT,
  PACKET_DST,
  PACKET_FLAG_SENT,
  PACKET_FLAGS,
  PACKET_LENGTH,
  PACKET_NUMBER,
  PACKET_PKTTYPE,
  PACKET_PROTO,
  PACKET_RECORDER,
  PACKET_SHARD,
  PACKET_SPORT,
  PACKET_SRC,
  PACKET_TCP_FLAGS,
  PACKET_TIME,
  PACKET_TOS,
  PACKET_TRACKED,
  PACKET_TRACKED_LINK,
  PACKET_TTL,
  PACKET_WHY,
} from '../abi/packet.ts';
import { PROGRAM_FLAGS, PROGRAM_USES_CONNTRACK } from '../abi/program.ts';
import { WHY_NONE } from '../abi/verdict.ts';
import { HANDLED } from '../conntrack/answer.ts';
import { hasExpired } from '../conntrack/expire.ts';
import { touchSource, touchSources } from '../conntrack/sources.ts';
import { bucketOf, emptyLimbo, linkDirection, linkEntry, nextLink, shardBlock } from '../conntrack/table.ts';
import { linkInfo, trackKnown } from '../conntrack/track.ts';
import { endOfTuple4, hashTuple4 } from '../conntrack/tuple.ts';
import { countJourney, endJourney, isFor, journeyAt, journeysOf, numberOf, startJourney } from '../journey/memory.ts';
import { dissect } from '../wire/dissect.ts';
import { frameInterface, glance, isSimple } from '../wire/glance.ts';
import { shardOf, shardOf4 } from '../wire/shard.ts';
import { runPacket } from './traverse.ts';

/** Runs packets `first` … `end` - 1 of a slot, by their places in `order` or (0) in the input, with the scratch of `shard`. */
export function runRange(env: usize, slot: usize, order: usize, first: u32, end: u32, shard: u32): void {
  const lane = <usize>load<u32>(env, ENV_SCRATCH) + <usize>shard * SHARD_SCRATCH_BYTES;
  const isOpen = isLaneOpen(env);
  for (let at = first; at < end; at += LANE_PACKETS) {
    const places: usize = order == 0 ? 0 : order + (<usize>at << 2);
    const count = min(LANE_PACKETS, end - at);
    if (isOpen) {
      lookAt(env, slot, places, at, count, lane);
      touchBuckets(lane, count);
      touchEntries(lane, count);
      touchBehind(env, slot, places, at, count, lane);
      touchAnswers(env, lane, count);
    }
    for (let i: u32 = 0; i < count; i++) {
      const index = places == 0 ? at + i : load<u32>(places + (<usize>i << 2));
      const bucket = isOpen ? load<u32>(lane + (<usize>i << 2), SCRATCH_LANE_BUCKETS) : 0;
      if (bucket == 0) takeLongWay(env, slot, index, lane, 0, 0, 0);
      else takeShortWay(env, slot, index, lane, recordAt(slot, index, lane, i), bucket);
    }
  }
}

/** Whether packets may take the short way at all. Where the table is about to be full, each look-up counts. */
function isLaneOpen(env: usize): bool {
  const program: usize = load<u32>(env, ENV_PROGRAM4);
  const region: usize = load<u32>(env, ENV_CONNTRACK);
  if (load<u32>(env, ENV_JOURNEYS) == 0 || program == 0 || region == 0) return false;
  if (load<u32>(region, CONNTRACK_EVENTS) != EVENTS_OFF || load<u32>(region, CONNTRACK_ORDERED) == ORDERED_AND_TIGHT) return false;
  return (load<u32>(program, PROGRAM_FLAGS) & PROGRAM_USES_CONNTRACK) != 0;
}

function frameAt(slot: usize, index: u32): usize {
  return <usize>load<u32>(slot, SLOT_FRAMES) + <usize>index * FRAME_BYTES;
}

function packetAt(slot: usize, index: u32): usize {
  return <usize>load<u32>(slot, SLOT_PACKETS) + <usize>index * PACKET_BYTES;
}

/** The record of the packet in place `i` of the lane. */
function recordAt(slot: usize, index: u32, lane: usize, i: u32): usize {
  return load<u32>(slot, SLOT_STATE) == SLOT_DISSECTED ? packetAt(slot, index) : lane + SCRATCH_LANE + <usize>i * PACKET_BYTES;
}

/** Says of each packet in which bucket its connection would be; 0 = it is none for the short way. */
function lookAt(env: usize, slot: usize, places: usize, first: u32, count: u32, lane: usize): void {
  const region: usize = load<u32>(env, ENV_CONNTRACK);
  for (let i: u32 = 0; i < count; i++) {
    const index = places == 0 ? first + i : load<u32>(places + (<usize>i << 2));
    const packet = recordAt(slot, index, lane, i);
    let bucket: usize = 0;
    if (readSimple(env, slot, index, packet)) {
      const ports = load<u32>(packet, PACKET_SPORT) | (load<u32>(packet, PACKET_DPORT) << 16);
      const end = endOfTuple4(ports, load<u32>(packet, PACKET_PROTO));
      const hash = hashTuple4(load<u32>(packet, PACKET_SRC), load<u32>(packet, PACKET_DST), end);
      bucket = bucketOf(region, shardBlock(region, load<u32>(packet, PACKET_SHARD)), hash);
    }
    store<u32>(lane + (<usize>i << 2), bucket as u32, SCRATCH_LANE_BUCKETS);
  }
}

/** Whether a packet is simple; then its record has what the short way asks for. */
function readSimple(env: usize, slot: usize, index: u32, packet: usize): bool {
  const state = load<u32>(slot, SLOT_STATE);
  if (state == SLOT_DISSECTED) return isSimple(packet);
  if (state == SLOT_SORTED) {
    const packetClass = load<u8>(<usize>load<u32>(slot, SLOT_CLASSES) + index);
    if ((packetClass & CLASS_SIMPLE) == 0) return false;
    store<u32>(packet, packetClass & CLASS_SHARD, PACKET_SHARD);
    return glance(env, frameAt(slot, index), packet);
  }
  if (!glance(env, frameAt(slot, index), packet)) return false;
  store<u32>(packet, shardOf4(env, load<u32>(packet, PACKET_SRC), load<u32>(packet, PACKET_DST)), PACKET_SHARD);
  return true;
}

/** Fetches the buckets of all packets: their cache misses overlap, as those of no single packet can. */
function touchBuckets(lane: usize, count: u32): void {
  for (let i: usize = 0; i < count; i++) {
    const bucket: usize = load<u32>(lane + (i << 2), SCRATCH_LANE_BUCKETS);
    // Where there is none, anything will do.
    store<u32>(lane + (i << 2), bucket == 0 ? 0 : load<u32>(bucket), SCRATCH_LANE_LINKS);
  }
}

/** The same of the entries in front: the line of the tuple, that of the deadline, that of the protocol's state. */
function touchEntries(lane: usize, count: u32): void {
  let touched: u32 = 0;
  for (let i: usize = 0; i < count; i++) {
    const link = load<u32>(lane + (i << 2), SCRATCH_LANE_LINKS);
    if (link != 0) touched += touchEntry(link);
  }
  store<u32>(lane, touched, SCRATCH_LANE_TOUCHED);
}

function touchEntry(link: u32): u32 {
  const entry = linkEntry(link);
  const tuple = entry + <usize>linkDirection(link) * FLOW_DIRECTION_TUPLE;
  return load<u32>(tuple) + load<u32>(entry) + load<u32>(entry, FLOW_PROTO);
}

/**
 * Where the entry in front is another's, the same of the one behind it. Where there is none, the packet may open a connection, which then
 * is looked for by its answers as well, and stands among those of its source: of both the bucket.
 */
function touchBehind(env: usize, slot: usize, places: usize, first: u32, count: u32, lane: usize): void {
  const region: usize = load<u32>(env, ENV_CONNTRACK);
  let touched: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const at = lane + (<usize>i << 2);
    store<u32>(at, 0, SCRATCH_LANE_ANSWERS);
    store<u32>(at, 0, SCRATCH_LANE_SOURCES);
    if (load<u32>(at, SCRATCH_LANE_BUCKETS) == 0) continue;
    const packet = recordAt(slot, places == 0 ? first + i : load<u32>(places + (<usize>i << 2)), lane, i);
    const src = load<u32>(packet, PACKET_SRC);
    const dst = load<u32>(packet, PACKET_DST);
    const proto = load<u32>(packet, PACKET_PROTO);
    const sport = load<u32>(packet, PACKET_SPORT);
    const dport = load<u32>(packet, PACKET_DPORT);
    let link = load<u32>(at, SCRATCH_LANE_LINKS);
    if (link != 0) {
      if (hasTuple(link, src, dst, endOfTuple4(sport | (dport << 16), proto))) continue;
      link = nextLink(link);
      if (link != 0) {
        touched += touchEntry(link);
        continue;
      }
    }
    const block = shardBlock(region, load<u32>(packet, PACKET_SHARD));
    const answer = bucketOf(region, block, hashTuple4(dst, src, endOfTuple4(dport | (sport << 16), proto)));
    store<u32>(at, load<u32>(answer), SCRATCH_LANE_ANSWERS);
    store<u32>(at, touchSources(block, src, sport, proto), SCRATCH_LANE_SOURCES);
  }
  store<u32>(lane, touched, SCRATCH_LANE_TOUCHED);
}

/** The entries in front in those buckets. */
function touchAnswers(env: usize, lane: usize, count: u32): void {
  const block = shardBlock(load<u32>(env, ENV_CONNTRACK), 0);
  let touched: u32 = 0;
  for (let i: usize = 0; i < count; i++) {
    const link = load<u32>(lane + (i << 2), SCRATCH_LANE_ANSWERS);
    if (link != 0) touched += load<u32>(linkEntry(link) + <usize>linkDirection(link) * FLOW_DIRECTION_TUPLE) + load<u32>(linkEntry(link));
    const source = load<u32>(lane + (i << 2), SCRATCH_LANE_SOURCES);
    if (source != 0) touched += touchSource(block, source);
  }
  store<u32>(lane, touched, SCRATCH_LANE_TOUCHED);
}

/** Whether the tuple that a link leads to is that of an IPv4 packet; `end`: endOfTuple4(). */
function hasTuple(link: u32, src: u32, dst: u32, end: u64): bool {
  const tuple = linkEntry(link) + <usize>linkDirection(link) * FLOW_DIRECTION_TUPLE;
  return load<u32>(tuple, TUPLE_SRC) == src && load<u32>(tuple, TUPLE_DST) == dst && load<u64>(tuple, TUPLE_SPORT) == end;
}

/** The link of a simple packet's connection in zone 0, if it has time left; else 0. What has expired is the tracker's to look at. */
function findKnown(bucket: usize, packet: usize): u32 {
  const src = load<u32>(packet, PACKET_SRC);
  const dst = load<u32>(packet, PACKET_DST);
  const end = endOfTuple4(load<u32>(packet, PACKET_SPORT) | (load<u32>(packet, PACKET_DPORT) << 16), load<u32>(packet, PACKET_PROTO));
  for (let link = load<u32>(bucket); link != 0; link = nextLink(link)) {
    if (!hasTuple(link, src, dst, end)) continue;
    return hasExpired(linkEntry(link), load<u64>(packet, PACKET_TIME)) ? 0 : link;
  }
  return 0;
}

/** Of a packet's TCP flags and type of service, the bits as a journey has them. */
function bitsOf(packet: usize): u32 {
  return load<u32>(packet, PACKET_TCP_FLAGS) | (load<u32>(packet, PACKET_TOS) << 8);
}

function takeShortWay(env: usize, slot: usize, index: u32, lane: usize, packet: usize, bucket: usize): void {
  const region: usize = load<u32>(env, ENV_CONNTRACK);
  const shard = load<u32>(packet, PACKET_SHARD);
  const block = shardBlock(region, shard);
  if (load<u32>(block, SHARD_LIMBO) != 0) emptyLimbo(region, block, load<u32>(packet, PACKET_NUMBER));
  const link = findKnown(bucket, packet);
  if (link == 0) return takeLongWay(env, slot, index, lane, 0, 0, 0);
  const entry = linkEntry(link);
  const info = linkInfo(link);
  const state = (load<u32>(entry, FLOW_STATUS) & STATE_STATUS) | info;
  const mark = load<u32>(entry, FLOW_MARK);
  const place = frameInterface(env, packet) | (load<u32>(packet, PACKET_PKTTYPE) << PLACE_PKTTYPE_SHIFT) | (load<u32>(packet, PACKET_FLAGS) & PLACE_FLAGS);
  const length = load<u32>(packet, PACKET_LENGTH);
  const number: u32 = load<u16>(entry + (<usize>linkDirection(link) << 1), FLOW_JOURNEYS);
  if (number != 0) {
    const journey = journeyAt(journeysOf(env, shard), number);
    if (isFor(journey, place, state, mark, bitsOf(packet), length, load<u32>(packet, PACKET_TTL))) {
      store<u32>(packet, info, PACKET_CTINFO);
      const handled = trackKnown(region, block, link, packet, load<u32>(packet, PACKET_PROTO));
      if (handled != HANDLED) return takeLongWay(env, slot, index, lane, 0, 1 + handled, link);
      countJourney(journey, length);
      tally(lane, load<u32>(journey, JOURNEY_VERDICT), length);
      if ((load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_SENT) != 0) tallyAnswers(lane, ANSWERS_SENT, 1);
      if ((load<u32>(env, ENV_FLAGS) & ENV_FLAG_BRIEF) == 0) writeOutcome(slot, index, journey, entry);
      return;
    }
  }
  const recorder = lane + SCRATCH_RECORDER;
  startJourney(recorder, place, state, mark);
  store<u32>(recorder, load<u32>(packet, PACKET_TTL), RECORDER_TTL);
  store<u32>(recorder, link, RECORDER_LINK);
  takeLongWay(env, slot, index, lane, recorder, 0, 0);
}

function writeOutcome(slot: usize, index: u32, journey: usize, entry: usize): void {
  const outcome = <usize>load<u32>(slot, SLOT_OUTCOMES) + <usize>index * OUTCOME_BYTES;
  const zero = i32x4.splat(0);
  v128.store(outcome, i32x4(load<u32>(journey, JOURNEY_VERDICT), WHY_NONE, load<u32>(journey, JOURNEY_BY), load<u32>(journey, JOURNEY_CTSTATE)));
  v128.store(outcome, i32x4(load<u32>(journey, JOURNEY_OUT), 0, 0, 0), OUTCOME_OUT);
  v128.store(outcome, i32x4(0, load<u32>(journey, JOURNEY_FAMILY), load<u32>(journey, JOURNEY_FLAGS), entry as u32), 32);
  v128.store(outcome, zero, 48);
}

/**
 * Takes a packet through the hooks. `recorder`: what takes note of it, 0 = nothing; `tracked`: PACKET_TRACKED, `link`: PACKET_TRACKED_LINK.
 */
function takeLongWay(env: usize, slot: usize, index: u32, lane: usize, recorder: usize, tracked: u32, link: u32): void {
  const isBrief = (load<u32>(env, ENV_FLAGS) & ENV_FLAG_BRIEF) != 0;
  const packet = dissected(env, slot, index, lane);
  const outcome = isBrief ? lane + SCRATCH_PACKET_OUTCOME : <usize>load<u32>(slot, SLOT_OUTCOMES) + <usize>index * OUTCOME_BYTES;
  store<u32>(packet, recorder as u32, PACKET_RECORDER);
  store<u32>(packet, tracked, PACKET_TRACKED);
  store<u32>(packet, link, PACKET_TRACKED_LINK);
  const bits = bitsOf(packet);
  runPacket(env, load<u32>(packet, PACKET_SHARD), slot, packet, outcome);
  if (load<u32>(packet, PACKET_RECORDER) != 0) learn(env, packet, outcome, load<u32>(packet, PACKET_RECORDER), bits);
  tally(lane, load<u32>(outcome, OUTCOME_VERDICT), load<u32>(packet, PACKET_LENGTH));
  const why = load<u32>(packet, PACKET_WHY);
  if (why != WHY_NONE) tallyWhy(lane, why);
  const made = load<u32>(outcome, OUTCOME_ANSWERS);
  if (made != 0) {
    tallyAnswers(lane, ANSWERS_MADE, made & 0xffff);
    tallyAnswers(lane, ANSWERS_ERRORS, made >>> 16);
  }
  if ((load<u32>(outcome, OUTCOME_FLAGS) & OUTCOME_ANSWER_NOT_MODELLED) != 0) tallyAnswers(lane, ANSWERS_LEFT_OUT, 1);
  if ((load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_SENT) != 0) tallyAnswers(lane, ANSWERS_SENT, 1);
}

/** The whole record of a packet. */
function dissected(env: usize, slot: usize, index: u32, lane: usize): usize {
  const state = load<u32>(slot, SLOT_STATE);
  const isDissected =
    state == SLOT_DISSECTED ||
    (state == SLOT_SORTED && (load<u8>(<usize>load<u32>(slot, SLOT_CLASSES) + index) & CLASS_SIMPLE) == 0);
  if (isDissected) {
    const packet = packetAt(slot, index);
    store<u32>(packet, CTINFO_NONE, PACKET_CTINFO); // which the short way may have said already
    return packet;
  }
  const packet = lane + SCRATCH_PACKET;
  dissect(env, frameAt(slot, index), packet);
  store<u32>(packet, shardOf(env, packet), PACKET_SHARD);
  return packet;
}

/** Lets the connection remember the journey of a packet that it still has, and whose mark is what it was. */
function learn(env: usize, packet: usize, outcome: usize, recorder: usize, bits: u32): void {
  const link = load<u32>(recorder, RECORDER_LINK);
  const entry = linkEntry(link);
  if (load<u32>(packet, PACKET_CT) != <u32>entry || load<u32>(packet, PACKET_WHY) != WHY_NONE) return;
  const state = (load<u32>(entry, FLOW_STATUS) & STATE_STATUS) | load<u32>(packet, PACKET_CTINFO);
  if (load<u32>(entry, FLOW_MARK) != load<u32>(recorder, JOURNEY_MARK) || state != load<u32>(recorder, JOURNEY_STATE)) return;
  endJourney(
    recorder,
    load<u32>(outcome, OUTCOME_VERDICT),
    load<u32>(outcome, OUTCOME_BY),
    load<u32>(outcome, OUTCOME_CTSTATE),
    load<u32>(outcome, OUTCOME_OUT),
    load<u32>(outcome, OUTCOME_FLAGS),
    load<u32>(outcome, OUTCOME_FAMILY),
  );
  const number = numberOf(journeysOf(env, load<u32>(packet, PACKET_SHARD)), recorder, bits);
  store<u16>(entry + (<usize>linkDirection(link) << 1), <u16>number, FLOW_JOURNEYS);
}

/** Adds to one of the sums of answers (ANSWERS_*). */
function tallyAnswers(lane: usize, kind: u32, count: u32): void {
  const sum = lane + SCRATCH_TALLY + TALLY_ANSWERS + (<usize>kind << 3);
  store<u64>(sum, load<u64>(sum) + count);
}

function tally(lane: usize, verdict: u32, length: u32): void {
  const sums = lane + SCRATCH_TALLY + <usize>verdict * TALLY_VERDICT_BYTES;
  store<u64>(sums, load<u64>(sums) + 1);
  store<u64>(sums, load<u64>(sums, 8) + length, 8);
}

function tallyWhy(lane: usize, why: u32): void {
  const whys = lane + SCRATCH_TALLY + (<usize>why << 2);
  store<u32>(whys, load<u32>(whys, TALLY_WHYS) + 1, TALLY_WHYS);
}
