// Question: how long does a command take that hardly does anything?
//
// Wall time of whole processes, from being started to being gone, beside a Node process that runs nothing: `hookline check` of 100 rules,
// and `hookline replay` of a capture of ten packets through them. It cannot show a disk that has to be read first: the files are in the
// kernel's cache. The output of each is asserted.

import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { inCheckout } from '../root.ts';
import { alternate } from '../rounds.ts';
import { cost, reference, type Suite } from '../suite.ts';
import { Flows } from '../traffic/flows.ts';
import { GATEWAY_HOST, gateway } from '../traffic/gateway.ts';

const LISTED_RULES = 84;
/** With the others of the gateway. */
const RULES = 100;
const PACKETS = 10;
/** A process is soon over, and noisy. */
const RUNS_A_ROUND = 3;

const { bin } = JSON.parse(readFileSync(inCheckout('package.json'), 'utf8')) as { readonly bin: { readonly hookline: string } };
/** What the command line is built from, or runs with. */
const MADE_OF = ['dist/src/cli/main.js', 'dist/core.wasm'];
const run = promisify(execFile);

interface Command {
  readonly name: string;
  readonly arguments: readonly string[];
  /** What it must print. */
  readonly prints: string;
  readonly barMs?: number;
}

export const startup: Suite = {
  name: 'startup',
  title: 'whole processes, wall time',
  async run({ seed, rounds, note, scale }) {
    const why = whyNotBuilt();
    if (why !== undefined) return { figures: [], notices: [`Left out: ${why}; npm run build makes it.`] };
    const folder = mkdtempSync(join(tmpdir(), 'hookline-bench-'));
    try {
      const commands = writeInputs(folder, seed);
      const samples = await alternate(
        commands.map((command) => ({ name: command.name, measure: async () => ({ wall: await wallMs(command) }) })),
        { rounds: scale === 'tiny' ? rounds : rounds * RUNS_A_ROUND, note },
      );
      const figures = commands.map(({ name, barMs }) =>
        barMs === undefined
          ? reference(name, 'wall', 'ms', samples.of(name, 'wall'))
          : cost(name, 'wall', 'ms', samples.of(name, 'wall'), { bar: barMs }),
      );
      return { figures, notices: [] };
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

/** Why the command line cannot be started as users start it; undefined when it can. */
function whyNotBuilt(): string | undefined {
  const main = inCheckout(bin.hookline);
  if (!existsSync(main)) return `there is no ${bin.hookline}`;
  const made = statSync(main).mtimeMs;
  const isOld = MADE_OF.some((path) => statSync(inCheckout(path)).mtimeMs > made);
  return isOld ? `${bin.hookline} is older than what it is made of` : undefined;
}

function writeInputs(folder: string, seed: number): Command[] {
  const { rules, tuple } = gateway({ blocked: LISTED_RULES / 2, services: LISTED_RULES / 2 }, seed);
  const [rulesFile, hostFile, captureFile] = ['rules.v4', 'host.yaml', 'ten.pcap'].map((name) => join(folder, name));
  writeFileSync(rulesFile!, rules);
  writeFileSync(hostFile!, GATEWAY_HOST);
  writeFileSync(captureFile!, new Flows(PACKETS, seed, { tuple }).openings().bytes);
  const main = inCheckout(bin.hookline);
  const replay = [main, 'replay', '--rules', rulesFile!, '--host', hostFile!, '--in', 'eth0', captureFile!];
  return [
    { name: 'node, nothing', arguments: ['-e', 'console.log("nothing")'], prints: 'nothing' },
    { name: `hookline check, ${RULES} rules`, arguments: [main, 'check', rulesFile!], prints: `${RULES} rules`, barMs: 200 },
    { name: `hookline replay, ${PACKETS} packets`, arguments: replay, prints: `${PACKETS} packets`, barMs: 400 },
  ];
}

async function wallMs(command: Command): Promise<number> {
  const started = performance.now();
  const { stdout } = await run(process.execPath, command.arguments);
  const elapsed = performance.now() - started;
  if (!stdout.includes(command.prints)) throw new Error(`${command.name} printed no "${command.prints}", but ${stdout}`);
  return elapsed;
}
