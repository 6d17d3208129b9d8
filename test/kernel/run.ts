// `npm run test:kernel`: scenarios against the live kernel.
//
//   --record          rewrite the recorded outcomes of the committed scenarios
//   --only TEXT       only scenarios whose path contains it
//   --require         fail when the machine lacks what the suite needs, instead of saying so

import { parseArgs } from 'node:util';
import { readScenarios, scenarioPath } from '../support/scenario.ts';
import { Bench } from './bench.ts';
import { compareWithRecording, record, runScenario } from './named.ts';
import { missing } from './requirements.ts';

const { values: options } = parseArgs({
  options: {
    record: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    require: { type: 'boolean', default: false },
  },
});

async function runNamed(bench: Bench): Promise<{ passed: number; failed: number }> {
  let passed = 0;
  let failed = 0;
  for (const scenario of readScenarios().filter(({ name }) => name.includes(options.only))) {
    try {
      const run = await runScenario(bench, scenario);
      if (options.record && record(scenario, run)) console.log(`recorded ${scenarioPath(scenario)}`);
      const differences = options.record ? [] : compareWithRecording(scenario, run);
      if (differences.length > 0) console.log(`FAILED ${scenarioPath(scenario)}\n${differences.join('\n')}`);
      differences.length > 0 ? failed++ : passed++;
    } catch (error) {
      console.log(`FAILED ${scenarioPath(scenario)}\n${(error as Error).message}`);
      failed++;
    }
  }
  return { passed, failed };
}

async function main(): Promise<void> {
  const reason = missing();
  if (reason !== undefined) {
    console.log(`The live-kernel suite cannot run here: it ${reason}.`);
    process.exitCode = options.require ? 1 : 0;
    return;
  }
  const bench = new Bench();
  try {
    const { passed, failed } = await runNamed(bench);
    console.log(`${passed} passed, ${failed} failed`);
    process.exitCode = failed > 0 ? 1 : 0;
  } finally {
    bench.close();
  }
}

await main();
