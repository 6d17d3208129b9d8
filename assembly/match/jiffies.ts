// The kernel's clock as packets see it.

import { ENV_CLOCK, ENV_LOADED } from '../abi/batch.ts';
import { PACKET_TIME } from '../abi/packet.ts';
import { JIFFY_NS } from '../abi/rate.ts';

/** The jiffies at a packet's time. */
export function jiffies(env: usize, packet: usize): u64 {
  return (load<u64>(packet, PACKET_TIME) + load<u64>(env, ENV_CLOCK)) / JIFFY_NS;
}

/** The jiffies when the rules were loaded. */
export function jiffiesLoaded(env: usize): u64 {
  return (load<u64>(env, ENV_LOADED) + load<u64>(env, ENV_CLOCK)) / JIFFY_NS;
}
