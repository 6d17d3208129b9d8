// The ipset scripts and random commands, put to the ipset of this machine. RECORD=1 writes down what it prints.

import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readScript, runLive, runOurs, saysTheSame, withRuns } from '../support/ipset-script.ts';
import { randomIpsetScript } from './generate-ipset.ts';
import { Random } from './random.ts';

const FOLDER = new URL('../ipset/scripts/', import.meta.url);

/** Types that a kernel may lack: their scripts were written from its sources. */
const FROM_SOURCES = 'from-sources.txt';

function whyNot(): string | undefined {
  if (process.getuid?.() !== 0) return 'not root';
  const found = spawnSync('unshare', ['-n', 'sh', '-c', 'ipset version && ipset create probe hash:ip'], { encoding: 'utf8' });
  if (found.status !== 0) return 'no ipset, or no network namespaces';
  return found.stdout.includes('v7.17') ? undefined : `ipset is ${found.stdout.trim()}, the reference is 7.17`;
}

const reason = whyNot();

describe.skipIf(reason)(`the ipset scripts say what ipset does${reason ? ` (skipped: ${reason})` : ''}`, () => {
  for (const file of readdirSync(FOLDER).filter((name) => name !== FROM_SOURCES)) {
    it(file, () => {
      const text = readFileSync(new URL(file, FOLDER), 'utf8');
      const said = readScript(text);
      const live = runLive(said.map(({ line }) => line));
      if (process.env.RECORD === '1') writeFileSync(new URL(file, FOLDER), withRuns(text, live));
      else expect(live.flatMap((run, i) => (saysTheSame(said[i]!, run) ? [] : [{ live: run, said: said[i] }]))).toEqual([]);
    });
  }
});

const SEEDS = Number(process.env.SEEDS ?? 40);

describe.skipIf(reason)('random ipset commands do and print what those of ipset do', () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    it(`seed ${seed}`, () => {
      const lines = randomIpsetScript(new Random(seed));
      const live = runLive(lines);
      expect(runOurs(lines).flatMap((run, i) => (saysTheSame(run, live[i]!) ? [] : [{ ours: run, live: live[i] }]))).toEqual([]);
    });
  }
});
