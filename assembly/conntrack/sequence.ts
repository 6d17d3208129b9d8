// Sequence numbers of TCP connections whose payload was changed in length: what one side sent is shifted for the other, and what that
// acknowledges is shifted back. The tracker itself counts as the sender of each number does.

import {
  EXT_SEQADJ,
  EXT_SEQADJ_BYTES,
  FLOW_EXTENSION,
  FLOW_STATUS,
  IPS_SEQ_ADJUST,
} from '../abi/flow.ts';
import { PACKET_END, PACKET_L4, PACKET_L4_LENGTH } from '../abi/packet.ts';
import { isLeftOpen } from '../wire/checksum.ts';
import { mendTransport, ownBytes, pullTransport } from '../wire/edit.ts';
import { headerLength, TCP_BYTES, TCP_CHECKSUM, TCP_FLAGS } from '../wire/tcp.ts';
import { packetDirection } from './expire.ts';
import { extension } from './extend.ts';
import { be32 } from './tuple.ts';

// Of a direction: behind which number the shift is another one, and the shift before it and behind it.
const POSITION: u32 = 0;
const BEFORE: u32 = 4;
const BEHIND: u32 = 8;

const TCP_SEQ: usize = 4;
const TCP_ACK: usize = 8;
const FLAG_ACK: u32 = 16;
const OPTION_END: u32 = 0;
const OPTION_NOP: u32 = 1;
const OPTION_SACK: u32 = 5;
const SACK_BLOCK_BYTES: u32 = 8;

function isAfter(a: u32, b: u32): bool {
  return <i32>(b - a) < 0;
}

function shifts(entry: usize, direction: u32): usize {
  return <usize>load<u32>(entry, FLOW_EXTENSION) + EXT_SEQADJ + <usize>direction * EXT_SEQADJ_BYTES;
}

/**
 * Notes that the payload of the segment that begins at `seq` has grown by `by` bytes, in one direction.
 *
 * Returns: false when there is no memory for it.
 * Ref: net/netfilter/nf_conntrack_seqadj.c:nf_ct_seqadj_set()
 */
export function noteGrowth(region: usize, block: usize, entry: usize, direction: u32, seq: u32, by: i32): bool {
  if (by == 0) return true;
  if (extension(region, block, entry) == 0) return false;
  store<u32>(entry, load<u32>(entry, FLOW_STATUS) | IPS_SEQ_ADJUST, FLOW_STATUS);
  const way = shifts(entry, direction);
  const behind = load<u32>(way, BEHIND);
  if (load<u32>(way, BEFORE) != behind && !isAfter(seq, load<u32>(way, POSITION))) return true;
  store<u32>(way, seq, POSITION);
  store<u32>(way, behind, BEFORE);
  store<u32>(way, behind + by, BEHIND);
  return true;
}

/** What a number of one direction was shifted by. Ref: net/netfilter/nf_conntrack_seqadj.c:nf_ct_seq_offset() */
export function shiftOf(entry: usize, direction: u32, seq: u32): u32 {
  if (!(load<u32>(entry, FLOW_STATUS) & IPS_SEQ_ADJUST)) return 0;
  const way = shifts(entry, direction);
  return shiftAt(way, seq);
}

function shiftAt(way: usize, seq: u32): u32 {
  return isAfter(seq, load<u32>(way, POSITION)) ? load<u32>(way, BEHIND) : load<u32>(way, BEFORE);
}

/**
 * Shifts the numbers of a packet. As in the kernel, what is no TCP is treated as if it were: an ICMP error about the connection.
 *
 * Returns: false when the packet is too short, or its options are broken.
 * Ref: net/netfilter/nf_conntrack_seqadj.c:nf_ct_seq_adjust()
 */
export function shiftNumbers(env: usize, packet: usize, entry: usize): bool {
  if (load<u32>(packet, PACKET_L4_LENGTH) < TCP_BYTES) return false;
  pullTransport(packet, TCP_BYTES);
  // What the capture lacks cannot be changed.
  if (load<u32>(packet, PACKET_END) - load<u32>(packet, PACKET_L4) < TCP_BYTES) return true;
  ownBytes(env, packet);
  const tcp: usize = load<u32>(packet, PACKET_L4);
  const direction = packetDirection(packet);
  const isOpen = isLeftOpen(packet, TCP_CHECKSUM);
  const seq = be32(tcp + TCP_SEQ);
  const ours = shifts(entry, direction);
  put(tcp, TCP_SEQ, seq + shiftAt(ours, seq), isOpen);
  if (!(<u32>load<u8>(tcp, TCP_FLAGS) & FLAG_ACK)) return true;
  const theirs = shifts(entry, direction ^ 1);
  put(tcp, TCP_ACK, shiftedBack(be32(tcp + TCP_ACK), theirs), isOpen);
  return shiftBlocks(packet, tcp, theirs, isOpen);
}

function shiftedBack(number: u32, way: usize): u32 {
  const before = load<u32>(way, BEFORE);
  return number - (isAfter(number - before, load<u32>(way, POSITION)) ? load<u32>(way, BEHIND) : before);
}

function put(tcp: usize, at: usize, number: u32, isOpen: bool): void {
  const now = bswap<u32>(number);
  mendTransport(tcp + TCP_CHECKSUM, load<u32>(tcp + at), now, false, isOpen);
  store<u32>(tcp + at, now);
}

/** What is acknowledged besides. Ref: net/netfilter/nf_conntrack_seqadj.c:nf_ct_sack_adjust() */
function shiftBlocks(packet: usize, tcp: usize, way: usize, isOpen: bool): bool {
  const end = headerLength(tcp);
  if (load<u32>(packet, PACKET_L4_LENGTH) < end) return false;
  pullTransport(packet, end);
  if (load<u32>(packet, PACKET_END) - <u32>tcp < end) return true;
  for (let at = TCP_BYTES; at < end; ) {
    const kind = <u32>load<u8>(tcp + at);
    if (kind == OPTION_END) return true;
    if (kind == OPTION_NOP) {
      at++;
      continue;
    }
    if (at + 1 == end) return false;
    const length = <u32>load<u8>(tcp + at, 1);
    if (length < 2 || at + length > end) return false;
    if (kind == OPTION_SACK && length >= 2 + SACK_BLOCK_BYTES && (length - 2) % SACK_BLOCK_BYTES == 0) {
      for (let edge = at + 2; edge < at + length; edge += 4) put(tcp, edge, shiftedBack(be32(tcp + edge), way), isOpen);
    }
    at += length;
  }
  return true;
}
