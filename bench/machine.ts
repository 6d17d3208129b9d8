// What a result has to say of where it comes from.

import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';

export interface Machine {
  readonly commit: string;
  readonly cpu: string;
  readonly processors: number;
  readonly node: string;
}

export function machine(): Machine {
  return { commit: commit(), cpu: cpus()[0]?.model ?? 'unknown', processors: cpus().length, node: process.version };
}

function commit(): string {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return 'unknown';
  }
}

/** The middle value; of an even number of values the lower middle. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[(values.length - 1) >> 1]!;
}
