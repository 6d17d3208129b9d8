// What a list of measurements says: its middle, how far it scatters, and ratios of two that were measured in turn.

/** Of a normal distribution: its standard deviation, where 1 is the median distance from the median. */
const DEVIATIONS_A_MAD = 1.4826;

/** The middle value; of an even number of values the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('no values, hence no median');
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[upper]! : (sorted[upper - 1]! + sorted[upper]!) / 2;
}

/**
 * How far values scatter, as a part of their median: a standard deviation that single outliers do not move (from the median distance to
 * the median).
 */
export function spread(values: readonly number[]): number {
  const middle = median(values);
  if (middle === 0) return 0;
  return (DEVIATIONS_A_MAD * median(values.map((value) => Math.abs(value - middle)))) / Math.abs(middle);
}

/** Of a normal distribution: the standard deviation of its median, where 1 is that of its mean. */
const MEDIAN_TO_MEAN = 1.2533;

/** What a median of so many values may be off by, as a part of it: one standard deviation. */
function uncertainty(values: readonly number[]): number {
  return (MEDIAN_TO_MEAN * spread(values)) / Math.sqrt(values.length);
}

/** Ratios round by round: what disturbs the machine for longer than a round disturbs both. */
export function ratios(of: readonly number[], to: readonly number[]): number[] {
  if (of.length !== to.length) throw new RangeError(`${of.length} rounds of one, ${to.length} of the other`);
  return of.map((value, round) => value / to[round]!);
}

export interface Change {
  /** Median of the second to that of the first. */
  readonly ratio: number;
  /** What the ratio may be off by, from the spread and the rounds of both. */
  readonly noise: number;
  /** Whether the medians differ by more than that. */
  readonly verdict: 'same' | 'less' | 'more';
}

/** Standard deviations that pass for noise. */
const NOISE_DEVIATIONS = 3;

/** How a second list of measurements differs from a first. Differences up to `tolerance` (a part of the first) are never a verdict. */
export function change(first: readonly number[], second: readonly number[], tolerance: number): Change {
  const [before, after] = [median(first), median(second)];
  const ratio = before === after ? 1 : after / before;
  const noise = NOISE_DEVIATIONS * Math.hypot(uncertainty(first), uncertainty(second));
  const most = 1 + Math.max(tolerance, noise);
  return { ratio, noise, verdict: ratio > most ? 'more' : ratio < 1 / most ? 'less' : 'same' };
}
