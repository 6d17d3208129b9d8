// Many packets abreast: each stage is done for all of them before the next, so that their cache misses overlap, and what a packet is asked
// hardly takes a branch that could be foretold wrongly.

import { TEST_ADDRESSES } from '../abi/opcode.ts';
import {
  PACKET_BY,
  PACKET_BYTES,
  PACKET_FLAG_PLAIN,
  PACKET_FLAGS,
  PACKET_SHARD,
} from '../abi/packet.ts';
import {
  BLOCK_STEPS,
  CHAIN_ABREAST,
  CHAIN_ABREAST_COUNTS,
  CHAIN_ABREAST_FIVE,
  CHAIN_ABREAST_LONG,
  CHAIN_ROOT,
  CHAIN_TREE_COUNT,
  CHAIN_TREES,
  CUT_FIELD_MASK,
  CUT_FIELD_SHIFT,
  CUT_MASK_SHIFT,
  ENDING_BEHIND,
  ENTRY_BYTES,
  ENTRY_CUT,
  ENTRY_TARGET,
  LEAF_BLOCKS,
  LEAF_COUNTER,
  LEAF_ITEM,
  LEAF_STEP_COUNT,
  LEAF_STEPS,
  NO_COUNTER,
  ROW_BYTES,
  STEP_BYTES,
  STEP_ITEM,
  STEP_RULE,
  STEP_TESTS,
  STEP_VERDICT,
} from '../abi/program.ts';
import { VERDICT_DROP, VERDICT_NONE } from '../abi/verdict.ts';
import { countOnly } from './count.ts';
import { chainVerdict } from './end.ts';
import { anyHold, fiveHold, longHold, restHolds } from './rows.ts';

/** Packets that go down a tree together. */
export const TOGETHER: u32 = 8;
/** Packets that are abreast: as many records as the first cache holds. */
export const ABREAST: u32 = 64;

/** Address of the entry below entry `at` that it sends a packet to, whose record stands `record` bytes behind `packets`. A leaf is its own only child. */
// @ts-ignore: decorator
@inline
function belowOf(image: usize, entry: u64, packets: usize, record: usize): u64 {
  const word = load<u32>(packets + <usize>((entry >> (32 + CUT_FIELD_SHIFT)) & CUT_FIELD_MASK) + record);
  // A shift takes its count by its low five bits, which are the cut's shift.
  return load<u64>(image + <usize>((<u32>entry) + (((word >> (<u32>(entry >> 32))) & (<u32>(entry >> (32 + CUT_MASK_SHIFT)))) << 3)));
}

/** The same of the first entry, of which the caller has told the parts. */
// @ts-ignore: decorator
@inline
function belowFirst(target: usize, cut: u32, words: usize, record: usize): u64 {
  return load<u64>(target + (<usize>((load<u32>(words + record) >> cut) & (cut >> CUT_MASK_SHIFT)) << 3));
}

/** Takes TOGETHER packets down a tree, side by side: writes the address of each one's leaf. */
export function descendTogether(image: usize, root: usize, packets: usize, leaves: usize): void {
  // The first cut is the same for all.
  const target = image + load<u32>(root, ENTRY_TARGET);
  const cut = load<u32>(root, ENTRY_CUT);
  const words = packets + <usize>((cut >> CUT_FIELD_SHIFT) & CUT_FIELD_MASK);
  let e0 = belowFirst(target, cut, words, 0);
  let e1 = belowFirst(target, cut, words, PACKET_BYTES);
  let e2 = belowFirst(target, cut, words, 2 * PACKET_BYTES);
  let e3 = belowFirst(target, cut, words, 3 * PACKET_BYTES);
  let e4 = belowFirst(target, cut, words, 4 * PACKET_BYTES);
  let e5 = belowFirst(target, cut, words, 5 * PACKET_BYTES);
  let e6 = belowFirst(target, cut, words, 6 * PACKET_BYTES);
  let e7 = belowFirst(target, cut, words, 7 * PACKET_BYTES);
  while (((e0 | e1 | e2 | e3 | e4 | e5 | e6 | e7) >> 32) != 0) {
    e0 = belowOf(image, e0, packets, 0);
    e1 = belowOf(image, e1, packets, PACKET_BYTES);
    e2 = belowOf(image, e2, packets, 2 * PACKET_BYTES);
    e3 = belowOf(image, e3, packets, 3 * PACKET_BYTES);
    e4 = belowOf(image, e4, packets, 4 * PACKET_BYTES);
    e5 = belowOf(image, e5, packets, 5 * PACKET_BYTES);
    e6 = belowOf(image, e6, packets, 6 * PACKET_BYTES);
    e7 = belowOf(image, e7, packets, 7 * PACKET_BYTES);
  }
  store<u32>(leaves, <u32>image + <u32>e0);
  store<u32>(leaves, <u32>image + <u32>e1, 4);
  store<u32>(leaves, <u32>image + <u32>e2, 8);
  store<u32>(leaves, <u32>image + <u32>e3, 12);
  store<u32>(leaves, <u32>image + <u32>e4, 16);
  store<u32>(leaves, <u32>image + <u32>e5, 20);
  store<u32>(leaves, <u32>image + <u32>e6, 24);
  store<u32>(leaves, <u32>image + <u32>e7, 28);
}

// What is kept of packets abreast, a word each: the ending that it has come to as far as is known, the item of that, its leaf in the tree in
// hand; and the list of those that are still to be asked, or to be taken on by themselves, each by the place of its words.
const ENDINGS: usize = 0;
const ITEMS: usize = 4 * ABREAST;
const LEAVES: usize = 8 * ABREAST;
const LISTED: usize = 12 * ABREAST;
/** A step that is no end. */
const NO_ENDING: usize = 16 * ABREAST;
/** A packet's place among the records, for its place among those words. */
const RECORD_TO_WORD: usize = PACKET_BYTES / 4;

/** How many of the packets, up to ABREAST, can be taken abreast: a multiple of TOGETHER, all of them plain. 0 = none. */
export function abreast(packets: usize, total: u32): u32 {
  const count = min(total, ABREAST) & ~(TOGETHER - 1);
  let flags = PACKET_FLAG_PLAIN;
  const end = packets + <usize>count * PACKET_BYTES;
  for (let packet = packets; packet < end; packet += PACKET_BYTES) flags &= load<u32>(packet, PACKET_FLAGS);
  return flags == 0 ? 0 : count;
}

/** Finds out for each of `count` packets in which step of a base chain's leaves it ends, those behind the last ones included. */
export function lookUp(image: usize, chain: usize, packets: usize, count: u32, room: usize): void {
  const trees = load<u32>(chain, CHAIN_TREE_COUNT);
  const rows = load<u32>(chain, CHAIN_ABREAST) & (CHAIN_ABREAST_FIVE | CHAIN_ABREAST_LONG);
  if (trees == 1) {
    goDown(image, chain + CHAIN_ROOT, packets, count, room);
    askOne(image, packets, room, listAsked(image, count, room), rows);
    if ((load<u32>(chain, CHAIN_ABREAST) & CHAIN_ABREAST_COUNTS) != 0) leaveCounted(count, room);
    return;
  }
  const end = room + (<usize>count << 2);
  for (let own = room; own < end; own += 4) {
    store<u32>(own, <u32>chain, ENDINGS);
    store<u32>(own, ENDING_BEHIND, ITEMS);
  }
  let root = image + load<u32>(chain, CHAIN_TREES);
  for (let tree: u32 = 0; tree < trees; tree++) {
    goDown(image, root, packets, count, room);
    askOneOfSeveral(image, packets, room, listEarlier(count, room), rows);
    root += ENTRY_BYTES;
  }
}

/** Leaves those to be taken on by themselves whose leaf counts more than what they end in. */
function leaveCounted(count: u32, room: usize): void {
  const end = room + (<usize>count << 2);
  v128.store(room, i64x2.splat(0), NO_ENDING);
  v128.store(room, i64x2.splat(0), NO_ENDING + 16);
  for (let own = room; own < end; own += 4) {
    const counter = load<u32>(load<u32>(own, LEAVES), LEAF_COUNTER);
    if (counter != NO_COUNTER && counter != load<u32>(load<u32>(own, ENDINGS), STEP_RULE)) store<u32>(own, <u32>room + <u32>NO_ENDING, ENDINGS);
  }
}

/** Takes all packets down a tree. */
function goDown(image: usize, root: usize, packets: usize, count: u32, room: usize): void {
  for (let k: u32 = 0; k < count; k += TOGETHER) {
    descendTogether(image, root, packets + <usize>k * PACKET_BYTES, room + (<usize>k << 2) + LEAVES);
  }
}

/** Lists the packets whose leaves have steps; the others have come to their ending. Returns where the list ends. */
function listAsked(image: usize, count: u32, room: usize): usize {
  let list: usize = room + LISTED;
  const end = room + (<usize>count << 2);
  for (let own = room; own < end; own += 4) {
    const leaf = <usize>load<u32>(own, LEAVES);
    store<u32>(own, <u32>image + load<u32>(leaf, LEAF_STEPS), ENDINGS);
    store<u32>(list, <u32>own);
    list += ((0 - load<u32>(leaf, LEAF_STEP_COUNT)) >>> 31) << 2;
  }
  return list;
}

/** Lists the packets whose leaves may tell of something that comes before what is known. Returns where the list ends. */
function listEarlier(count: u32, room: usize): usize {
  let list: usize = room + LISTED;
  const end = room + (<usize>count << 2);
  for (let own = room; own < end; own += 4) {
    store<u32>(list, <u32>own);
    list += usize(load<u32>(load<u32>(own, LEAVES), LEAF_ITEM) < load<u32>(own, ITEMS)) << 2;
  }
  return list;
}

/** Asks the leaves of those listed, in a chain's only tree, block by block. `rows`: CHAIN_ABREAST_FIVE, CHAIN_ABREAST_LONG or neither. */
function askOne(image: usize, packets: usize, room: usize, list: usize, rows: u32): void {
  const list0 = room + LISTED;
  const records = packets - room * RECORD_TO_WORD;
  let end = list;
  for (let block: u32 = 0; end > list0; block++) {
    if (rows == CHAIN_ABREAST_FIVE) end = askFive(image, records, list0, end, block);
    else if (rows == CHAIN_ABREAST_LONG) end = askLong(image, records, list0, end, block);
    else end = askAny(image, records, list0, end, block);
  }
}

/** The same in one of several trees. */
function askOneOfSeveral(image: usize, packets: usize, room: usize, list: usize, rows: u32): void {
  const list0 = room + LISTED;
  const records = packets - room * RECORD_TO_WORD;
  let end = list;
  for (let block: u32 = 0; end > list0; block++) {
    if (rows == CHAIN_ABREAST_FIVE) end = askFiveOfSeveral(image, records, list0, end, block);
    else if (rows == CHAIN_ABREAST_LONG) end = askLongOfSeveral(image, records, list0, end, block);
    else end = askAnyOfSeveral(image, records, list0, end, block);
  }
}

function askFive(image: usize, records: usize, list: usize, end: usize, block: u32): usize {
  return askBlock(image, records, list, end, block, CHAIN_ABREAST_FIVE, false);
}

function askLong(image: usize, records: usize, list: usize, end: usize, block: u32): usize {
  return askBlock(image, records, list, end, block, CHAIN_ABREAST_LONG, false);
}

function askAny(image: usize, records: usize, list: usize, end: usize, block: u32): usize {
  return askBlock(image, records, list, end, block, 0, false);
}

function askFiveOfSeveral(image: usize, records: usize, list: usize, end: usize, block: u32): usize {
  return askBlock(image, records, list, end, block, CHAIN_ABREAST_FIVE, true);
}

function askLongOfSeveral(image: usize, records: usize, list: usize, end: usize, block: u32): usize {
  return askBlock(image, records, list, end, block, CHAIN_ABREAST_LONG, true);
}

function askAnyOfSeveral(image: usize, records: usize, list: usize, end: usize, block: u32): usize {
  return askBlock(image, records, list, end, block, 0, true);
}

/**
 * Asks a block of the leaf of each packet that is listed, and lists those that have more to ask. Returns where the list ends.
 *
 * `records`: where the record would be of a packet whose words are at 0.
 */
// @ts-ignore: decorator
@inline
function askBlock(
  image: usize,
  records: usize,
  list: usize,
  end: usize,
  block: u32,
  rows: u32,
  isOneOfSeveral: bool,
): usize {
  const steps = image + <usize>block * (BLOCK_STEPS * STEP_BYTES);
  const before = block * BLOCK_STEPS + BLOCK_STEPS;
  const fives = <usize>LEAF_BLOCKS + <usize>block * (5 * ROW_BYTES);
  let open = list;
  for (let at = list; at < end; at += 4) {
    const own = <usize>load<u32>(at);
    const leaf = <usize>load<u32>(own, LEAVES);
    const packet = records + own * RECORD_TO_WORD;
    let holds: u32;
    if (rows == CHAIN_ABREAST_FIVE) holds = fiveHold(leaf + fives, packet);
    else if (rows == CHAIN_ABREAST_LONG) holds = longHold(leaf, leaf + fives, packet);
    else holds = anyHold(leaf, block, packet);
    // Behind the last step there is what it comes to when none holds; and what is read here of a block that is not the last one is done again.
    let step = steps + load<u32>(leaf, LEAF_STEPS) + <usize>ctz(holds | (1 << BLOCK_STEPS)) * STEP_BYTES;
    if (rows == CHAIN_ABREAST_LONG) {
      // What stands there instead of a step asks nothing; and few steps miss that all rows hold of.
      while (holds != 0 && !restHolds(image, step, packet)) {
        holds &= holds - 1;
        step = steps + load<u32>(leaf, LEAF_STEPS) + <usize>ctz(holds | (1 << BLOCK_STEPS)) * STEP_BYTES;
      }
    }
    if (isOneOfSeveral) {
      const item = load<u32>(step, STEP_ITEM);
      const known = load<u32>(own, ITEMS);
      const isFirst = i32(holds != 0) & i32(item < known);
      store<u32>(own, isFirst ? item : known, ITEMS);
      store<u32>(own, isFirst ? <u32>step : load<u32>(own, ENDINGS), ENDINGS);
    } else {
      store<u32>(own, <u32>step, ENDINGS);
    }
    store<u32>(open, <u32>own);
    // Where no step holds and there are more of them, both differences are below zero.
    open += (((holds - 1) & (before - load<u32>(leaf, LEAF_STEP_COUNT))) >>> 31) << 2;
  }
  return open;
}

/** Has those count that end the run and leaves the others to be taken on by themselves: lists them. Returns where the list ends. */
export function settle(
  image: usize,
  room: usize,
  packets: usize,
  count: u32,
  counters: usize,
  stride: usize,
  verdicts: usize,
): usize {
  const end = room + (<usize>count << 2);
  const given = verdicts - room;
  let packet = packets;
  let list = room + LISTED;
  for (let own = room; own < end; own += 4) {
    const ending = <usize>load<u32>(own, ENDINGS);
    const id = load<u32>(ending, STEP_RULE);
    let verdict = load<u32>(ending, STEP_VERDICT);
    if (isOpen(image, ending) || verdict == VERDICT_NONE) {
      store<u32>(list, <u32>own);
      list += 4;
    } else {
      countOnly(counters + <usize>load<u32>(packet, PACKET_SHARD) * stride, id, packet);
      store<u32>(packet, id, PACKET_BY);
      if (verdict > VERDICT_DROP) verdict = chainVerdict(verdict);
      store<u32>(given + own, verdict);
    }
    packet += PACKET_BYTES;
  }
  return list;
}

/** Whether a step asks something that has not been asked yet. */
// @ts-ignore: decorator
@inline
function isOpen(image: usize, step: usize): bool {
  const tests = load<u32>(step, STEP_TESTS);
  return tests != 0 && load<u32>(image + <usize>tests) != TEST_ADDRESSES;
}

/** Where the list of those begins that are to be taken on by themselves, and what it says: a packet's number, and its leaf in the last tree. */
export function listOf(room: usize): usize {
  return room + LISTED;
}

export function numberOf(room: usize, at: usize): u32 {
  return (load<u32>(at) - <u32>room) >> 2;
}

export function leafOf(at: usize): usize {
  return load<u32>(load<u32>(at), LEAVES);
}
