// What a benchmark suite is: a question, and figures that answer it, each of them measured in several rounds.

/** How much of a suite is run: `tiny` only shows that it works, `quick` is for a look in between, `full` has every size. */
export type Scale = 'tiny' | 'quick' | 'usual' | 'full';

export const SCALES: readonly Scale[] = ['tiny', 'quick', 'usual', 'full'];

/** Sizes that the command line can give instead of those of the scale. */
export interface Sizes {
  readonly rules?: readonly number[];
  readonly flows?: readonly number[];
  readonly workers?: readonly number[];
  /** Snap lengths in bytes. */
  readonly snap?: readonly number[];
}

/** What a suite is run with. */
export interface BenchRun {
  /** Of rules and traffic. */
  readonly seed: number;
  readonly scale: Scale;
  /** Rounds that count; suites run one more before, to warm up. */
  readonly rounds: number;
  readonly sizes: Sizes;
  /** Says how far the suite is. */
  note(text: string): void;
}

export type Unit = 'ns' | 'us' | 'ms' | '1/s' | 'x' | 'bytes';

/** One thing measured: a cell of the suite's table. */
export interface Figure {
  /** The row: what was measured. */
  readonly of: string;
  /** The column: what of it. */
  readonly what: string;
  readonly unit: Unit;
  /** One a round. */
  readonly samples: readonly number[];
  /** Whether more or less of it is better. */
  readonly better: 'less' | 'more';
  /** Not of Hookline: what it is compared with, or the rate that something was measured at. */
  readonly isReference?: true;
  /** What it must reach, and what it is meant to reach. */
  readonly bar?: number;
  readonly aim?: number;
}

export interface SuiteResult {
  readonly figures: readonly Figure[];
  /** What readers have to know beside the figures: what was skipped and why, what a column means. */
  readonly notices: readonly string[];
}

export interface Suite {
  readonly name: string;
  /** The question, in a few words. */
  readonly title: string;
  run(run: BenchRun): Promise<SuiteResult>;
}

/** The sizes of the command line, else those of the scale. */
export function sizesOf(run: BenchRun, kind: keyof Sizes, scales: Readonly<Record<Scale, readonly number[]>>): readonly number[] {
  return run.sizes[kind] ?? scales[run.scale];
}

/** A figure of which less is better. */
export function cost(of: string, what: string, unit: Unit, samples: readonly number[], limits: Limits = {}): Figure {
  return { of, what, unit, samples, better: 'less', ...limits };
}

/** A figure of which more is better. */
export function gain(of: string, what: string, unit: Unit, samples: readonly number[], limits: Limits = {}): Figure {
  return { of, what, unit, samples, better: 'more', ...limits };
}

/** A figure that Hookline is compared with, or that only says how something was measured. */
export function reference(of: string, what: string, unit: Unit, samples: readonly number[]): Figure {
  return { of, what, unit, samples, better: 'less', isReference: true };
}

type Limits = Pick<Figure, 'bar' | 'aim'>;
