// The journeys of a shard (abi/journey.ts): found by number, made from recorders, each there once.

import {
  JOURNEY_BITS,
  JOURNEY_BITS_MASK,
  JOURNEY_BY,
  JOURNEY_BYTES,
  JOURNEY_COUNTED_BYTES,
  JOURNEY_CTSTATE,
  JOURNEY_FAMILY,
  JOURNEY_FLAGS,
  JOURNEY_ID_COUNT,
  JOURNEY_IDS,
  JOURNEY_LENGTH_MAX,
  JOURNEY_LENGTH_MIN,
  JOURNEY_MARK,
  JOURNEY_NEXT,
  JOURNEY_OUT,
  JOURNEY_PACKETS,
  JOURNEY_PLACE,
  JOURNEY_STATE,
  JOURNEY_TTL_MAX,
  JOURNEY_TTL_MIN,
  JOURNEY_VERDICT,
  JOURNEYS_BYTES,
  JOURNEYS_CHAIN_COUNT,
  JOURNEYS_CHAINS,
  JOURNEYS_COUNT,
  JOURNEYS_FIRST,
  JOURNEYS_MAX,
} from '../abi/journey.ts';
import { ENV_JOURNEYS } from '../abi/batch.ts';

/** The journeys of a shard. */
export function journeysOf(env: usize, shard: u32): usize {
  return <usize>load<u32>(env, ENV_JOURNEYS) + <usize>shard * JOURNEYS_BYTES;
}

/** The journey of a number, which is not 0. */
function journeyAt(journeys: usize, number: u32): usize {
  return journeys + JOURNEYS_FIRST - JOURNEY_BYTES + <usize>number * JOURNEY_BYTES;
}

/** Makes an empty journey in a recorder, for what must be the same. */
export function startJourney(recorder: usize, place: u32, state: u32, mark: u32): void {
  store<u32>(recorder, place, JOURNEY_PLACE);
  store<u32>(recorder, state, JOURNEY_STATE);
  store<u32>(recorder, mark, JOURNEY_MARK);
  store<u16>(recorder, 0, JOURNEY_BITS_MASK);
  store<u32>(recorder, 0, JOURNEY_LENGTH_MIN);
  store<u32>(recorder, ~0, JOURNEY_LENGTH_MAX);
  store<u32>(recorder, 0, JOURNEY_TTL_MIN);
  store<u32>(recorder, ~0, JOURNEY_TTL_MAX);
  store<u32>(recorder, 0, JOURNEY_ID_COUNT);
}

/**
 * The number of the journey that a recorder has, whose bits are `bits` where they were asked for: that of one like it, or a new one.
 *
 * Returns: 0 when there are too many.
 */
export function numberOf(journeys: usize, recorder: usize, bits: u32): u32 {
  store<u16>(recorder, <u16>(bits & load<u16>(recorder, JOURNEY_BITS_MASK)), JOURNEY_BITS);
  const chain = journeys + JOURNEYS_CHAINS + (<usize>(hash(recorder) & (JOURNEYS_CHAIN_COUNT - 1)) << 2);
  const head = load<u32>(chain);
  for (let number = head; number != 0; number = load<u32>(journeyAt(journeys, number), JOURNEY_NEXT)) {
    if (isSame(journeyAt(journeys, number), recorder)) return number;
  }
  const count = load<u32>(journeys, JOURNEYS_COUNT);
  if (count == JOURNEYS_MAX) return 0;
  const number = count + 1;
  const journey = journeyAt(journeys, number);
  memory.copy(journey, recorder, JOURNEY_BYTES);
  store<u64>(journey, 0, JOURNEY_PACKETS);
  store<u64>(journey, 0, JOURNEY_COUNTED_BYTES);
  store<u32>(journey, head, JOURNEY_NEXT);
  store<u32>(chain, number);
  store<u32>(journeys, number, JOURNEYS_COUNT);
  return number;
}

/** Bytes of the ids of a journey. */
function idBytes(journey: usize): usize {
  return <usize>load<u32>(journey, JOURNEY_ID_COUNT) << 2;
}

/** Whether two are the same but for what they have counted. */
function isSame(a: usize, b: usize): bool {
  return (
    memory.compare(a, b, JOURNEY_PACKETS) == 0 &&
    load<u64>(a, JOURNEY_FLAGS) == load<u64>(b, JOURNEY_FLAGS) &&
    load<u32>(a, JOURNEY_ID_COUNT) == load<u32>(b, JOURNEY_ID_COUNT) &&
    memory.compare(a + JOURNEY_IDS, b + JOURNEY_IDS, idBytes(a)) == 0
  );
}

function hash(journey: usize): u32 {
  let h: u64 = load<u32>(journey, JOURNEY_ID_COUNT);
  for (let at: usize = 0; at < JOURNEY_PACKETS; at += 8) h = (h ^ (h >> 32) ^ load<u64>(journey + at)) * 0x9e3779b97f4a7c15;
  const end = journey + JOURNEY_IDS + idBytes(journey);
  for (let at = journey + JOURNEY_IDS; at < end; at += 4) h = (h ^ (h >> 32) ^ load<u32>(at)) * 0xbf58476d1ce4e5b9;
  return <u32>(h >> 32);
}

/** Notes in a recorder what became of the packet: words of its outcome. */
export function endJourney(recorder: usize, verdict: u32, by: u32, ctstate: u32, out: u32, flags: u32, family: u32): void {
  store<u32>(recorder, verdict, JOURNEY_VERDICT);
  store<u32>(recorder, by, JOURNEY_BY);
  store<u32>(recorder, ctstate, JOURNEY_CTSTATE);
  store<u32>(recorder, out, JOURNEY_OUT);
  store<u32>(recorder, flags, JOURNEY_FLAGS);
  store<u32>(recorder, family, JOURNEY_FAMILY);
}

/** Counts a packet on a journey. */
// @ts-ignore: decorator
@inline
export function countJourney(journey: usize, length: u32): void {
  store<u64>(journey, load<u64>(journey, JOURNEY_PACKETS) + 1, JOURNEY_PACKETS);
  store<u64>(journey, load<u64>(journey, JOURNEY_COUNTED_BYTES) + length, JOURNEY_COUNTED_BYTES);
}
