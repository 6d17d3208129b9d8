// What a result has to say of where it comes from.

import { execFileSync } from 'node:child_process';
import { cpus, release, totalmem } from 'node:os';

export { median } from './statistics.ts';

export interface Machine {
  readonly commit: string;
  readonly cpu: string;
  readonly processors: number;
  readonly memoryGiB: number;
  /** Release of the kernel. */
  readonly kernel: string;
  readonly node: string;
}

export function machine(): Machine {
  return {
    commit: commit(),
    cpu: cpus()[0]?.model ?? 'unknown',
    processors: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
  };
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
