// SET: adds the packet to an IP set, takes it out of one, marks it with what a set has for it.

import { PACKET_MARK } from '../abi/packet.ts';
import { ACTION_SET_TIMEOUT, ASK_FLAGS, ASK_MAPS_MARK, ASK_SKBINFO, ASK_TIMEOUT, ASK_WORDS, SET_NONE } from '../abi/set.ts';
import { addToSet, deleteFromSet, isInSet, openAsk, setOf } from '../set/ask.ts';

/**
 * Carries out the three parts in their order.
 *
 * Differs: none. Priority and queue of a packet are set by the kernel too; nothing that is evaluated here reads them.
 * Ref: net/netfilter/xt_set.c:set_target_v3()
 */
export function changeSets(env: usize, packet: usize, operands: usize): void {
  if (load<u32>(operands) != SET_NONE) {
    const ask = openAsk(env, packet, operands);
    store<u32>(ask, load<u32>(operands, ACTION_SET_TIMEOUT), ASK_TIMEOUT);
    addToSet(env, packet, setOf(env, operands), ask);
  }
  const deletes = operands + (ASK_WORDS << 2);
  if (load<u32>(deletes) != SET_NONE) deleteFromSet(env, packet, setOf(env, deletes), openAsk(env, packet, deletes));
  const maps = deletes + (ASK_WORDS << 2);
  if (load<u32>(maps) != SET_NONE) mapMark(env, packet, maps);
}

function mapMark(env: usize, packet: usize, operands: usize): void {
  const ask = openAsk(env, packet, operands);
  if (!isInSet(env, packet, setOf(env, operands), ask) || !(load<u32>(operands, ASK_FLAGS) & ASK_MAPS_MARK)) return;
  const mark = load<u32>(packet, PACKET_MARK) & ~load<u32>(ask, ASK_SKBINFO + 4);
  store<u32>(packet, mark ^ load<u32>(ask, ASK_SKBINFO), PACKET_MARK);
}
