// A share of the random scenarios, run in a process of its own with a bench of its own. Started by jobs.ts; the options are its argument.

import { Bench } from './bench.ts';
import { Coverage } from './coverage.ts';
import type { JobResult } from './jobs.ts';
import { runSeeds, type SeedOptions } from './seeds.ts';

// Whoever started it is gone, so nobody waits for what it finds.
process.once('disconnect', () => process.exit());

const options = JSON.parse(process.argv[2]!) as SeedOptions;
const bench = new Bench();
const coverage = new Coverage();
try {
  const tally = await runSeeds(bench, options, coverage);
  const result: JobResult = { ...tally, counts: coverage.counts() };
  process.send!(result, () => process.disconnect());
} finally {
  bench.close();
}
