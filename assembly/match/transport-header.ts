// Fields of transport headers that the packet record does not have: ports and flags are words of the record.

import { PACKET_L4 } from '../abi/packet.ts';
import { TEST_FIELD_SHIFT } from '../abi/opcode.ts';
import { ANSWER_HOLDS, ANSWER_HOTDROP, ANSWER_MISS, ANSWER_MISS_AND_DROP, answer } from './answer.ts';
import { reaches, supposedTransport, word } from './bytes.ts';
import { headerLength, TCP_BYTES, TCP_FLAGS } from '../wire/tcp.ts';

const TCP_OPTION_MSS: u32 = 2;
const TCP_OPTION_MSS_BYTES: u32 = 4;

const MOBILITY_HEADER_BYTES: u32 = 6;
const MOBILITY_TYPE: usize = 2;
const NEXT_NONE: u32 = 59;

const DCCP_DATA_OFFSET: usize = 4;
const DCCP_TYPE: usize = 8;
const DCCP_HEADER_BYTES: u32 = 12;
/** Sequence numbers of 48 bits make the header longer. */
const DCCP_EXTENSION_BYTES: u32 = 4;

/** The operands of TEST_TRANSPORT_RANGES, whose first word stands ahead of them. TEST_TRANSPORT stands in front. */
export function isInTransportRanges(packet: usize, operands: usize): u32 {
  const at = <usize>load<u32>(packet, PACKET_L4) + load<u32>(operands);
  const there = reaches(packet, at, 4);
  if (there != ANSWER_HOLDS) return there;
  const value = (word(at) >> load<u32>(operands, 4)) & load<u32>(operands, 8);
  const end = operands + (<usize>(load<u32>(operands - 4) >> TEST_FIELD_SHIFT) << 2);
  for (let range = operands + 12; range < end; range += 8) {
    if (value >= load<u32>(range) && value <= load<u32>(range, 4)) return ANSWER_HOLDS;
  }
  return ANSWER_MISS;
}

/** Whether the type of the mobility header is in the range. TEST_TRANSPORT stands in front. */
export function isMobilityType(packet: usize, low: u32, high: u32): u32 {
  const header = <usize>load<u32>(packet, PACKET_L4);
  const there = reaches(packet, header, MOBILITY_HEADER_BYTES);
  if (there != ANSWER_HOLDS) return there;
  if (load<u8>(header) != NEXT_NONE) return ANSWER_HOTDROP;
  const type: u32 = load<u8>(header, MOBILITY_TYPE);
  return answer(type >= low && type <= high);
}

/** Whether ECE and CWR are as asked. A header cut short misses; it is not asked whether the packet is a fragment. */
export function hasEcnFlags(packet: usize, mask: u32, value: u32): u32 {
  const header = supposedTransport(packet);
  const there = reaches(packet, header, TCP_BYTES);
  return there == ANSWER_HOLDS ? answer((load<u8>(header, TCP_FLAGS) & mask) == value) : there;
}

/** Whether the largest segment is in the range; a packet that names none is outside of it. It is not asked whether it is a fragment. */
export function isSegmentSize(packet: usize, low: u32, high: u32): u32 {
  const header = supposedTransport(packet);
  let there = reaches(packet, header, TCP_BYTES);
  if (there != ANSWER_HOLDS) return orDrop(there);
  const headerBytes = headerLength(header);
  if (headerBytes < TCP_BYTES) return ANSWER_HOTDROP;
  there = reaches(packet, header, headerBytes);
  if (there != ANSWER_HOLDS) return orDrop(there);
  const end = header + headerBytes;
  for (let at = header + TCP_BYTES; at < end; at = nextOption(at, end)) {
    if (load<u8>(at) != TCP_OPTION_MSS || end - at < TCP_OPTION_MSS_BYTES || load<u8>(at, 1) != TCP_OPTION_MSS_BYTES) continue;
    const size: u32 = bswap<u16>(load<u16>(at, 2));
    return answer(size >= low && size <= high);
  }
  return ANSWER_MISS;
}

/** Bytes that are not there drop the packet; what was not captured stays unknown. */
function orDrop(there: u32): u32 {
  return there == ANSWER_MISS ? ANSWER_HOTDROP : there;
}

/** The option behind the one at `at`: by its length byte, by one where that is 0, and by one for the two kinds that have none. */
function nextOption(at: usize, end: usize): usize {
  if (load<u8>(at) < 2 || at == end - 1) return at + 1;
  const length: u32 = load<u8>(at, 1);
  return at + (length == 0 ? 1 : length);
}

/** Whether the DCCP header has an option of that kind. TEST_TRANSPORT stands in front. */
export function hasDccpOption(packet: usize, kind: u32): u32 {
  const header = <usize>load<u32>(packet, PACKET_L4);
  let there = reaches(packet, header, DCCP_HEADER_BYTES);
  if (there != ANSWER_HOLDS) return there;
  const wholeBytes: u32 = <u32>load<u8>(header, DCCP_DATA_OFFSET) << 2;
  const fixedBytes = dccpHeaderBytes(load<u8>(header, DCCP_TYPE));
  if (wholeBytes < fixedBytes) return ANSWER_MISS_AND_DROP;
  if (wholeBytes == fixedBytes) return ANSWER_MISS;
  there = reaches(packet, header, wholeBytes);
  if (there != ANSWER_HOLDS) return there == ANSWER_MISS ? ANSWER_MISS_AND_DROP : there;
  const end = header + wholeBytes;
  for (let at = header + fixedBytes; at < end; at = nextOption(at, end)) {
    if (load<u8>(at) == kind) return ANSWER_HOLDS;
  }
  return ANSWER_MISS;
}

/** Bytes of a header without its options, from the byte that has the type. Ref: include/linux/dccp.h:__dccp_hdr_len() */
function dccpHeaderBytes(typeByte: u32): u32 {
  const basic = DCCP_HEADER_BYTES + (typeByte & 1 ? DCCP_EXTENSION_BYTES : 0);
  switch ((typeByte >> 1) & 15) {
    case 0: // REQUEST
      return basic + 4;
    case 2: // DATA
      return basic;
    case 3: // ACK, DATAACK, CLOSEREQ, CLOSE
    case 4:
    case 5:
    case 6:
    case 8: // SYNC, SYNCACK
    case 9:
      return basic + 8;
    default: // RESPONSE, RESET, and what is no type
      return basic + 12;
  }
}
