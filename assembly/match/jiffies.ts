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

/** A level of the timer wheel has timers up to 63 of its steps ahead; the next one's steps are eight times as long. */
const LEVEL_STEPS: u64 = 63;
const LEVEL_SHIFT: u64 = 3;
const LAST_LEVEL_SHIFT: u64 = 24;

/**
 * When a timer set at `now` for `expires` goes off: at the next step of its level of the wheel, the sooner the finer.
 * Ref: kernel/time/timer.c:calc_wheel_index(), with HZ = 250
 */
export function timerGoesOff(now: u64, expires: u64): u64 {
  let shift: u64 = 0;
  while (expires - now >= LEVEL_STEPS << shift) {
    if (shift == LAST_LEVEL_SHIFT) return timerGoesOff(now, now + ((LEVEL_STEPS - 1) << LAST_LEVEL_SHIFT));
    shift += LEVEL_SHIFT;
  }
  return ((expires >> shift) + 1) << shift;
}
