// Time units of pcapng interfaces.

const BILLION: u64 = 1_000_000_000;
/** Ticks a second up to which a fraction times a billion fits 64 bits. */
const SMALL_TICKS_MAX: u64 = 0x1_0000_0000;

/**
 * Nanoseconds of a time stamp, rounded down.
 *
 * Units: `value` in 1 / `perSecond` seconds; `offset` in seconds (wraps, so that negative ones work).
 * `perSecond` is a power of ten up to 10^19, or a power of two up to 2^63.
 */
export function nanoseconds(value: u64, perSecond: u64, offset: u64): u64 {
  const shift = offset * BILLION;
  if (perSecond == 1_000_000) return value * 1000 + shift;
  if (perSecond == BILLION) return value + shift;
  const seconds = value / perSecond;
  const fraction = value % perSecond;
  return seconds * BILLION + fractionNanoseconds(fraction, perSecond) + shift;
}

function fractionNanoseconds(fraction: u64, perSecond: u64): u64 {
  if (perSecond <= SMALL_TICKS_MAX) return (fraction * BILLION) / perSecond;
  if (perSecond % 10 == 0) return perSecond < BILLION * 10 ? (fraction * BILLION) / perSecond : fraction / (perSecond / BILLION);
  // A power of two of 33 bits or more: multiply in two halves, then shift.
  const high = (fraction >> 32) * BILLION;
  const low = (fraction & 0xffffffff) * BILLION;
  return (high + (low >> 32)) >> (ctz<u64>(perSecond) - 32);
}
