// `npm run bench [-- SUITE...]`: runs suites, prints their tables, and writes every sample as JSON when asked.

import { writeFileSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from 'commander';
import { machine } from './machine.ts';
import { type BenchResult, benchResult, readResult, resultText } from './result.ts';
import type { BenchRun, Scale, Sizes, Suite, SuiteResult } from './suite.ts';
import { SUITES } from './suites.ts';
import { markdownTable, textTable } from './table.ts';

const ROUNDS = 5;

function wholeNumber(low: number): (text: string) => number {
  return (text) => {
    if (!/^\d+$/.test(text) || Number(text) < low) throw new InvalidArgumentError(`It must be a whole number from ${low} on.`);
    return Number(text);
  };
}

function wholeNumbers(text: string): number[] {
  return text.split(',').map(wholeNumber(1));
}

interface BenchOptions extends Sizes {
  readonly seed: number;
  readonly rounds: number;
  readonly quick?: true;
  readonly full?: true;
  readonly tiny?: true;
  readonly json?: string;
  readonly markdown?: true;
  readonly from?: string;
}

const program = new Command('bench')
  .description('Measures Hookline beside its floor and its peers, in one run, and holds every answer against what must come out.')
  .argument('[suite...]', `suites to run (default: all): ${SUITES.map(({ name }) => name).join(', ')}`)
  .option('--seed <n>', 'seed of rules and traffic', wholeNumber(0), 1)
  .option('--rounds <n>', 'rounds that count, of which the median is printed', wholeNumber(1), ROUNDS)
  .addOption(new Option('--quick', 'few sizes: about two minutes for all suites').conflicts(['full', 'tiny']))
  .addOption(new Option('--full', 'every size').conflicts(['quick', 'tiny']))
  .addOption(new Option('--tiny', 'hardly anything: shows only that the suites work').conflicts(['quick', 'full']))
  .option('--rules <n,...>', 'sizes of rulesets, where a suite has several', wholeNumbers)
  .option('--flows <n,...>', 'numbers of flows, likewise', wholeNumbers)
  .option('--workers <n,...>', 'numbers of worker threads, likewise', wholeNumbers)
  .option('--snap <n,...>', 'snap lengths, likewise', wholeNumbers)
  .option('--json <file>', 'write every sample, with commit, processor, Node and seed')
  .option('--markdown', 'print the tables as a page')
  .option('--from <file>', 'run nothing: print what --json has written')
  .parse();
const options = program.opts<BenchOptions>();

function wanted(): readonly Suite[] {
  if (program.args.length === 0) return SUITES;
  return program.args.map((name) => {
    const suite = SUITES.find((one) => one.name === name);
    return suite ?? program.error(`no suite ${name}; there are ${SUITES.map((one) => one.name).join(', ')}`);
  });
}

const scale: Scale = options.quick ? 'quick' : options.full ? 'full' : options.tiny ? 'tiny' : 'usual';
const { rules, flows, workers, snap } = options;
const run: BenchRun = {
  seed: options.seed,
  scale,
  rounds: options.rounds,
  sizes: { ...(rules ? { rules } : {}), ...(flows ? { flows } : {}), ...(workers ? { workers } : {}), ...(snap ? { snap } : {}) },
  note: (text) => process.stderr.write(`  ${text}\n`),
};

function printHead({ commit, cpu, processors, memoryGiB, kernel, node, seed, scale }: BenchResult): void {
  const line = `commit ${commit}, ${cpu} (${processors} processors, ${memoryGiB} GiB), Linux ${kernel}, Node ${node}, seed ${seed}, scale ${scale}`;
  const again = `npm run bench -- ${scale === 'usual' ? '' : `--${scale} `}--markdown`;
  console.log(options.markdown ? `Printed by \`${again}\`: ${line}.` : line);
}

function printSuite({ name, title }: Suite, { figures, notices }: SuiteResult): void {
  if (options.markdown)
    console.log([`\n### ${name}: ${title}\n`, markdownTable(figures), ...notices.map((text) => `\n${text}`)].join('\n'));
  else console.log([`\n${name}: ${title}`, textTable(figures), ...notices.map((text) => `(${text})`)].join('\n'));
}

async function runSuites(): Promise<void> {
  const results: Record<string, SuiteResult> = {};
  const about = machine();
  const write = (): void => {
    if (options.json !== undefined) writeFileSync(options.json, resultText(benchResult(about, run, results)));
  };
  const suites = wanted();
  orSay(write); // before anything takes long: it may not be possible
  printHead(benchResult(about, run, {}));
  for (const suite of suites) {
    process.stderr.write(`${suite.name}\n`);
    results[suite.name] = await runSuite(suite);
    printSuite(suite, results[suite.name]!);
    write(); // a run that is broken off leaves what it has
  }
}

/** A suite whose answers are wrong has no figures; the others are run all the same. */
async function runSuite(suite: Suite): Promise<SuiteResult> {
  try {
    return await suite.run(run);
  } catch (error) {
    process.stderr.write(`${(error as Error).stack}\n`);
    process.exitCode = 1;
    return { figures: [], notices: [`FAILED: ${(error as Error).message}`] };
  }
}

/** What the action gives; ends the program with the message of what it throws. */
function orSay<Result>(action: () => Result): Result {
  try {
    return action();
  } catch (error) {
    return program.error((error as Error).message, { exitCode: 2 });
  }
}

function printResult(path: string): void {
  const result = orSay(() => readResult(path));
  printHead(result);
  for (const suite of wanted()) {
    const found = result.suites[suite.name];
    if (found) printSuite(suite, found);
  }
}

if (options.from === undefined) await runSuites();
else printResult(options.from);
