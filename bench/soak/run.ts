// `npm run soak [-- --packets N] [--flows N] [--length N] [--workers N] [--seed N] [--json FILE]`

import { writeFileSync } from 'node:fs';
import { Command, InvalidArgumentError } from 'commander';
import { machine } from '../machine.ts';
import { type SoakSample, soak } from './soak.ts';

const atLeast =
  (least: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < least) throw new InvalidArgumentError(`It must be a whole number from ${least} on.`);
    return value;
  };

const program = new Command('soak')
  .option('--packets <n>', 'packets in all', atLeast(1), 100_000_000)
  .option('--flows <n>', 'flows under way at a time', atLeast(1), 100_000)
  .option('--length <n>', 'mean packets with data in a flow', atLeast(1), 8)
  .option('--workers <n>', 'worker threads beside the one that makes the packets', atLeast(0), 1)
  .option('--seed <n>', 'seed of the traffic', atLeast(0), 1)
  .option('--json <file>', 'write the figures with commit, processor and Node')
  .parse();
const { json, ...options } = program.opts<{
  packets: number;
  flows: number;
  length: number;
  workers: number;
  seed: number;
  json?: string;
}>();

const grouped = (value: number): string => String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ' ');
const row = (cells: readonly string[]): string => cells.map((cell) => cell.padStart(14)).join('');
const sampleRow = ({ packets, seconds, rssBytes, live, created, freed }: SoakSample): string =>
  row([grouped(packets), seconds.toFixed(1), grouped(rssBytes / 2 ** 20), grouped(live), grouped(created), grouped(freed)]);

const about = machine();
console.log(
  `commit ${about.commit}, ${about.cpu} (${about.processors} processors), Node ${about.node}, seed ${options.seed}, ` +
    `${grouped(options.flows)} flows at a time, ${options.workers} workers`,
);
console.log(row(['packets', 'seconds', 'RSS MiB', 'live', 'created', 'freed']));
const result = await soak(options, (sample) => console.log(sampleRow(sample)));
console.log(
  `\n${grouped(result.packets)} packets in ${result.seconds.toFixed(1)} s, ${grouped(result.accepted)} accepted; ` +
    `${grouped(result.begun)} flows, ${grouped(result.created)} connections = ${grouped(result.freed)} freed + ${grouped(result.live)} there`,
);
console.log(
  `RSS ${grouped(result.rssBytes / 2 ** 20)} MiB, ${grouped(result.rssAtStart / 2 ** 20)} of them before: ` +
    `${result.bytesPerEntry.toFixed(0)} bytes for each connection there, ${result.plannedBytesPerEntry.toFixed(1)} as planned`,
);
for (const fault of result.faults) console.error(`soak: ${fault}`);
if (json !== undefined) writeFileSync(json, `${JSON.stringify({ ...about, ...options, result }, null, 2)}\n`);
if (result.faults.length > 0) process.exitCode = 1;
