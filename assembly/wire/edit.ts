// Changing the bytes of a packet: targets put them into the shard's scratch first, since the captured ones are not ours to change.

import { ENV_SCRATCH, SCRATCH_BYTES, SHARD_SCRATCH_BYTES } from '../abi/batch.ts';
import {
  PACKET_END,
  PACKET_FLAG_OWNED,
  PACKET_FLAGS,
  PACKET_L3,
  PACKET_L4,
  PACKET_SHARD,
} from '../abi/packet.ts';

/**
 * Makes the packet's layer-3 bytes changeable: PACKET_L3, PACKET_L4 and PACKET_END then point into the shard's scratch. What other
 * code took from the record before points to the bytes as captured.
 *
 * Memory: SCRATCH_BYTES_MAX bytes from PACKET_L3 on may be written, so that a packet may grow.
 */
export function ownBytes(env: usize, packet: usize): void {
  const flags = load<u32>(packet, PACKET_FLAGS);
  if ((flags & PACKET_FLAG_OWNED) != 0) return;
  const ip = load<u32>(packet, PACKET_L3);
  const end = load<u32>(packet, PACKET_END);
  const own = load<u32>(env, ENV_SCRATCH) + load<u32>(packet, PACKET_SHARD) * SHARD_SCRATCH_BYTES + SCRATCH_BYTES;
  memory.copy(own, ip, end - ip);
  const l4 = load<u32>(packet, PACKET_L4);
  store<u32>(packet, own, PACKET_L3);
  store<u32>(packet, own + (end - ip), PACKET_END);
  if (l4 != 0) store<u32>(packet, own + (l4 - ip), PACKET_L4);
  store<u32>(packet, flags | PACKET_FLAG_OWNED, PACKET_FLAGS);
}

/**
 * Puts a checksum right after a 16-bit word that it covers has changed. All three are as they lie in memory.
 * Ref: include/net/checksum.h:csum_replace2()
 */
export function mendChecksum(checksum: usize, from: u16, to: u16): void {
  let sum: u32 = <u32>(~load<u16>(checksum)) + <u32>(~from) + to;
  sum = (sum & 0xffff) + (sum >> 16);
  store<u16>(checksum, <u16>(~((sum & 0xffff) + (sum >> 16))));
}
