// Estimators: means of rates that a timer works out, tick by tick.

import { PACKET_LENGTH } from '../abi/packet.ts';
import {
  ESTIMATOR_BPS,
  ESTIMATOR_COUNTED_BYTES,
  ESTIMATOR_COUNTED_PACKETS,
  ESTIMATOR_EWMA,
  ESTIMATOR_INTERVAL,
  ESTIMATOR_LAST_BYTES,
  ESTIMATOR_LAST_PACKETS,
  ESTIMATOR_NEXT,
  ESTIMATOR_PPS,
  ESTIMATOR_TICK,
} from '../abi/rate.ts';
import { jiffies, jiffiesLoaded, timerGoesOff } from './jiffies.ts';

/** Parts of a unit that the means count in, and more: a tick of a quarter of a second counts four times in a second. */
const QUARTER_LOG: u32 = 10;
const PARTS_LOG: u64 = 8;

/** Counts a packet. Ref: net/netfilter/xt_RATEEST.c:xt_rateest_tg() */
export function countInEstimator(env: usize, packet: usize, estimator: usize): void {
  catchUp(env, packet, estimator);
  const bytes = load<u64>(estimator, ESTIMATOR_COUNTED_BYTES) + load<u32>(packet, PACKET_LENGTH);
  store<u64>(estimator, bytes, ESTIMATOR_COUNTED_BYTES);
  store<u64>(estimator, load<u64>(estimator, ESTIMATOR_COUNTED_PACKETS) + 1, ESTIMATOR_COUNTED_PACKETS);
}

/** Bytes a second. `catchUp` has come to the packet's time. Ref: net/core/gen_estimator.c:gen_estimator_read() */
export function estimatedBps(estimator: usize): u64 {
  return load<u64>(estimator, ESTIMATOR_BPS) >> PARTS_LOG;
}

/** Packets a second, likewise. */
export function estimatedPps(estimator: usize): u64 {
  return load<u64>(estimator, ESTIMATOR_PPS) >> PARTS_LOG;
}

/**
 * Makes up for the ticks since the estimator was used last. The timer was set when the rules were loaded; each tick sets it to the next
 * multiple of the interval from then.
 *
 * Differs: the kernel's ticks may be late on a machine that is busy, and then run on from there.
 * Ref: net/core/gen_estimator.c:est_timer(), gen_new_estimator()
 */
export function catchUp(env: usize, packet: usize, estimator: usize): void {
  const interval = load<u32>(estimator, ESTIMATOR_INTERVAL);
  const step = <u64>ESTIMATOR_TICK << interval;
  const now = jiffies(env, packet);
  let next = load<u64>(estimator, ESTIMATOR_NEXT);
  if (next == 0) next = jiffiesLoaded(env) + step;
  // All timers go off at the same distance from what they were set to, up to the steps of their level of the wheel.
  let last = next + ((now - min(now, next)) / step) * step;
  if (last >= next && timerGoesOff(last - step, last) > now) last -= step;
  store<u64>(estimator, next, ESTIMATOR_NEXT);
  if (last < next) return;
  const idle = (last - next) / step;
  const ewma = <u64>load<u32>(estimator, ESTIMATOR_EWMA);
  const scale = <u64>(QUARTER_LOG - interval);
  tick(estimator + ESTIMATOR_BPS, estimator + ESTIMATOR_COUNTED_BYTES, estimator + ESTIMATOR_LAST_BYTES, scale, ewma, idle);
  tick(estimator + ESTIMATOR_PPS, estimator + ESTIMATOR_COUNTED_PACKETS, estimator + ESTIMATOR_LAST_PACKETS, scale, ewma, idle);
  store<u64>(estimator, last + step, ESTIMATOR_NEXT);
}

/** One tick that takes in what was counted, then `idle` ones that find nothing new. */
function tick(mean: usize, counted: usize, last: usize, scale: u64, ewma: u64, idle: u64): void {
  const before = load<u64>(mean);
  const rate = (load<u64>(counted) - load<u64>(last)) << scale;
  store<u64>(last, load<u64>(counted));
  store<u64>(mean, decayed(before + (rate >> ewma) - (before >> ewma), ewma, idle));
}

/** A mean after so many ticks that each take a part of it. Ticks that take the same are done at once. */
function decayed(mean: u64, ewma: u64, ticks: u64): u64 {
  let left = mean;
  let more = ticks;
  while (more > 0) {
    const part = left >> ewma;
    if (part == 0) break;
    const same = min(more, (left - (part << ewma)) / part + 1);
    left -= same * part;
    more -= same;
  }
  return left;
}
