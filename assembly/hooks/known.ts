// The packets of a lane whose connections remember where such packets go, which most do: all of them are recognised at a time, without a
// branch, since what one is can seldom be foretold; then each is put into effect in its turn. Of all others nothing is done here.

import {
  ENV_CONNTRACK,
  ENV_JOURNEYS,
  LOOK_BITS,
  LOOK_BUCKET,
  LOOK_BYTES,
  LOOK_DST,
  LOOK_END,
  LOOK_IP,
  LOOK_JOURNEY,
  LOOK_LENGTH,
  LOOK_LINK,
  LOOK_OPENS,
  LOOK_PLACE,
  LOOK_SHARD,
  LOOK_SRC,
  LOOK_TIME,
  LOOK_TTL,
  LOOKS_BEHIND,
  LOOKS_KNOWN,
  LOOKS_OPENING,
  SCRATCH_LANE_TOUCHED,
} from '../abi/batch.ts';
import {
  CONNTRACK_ACCT,
  FLOW_DIRECTION_TUPLE,
  FLOW_JOURNEYS,
  FLOW_MARK,
  FLOW_PROTO,
  FLOW_STATUS,
  TUPLE_DST,
  TUPLE_SPORT,
  TUPLE_SRC,
} from '../abi/flow.ts';
import {
  JOURNEY_BITS,
  JOURNEY_BITS_MASK,
  JOURNEY_BYTES,
  JOURNEY_LENGTH_MAX,
  JOURNEY_LENGTH_MIN,
  JOURNEY_MARK,
  JOURNEY_PLACE,
  JOURNEY_STATE,
  JOURNEY_TTL_MAX,
  JOURNEY_TTL_MIN,
  JOURNEYS_BYTES,
  JOURNEYS_FIRST,
  STATE_STATUS,
} from '../abi/journey.ts';
import { countOn } from '../conntrack/expire.ts';
import { passOrdinary } from '../conntrack/ordinary.ts';
import { infoOf } from '../conntrack/resolve.ts';
import { linkDirection, linkEntry, nextLink } from '../conntrack/table.ts';

/**
 * Finds out which packets go the way of those before them, from the links in front of their buckets.
 *
 * Returns: how many have no connection in front, or another's.
 */
export function recogniseAll(env: usize, looks: usize, end: usize): u32 {
  const journeys: usize = load<u32>(env, ENV_JOURNEYS);
  let strangers: u32 = 0;
  for (let look = looks; look < end; look += LOOK_BYTES) {
    const link = load<u32>(look, LOOK_LINK);
    if (link != 0 && hasTuple(look, link)) {
      store<u32>(look, journeyOf(look, link, journeys) as u32, LOOK_JOURNEY);
      store<u32>(look, LOOKS_KNOWN, LOOK_OPENS);
      continue;
    }
    store<u32>(look, 0, LOOK_JOURNEY);
    const isStranger = load<u32>(look, LOOK_IP) != 0;
    store<u32>(look, isStranger ? (link == 0 ? LOOKS_OPENING : LOOKS_BEHIND) : LOOKS_KNOWN, LOOK_OPENS);
    strangers += <u32>isStranger;
  }
  return strangers;
}

/**
 * The same of packets whose connections stand behind others in their buckets, or nowhere.
 *
 * Returns: how many have none.
 */
export function recogniseBehind(env: usize, lane: usize, looks: usize, end: usize): u32 {
  let touched: u32 = 0;
  for (let look = looks; look < end; look += LOOK_BYTES) {
    if (load<u32>(look, LOOK_OPENS) != LOOKS_BEHIND) continue;
    const link = nextLink(load<u32>(look, LOOK_LINK));
    if (link != 0) touched += touchEntry(link);
  }
  store<u32>(lane, touched, SCRATCH_LANE_TOUCHED);
  let openers: u32 = 0;
  for (let look = looks; look < end; look += LOOK_BYTES) {
    if (load<u32>(look, LOOK_OPENS) == LOOKS_BEHIND) {
      recogniseAnew(env, look);
      store<u32>(look, load<u32>(look, LOOK_LINK) == 0 ? LOOKS_OPENING : LOOKS_KNOWN, LOOK_OPENS);
    }
    openers += <u32>(load<u32>(look, LOOK_OPENS) == LOOKS_OPENING);
  }
  return openers;
}

/** Reads what a packet asks of its entry: the line of the tuple, that of the deadline, that of the protocol's state. */
export function touchEntry(link: u32): u32 {
  const entry = linkEntry(link);
  const tuple = entry + <usize>linkDirection(link) * FLOW_DIRECTION_TUPLE;
  return load<u32>(tuple) + load<u32>(entry) + load<u32>(entry, FLOW_PROTO);
}

/** The same of one packet, in whose bucket may be others by now. */
export function recogniseAnew(env: usize, look: usize): void {
  let link = load<u32>(<usize>load<u32>(look, LOOK_BUCKET));
  while (link != 0 && !hasTuple(look, link)) link = nextLink(link);
  store<u32>(look, link, LOOK_LINK);
  store<u32>(look, link == 0 ? 0 : (journeyOf(look, link, load<u32>(env, ENV_JOURNEYS)) as u32), LOOK_JOURNEY);
}

/** Whether the tuple that a link leads to is that of a packet that has been looked at. */
// @ts-ignore: decorator
@inline
function hasTuple(look: usize, link: u32): bool {
  const tuple = linkEntry(link) + <usize>linkDirection(link) * FLOW_DIRECTION_TUPLE;
  const addresses = (load<u32>(tuple, TUPLE_SRC) ^ load<u32>(look, LOOK_SRC)) | (load<u32>(tuple, TUPLE_DST) ^ load<u32>(look, LOOK_DST));
  return (<u64>addresses | (load<u64>(tuple, TUPLE_SPORT) ^ load<u64>(look, LOOK_END))) == 0;
}

/** The journey of the packets before this one of its connection, if this one may take it; else 0. */
// @ts-ignore: decorator
@inline
function journeyOf(look: usize, link: u32, journeys: usize): usize {
  const entry = linkEntry(link);
  const direction = linkDirection(link);
  const number = <u32>load<u16>(entry + (<usize>direction << 1), FLOW_JOURNEYS);
  const status = load<u32>(entry, FLOW_STATUS);
  const journey = journeys + <usize>load<u8>(look, LOOK_SHARD) * JOURNEYS_BYTES + (JOURNEYS_FIRST - JOURNEY_BYTES) + <usize>number * JOURNEY_BYTES;
  const length = <u32>load<u16>(look, LOOK_LENGTH);
  const ttl = <u32>load<u8>(look, LOOK_TTL);
  const shortest = load<u32>(journey, JOURNEY_LENGTH_MIN);
  const least = load<u32>(journey, JOURNEY_TTL_MIN);
  const differs =
    (load<u32>(journey, JOURNEY_PLACE) ^ load<u32>(look, LOOK_PLACE)) |
    (load<u32>(journey, JOURNEY_STATE) ^ ((status & STATE_STATUS) | infoOf(status, direction))) |
    (load<u32>(journey, JOURNEY_MARK) ^ load<u32>(entry, FLOW_MARK)) |
    (<u32>load<u16>(journey, JOURNEY_BITS) ^ (<u32>load<u16>(look, LOOK_BITS) & <u32>load<u16>(journey, JOURNEY_BITS_MASK))) |
    <u32>(number == 0) |
    <u32>(length - shortest > load<u32>(journey, JOURNEY_LENGTH_MAX) - shortest) |
    <u32>(ttl - least > load<u32>(journey, JOURNEY_TTL_MAX) - least);
  return differs == 0 ? journey : 0;
}

/**
 * Puts a packet that has a journey into effect on its connection, if that has time left. Others of the connection may have passed since it was
 * recognised: they change nothing of what was asked then.
 *
 * Returns: whether that was all; if not, nothing has changed.
 */
// @ts-ignore: decorator
@inline
export function passKnown(env: usize, look: usize): bool {
  const region: usize = load<u32>(env, ENV_CONNTRACK);
  const link = load<u32>(look, LOOK_LINK);
  const entry = linkEntry(link);
  const direction = linkDirection(link);
  if (!passOrdinary(region, entry, load<u32>(entry, FLOW_STATUS), direction, look)) return false;
  if (load<u32>(region, CONNTRACK_ACCT)) countOn(region, entry, direction, load<u16>(look, LOOK_LENGTH), load<u64>(look, LOOK_TIME));
  return true;
}
