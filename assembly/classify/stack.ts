// Where a run keeps its place in the chains it came from.

import { ENV_SCRATCH, SCRATCH_STACK, SCRATCH_TEE_STACK, SHARD_SCRATCH_BYTES } from '../abi/batch.ts';
import { PACKET_FLAG_TEE, PACKET_FLAGS, PACKET_SHARD } from '../abi/packet.ts';

/** The walk stack for a packet: the copy that TEE sends has one of its own, since the packet stays in its chain meanwhile. */
export function stackOf(env: usize, packet: usize): usize {
  const scratch = <usize>load<u32>(env, ENV_SCRATCH) + <usize>load<u32>(packet, PACKET_SHARD) * SHARD_SCRATCH_BYTES;
  return scratch + ((load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_TEE) != 0 ? SCRATCH_TEE_STACK : SCRATCH_STACK);
}
