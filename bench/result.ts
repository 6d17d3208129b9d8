// A run as a file: where it comes from, and every sample of every figure.

import { readFileSync } from 'node:fs';
import type { Machine } from './machine.ts';
import { SCALES, type Scale, type SuiteResult } from './suite.ts';

/** Changes when figures of an older file mean something else. */
const FORMAT = 1;

export interface BenchResult extends Machine {
  readonly format: typeof FORMAT;
  readonly seed: number;
  readonly scale: Scale;
  /** Seconds since the epoch. */
  readonly time: number;
  readonly suites: Readonly<Record<string, SuiteResult>>;
}

/** The result of a run that ends now. */
export function benchResult(
  about: Machine,
  { seed, scale }: { readonly seed: number; readonly scale: Scale },
  suites: BenchResult['suites'],
): BenchResult {
  return { format: FORMAT, ...about, seed, scale, time: Math.round(Date.now() / 1000), suites };
}

export function resultText(result: BenchResult): string {
  return `${JSON.stringify(result, null, 2)}\n`;
}

/** Reads a result file; throws with what is wrong. */
export function readResult(path: string): BenchResult {
  let result: BenchResult;
  try {
    result = JSON.parse(readFileSync(path, 'utf8')) as BenchResult;
  } catch (error) {
    throw new Error(`${path}: ${(error as Error).message}`);
  }
  const isResult = result?.format === FORMAT && typeof result.suites === 'object' && SCALES.includes(result.scale);
  if (!isResult) throw new Error(`${path}: not what \`npm run bench -- --json FILE\` writes today`);
  return result;
}
