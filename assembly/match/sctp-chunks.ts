// TEST_SCTP_CHUNKS: `-m sctp --chunk-types`.

import { SCTP_MATCH_ALL, SCTP_MATCH_ANY, SCTP_MATCH_ONLY } from '../abi/operand.ts';
import { PACKET_L4 } from '../abi/packet.ts';
import { ANSWER_HOLDS, ANSWER_MISS, ANSWER_MISS_AND_DROP, answer } from './answer.ts';
import { bytesFrom, reaches } from './bytes.ts';

const SCTP_HEADER_BYTES: u32 = 12;
const CHUNK_HEADER_BYTES: u32 = 4;

const TYPES: usize = 4;
const FLAG_COUNT: usize = 36;
const FLAGS: usize = 40;

/**
 * Whether the chunks are as asked. At least one is taken to be there; a packet whose chunks cannot be walked to its end is dropped,
 * unless the answer was found before.
 *
 * Ref: net/netfilter/xt_sctp.c:match_packet()
 */
export function hasChunks(packet: usize, operands: usize): u32 {
  const kind = load<u32>(operands);
  let at = <usize>load<u32>(packet, PACKET_L4) + SCTP_HEADER_BYTES;
  // For SCTP_MATCH_ALL: types met so far, a bit each.
  let met0: u64 = 0;
  let met1: u64 = 0;
  let met2: u64 = 0;
  let met3: u64 = 0;
  do {
    const there = reaches(packet, at, CHUNK_HEADER_BYTES);
    if (there != ANSWER_HOLDS) return there == ANSWER_MISS ? ANSWER_MISS_AND_DROP : there;
    const type: u32 = load<u8>(at);
    const bytes: u32 = bswap<u16>(load<u16>(at, 2));
    if (bytes == 0) return ANSWER_MISS_AND_DROP;
    const isAsked = (load<u32>(operands + ((<usize>type >> 5) << 2), TYPES) & (1 << (type & 31))) != 0;
    const fits = isAsked && fitFlags(operands, type, load<u8>(at, 1));
    if (kind == SCTP_MATCH_ANY && fits) return ANSWER_HOLDS;
    if (kind == SCTP_MATCH_ONLY && !fits) return ANSWER_MISS;
    if (kind == SCTP_MATCH_ALL && fits) {
      const bit: u64 = 1 << (<u64>type & 63);
      if (type < 64) met0 |= bit;
      else if (type < 128) met1 |= bit;
      else if (type < 192) met2 |= bit;
      else met3 |= bit;
    }
    at += (bytes + 3) & ~3;
  } while (<i32>bytesFrom(packet, at) > 0);
  if (kind != SCTP_MATCH_ALL) return answer(kind == SCTP_MATCH_ONLY);
  const left =
    (load<u64>(operands, TYPES) & ~met0) |
    (load<u64>(operands, TYPES + 8) & ~met1) |
    (load<u64>(operands, TYPES + 16) & ~met2) |
    (load<u64>(operands, TYPES + 24) & ~met3);
  return answer(left == 0);
}

/** Whether the flags of a chunk are as asked of its type, if they are. */
function fitFlags(operands: usize, type: u32, flags: u32): bool {
  const end = operands + FLAGS + (<usize>load<u32>(operands, FLAG_COUNT) << 2);
  for (let at = operands + FLAGS; at < end; at += 4) {
    if (load<u8>(at) == type) return (flags & load<u8>(at, 1)) == load<u8>(at, 2);
  }
  return true;
}
