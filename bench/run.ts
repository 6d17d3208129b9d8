// `npm run bench [-- SUITE...] [--seed N] [--json FILE]`: runs the suites, prints their tables, and writes the figures as JSON when asked.

import { writeFileSync } from 'node:fs';
import { Command, InvalidArgumentError } from 'commander';
import { machine } from './machine.ts';
import { stageRows, stageTable } from './micro/stages.ts';
import { conntrackRows, conntrackTable } from './scenarios/conntrack.ts';
import { lookupRows, lookupTable } from './scenarios/lookup.ts';

type Note = (text: string) => void;

interface Suite {
  readonly title: string;
  run(seed: number, note: Note): Promise<{ readonly rows: unknown; readonly table: string }>;
}

const SUITES: Readonly<Record<string, Suite>> = {
  lookup: {
    title: 'packets through one chain, table and linear lookup',
    async run(seed, note) {
      const rows = await lookupRows(seed, note);
      return { rows, table: lookupTable(rows) };
    },
  },
  conntrack: {
    title: 'packets of tracked connections, one worker',
    async run(seed, note) {
      const rows = await conntrackRows(seed, note);
      return { rows, table: conntrackTable(rows) };
    },
  },
  micro: {
    title: 'stages, one thread',
    async run(seed) {
      const rows = await stageRows(seed);
      return { rows, table: stageTable(rows) };
    },
  },
};

function seedNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

const program = new Command('bench')
  .argument('[suite...]', `suites to run, of ${Object.keys(SUITES).join(', ')}`)
  .option('--seed <n>', 'seed of rules and traffic', seedNumber, 1)
  .option('--json <file>', 'write the figures with commit, processor, Node and seed')
  .parse();
const { seed, json } = program.opts<{ seed: number; json?: string }>();
const names = program.args.length > 0 ? program.args : Object.keys(SUITES);
const unknown = names.find((name) => !SUITES[name]);
if (unknown !== undefined) program.error(`no suite ${unknown}; there are ${Object.keys(SUITES).join(', ')}`);

const about = machine();
console.log(`commit ${about.commit}, ${about.cpu} (${about.processors} processors), Node ${about.node}, seed ${seed}`);
const results: Record<string, unknown> = {};
for (const name of names) {
  const suite = SUITES[name]!;
  console.log(`\n${name}: ${suite.title}`);
  const { rows, table } = await suite.run(seed, (text) => process.stderr.write(`  ${text}\n`));
  results[name] = rows;
  console.log(table);
}
if (json !== undefined) writeFileSync(json, `${JSON.stringify({ ...about, seed, results }, null, 2)}\n`);
