// `npm run test:kernel`: committed scenarios and random ones against the live kernel.
//
//   --seeds N         random scenarios of each kind (100), and --packets N in each (200); --seed N is the first seed (1)
//   --rules, --conversations, --translations, --helpers
//                     of the kinds of random scenarios only these: all kinds of rules and packets, conversations under stateful rules,
//                     translated connections, conversations of protocols with helpers
//   --jobs N          processes that share the random scenarios (one for each processor)
//   --linear          walk every chain linearly instead of using decision tables
//   --no-shrink       do not make small reproductions of differences
//   --named           only the committed scenarios, and the tracker's cases
//   --only TEXT       of the committed scenarios and cases those whose path contains it
//   --record          rewrite the recorded outcomes of the committed scenarios, and stop
//   --require         fail when the machine lacks what the suite needs, instead of saying so
//
// The closing line is "N passed, N failed".

import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { readScenarios, type Scenario, scenarioPath } from '../support/scenario.ts';
import { Bench } from './bench.ts';
import { askKernel, caseDifferences, caseFiles, recordCases } from './cases.ts';
import { Coverage } from './coverage.ts';
import { runJobs } from './jobs.ts';
import { compareWithRecording, record, runScenario } from './named.ts';
import { missing } from './requirements.ts';
import { seedKinds } from './seeds.ts';
import { selfChecks } from './selfcheck.ts';

const { values: options } = parseArgs({
  allowNegative: true,
  options: {
    seeds: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    packets: { type: 'string', default: '200' },
    jobs: { type: 'string', default: String(availableParallelism()) },
    rules: { type: 'boolean', default: false },
    conversations: { type: 'boolean', default: false },
    translations: { type: 'boolean', default: false },
    helpers: { type: 'boolean', default: false },
    linear: { type: 'boolean', default: false },
    shrink: { type: 'boolean', default: true },
    named: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    record: { type: 'boolean', default: false },
    require: { type: 'boolean', default: false },
  },
});

interface Tally {
  passed: number;
  failed: number;
}

/** Counts a check; what it says is what is wrong. */
async function check(tally: Tally, name: string, run: () => Promise<readonly string[]>): Promise<void> {
  const faults = await run().catch((error: Error) => [error.message]);
  if (faults.length === 0) tally.passed++;
  else {
    tally.failed++;
    console.log(`FAILED ${name}\n${faults.join('\n')}`);
  }
}

/**
 * A busy machine may be late with packets whose time matters: what differs once may agree the next time, a real difference will not. The next
 * time is behind all others, since what made it late may last for a while.
 */
const TRIES = 3;

async function runNamed(bench: Bench, tally: Tally): Promise<void> {
  let left = readScenarios().filter(({ name }) => name.includes(options.only));
  for (let tried = 1; left.length > 0; tried++) {
    const again: Scenario[] = [];
    for (const scenario of left) {
      const path = scenarioPath(scenario);
      const outcome = await askNamed(bench, scenario).catch((error: Error) => error);
      const isSettled = outcome instanceof Error || outcome.length === 0 || tried === TRIES;
      if (isSettled)
        await check(tally, path, () => (outcome instanceof Error ? Promise.reject(outcome) : Promise.resolve(outcome)));
      else {
        console.log(`${path} differs from its recording, try ${tried} of ${TRIES}`);
        again.push(scenario);
      }
    }
    left = again;
  }
}

/** What the kernel does otherwise than was recorded; or records what it does. */
async function askNamed(bench: Bench, scenario: Scenario): Promise<readonly string[]> {
  const answers = await runScenario(bench, scenario);
  if (!options.record) return compareWithRecording(scenario, answers);
  if (record(scenario, answers)) console.log(`recorded ${scenarioPath(scenario)}`);
  return [];
}

async function runCases(bench: Bench, tally: Tally): Promise<void> {
  let cases = await askKernel(bench, caseFiles(options.only));
  if (options.record) {
    for (const file of recordCases(cases)) console.log(`recorded ${file}`);
    return;
  }
  for (let tried = 1; tried < TRIES && cases.some((one) => caseDifferences(one).length > 0); tried++) {
    cases = await askKernel(bench, caseFiles(options.only));
  }
  for (const one of cases) await check(tally, `${one.file}: ${one.script.title}`, async () => caseDifferences(one));
}

async function runRandom(tally: Tally): Promise<void> {
  const coverage = new Coverage();
  for (const scenario of readScenarios()) coverage.addScenario(scenario);
  const range = { first: Number(options.seed), count: Number(options.seeds), jobs: Number(options.jobs) };
  const wanted = seedKinds.filter((kind) => options[kind]);
  const kinds = wanted.length > 0 ? wanted : seedKinds;
  const { linear, shrink } = options;
  for (const kind of kinds) {
    const settings = { kind, packets: Number(options.packets), linear, shrink };
    const { passed, failed, again } = await runJobs(range, settings, coverage);
    tally.passed += passed;
    tally.failed += failed;
    console.log(
      `${kind}: ${passed} of ${range.count} random scenarios agree${again > 0 ? `, ${again} only when tried again` : ''}`,
    );
  }
  if (!kinds.includes('rules')) return;
  console.log(coverage.toString());
  await check(tally, 'every match and target is tried', async () => coverage.faults(range.count, kinds));
}

async function runAll(tally: Tally): Promise<void> {
  const bench = new Bench();
  try {
    if (!options.record) for (const [name, run] of selfChecks) await check(tally, `bench: ${name}`, () => run(bench));
    await runNamed(bench, tally);
    await runCases(bench, tally);
    if (options.record || options.named) return;
    await runRandom(tally);
  } finally {
    bench.close();
  }
}

async function main(): Promise<void> {
  const reason = missing();
  if (reason !== undefined) {
    console.log(`The live-kernel suite cannot run here: it ${reason}.`);
    process.exitCode = options.require ? 1 : 0;
    return;
  }
  const tally: Tally = { passed: 0, failed: 0 };
  await runAll(tally);
  console.log(`${tally.passed} passed, ${tally.failed} failed`);
  process.exitCode = tally.failed > 0 ? 1 : 0;
}

await main();
