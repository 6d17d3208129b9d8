// What a connection's tuple is translated to.

import { ENV_CONNTRACK } from '../abi/batch.ts';
import {
  FLOW_ORIGINAL,
  FLOW_REPLY,
  MANIP_SRC,
  TUPLE_BYTES,
  TUPLE_DPORT,
  TUPLE_DST,
  TUPLE_FAMILY,
  TUPLE_PROTO,
  TUPLE_SPORT,
  TUPLE_SRC,
  TUPLE_ZONE,
} from '../abi/flow.ts';
import {
  NAT_KEY,
  NAT_RANGE_MAP_IPS,
  NAT_RANGE_PERSISTENT,
  NAT_RANGE_PROTO_OFFSET,
  NAT_RANGE_PROTO_RANDOM_ALL,
  NAT_RANGE_PROTO_SPECIFIED,
  RANGE_FLAGS,
  RANGE_MAX,
  RANGE_MIN,
  RANGE_PORT_MAX,
  RANGE_PORT_MIN,
} from '../abi/nat.ts';
import { PACKET_SHARD, PACKET_TIME } from '../abi/packet.ts';
import { hasExpired } from '../conntrack/expire.ts';
import { firstOfSource, nextOfSource } from '../conntrack/sources.ts';
import { shardBlock } from '../conntrack/table.ts';
import { invertTuple } from '../conntrack/tuple.ts';
import { entryZones, zoneId } from '../conntrack/zone.ts';
import { scaleHash } from '../wire/jhash.ts';
import { asksSource, sayUnforeseen } from './foresight.ts';
import { hashAddress } from './hash.ts';
import { chooseNumber } from './number.ts';
import { isPortInRange, isSourceInRange } from './range.ts';
import { copyAddress, roomOf, sameAddress, sideOf } from './room.ts';
import { isOwnTupleTaken, isTupleTaken } from './taken.ts';

/**
 * Chooses the tuple that `current`, the one that an entry's reply answers now, becomes when a side (MANIP_*) of it is translated within
 * a range. It may be taken by another entry: then there was none that is not, and the entry will not be confirmed.
 *
 * Ref: net/netfilter/nf_nat_core.c:get_unique_tuple()
 */
export function chooseTuple(env: usize, packet: usize, entry: usize, current: usize, chosen: usize, range: usize, manip: u32): void {
  const flags = load<u32>(range, RANGE_FLAGS);
  const isRandom = (flags & NAT_RANGE_PROTO_RANDOM_ALL) != 0;
  memory.copy(chosen, current, TUPLE_BYTES);
  if (manip == MANIP_SRC && !isRandom) {
    if (isSourceInRange(current, range)) {
      if (!isOwnTupleTaken(env, packet, entry, current)) return;
    } else if (takeSource(env, packet, entry, current, chosen, range)) {
      if (!isTupleTaken(env, packet, entry, chosen)) return;
    }
  }
  memory.copy(chosen, current, TUPLE_BYTES);
  chooseAddress(env, packet, entry, chosen, range, manip);
  if (!isRandom && fits(env, packet, entry, chosen, range, manip)) return;
  chooseNumber(env, packet, entry, chosen, range, manip);
}

/** Whether the number of a tuple may stay as it is. A range of one number is taken without asking. */
function fits(env: usize, packet: usize, entry: usize, tuple: usize, range: usize, manip: u32): bool {
  const flags = load<u32>(range, RANGE_FLAGS);
  if (flags & NAT_RANGE_PROTO_SPECIFIED) {
    if (flags & NAT_RANGE_PROTO_OFFSET || !isPortInRange(tuple, manip, range)) return false;
    if (load<u32>(range, RANGE_PORT_MIN) == load<u32>(range, RANGE_PORT_MAX)) return true;
  }
  return !isTupleTaken(env, packet, entry, tuple);
}

/**
 * Gives a tuple the source that another connection of the same source has been given, the latest whose is in the range.
 *
 * Returns: false when there is none; the tuple's source is then one that is not in the range, or as it was.
 * Differs: connections that have timed out are not asked; the kernel may find them until it has cleared them away.
 * Ref: net/netfilter/nf_nat_core.c:find_appropriate_src()
 */
function takeSource(env: usize, packet: usize, entry: usize, current: usize, chosen: usize, range: usize): bool {
  const block = shardBlock(<usize>load<u32>(env, ENV_CONNTRACK), load<u32>(packet, PACKET_SHARD));
  const now = load<u64>(packet, PACKET_TIME);
  const zone = load<u16>(entry, FLOW_ORIGINAL + TUPLE_ZONE);
  asksSource(env, packet, current, range);
  for (let other = firstOfSource(block, current); other != 0; other = nextOfSource(block, other)) {
    const original = other + FLOW_ORIGINAL;
    if (!isSameSource(original, current) || load<u16>(original, TUPLE_ZONE) != zone || hasExpired(other, now)) continue;
    invertTuple(other + FLOW_REPLY, chosen);
    copyAddress(chosen + TUPLE_DST, current + TUPLE_DST);
    store<u16>(chosen, load<u16>(current, TUPLE_DPORT), TUPLE_DPORT);
    store<u16>(chosen, load<u16>(current, TUPLE_ZONE), TUPLE_ZONE);
    if (!isSourceInRange(chosen, range)) continue;
    if (load<u16>(chosen, TUPLE_SPORT) != load<u16>(current, TUPLE_SPORT)) sayUnforeseen(env, packet);
    return true;
  }
  return false;
}

/** Ref: net/netfilter/nf_nat_core.c:same_src() */
function isSameSource(a: usize, b: usize): bool {
  return (
    load<u8>(a, TUPLE_PROTO) == load<u8>(b, TUPLE_PROTO) &&
    load<u8>(a, TUPLE_FAMILY) == load<u8>(b, TUPLE_FAMILY) &&
    load<u16>(a, TUPLE_SPORT) == load<u16>(b, TUPLE_SPORT) &&
    sameAddress(a + TUPLE_SRC, b + TUPLE_SRC)
  );
}

/**
 * Gives the side of a tuple an address of the range: the same for the same source and destination, or, if it is to be persistent, for
 * the same source.
 *
 * Ref: net/netfilter/nf_nat_core.c:find_best_ips_proto()
 */
function chooseAddress(env: usize, packet: usize, entry: usize, tuple: usize, range: usize, manip: u32): void {
  const flags = load<u32>(range, RANGE_FLAGS);
  if (!(flags & NAT_RANGE_MAP_IPS)) return;
  const side = tuple + sideOf(manip);
  if (sameAddress(range + RANGE_MIN, range + RANGE_MAX)) {
    copyAddress(side, range + RANGE_MIN);
    return;
  }
  const isPersistent = (flags & NAT_RANGE_PERSISTENT) != 0;
  const last: usize = <u32>load<u8>(tuple, TUPLE_FAMILY) == 6 ? 12 : 0;
  const key = roomOf(env, packet) + NAT_KEY;
  const start = isPersistent ? 0 : bswap<u32>(load<u32>(tuple + last, TUPLE_DST)) ^ zoneId(entryZones(entry));
  let hash = hashAddress(tuple + TUPLE_SRC, key, start);
  let isFree = false;
  for (let i: usize = 0; i <= last; i += 4) {
    const first = isFree ? 0 : load<u32>(range + i, RANGE_MIN);
    const count = isFree ? ~0 : load<u32>(range + i, RANGE_MAX) - first + 1;
    const word = first + scaleHash(hash, count);
    store<u32>(side + i, word);
    if (word != load<u32>(range + i, RANGE_MAX)) isFree = true;
    if (!isPersistent) hash ^= bswap<u32>(load<u32>(tuple + i, TUPLE_DST));
  }
}
