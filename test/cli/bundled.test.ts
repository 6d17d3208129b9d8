// The command line as it is installed, beside the one of its modules: the same in fewer files, with what V8 has compiled of them.

import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
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

test('what V8 has compiled is not needed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hookline-'));
  try {
    cpSync(join(ROOT, 'dist/cli'), folder, { recursive: true, filter: (path) => !path.endsWith('.compiled') });
    expect(run(join(folder, 'main.js'), ['check', RULES])).toEqual(run(BUNDLED, ['check', RULES]));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
