// A set asked, added to, or taken from, whatever its type; lists ask their members. Ref: net/netfilter/ipset/ip_set_core.c:ip_set_test()

import { ENV_SCRATCH, ENV_STATE, SCRATCH_SET, SHARD_SCRATCH_BYTES } from '../abi/batch.ts';
import { PACKET_FLAG_IPV6, PACKET_FLAGS, PACKET_SHARD } from '../abi/packet.ts';
import {
  ASK_BYTES_OP,
  ASK_COMPARES,
  ASK_DIMENSIONS,
  ASK_FLAGS,
  ASK_PACKETS_OP,
  ASK_RETURN_NOMATCH,
  ASK_SKBINFO,
  ASK_SKIPS_COUNTERS,
  ASK_SKIPS_SUBCOUNTERS,
  ASK_SOURCES,
  ASK_TIMEOUT,
  MEMBER_SET,
  SET_BITMAP,
  SET_COUNT,
  SET_DIMENSION,
  SET_ELEMENT_BYTES,
  SET_FAMILY,
  SET_FLAGS,
  SET_HAS_NOMATCH,
  SET_LIST,
  SET_MEMBERS,
  SET_METHOD,
  SET_NO_TIMEOUT,
} from '../abi/set.ts';
import { SET_DONE, SET_EXCEPTED, SET_FOUND, SET_OPEN, SET_REFUSED } from './answer.ts';
import { addToBitmap, deleteFromBitmap, testBitmap } from './bitmap.ts';
import { isExpired, matchExtensions } from './extension.ts';
import { addToHash, deleteFromHash, testHash } from './hash.ts';

/** Begins to ask as operands say; gives the ask. The set is setOf(operands). */
export function openAsk(env: usize, packet: usize, operands: usize): usize {
  const ask = <usize>load<u32>(env, ENV_SCRATCH) + load<u32>(packet, PACKET_SHARD) * SHARD_SCRATCH_BYTES + SCRATCH_SET;
  store<u32>(ask, load<u32>(operands, ASK_DIMENSIONS), ASK_DIMENSIONS);
  store<u32>(ask, load<u32>(operands, ASK_SOURCES), ASK_SOURCES);
  store<u32>(ask, load<u32>(operands, ASK_FLAGS), ASK_FLAGS);
  store<u32>(ask, SET_NO_TIMEOUT, ASK_TIMEOUT);
  store<u32>(ask, 0, ASK_PACKETS_OP);
  store<u32>(ask, 0, ASK_BYTES_OP);
  v128.store(ask, i64x2.splat(0), ASK_SKBINFO);
  return ask;
}

/** The set that the first of the operands names. */
export function setOf(env: usize, operands: usize): usize {
  return <usize>load<u32>(env, ENV_STATE) + load<u32>(operands);
}

/** Enough dimensions are given, and the packet is of the set's family. */
function takesPacket(packet: usize, set: usize, ask: usize): bool {
  const family = load<u32>(set, SET_FAMILY);
  const own: u32 = load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_IPV6 ? 6 : 4;
  return load<u32>(ask, ASK_DIMENSIONS) >= load<u32>(set, SET_DIMENSION) && (family == 0 || family == own);
}

/** Whether the packet is in the set. Ref: ip_set_test() */
export function isInSet(env: usize, packet: usize, set: usize, ask: usize): bool {
  if (!takesPacket(packet, set, ask)) return false;
  const method = load<u32>(set, SET_METHOD);
  if (method == SET_LIST) return isInList(env, packet, set, ask);
  if (method == SET_BITMAP) {
    const answer = testBitmap(env, packet, set, ask);
    if (answer != SET_OPEN) return answer == SET_FOUND;
    addToBitmap(env, packet, set, ask);
    return true;
  }
  const answer = testHash(env, packet, set, ask);
  const inverts = (load<u32>(ask, ASK_FLAGS) & ASK_RETURN_NOMATCH) != 0 && (load<u32>(set, SET_FLAGS) & SET_HAS_NOMATCH) != 0;
  return answer == (inverts ? SET_EXCEPTED : SET_FOUND);
}

/** Whether the packet is in a member of the list. Ref: ip_set_list_set.c:list_set_ktest() */
function isInList(env: usize, packet: usize, list: usize, ask: usize): bool {
  const flags = load<u32>(ask, ASK_FLAGS);
  let within = flags & ~ASK_COMPARES;
  if (flags & ASK_SKIPS_SUBCOUNTERS) within |= ASK_SKIPS_COUNTERS;
  const end = memberAt(list, load<u32>(list, SET_COUNT));
  for (let member = memberAt(list, 0); member < end; member += load<u32>(list, SET_ELEMENT_BYTES)) {
    store<u32>(ask, within, ASK_FLAGS);
    if (!isInSet(env, packet, memberSet(env, member), ask)) continue;
    store<u32>(ask, flags, ASK_FLAGS);
    if (matchExtensions(env, packet, list, member, ask)) return true;
  }
  return false;
}

function memberAt(list: usize, index: u32): usize {
  return list + load<u32>(list, SET_MEMBERS) + <usize>index * load<u32>(list, SET_ELEMENT_BYTES);
}

function memberSet(env: usize, member: usize): usize {
  return <usize>load<u32>(env, ENV_STATE) + load<u32>(member, MEMBER_SET);
}

/** Adds the packet to the set: SET_DONE or SET_REFUSED; to a list's first member that takes it. Ref: ip_set_add(), list_set_kadd() */
export function addToSet(env: usize, packet: usize, set: usize, ask: usize): i32 {
  if (!takesPacket(packet, set, ask)) return SET_REFUSED;
  const method = load<u32>(set, SET_METHOD);
  if (method == SET_BITMAP) return addToBitmap(env, packet, set, ask);
  if (method != SET_LIST) return addToHash(env, packet, set, ask);
  const end = memberAt(set, load<u32>(set, SET_COUNT));
  for (let member = memberAt(set, 0); member < end; member += load<u32>(set, SET_ELEMENT_BYTES)) {
    if (isExpired(env, packet, set, member)) continue;
    if (addToSet(env, packet, memberSet(env, member), ask) == SET_DONE) return SET_DONE;
  }
  return SET_DONE;
}

/** Takes the packet out of the set, as addToSet. Ref: ip_set_del(), list_set_kdel() */
export function deleteFromSet(env: usize, packet: usize, set: usize, ask: usize): i32 {
  if (!takesPacket(packet, set, ask)) return SET_REFUSED;
  const method = load<u32>(set, SET_METHOD);
  if (method == SET_BITMAP) return deleteFromBitmap(env, packet, set, ask);
  if (method != SET_LIST) return deleteFromHash(env, packet, set, ask);
  const end = memberAt(set, load<u32>(set, SET_COUNT));
  for (let member = memberAt(set, 0); member < end; member += load<u32>(set, SET_ELEMENT_BYTES)) {
    if (isExpired(env, packet, set, member)) continue;
    if (deleteFromSet(env, packet, memberSet(env, member), ask) == SET_DONE) return SET_DONE;
  }
  return SET_DONE;
}
