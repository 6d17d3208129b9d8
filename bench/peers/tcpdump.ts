// tcpdump as a peer: it reads a capture and counts what a filter takes.

import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Why there is none here; undefined when there is. */
export function whyNoTcpdump(): string | undefined {
  const { error, stdout, stderr } = spawnSync('tcpdump', ['--help'], { encoding: 'utf8' });
  if (error) return 'no tcpdump';
  return `${stdout}${stderr}`.includes('--count') ? undefined : 'a tcpdump without --count';
}

/** Milliseconds that `tcpdump --count` takes from start to end; throws when it counts anything but `expected`. */
export async function tcpdumpMs(path: string, filter: string, expected: number): Promise<number> {
  const started = performance.now();
  const { stdout } = await run('tcpdump', ['-nn', '--count', '-r', path, filter]);
  const elapsed = performance.now() - started;
  const counted = Number(/^(\d+) packets?/m.exec(stdout)?.[1] ?? Number.NaN);
  if (counted !== expected) throw new Error(`tcpdump counted ${counted} packets of "${filter}", there are ${expected}`);
  return elapsed;
}
