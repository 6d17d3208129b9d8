// The command line as it is installed, beside the one of its modules: the same in fewer files, with what V8 has compiled of them.

import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Flows } from '../../bench/traffic/flows.ts';
import { GATEWAY_HOST, gateway } from '../../bench/traffic/gateway.ts';
import { HOOKLINE } from '../support/hookline.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BUNDLED = join(ROOT, 'dist/cli/main.js');
const RULES = 'test/demo/office.rules';
const REPLAY = ['replay', '--rules', RULES, '--host', 'test/demo/host.yaml', 'test/demo/office.pcapng'];

function run(main: string, words: readonly string[]): unknown {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...words], { cwd: ROOT, encoding: 'utf8' });
  return { status, stdout, stderr };
}

test.each([
  ['--help'],
  ['replay', '--help'],
  ['check', RULES],
  ['check', 'README.md', 'missing.rules'],
  ['rules', '-L', '-n', '-v', RULES],
  ['dump', '--table', RULES],
  ['snapshot'],
  ['record', '-o', '/dev/null/nowhere', '--', 'true'],
  ['nonsense'],
  [...REPLAY, '--format', 'ndjson'],
  [...REPLAY, '--format', 'text', '--workers', '0'],
])('%s %s says what it says from its modules', (...words) => {
  expect(run(BUNDLED, words)).toEqual(run(HOOKLINE, words));
});

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hookline-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

test('what V8 has compiled is not needed', () => {
  cpSync(join(ROOT, 'dist/cli'), folder, { recursive: true, filter: (path) => !path.endsWith('.compiled') });
  expect(run(join(folder, 'main.js'), ['check', RULES])).toEqual(run(BUNDLED, ['check', RULES]));
});

test('its threads run captures of several batches', () => {
  const { rules, tuple } = gateway({ blocked: 2, services: 2 }, 1);
  const [rulesFile, hostFile, captureFile] = ['rules.v4', 'host.yaml', 'many.pcap'].map((name) => join(folder, name));
  writeFileSync(rulesFile!, rules);
  writeFileSync(hostFile!, GATEWAY_HOST);
  writeFileSync(captureFile!, new Flows(40_000, 1, { tuple }).openings().bytes);
  const connections = (main: string): string => {
    const path = join(folder, 'connections');
    const options = ['--rules', rulesFile!, '--host', hostFile!, '--in', 'eth0', '--workers', '2', '--conntrack', path];
    expect(run(main, ['replay', ...options, '--format', 'json', captureFile!])).toMatchObject({ status: 0 });
    return readFileSync(path, 'utf8');
  };
  expect(connections(BUNDLED)).toBe(connections(HOOKLINE));
});
