// Network address translation. Comes in: an entry that is not confirmed yet, with a range that a target asks for; goes out: the entry's
// reply tuple, and packets that are changed accordingly. This folder must not know rules, hooks or routes.
//
// A connection has its source settled once and its destination once (`bind.ts`), by what a rule says or as it is. What replies to it is
// then the entry's reply tuple, and every packet of either direction is made to look like the inverse of the other direction's tuple
// (`change.ts`), without a rule; ICMP errors about it with the packet that they quote (`error.ts`).

import { ENV_SCRATCH, SCRATCH_NAT, SHARD_SCRATCH_BYTES } from '../abi/batch.ts';
import { TUPLE_DST, TUPLE_SRC } from '../abi/flow.ts';
import { PACKET_SHARD } from '../abi/packet.ts';

/** Room for a choice: NAT_* of abi/nat.ts. */
export function roomOf(env: usize, packet: usize): usize {
  return <usize>load<u32>(env, ENV_SCRATCH) + load<u32>(packet, PACKET_SHARD) * SHARD_SCRATCH_BYTES + SCRATCH_NAT;
}

/** Copies an address: four words. */
export function copyAddress(to: usize, from: usize): void {
  store<u64>(to, load<u64>(from));
  store<u64>(to, load<u64>(from, 8), 8);
}

export function sameAddress(a: usize, b: usize): bool {
  return ((load<u64>(a) ^ load<u64>(b)) | (load<u64>(a, 8) ^ load<u64>(b, 8))) == 0;
}

/** Where the address of a side (MANIP_*) stands in a tuple. */
export function sideOf(manip: u32): usize {
  return manip == 0 ? TUPLE_SRC : TUPLE_DST;
}
