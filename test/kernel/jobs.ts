// The random scenarios of a run, shared out among processes: the kernel, its bench and Hookline use one processor each at a time.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { Coverage, RuleCount } from './coverage.ts';
import type { SeedOptions, SeedTally } from './seeds.ts';

export interface JobResult extends SeedTally {
  readonly counts: readonly RuleCount[];
}

/** Runs `count` seeds from `first` on in so many jobs. What they find they print themselves; `coverage` takes note of their rules. */
export async function runJobs(
  range: { readonly first: number; readonly count: number; readonly jobs: number },
  options: Omit<SeedOptions, 'seeds'>,
  coverage: Coverage,
): Promise<SeedTally> {
  const seeds = Array.from({ length: range.count }, (_, i) => range.first + i);
  const jobs = Math.max(1, Math.min(range.jobs, seeds.length));
  const shares = Array.from({ length: jobs }, (_, job) => seeds.filter((_, i) => i % jobs === job));
  const results = await Promise.all(shares.map((share) => runJob({ ...options, seeds: share })));
  for (const { counts } of results) coverage.addCounts(counts);
  const sum = (part: keyof SeedTally) => results.reduce((total, result) => total + result[part], 0);
  return { passed: sum('passed'), failed: sum('failed'), again: sum('again') };
}

async function runJob(options: SeedOptions): Promise<JobResult> {
  const child = fork(new URL('./seeds-job.js', import.meta.url), [JSON.stringify(options)]);
  let result: JobResult | undefined;
  child.on('message', (message) => {
    result = message as JobResult;
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (result === undefined) throw new Error(`a job of random scenarios ended with code ${code}`);
  return result;
}
