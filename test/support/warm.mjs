// Runs the built command line on the demo, so that what V8 compiles of it is kept beside its files (src/cli/scripts.ts): the last step of
// its build. Prints nothing.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setPace } from '../../dist/src/cli/pace.js';
import { Scripts } from '../../dist/src/cli/scripts.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'hookline-warm-'));
const RULES = 'test/demo/office.rules';
const REPLAY = ['replay', '--rules', RULES, '--host', 'test/demo/host.yaml', 'test/demo/office.pcapng'];
const results = ['--save-counters', join(folder, 'counters'), '--conntrack', join(folder, 'connections')];
const COMMANDS = [
  ['check', RULES],
  ['rules', '-L', '-n', '-v', RULES],
  ['rules', '-S', RULES],
  [...REPLAY, ...results],
  [...REPLAY, '--format', 'json'],
  [...REPLAY, '--format', 'ndjson'],
];

// As src/cli/bundled.ts does it.
setPace();
process.chdir(root);
const scripts = new Scripts(join(root, 'dist/cli'));
const { runProgram } = scripts.load('program.js');
const { stdout, stderr } = process;
const silent = (_text, ...rest) => {
  rest.find((one) => typeof one === 'function')?.();
  return true;
};
const [toStdout, toStderr] = [stdout.write, stderr.write];
Object.assign(stdout, { write: silent });
Object.assign(stderr, { write: silent });
try {
  for (const words of COMMANDS) {
    await runProgram([process.argv[0], 'hookline', ...words]);
    if (process.exitCode) throw new Error(`hookline ${words.join(' ')} gave ${process.exitCode}`);
  }
  scripts.save();
} finally {
  Object.assign(stdout, { write: toStdout });
  Object.assign(stderr, { write: toStderr });
  rmSync(folder, { recursive: true });
}
