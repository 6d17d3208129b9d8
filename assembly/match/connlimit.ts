// TEST_CONNLIMIT: `-m connlimit`, how many connections an address or network has.
//
// The kernel keeps lists of what it has counted, and looks only now and then which of those connections are gone; so what counts is
// when it looks, which is here as there.

import { ENV_CONNTRACK, ENV_STATE } from '../abi/batch.ts';
import {
  CONNLIMIT_BUCKETS,
  CONNLIMIT_BY_DESTINATION,
  CONNLIMIT_LIMIT,
  CONNLIMIT_MASK,
  CONNLIMIT_POOL,
  CONNLIMIT_RULE,
  KEY_ADDRESS,
  KEY_COUNT,
  KEY_FIRST,
  KEY_LAST,
  KEY_NEXT,
  KEY_SEARCHED,
  KEY_SEARCHED_COUNT,
  KEY_ZONE,
  NODE_NEXT,
  NODE_TUPLE,
  NODE_ZONES,
} from '../abi/connlimit.ts';
import {
  FLOW_ORIGINAL,
  FLOW_PROTO,
  FLOW_STATUS,
  IPS_ASSURED,
  IPS_CONFIRMED,
  IPS_TEMPLATE,
  TCP_CT_CLOSE,
  TCP_CT_TIME_WAIT,
  TCP_STATE,
  TUPLE_BYTES,
  TUPLE_PROTO,
} from '../abi/flow.ts';
import { PACKET_CT, PACKET_DST, PACKET_SHARD, PACKET_SRC, PACKET_TIME } from '../abi/packet.ts';
import { linkEntry, shardBlock } from '../conntrack/table.ts';
import { protocolOf } from '../conntrack/track.ts';
import { packetTuple, sameTuple } from '../conntrack/tuple.ts';
import { entryZones, findInZones, originalZone, templateZones, zoneId } from '../conntrack/zone.ts';
import { hashWords } from '../wire/jhash.ts';
import { PROTO_TCP } from '../wire/transport.ts';
import { ANSWER_HOLDS, ANSWER_HOTDROP, ANSWER_MISS } from './answer.ts';
import { freeNode, keyAt, nodeAt, scratchNode, takeKey, takeNode } from './connlimit-pool.ts';

/** Nanoseconds of a jiffy. */
const JIFFY: u64 = 4_000_000;
/** Most connections that one search takes out, and that may come in one jiffy without another search. */
const SEARCH_MAX: u32 = 64;

/**
 * Whether the packet's address has more connections than the limit, this one included. A packet without a tuple of its own, or for
 * which nothing could be counted, is dropped.
 *
 * Ref: net/netfilter/xt_connlimit.c:connlimit_mt(), net/netfilter/nf_conncount.c:count_tree()
 */
export function hasTooMany(env: usize, packet: usize, operands: usize): u32 {
  const pool = <usize>(load<u32>(env, ENV_STATE) + load<u32>(operands, CONNLIMIT_POOL));
  const connection = scratchNode(pool);
  const count = seek(env, packet, connection) ? countOf(env, packet, operands, pool, connection) : 0;
  if (count == 0) return ANSWER_HOTDROP;
  return count > load<u32>(operands, CONNLIMIT_LIMIT) ? ANSWER_HOLDS : ANSWER_MISS;
}

/** Writes the packet's tuple and zones as a connection to be counted. Ref: net/netfilter/nf_conncount.c:get_ct_or_tuple_from_skb() */
function seek(env: usize, packet: usize, connection: usize): bool {
  const carried = <usize>load<u32>(packet, PACKET_CT);
  const isTemplate = carried != 0 && (load<u32>(carried, FLOW_STATUS) & IPS_TEMPLATE) != 0;
  if (carried != 0 && !isTemplate) {
    memory.copy(connection + NODE_TUPLE, carried + FLOW_ORIGINAL, TUPLE_BYTES);
    store<u32>(connection, entryZones(carried), NODE_ZONES);
    return true;
  }
  const zones = isTemplate ? templateZones(carried) : 0;
  store<u32>(connection, zones, NODE_ZONES);
  const proto = protocolOf(packet);
  const block = shardBlock(<usize>load<u32>(env, ENV_CONNTRACK), load<u32>(packet, PACKET_SHARD));
  return proto >= 0 && packetTuple(block, packet, proto, originalZone(zones), connection + NODE_TUPLE);
}

function countOf(env: usize, packet: usize, operands: usize, pool: usize, connection: usize): u32 {
  const rule = <usize>(load<u32>(env, ENV_STATE) + load<u32>(operands, CONNLIMIT_RULE));
  const wanted = scratchKey(pool, packet, operands, connection);
  const bucket = rule + (<usize>(hashKey(wanted) & (CONNLIMIT_BUCKETS - 1)) << 2);
  let key = findKey(pool, load<u32>(bucket), wanted);
  const jiffy = <u32>(load<u64>(packet, PACKET_TIME) / JIFFY);
  if (key != 0) return countAt(env, packet, pool, key, connection, jiffy);
  key = newKey(env, packet, pool, bucket, jiffy);
  if (key == 0) return 0;
  memory.copy(key, wanted, KEY_NEXT);
  store<u32>(key, jiffy, KEY_SEARCHED);
  store<u32>(key, 0, KEY_SEARCHED_COUNT);
  return append(pool, key, connection) ? 1 : 0;
}

/**
 * Makes a key in a bucket, of one there whose connections are all gone, if there is such a one. Returns: the key, 0 = no room.
 * Ref: net/netfilter/nf_conncount.c:insert_tree()
 */
function newKey(env: usize, packet: usize, pool: usize, bucket: usize, jiffy: u32): usize {
  for (let place = load<u32>(bucket); place != 0; ) {
    const key = keyAt(pool, place);
    if (load<u32>(key, KEY_SEARCHED) != jiffy) search(env, packet, pool, key, 0, jiffy);
    if (load<u32>(key, KEY_COUNT) == 0) return key;
    place = load<u32>(key, KEY_NEXT);
  }
  const place = takeKey(pool);
  if (place == 0) return 0;
  const key = keyAt(pool, place);
  store<u32>(key, load<u32>(bucket), KEY_NEXT);
  store<u32>(bucket, place);
  return key;
}

/** Ref: net/netfilter/nf_conncount.c:__nf_conncount_add() */
function countAt(env: usize, packet: usize, pool: usize, key: usize, connection: usize, jiffy: u32): u32 {
  const entry = entryOf(env, packet, connection);
  const isConfirmed = entry != 0 && (load<u32>(entry, FLOW_STATUS) & IPS_CONFIRMED) != 0;
  if (isConfirmed && (load<u32>(entry, FLOW_STATUS) & IPS_ASSURED) != 0) {
    // It was counted while it was being set up.
    if (load<u32>(key, KEY_COUNT) != 0 && load<u32>(key, KEY_SEARCHED) != jiffy) search(env, packet, pool, key, 0, jiffy);
    return load<u32>(key, KEY_COUNT);
  }
  const added = load<u32>(key, KEY_COUNT) - load<u32>(key, KEY_SEARCHED_COUNT);
  if (isConfirmed || load<u32>(key, KEY_SEARCHED) != jiffy || added >= SEARCH_MAX) {
    if (search(env, packet, pool, key, connection, jiffy)) return load<u32>(key, KEY_COUNT);
  }
  return append(pool, key, connection) ? load<u32>(key, KEY_COUNT) : 0;
}

/** The entry of the packet's connection, 0 = none. */
function entryOf(env: usize, packet: usize, connection: usize): usize {
  const carried = <usize>load<u32>(packet, PACKET_CT);
  if (carried != 0 && !(load<u32>(carried, FLOW_STATUS) & IPS_TEMPLATE)) return carried;
  return findEntry(env, packet, connection);
}

function findEntry(env: usize, packet: usize, connection: usize): usize {
  const region = <usize>load<u32>(env, ENV_CONNTRACK);
  const block = shardBlock(region, load<u32>(packet, PACKET_SHARD));
  const zones = load<u32>(connection, NODE_ZONES);
  return linkEntry(findInZones(region, block, connection + NODE_TUPLE, zones, load<u64>(packet, PACKET_TIME)));
}

/**
 * Takes the connections that are gone or closed out of a key's list.
 *
 * Returns: true when it came upon `connection` (0 = look at all), and stopped there.
 */
function search(env: usize, packet: usize, pool: usize, key: usize, connection: usize, jiffy: u32): bool {
  let previous: u32 = 0;
  let place = load<u32>(key, KEY_FIRST);
  let taken: u32 = 0;
  while (place != 0 && (connection == 0 || taken <= SEARCH_MAX)) {
    const node = nodeAt(pool, place);
    const next = load<u32>(node, NODE_NEXT);
    const entry = findEntry(env, packet, node);
    if (entry != 0 && connection != 0 && sameTuple(node + NODE_TUPLE, connection + NODE_TUPLE)) return true;
    if (entry == 0 || isClosed(entry)) {
      remove(pool, key, previous, place, next);
      taken++;
    } else {
      previous = place;
      if (taken > SEARCH_MAX) break;
    }
    place = next;
  }
  store<u32>(key, jiffy, KEY_SEARCHED);
  store<u32>(key, load<u32>(key, KEY_COUNT), KEY_SEARCHED_COUNT);
  return false;
}

/** Ref: net/netfilter/nf_conncount.c:already_closed() */
function isClosed(entry: usize): bool {
  if (load<u8>(entry, FLOW_ORIGINAL + TUPLE_PROTO) != PROTO_TCP) return false;
  const state = <u32>load<u8>(entry, FLOW_PROTO + TCP_STATE);
  return state == TCP_CT_TIME_WAIT || state == TCP_CT_CLOSE;
}

function append(pool: usize, key: usize, connection: usize): bool {
  const place = takeNode(pool);
  if (place == 0) return false;
  const node = nodeAt(pool, place);
  memory.copy(node, connection, NODE_NEXT);
  store<u32>(node, 0, NODE_NEXT);
  const last = load<u32>(key, KEY_LAST);
  if (last == 0) store<u32>(key, place, KEY_FIRST);
  else store<u32>(nodeAt(pool, last), place, NODE_NEXT);
  store<u32>(key, place, KEY_LAST);
  store<u32>(key, load<u32>(key, KEY_COUNT) + 1, KEY_COUNT);
  return true;
}

function remove(pool: usize, key: usize, previous: u32, place: u32, next: u32): void {
  if (previous == 0) store<u32>(key, next, KEY_FIRST);
  else store<u32>(nodeAt(pool, previous), next, NODE_NEXT);
  if (next == 0) store<u32>(key, previous, KEY_LAST);
  store<u32>(key, load<u32>(key, KEY_COUNT) - 1, KEY_COUNT);
  freeNode(pool, place);
}

/** Writes the key of a packet into the pool's place 0. */
function scratchKey(pool: usize, packet: usize, operands: usize, connection: usize): usize {
  const key = keyAt(pool, 0);
  const address = packet + (load<u32>(operands, CONNLIMIT_BY_DESTINATION) ? PACKET_DST : PACKET_SRC);
  for (let i: usize = 0; i < 16; i += 4) {
    store<u32>(key + i, load<u32>(address + i) & load<u32>(operands + i, CONNLIMIT_MASK), KEY_ADDRESS);
  }
  store<u32>(key, zoneId(load<u32>(connection, NODE_ZONES)), KEY_ZONE);
  return key;
}

function hashKey(key: usize): u32 {
  const high = hashWords(load<u32>(key), load<u32>(key, 4), load<u32>(key, 8), 3, load<u32>(key, KEY_ZONE));
  return hashWords(load<u32>(key, 12), high, 0, 2, 0);
}

function findKey(pool: usize, first: u32, wanted: usize): usize {
  for (let place = first; place != 0; ) {
    const key = keyAt(pool, place);
    if (memory.compare(key, wanted, KEY_NEXT) == 0) return key;
    place = load<u32>(key, KEY_NEXT);
  }
  return 0;
}
