// Connections that were there before the first packet: put into the table as they were saved.

import { ENV_CONNTRACK } from '../abi/batch.ts';
import { EVENT_COLD, EVENT_CREATED, EVENT_ENTRY, EVENT_EXTENDED, EVENT_EXTENSION } from '../abi/event.ts';
import {
  CONNTRACK_COLD_BYTES,
  DIRECTION_ORIGINAL,
  DIRECTION_REPLY,
  EXT_HELPER,
  EXT_LABELS,
  EXT_LABELS_BYTES,
  FLOW_DEADLINE,
  FLOW_MARK,
  FLOW_NUMBER,
  FLOW_ORIGINAL,
  FLOW_PROTO,
  FLOW_PROTO_BYTES,
  FLOW_REPLY,
  FLOW_STATUS,
  IPS_SRC_NAT_DONE,
  SHARD_SOURCES,
  TUPLE_DST,
  TUPLE_FAMILY,
  TUPLE_SRC,
} from '../abi/flow.ts';
import { shardOfPair } from '../wire/shard.ts';
import { extension } from './extend.ts';
import { cold, createdAt, giveSlot } from './pool.ts';
import { addToSource } from './sources.ts';
import { findTuple, insertEntry, newEntry, shardBlock } from './table.ts';
import { hashTuple } from './tuple.ts';

/** What became of an entry: it is in the table, one with such a tuple is there already, or there is no memory for it. */
export const LOADED: u32 = 0;
export const LOADED_TWICE: u32 = 1;
export const LOADED_NO_ROOM: u32 = 2;

/**
 * Puts an entry into the table of its shard. `record` has it as records of events do (EVENT_ENTRY and what follows): confirmed, with
 * tuples, deadline, status, mark, number and protocol's state; with EVENT_EXTENDED also labels and helper.
 *
 * Returns: LOADED, or why it is not.
 */
export function loadEntry(env: usize, record: usize, now: u64): u32 {
  const region: usize = load<u32>(env, ENV_CONNTRACK);
  const saved = record + EVENT_ENTRY;
  const original = saved + FLOW_ORIGINAL;
  const reply = saved + FLOW_REPLY;
  const shard = shardOfPair(env, original + TUPLE_SRC, original + TUPLE_DST, load<u8>(original, TUPLE_FAMILY) == 6);
  const block = shardBlock(region, shard);
  if (
    findTuple(region, block, original, hashTuple(original), 1 << DIRECTION_ORIGINAL, now) != 0 ||
    findTuple(region, block, reply, hashTuple(reply), 1 << DIRECTION_REPLY, now) != 0
  ) {
    return LOADED_TWICE;
  }
  const entry = newEntry(region, block, original, reply, shard, load<u32>(saved, FLOW_NUMBER), now);
  if (entry == 0) return LOADED_NO_ROOM;
  if (load<u32>(record, EVENT_EXTENDED) != 0) {
    const own = extension(region, block, entry);
    if (own == 0) {
      giveSlot(region, block, entry);
      return LOADED_NO_ROOM;
    }
    memory.copy(own + EXT_LABELS, record + EVENT_EXTENSION + EXT_LABELS, EXT_LABELS_BYTES);
    store<u32>(own, load<u32>(record, EVENT_EXTENSION + EXT_HELPER), EXT_HELPER);
  }
  store<u64>(entry, load<u64>(saved, FLOW_DEADLINE), FLOW_DEADLINE);
  store<u32>(entry, load<u32>(saved, FLOW_STATUS), FLOW_STATUS);
  store<u32>(entry, load<u32>(saved, FLOW_MARK), FLOW_MARK);
  memory.copy(entry + FLOW_PROTO, saved + FLOW_PROTO, FLOW_PROTO_BYTES);
  memory.copy(cold(region, entry), record + EVENT_COLD, CONNTRACK_COLD_BYTES);
  store<u64>(createdAt(region, entry), load<u64>(record, EVENT_CREATED));
  insertEntry(region, block, entry);
  if (load<u32>(entry, FLOW_STATUS) & IPS_SRC_NAT_DONE && load<u32>(block, SHARD_SOURCES) != 0) addToSource(block, entry);
  return LOADED;
}
