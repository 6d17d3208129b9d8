// TCP options that the tracker reads: window scale, SACK permitted, SACK blocks. Both walks stop at the first option that does
// not fit, as the kernel's do.

import { TCP_FLAG_BE_LIBERAL, TCP_FLAG_SACK_PERM, TCP_FLAG_WINDOW_SCALE, TCP_HALF_FLAGS, TCP_SCALE } from '../abi/flow.ts';
import { be32 } from './tuple.ts';
import { headerLength, TCP_BYTES } from '../wire/tcp.ts';

const KIND_END: u32 = 0;
const KIND_NOP: u32 = 1;
const KIND_WINDOW_SCALE: u32 = 3;
const KIND_SACK_PERM: u32 = 4;
const KIND_SACK: u32 = 5;
/** Ref: RFC 7323, 2.3 */
const WINDOW_SCALE_MAX: u32 = 14;
/** An option area of NOP, NOP, timestamp and nothing else, as its first word is read. */
const TIMESTAMP_ONLY: u32 = 0x0101080a;
const TIMESTAMP_ONLY_BYTES: u32 = 12;

/**
 * Takes window scale and SACK permission of a side from its SYN. Without any options the side keeps what it had.
 *
 * Ref: net/netfilter/nf_conntrack_proto_tcp.c:tcp_options()
 */
export function readSynOptions(header: usize, half: usize): void {
  let left = optionBytes(header);
  if (left == 0) return;
  let at = header + 20;
  let scale: u32 = 0;
  let flags = <u32>load<u8>(half, TCP_HALF_FLAGS) & TCP_FLAG_BE_LIBERAL;
  while (left > 0) {
    const kind = <u32>load<u8>(at);
    if (kind == KIND_END) break;
    if (kind == KIND_NOP) {
      at++;
      left--;
      continue;
    }
    if (left < 2) break;
    const size = <u32>load<u8>(at, 1);
    if (size < 2 || size > left) break;
    if (kind == KIND_SACK_PERM && size == 2) flags |= TCP_FLAG_SACK_PERM;
    else if (kind == KIND_WINDOW_SCALE && size == 3) {
      scale = min<u32>(<u32>load<u8>(at, 2), WINDOW_SCALE_MAX);
      flags |= TCP_FLAG_WINDOW_SCALE;
    }
    at += <usize>size;
    left -= size;
  }
  store<u8>(half, <u8>scale, TCP_SCALE);
  store<u8>(half, <u8>flags, TCP_HALF_FLAGS);
}

/**
 * The highest right edge of the first SACK option, if it lies behind `ack`; else `ack`.
 *
 * Ref: net/netfilter/nf_conntrack_proto_tcp.c:tcp_sack()
 */
export function readSack(header: usize, ack: u32): u32 {
  let left = optionBytes(header);
  let at = header + 20;
  if (left == TIMESTAMP_ONLY_BYTES && be32(at) == TIMESTAMP_ONLY) return ack;
  while (left > 0) {
    const kind = <u32>load<u8>(at);
    if (kind == KIND_END) return ack;
    if (kind == KIND_NOP) {
      at++;
      left--;
      continue;
    }
    if (left < 2) return ack;
    const size = <u32>load<u8>(at, 1);
    if (size < 2 || size > left) return ack;
    if (kind == KIND_SACK && size >= 10 && (size - 2) % 8 == 0) {
      let highest = ack;
      for (let i: u32 = 2; i < size; i += 8) {
        const edge = be32(at + <usize>i + 4);
        if (<i32>(edge - highest) > 0) highest = edge;
      }
      return highest;
    }
    at += <usize>size;
    left -= size;
  }
  return ack;
}

function optionBytes(header: usize): u32 {
  return headerLength(header) - TCP_BYTES;
}
