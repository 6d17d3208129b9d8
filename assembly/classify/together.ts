// Many packets abreast: each stage is done for all of them before the next, so that their cache misses overlap, and what a packet is asked
// hardly takes a branch that could be foretold wrongly.

import {
  PACKET_BYTES,
  PACKET_DPORT,
  PACKET_DST,
  PACKET_FLAG_PLAIN,
  PACKET_FLAGS,
  PACKET_PROTO,
  PACKET_SPORT,
  PACKET_SRC,
} from '../abi/packet.ts';
import {
  BLOCK_STEPS,
  CHAIN_ABREAST,
  CHAIN_ABREAST_FIVE,
  CHAIN_ROOT,
  CHAIN_TREE_COUNT,
  CHAIN_TREES,
  CUT_FIELD_MASK,
  CUT_FIELD_SHIFT,
  CUT_MASK_SHIFT,
  ENDING_BEHIND,
  ENTRY_BYTES,
  LEAF_BLOCKS,
  LEAF_FIELDS,
  LEAF_ITEM,
  LEAF_ROWS,
  LEAF_STEP_COUNT,
  LEAF_STEPS,
  ROW_BYTES,
  STEP_BYTES,
  STEP_ITEM,
} from '../abi/program.ts';
import { rowHolds } from './step.ts';

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

/** Takes TOGETHER packets down a tree, side by side: writes the address of each one's leaf. */
export function descendTogether(image: usize, root: usize, packets: usize, leaves: usize): void {
  let e0 = load<u64>(root);
  let e1 = e0, e2 = e0, e3 = e0, e4 = e0, e5 = e0, e6 = e0, e7 = e0;
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

// What is kept of packets abreast: a word each, of each the ending that it has come to as far as is known and the item of that, which of
// them are still to be asked, and for each tree their leaves.
const ENDINGS: usize = 0;
const ITEMS: usize = 4 * ABREAST;
const OPEN: usize = 8 * ABREAST;
export const LEAVES: usize = 12 * ABREAST;
export const LEAVES_BYTES: usize = 4 * ABREAST;

/** The ending that a packet has come to. */
// @ts-ignore: decorator
@inline
export function endingOf(room: usize, packet: u32): usize {
  return load<u32>(room + (<usize>packet << 2), ENDINGS);
}

/** The leaf that a packet has come to in a tree. */
// @ts-ignore: decorator
@inline
export function leafOf(room: usize, tree: u32, packet: u32): usize {
  return load<u32>(room + LEAVES + <usize>tree * LEAVES_BYTES + (<usize>packet << 2));
}

/** How many of the packets, up to ABREAST, can be taken abreast: a multiple of TOGETHER, all of them plain. 0 = none. */
export function abreast(packets: usize, total: u32): u32 {
  const count = min(total, ABREAST) & ~(TOGETHER - 1);
  let flags = PACKET_FLAG_PLAIN;
  const end = packets + <usize>count * PACKET_BYTES;
  for (let packet = packets; packet < end; packet += PACKET_BYTES) flags &= load<u32>(packet, PACKET_FLAGS);
  return flags == 0 ? 0 : count;
}

/**
 * Finds out in which ending of a base chain each of `count` packets comes to stand. One that is no end, or has tests, is for others to go on
 * from.
 */
export function lookUp(image: usize, chain: usize, packets: usize, count: u32, room: usize): void {
  const trees = load<u32>(chain, CHAIN_TREE_COUNT);
  const isFive = load<u32>(chain, CHAIN_ABREAST) == CHAIN_ABREAST_FIVE;
  let root = trees == 1 ? chain + CHAIN_ROOT : image + load<u32>(chain, CHAIN_TREES);
  let leaves = room + LEAVES;
  if (trees > 1) {
    for (let own = room; own < room + (<usize>count << 2); own += 4) {
      store<u32>(own, <u32>chain, ENDINGS);
      store<u32>(own, ENDING_BEHIND, ITEMS);
    }
  }
  for (let tree: u32 = 0; tree < trees; tree++) {
    for (let k: u32 = 0; k < count; k += TOGETHER) {
      descendTogether(image, root, packets + <usize>k * PACKET_BYTES, leaves + (<usize>k << 2));
    }
    let end = trees == 1 ? openAll(count, room) : openEarlier(count, room, leaves);
    for (let block: u32 = 0; end > room + OPEN; block++) {
      if (trees == 1) end = isFive ? askFive(image, packets, room, leaves, end, block) : askAny(image, packets, room, leaves, end, block);
      else end = isFive ? askFiveOfSeveral(image, packets, room, leaves, end, block) : askAnyOfSeveral(image, packets, room, leaves, end, block);
    }
    root += ENTRY_BYTES;
    leaves += LEAVES_BYTES;
  }
}

/** Lists all packets as open. Returns where the list ends. */
function openAll(count: u32, room: usize): usize {
  const end = room + OPEN + (<usize>count << 2);
  let four = i32x4(0, 4, 8, 12);
  for (let at = room + OPEN; at < end; at += 16) {
    v128.store(at, four);
    four = i32x4.add(four, i32x4.splat(16));
  }
  return end;
}

/** Lists the packets whose leaves may tell of something that comes before what is known. Returns where the list ends. */
function openEarlier(count: u32, room: usize, leaves: usize): usize {
  let open: usize = room + OPEN;
  for (let own: usize = 0; own < <usize>count << 2; own += 4) {
    store<u32>(open, <u32>own);
    open += usize(load<u32>(load<u32>(leaves + own), LEAF_ITEM) < load<u32>(room + own, ITEMS)) << 2;
  }
  return open;
}

function askFive(image: usize, packets: usize, room: usize, leaves: usize, end: usize, block: u32): usize {
  return askBlock(image, packets, room, leaves, end, block, true, false);
}

function askAny(image: usize, packets: usize, room: usize, leaves: usize, end: usize, block: u32): usize {
  return askBlock(image, packets, room, leaves, end, block, false, false);
}

function askFiveOfSeveral(image: usize, packets: usize, room: usize, leaves: usize, end: usize, block: u32): usize {
  return askBlock(image, packets, room, leaves, end, block, true, true);
}

function askAnyOfSeveral(image: usize, packets: usize, room: usize, leaves: usize, end: usize, block: u32): usize {
  return askBlock(image, packets, room, leaves, end, block, false, true);
}

/**
 * Asks a block of each leaf that is open: the list of their packets ends at `end`. Returns where the list ends of those that have more to
 * ask.
 */
// @ts-ignore: decorator
@inline
function askBlock(
  image: usize,
  packets: usize,
  room: usize,
  leaves: usize,
  end: usize,
  block: u32,
  isFive: bool,
  isOneOfSeveral: bool,
): usize {
  const first = block * BLOCK_STEPS;
  let open = room + OPEN;
  for (let at = open; at < end; at += 4) {
    const own = <usize>load<u32>(at);
    const leaf = <usize>load<u32>(leaves + own);
    const packet = packets + own * (PACKET_BYTES >> 2);
    const holds = isFive ? fiveHold(leaf + LEAF_BLOCKS + <usize>block * (5 * ROW_BYTES), packet) : anyHold(leaf, block, packet);
    // Behind the last step there is what it comes to when none holds; and what is read here of a block that is not the last one is done again.
    const step = image + load<u32>(leaf, LEAF_STEPS) + <usize>(first + ctz(holds | (1 << BLOCK_STEPS))) * STEP_BYTES;
    if (isOneOfSeveral) {
      const item = load<u32>(step, STEP_ITEM);
      const known = load<u32>(room + own, ITEMS);
      const isFirst = i32(holds != 0) & i32(item < known);
      store<u32>(room + own, isFirst ? item : known, ITEMS);
      store<u32>(room + own, isFirst ? <u32>step : load<u32>(room + own, ENDINGS), ENDINGS);
    } else {
      store<u32>(room + own, <u32>step, ENDINGS);
    }
    store<u32>(open, <u32>own);
    open += usize(i32(holds == 0) & i32(load<u32>(leaf, LEAF_STEP_COUNT) > first + BLOCK_STEPS)) << 2;
  }
  return open;
}

/** The bits of the steps of a block whose rows all hold: rows of the five fields that most rules are about. */
// @ts-ignore: decorator
@inline
function fiveHold(row: usize, packet: usize): u32 {
  const addresses = v128.and(rowHolds(row, packet + PACKET_SRC), rowHolds(row + ROW_BYTES, packet + PACKET_DST));
  const ports = v128.and(rowHolds(row + 2 * ROW_BYTES, packet + PACKET_SPORT), rowHolds(row + 3 * ROW_BYTES, packet + PACKET_DPORT));
  return i32x4.bitmask(v128.and(v128.and(addresses, ports), rowHolds(row + 4 * ROW_BYTES, packet + PACKET_PROTO)));
}

/** The same of rows of any fields. */
// @ts-ignore: decorator
@inline
function anyHold(leaf: usize, block: u32, packet: usize): u32 {
  const rows = <usize>load<u8>(leaf, LEAF_ROWS) * ROW_BYTES;
  let row = leaf + LEAF_BLOCKS + rows * block;
  let fields = load<u64>(leaf, LEAF_FIELDS);
  let lanes = i32x4.splat(-1);
  for (const end = row + rows; row < end; row += ROW_BYTES) {
    lanes = v128.and(lanes, rowHolds(row, packet + <usize>(fields & 0xff)));
    fields >>= 8;
  }
  return i32x4.bitmask(lanes);
}
