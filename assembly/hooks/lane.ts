// The packets of a slot, some at a time: first a look at all of them, then their connections are fetched, then they run in their order.
// A packet whose connection remembers where such a packet goes takes the short way: it is put into effect on the connection, and the
// journey's outcome is its own. All others take the long one (traverse.ts), and leave a journey behind if theirs can be remembered.

import {
  ANSWERS_ERRORS,
  ANSWERS_LEFT_OUT,
  ANSWERS_MADE,
  ANSWERS_SENT,
  CLASS_SHARD,
  CLASS_TOLD,
  ENV_CONNTRACK,
  ENV_FLAGS,
  ENV_FLAG_BRIEF,
  ENV_SCRATCH,
  FRAME_NUMBER,
  FRAME_TIME,
  LANE_PACKETS,
  LOOK_BYTES,
  LOOK_IP,
  LOOK_JOURNEY,
  LOOK_LENGTH,
  LOOK_LINK,
  LOOK_PLACE,
  LOOK_SHARD,
  LOOK_TTL,
  OUTCOME_ANSWERS,
  OUTCOME_ANSWER_NOT_MODELLED,
  OUTCOME_BY,
  OUTCOME_BYTES,
  OUTCOME_CTSTATE,
  OUTCOME_FAMILY,
  OUTCOME_FLAGS,
  OUTCOME_FORESIGHT,
  OUTCOME_OUT,
  OUTCOME_VERDICT,
  SCRATCH_LANE,
  SCRATCH_PACKET,
  SCRATCH_PACKET_OUTCOME,
  SCRATCH_RECORDER,
  SCRATCH_TALLY,
  SHARD_SCRATCH_BYTES,
  SLOT_CLASSES,
  SLOT_DISSECTED,
  SLOT_OUTCOMES,
  SLOT_SORTED,
  SLOT_STATE,
  TALLY_ANSWERS,
  TALLY_VERDICT_BYTES,
  TALLY_WHYS,
} from '../abi/batch.ts';
import { CONNTRACK_ORDERED, FLOW_JOURNEYS, FLOW_MARK, FLOW_STATUS, ORDERED_AND_TIGHT, SHARD_LIMBO } from '../abi/flow.ts';
import {
  JOURNEY_BY,
  JOURNEY_CTSTATE,
  JOURNEY_FAMILY,
  JOURNEY_FLAGS,
  JOURNEY_MARK,
  JOURNEY_OUT,
  JOURNEY_STATE,
  JOURNEY_VERDICT,
  RECORDER_LINK,
  RECORDER_TTL,
  STATE_STATUS,
} from '../abi/journey.ts';
import {
  CTINFO_NONE,
  PACKET_CT,
  PACKET_CTINFO,
  PACKET_FLAG_SENT,
  PACKET_FLAGS,
  PACKET_LENGTH,
  PACKET_PROTO,
  PACKET_RECORDER,
  PACKET_SHARD,
  PACKET_TCP_FLAGS,
  PACKET_TOS,
  PACKET_TRACKED,
  PACKET_TRACKED_LINK,
  PACKET_WHY,
} from '../abi/packet.ts';
import { WHY_NONE } from '../abi/verdict.ts';
import { HANDLED } from '../conntrack/answer.ts';
import { hasExpired } from '../conntrack/expire.ts';
import { linkInfo } from '../conntrack/resolve.ts';
import { emptyLimbo, linkDirection, linkEntry, shardBlock } from '../conntrack/table.ts';
import { trackKnown } from '../conntrack/track.ts';
import { countJourney, endJourney, journeysOf, numberOf, startJourney } from '../journey/memory.ts';
import { describeWhole } from '../wire/complete.ts';
import { dissect } from '../wire/dissect.ts';
import { glance } from '../wire/glance.ts';
import { shardOf } from '../wire/shard.ts';
import { remembers } from './ahead.ts';
import { notePacket } from './note.ts';
import { runPacket } from './traverse.ts';
import { passKnown, recogniseAnew } from './known.ts';
import { frameAt, indexAt, lookAt, packetAt } from './look.ts';
import { runOpening } from './open.ts';

/** Runs packets `first` … `end` - 1 of a slot, by their places in `order` or (0) in the input, with the scratch of `shard`. */
export function runRange(env: usize, slot: usize, order: usize, first: u32, end: u32, shard: u32): void {
  const lane = <usize>load<u32>(env, ENV_SCRATCH) + <usize>shard * SHARD_SCRATCH_BYTES;
  if (!isLaneOpen(env)) {
    for (let at = first; at < end; at++) takeLongWay(env, slot, indexAt(order, at), lane, 0, 0, 0, 0);
    return;
  }
  const region: usize = load<u32>(env, ENV_CONNTRACK);
  const looks = lane + SCRATCH_LANE;
  for (let at = first; at < end; at += LANE_PACKETS) {
    const count = min(LANE_PACKETS, end - at);
    const looksEnd = looks + <usize>count * LOOK_BYTES;
    lookAt(env, region, slot, order, at, lane, looks, looksEnd);
    runLane(env, region, slot, order, at, lane, looks, looksEnd);
  }
}

/** Runs the packets of a lane that have been looked at, from place `next` on. */
function runLane(env: usize, region: usize, slot: usize, order: usize, next: u32, lane: usize, looks: usize, end: usize): void {
  const isBrief = (load<u32>(env, ENV_FLAGS) & ENV_FLAG_BRIEF) != 0;
  let verdict: u32 = 0;
  let packets: u64 = 0;
  let bytes: u64 = 0;
  // Once a packet was not passed, of those behind it all that was found may have changed.
  let isChanged = false;
  for (let look = looks; look < end; look += LOOK_BYTES) {
    if (isChanged && load<u32>(look, LOOK_IP) != 0) recogniseAnew(env, look);
    const journey: usize = load<u32>(look, LOOK_JOURNEY);
    if (journey != 0 && passKnown(env, look)) {
      const length: u32 = load<u16>(look, LOOK_LENGTH);
      countJourney(journey, length);
      if (load<u32>(journey, JOURNEY_VERDICT) != verdict) {
        tally(lane, verdict, packets, bytes);
        verdict = load<u32>(journey, JOURNEY_VERDICT);
        packets = bytes = 0;
      }
      packets++;
      bytes += length;
      if ((load<u32>(look, LOOK_PLACE) & PACKET_FLAG_SENT) != 0) tallyAnswers(lane, ANSWERS_SENT, 1);
      if (!isBrief) writeOutcome(slot, indexAt(order, next), journey, linkEntry(load<u32>(look, LOOK_LINK)));
    } else {
      isChanged = true;
      const index = indexAt(order, next);
      if (load<u32>(look, LOOK_IP) == 0) takeLongWay(env, slot, index, lane, 0, 0, 0, 0);
      else takeShortWay(env, region, slot, index, lane, look);
    }
    next++;
  }
  tally(lane, verdict, packets, bytes);
}

/** Whether packets may take the short way at all. Where the table is about to be full, each look-up counts. */
function isLaneOpen(env: usize): bool {
  return remembers(env) && load<u32>(<usize>load<u32>(env, ENV_CONNTRACK), CONNTRACK_ORDERED) != ORDERED_AND_TIGHT;
}

/** Of a packet's TCP flags and type of service, the bits as a journey has them. */
function bitsOf(packet: usize): u32 {
  return load<u32>(packet, PACKET_TCP_FLAGS) | (load<u32>(packet, PACKET_TOS) << 8);
}

/** Takes a simple packet that is out of the ordinary. What has expired is the tracker's to look at. */
function takeShortWay(env: usize, region: usize, slot: usize, index: u32, lane: usize, look: usize): void {
  const frame = frameAt(slot, index);
  const block = shardBlock(region, <u32>load<u8>(look, LOOK_SHARD));
  if (load<u32>(block, SHARD_LIMBO) != 0) emptyLimbo(region, block, load<u32>(frame, FRAME_NUMBER));
  const link = load<u32>(look, LOOK_LINK);
  const entry = linkEntry(link);
  if (link == 0) return takeOpening(env, slot, index, lane, look);
  if (hasExpired(entry, load<u64>(frame, FRAME_TIME))) return takeLongWay(env, slot, index, lane, look, 0, 0, 0);
  const info = linkInfo(link);
  const place = load<u32>(look, LOOK_PLACE);
  const journey: usize = load<u32>(look, LOOK_JOURNEY);
  if (journey != 0) {
    const handled = trackByRecord(env, region, block, slot, index, lane, link, info);
    if (handled != HANDLED) return takeLongWay(env, slot, index, lane, look, 0, 1 + handled, link);
    const length: u32 = load<u16>(look, LOOK_LENGTH);
    countJourney(journey, length);
    tally(lane, load<u32>(journey, JOURNEY_VERDICT), 1, length);
    if ((place & PACKET_FLAG_SENT) != 0) tallyAnswers(lane, ANSWERS_SENT, 1);
    if ((load<u32>(env, ENV_FLAGS) & ENV_FLAG_BRIEF) == 0) writeOutcome(slot, index, journey, entry);
    return;
  }
  const recorder = lane + SCRATCH_RECORDER;
  startJourney(recorder, place, (load<u32>(entry, FLOW_STATUS) & STATE_STATUS) | info, load<u32>(entry, FLOW_MARK));
  store<u32>(recorder, load<u8>(look, LOOK_TTL), RECORDER_TTL);
  store<u32>(recorder, link, RECORDER_LINK);
  takeLongWay(env, slot, index, lane, look, recorder, 0, 0);
}

/** Puts a packet that is out of the ordinary into effect on its connection. Returns: HANDLED_* (conntrack/track.ts:trackKnown()). */
function trackByRecord(env: usize, region: usize, block: usize, slot: usize, index: u32, lane: usize, link: u32, info: u32): u32 {
  let packet = packetAt(slot, index);
  if (load<u32>(slot, SLOT_STATE) != SLOT_DISSECTED) {
    packet = lane + SCRATCH_PACKET;
    glance(env, frameAt(slot, index), packet);
  }
  store<u32>(packet, info, PACKET_CTINFO);
  return trackKnown(region, block, link, packet, load<u32>(packet, PACKET_PROTO));
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
 * Takes a packet through the hooks. `look`: what the lane knows of it, 0 = nothing; `recorder`: what takes note of it, 0 = nothing;
 * `tracked`: PACKET_TRACKED, `link`: PACKET_TRACKED_LINK.
 */
function takeLongWay(env: usize, slot: usize, index: u32, lane: usize, look: usize, recorder: usize, tracked: u32, link: u32): void {
  const packet = dissected(env, slot, index, lane, look);
  const outcome = outcomeOf(env, slot, index, lane);
  store<u32>(packet, recorder as u32, PACKET_RECORDER);
  store<u32>(packet, tracked, PACKET_TRACKED);
  store<u32>(packet, link, PACKET_TRACKED_LINK);
  const bits = bitsOf(packet);
  runPacket(env, load<u32>(packet, PACKET_SHARD), slot, packet, outcome);
  if (load<u32>(packet, PACKET_RECORDER) != 0) learn(env, packet, outcome, load<u32>(packet, PACKET_RECORDER), bits);
  sumUp(slot, index, lane, packet, outcome);
}

/** Takes a packet through the hooks whose tuple, which the look at it says, no entry in the table has. */
function takeOpening(env: usize, slot: usize, index: u32, lane: usize, look: usize): void {
  const packet = dissected(env, slot, index, lane, look);
  const outcome = outcomeOf(env, slot, index, lane);
  store<u32>(packet, 0, PACKET_RECORDER);
  store<u32>(packet, 0, PACKET_TRACKED);
  runOpening(env, slot, packet, outcome, look);
  sumUp(slot, index, lane, packet, outcome);
}

/** Where the outcome of a packet is written. */
// @ts-ignore: decorator
@inline
function outcomeOf(env: usize, slot: usize, index: u32, lane: usize): usize {
  const isBrief = (load<u32>(env, ENV_FLAGS) & ENV_FLAG_BRIEF) != 0;
  return isBrief ? lane + SCRATCH_PACKET_OUTCOME : <usize>load<u32>(slot, SLOT_OUTCOMES) + <usize>index * OUTCOME_BYTES;
}

/** Adds a packet to the sums. */
// @ts-ignore: decorator
@inline
function sumUp(slot: usize, index: u32, lane: usize, packet: usize, outcome: usize): void {
  if ((load<u32>(outcome, OUTCOME_FLAGS) & OUTCOME_FORESIGHT) != 0) notePacket(slot, index, outcome);
  tally(lane, load<u32>(outcome, OUTCOME_VERDICT), 1, load<u32>(packet, PACKET_LENGTH));
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
function dissected(env: usize, slot: usize, index: u32, lane: usize, look: usize): usize {
  const state = load<u32>(slot, SLOT_STATE);
  const packetClass: u32 = state == SLOT_SORTED ? load<u8>(<usize>load<u32>(slot, SLOT_CLASSES) + index) : CLASS_TOLD;
  if (state == SLOT_DISSECTED || (packetClass & CLASS_TOLD) == 0) {
    const packet = packetAt(slot, index);
    store<u32>(packet, CTINFO_NONE, PACKET_CTINFO); // which the short way may have said already
    return packet;
  }
  const packet = lane + SCRATCH_PACKET;
  if (look != 0) {
    describeWhole(env, frameAt(slot, index), <usize>load<u32>(look, LOOK_IP), packet);
    store<u32>(packet, <u32>load<u8>(look, LOOK_SHARD), PACKET_SHARD);
    return packet;
  }
  dissect(env, frameAt(slot, index), packet);
  store<u32>(packet, state == SLOT_SORTED ? packetClass & CLASS_SHARD : shardOf(env, packet), PACKET_SHARD);
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

function tally(lane: usize, verdict: u32, packets: u64, bytes: u64): void {
  const sums = lane + SCRATCH_TALLY + <usize>verdict * TALLY_VERDICT_BYTES;
  store<u64>(sums, load<u64>(sums) + packets);
  store<u64>(sums, load<u64>(sums, 8) + bytes, 8);
}

function tallyWhy(lane: usize, why: u32): void {
  const whys = lane + SCRATCH_TALLY + (<usize>why << 2);
  store<u32>(whys, load<u32>(whys, TALLY_WHYS) + 1, TALLY_WHYS);
}
