// `npm run fuzz`: broken and odd rulesets, command files and ipset texts through parser, checker and printer.
//
//   --runs N          inputs (1,000,000); --seed N (1)
//   --kind KIND       only of this kind: ruleset, commands or sets
//
// What fails is made small and shown. The rate is printed as it goes.

import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { checkInput, cpuMs } from './check.ts';
import { inputOf, TAPES } from './input.ts';
import { readPool } from './pool.ts';

const { values: options } = parseArgs({
  options: {
    runs: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    kind: { type: 'string' },
  },
});

const NOTE_EVERY = 50_000;

const pool = readPool();
const counts = { inputs: 0, taken: 0, bytes: 0, slowestMs: 0 };
const start = performance.now();

function note(): void {
  const seconds = (performance.now() - start) / 1000;
  const { inputs, taken, bytes, slowestMs } = counts;
  const share = ((100 * taken) / inputs).toFixed(1);
  console.log(
    `${inputs} inputs, ${share}% taken without an error, ${(bytes / inputs).toFixed(0)} characters each, ${Math.round(inputs / seconds)} a second, slowest ${slowestMs.toFixed(0)} ms`,
  );
}

const result = fc.check(
  fc.property(TAPES, (tape) => {
    const input = inputOf(pool, tape);
    if (options.kind !== undefined && input.kind !== options.kind) return;
    const before = process.cpuUsage();
    if (checkInput(input)) counts.taken++;
    counts.slowestMs = Math.max(counts.slowestMs, cpuMs(before));
    counts.inputs++;
    counts.bytes += input.text.length;
    if (counts.inputs % NOTE_EVERY === 0) note();
  }),
  { numRuns: Number(options.runs), seed: Number(options.seed) },
);

if (result.failed) {
  const input = inputOf(pool, result.counterexample![0]);
  console.log(`FAILED after ${result.numRuns} inputs, made small in ${result.numShrinks} steps: ${JSON.stringify(input)}`);
  console.log(input.text);
  console.log((result.errorInstance as Error).stack);
  process.exitCode = 1;
} else {
  note();
}
