import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readHost } from '../../src/host/read.ts';
import { SNAPSHOT_FILES, snapshotScript } from '../../src/host/snapshot-files.ts';
import { runHookline } from '../support/hookline.ts';

const folder = mkdtempSync(join(tmpdir(), 'hookline-snapshot-'));

test('the script is plain POSIX shell, and names every file that is read', () => {
  const script = snapshotScript();
  expect(spawnSync('sh', ['-n'], { input: script }).status).toBe(0);
  for (const { name } of SNAPSHOT_FILES) expect(script).toContain(name);
  expect(script).not.toMatch(/\[\[|\blocal\b|<\(/);
});

test('a snapshot of this machine, as whoever runs it can take one, is read without an error', () => {
  const taken = join(folder, 'taken');
  const { status, stdout } = spawnSync('sh', ['-s', taken], { input: snapshotScript(), encoding: 'utf8' });
  expect(status).toBe(0);
  const names = readdirSync(taken).map((name) => `${taken}/${name}`);
  expect(stdout.trim().split('\n').sort()).toEqual(names.sort());
  const { diagnostics } = readHost(taken);
  expect(diagnostics.list.filter(({ severity, code }) => severity === 'error' && code !== 'not-modelled')).toEqual([]);
  expect(readFileSync(join(taken, 'kernel.yaml'), 'utf8')).toContain('kernel:');
});

test('hookline snapshot prints the script, and says what is in a folder', async () => {
  expect((await runHookline(folder, ['snapshot'])).stdout).toBe(snapshotScript());
  writeFileSync(join(folder, 'host.yaml'), 'interfaces: { eth0: { addresses: [10.0.0.1/24] } }\nrules: [fwmark 1 lookup 5]\n');
  const { stdout, code } = await runHookline(folder, ['snapshot', 'host.yaml']);
  expect(code).toBe(0);
  expect(stdout.split('\n').slice(1, 3)).toEqual([
    'IPv4: 6 routes in 2 tables, 4 routing rules',
    'IPv6: 3 routes in 2 tables, 2 routing rules',
  ]);
});
