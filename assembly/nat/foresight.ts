// Whether translations keep to the plan by which packets are spread over shards (ENV_SIDES): what each of them would find in other shards
// too, it must find in its own. Where that is not certain the outcome says so, and the engine begins anew with one shard.
//
// With the plan, all packets that one tuple fits come to one shard, and each entry to the shard of its original tuple. So
//   - an entry can be found by its replies, and whoever has its tuples finds it, if the reply tuple has the shard that the original has:
//     asked when a side is settled, of what it is settled to and of all that is tried on the way (`foresee`);
//   - what is expected is met where it is expected, if that is the shard of its tuple: asked when it is registered (`foreseeExpected`);
//   - who has been given a source is looked up by the source it came with, whatever its destination: that is of all shards. An entry that has
//     kept its port or id tells others of the same source nothing that they would not come to without it, where the address that a rule
//     gives a source is the same for all its connections (`asksSource`). One that has not `tells`: an outcome that asks behind it, from
//     another shard, is not certain (src/engine/foresight.ts); nor is one that was told so in its own shard, since a later one in another
//     might have told otherwise.
// Whatever else is drawn or counted out depends on the packet, its rule, and tuples that are taken.

import {
  ENV_SCRATCH,
  ENV_SHARDS,
  ENV_SIDES,
  OUTCOME_ASKS_SOURCE,
  OUTCOME_FLAGS,
  OUTCOME_SOURCE,
  OUTCOME_TELLS_SOURCE,
  OUTCOME_UNFORESEEN,
  SCRATCH_OUTCOME,
  SHARD_SCRATCH_BYTES,
} from '../abi/batch.ts';
import { EXPECT_MASK_SRC, EXPECT_TUPLE } from '../abi/expect.ts';
import { TUPLE_DST, TUPLE_FAMILY, TUPLE_SRC } from '../abi/flow.ts';
import {
  NAT_RANGE_MAP_IPS,
  NAT_RANGE_PERSISTENT,
  NAT_RANGE_PROTO_OFFSET,
  RANGE_FLAGS,
  RANGE_MAX,
  RANGE_MIN,
} from '../abi/nat.ts';
import { PACKET_CT, PACKET_FLAG_ANSWER, PACKET_FLAG_CLONE, PACKET_FLAGS, PACKET_SHARD } from '../abi/packet.ts';
import { SIDES_FLAGS, SIDES_POOLS } from '../abi/shard.ts';
import { sourceHash } from '../conntrack/sources.ts';
import { shardOf, shardOfPair } from '../wire/shard.ts';
import { sameAddress } from './room.ts';

/** Says of the packet in hand (OUTCOME_*) what there is to say, where packets are spread by who is inside. */
function say(env: usize, packet: usize, flags: u32): usize {
  const scratch = <usize>load<u32>(env, ENV_SCRATCH) + load<u32>(packet, PACKET_SHARD) * SHARD_SCRATCH_BYTES;
  const outcome = <usize>load<u32>(scratch, SCRATCH_OUTCOME);
  store<u32>(outcome, load<u32>(outcome, OUTCOME_FLAGS) | flags, OUTCOME_FLAGS);
  return outcome;
}

/** Whether packets are spread by who is inside. */
function isSpread(env: usize): bool {
  return load<u32>(env, ENV_SIDES) != 0;
}

/** Sees to it that all packets with a tuple are of the shard of the packet in hand. */
export function foresee(env: usize, packet: usize, tuple: usize): void {
  if (!isSpread(env)) return;
  const shard = shardOfPair(env, tuple + TUPLE_SRC, tuple + TUPLE_DST, load<u8>(tuple, TUPLE_FAMILY) == 6);
  if (shard != load<u32>(packet, PACKET_SHARD)) say(env, packet, OUTCOME_UNFORESEEN);
}

/** Sees to it that what an expectation is about comes to the shard of the packet in hand. */
export function foreseeExpected(env: usize, packet: usize, expectation: usize): void {
  if (load<u32>(expectation, EXPECT_MASK_SRC) == 0) sayUnforeseen(env, packet);
  else foresee(env, packet, expectation + EXPECT_TUPLE);
}

/**
 * Says that the source of a tuple is to be one of a range, with a look at the connections of the same source: what they tell is certain if
 * each rule has one address for it, and no shifted ports.
 */
export function asksSource(env: usize, packet: usize, tuple: usize, range: usize): void {
  if (!isSpread(env)) return;
  const flags = load<u32>(range, RANGE_FLAGS);
  const isOne = (flags & NAT_RANGE_MAP_IPS) == 0 || sameAddress(range + RANGE_MIN, range + RANGE_MAX);
  const isSame = (flags & NAT_RANGE_PERSISTENT) != 0 && (load<u32>(load<u32>(env, ENV_SIDES), SIDES_FLAGS) & SIDES_POOLS) != 0;
  if ((flags & NAT_RANGE_PROTO_OFFSET) != 0 || !(isOne || isSame)) say(env, packet, OUTCOME_UNFORESEEN);
  else saySource(env, packet, tuple, OUTCOME_ASKS_SOURCE);
}

/** Says that others of the source of a tuple are to be told of it. */
export function tellsSource(env: usize, packet: usize, tuple: usize): void {
  if (isSpread(env)) saySource(env, packet, tuple, OUTCOME_TELLS_SOURCE);
}

function saySource(env: usize, packet: usize, tuple: usize, flag: u32): void {
  // The outcome names the connection of the packet in hand.
  const isOwn = (load<u32>(packet, PACKET_FLAGS) & (PACKET_FLAG_ANSWER | PACKET_FLAG_CLONE)) == 0;
  const outcome = say(env, packet, isOwn ? flag : OUTCOME_UNFORESEEN);
  const hash = <u32>(sourceHash(tuple) >> 32);
  const said = load<u32>(outcome, OUTCOME_SOURCE);
  // There is room for one: they are two where a rule has given an ICMP message another id on its way in.
  if (said != 0 && said != hash) say(env, packet, OUTCOME_UNFORESEEN);
  store<u32>(outcome, hash, OUTCOME_SOURCE);
}

/** Sees to it that what the host answers a packet with is tracked in its shard, if it is tracked at all. */
export function foreseeAnswer(env: usize, answer: usize): void {
  if (!isSpread(env) || load<u32>(answer, PACKET_CT) != 0) return;
  if (shardOf(env, answer) != load<u32>(answer, PACKET_SHARD)) say(env, answer, OUTCOME_UNFORESEEN);
}

/**
 * Says of the packet in hand that it needs what there is once for all of them, where they are spread over several shards.
 *
 * Returns: whether they are.
 */
export function needsOneShard(env: usize, packet: usize): bool {
  if (load<u32>(env, ENV_SHARDS) == 1) return false;
  say(env, packet, OUTCOME_UNFORESEEN);
  return true;
}

/** Says that the packet in hand may fare otherwise with one shard. */
export function sayUnforeseen(env: usize, packet: usize): void {
  if (isSpread(env)) say(env, packet, OUTCOME_UNFORESEEN);
}
