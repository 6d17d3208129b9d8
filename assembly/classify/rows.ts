// The rows of a block: which of its four steps are worth asking, all four at once.

import { TEST_ADDRESSES } from '../abi/opcode.ts';
import { PACKET_DPORT, PACKET_DST, PACKET_PROTO, PACKET_SPORT, PACKET_SRC } from '../abi/packet.ts';
import { LEAF_BLOCKS, LEAF_FIELDS, LEAF_ROWS, ROW_BYTES, ROW_SPAN, STEP_TESTS } from '../abi/program.ts';

/** The lanes in which a word is where a row says. */
// @ts-ignore: decorator
@inline
export function isWithin(word: v128, low: v128, span: v128): v128 {
  return i32x4.le_u(i32x4.sub(word, low), span);
}

/** The lanes in which a word of the packet's record is where a row says. */
// @ts-ignore: decorator
@inline
function rowHolds(row: usize, word: usize): v128 {
  return isWithin(v128.load_splat<u32>(word), v128.load(row), v128.load(row, ROW_SPAN));
}

/** The bits of the steps of a block whose rows all hold: rows of the five fields that most rules are about. */
// @ts-ignore: decorator
@inline
export function fiveHold(rows: usize, packet: usize): u32 {
  return addressesAndThreeHold(rows, packet, packet + PACKET_SRC, packet + PACKET_DST);
}

/** The same where the leaf names a word of each address. */
// @ts-ignore: decorator
@inline
export function longHold(leaf: usize, rows: usize, packet: usize): u32 {
  const source = packet + <usize>load<u8>(leaf, LEAF_FIELDS);
  const destination = packet + <usize>load<u8>(leaf, LEAF_FIELDS + 1);
  return addressesAndThreeHold(rows, packet, source, destination);
}

// @ts-ignore: decorator
@inline
function addressesAndThreeHold(rows: usize, packet: usize, source: usize, destination: usize): u32 {
  const src = rowHolds(rows, source);
  const dst = rowHolds(rows + ROW_BYTES, destination);
  const sport = rowHolds(rows + 2 * ROW_BYTES, packet + PACKET_SPORT);
  const dport = rowHolds(rows + 3 * ROW_BYTES, packet + PACKET_DPORT);
  const proto = rowHolds(rows + 4 * ROW_BYTES, packet + PACKET_PROTO);
  return i32x4.bitmask(v128.and(v128.and(v128.and(src, dst), v128.and(sport, dport)), proto));
}

/** The same of rows of any fields. */
// @ts-ignore: decorator
@inline
export function anyHold(leaf: usize, block: u32, packet: usize): u32 {
  const rows = <usize>load<u8>(leaf, LEAF_ROWS) * ROW_BYTES;
  let row = leaf + LEAF_BLOCKS + rows * block;
  let field = leaf;
  let lanes = i32x4.splat(-1);
  for (const end = row + rows; row < end; row += ROW_BYTES) {
    lanes = v128.and(lanes, rowHolds(row, packet + <usize>load<u8>(field++, LEAF_FIELDS)));
  }
  return i32x4.bitmask(lanes);
}

/** Whether what a step asks of addresses holds: true as well where it asks something else, or nothing. An image ends behind what is read. */
// @ts-ignore: decorator
@inline
export function restHolds(image: usize, step: usize, packet: usize): bool {
  const program = image + load<u32>(step, STEP_TESTS);
  return <bool>(u32(load<u32>(program) != TEST_ADDRESSES) | u32(addressesHold(program + 4, packet)));
}

/** Whether the addresses have the values that the operands of TEST_ADDRESSES name. */
// @ts-ignore: decorator
@inline
export function addressesHold(operands: usize, packet: usize): bool {
  const source = v128.xor(v128.and(v128.load(packet, PACKET_SRC), v128.load(operands)), v128.load(operands, 32));
  const destination = v128.xor(v128.and(v128.load(packet, PACKET_DST), v128.load(operands, 16)), v128.load(operands, 48));
  return !v128.any_true(v128.or(source, destination));
}
