// Makes a checkout ready to run: installs the locked packages and builds, each only when it is missing or out of date.
// Plain JavaScript with Node's own modules, since it runs before anything is installed.

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const at = (path) => join(root, path);
const changed = (path) => (existsSync(at(path)) ? statSync(at(path)).mtimeMs : 0);

function newest(folder) {
  let latest = 0;
  for (const entry of readdirSync(at(folder), { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) latest = Math.max(latest, statSync(join(entry.parentPath ?? entry.path, entry.name)).mtimeMs);
  }
  return latest;
}

function run(...words) {
  const done = spawnSync('npm', words, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if (done.status !== 0) process.exit(done.status ?? 1);
}

/** Whether node_modules holds just what the lock file says, going by npm's own record of what it installed. */
function installed() {
  if (!existsSync(at('node_modules/.package-lock.json'))) return false;
  const packages = (path) => JSON.parse(readFileSync(at(path), 'utf8')).packages;
  const wanted = packages('package-lock.json');
  const present = packages('node_modules/.package-lock.json');
  return Object.entries(wanted).every(([name, p]) => name === '' || p.optional || present[name]?.version === p.version);
}

if (!installed()) run('ci');

const sources = Math.max(
  ...['assembly', 'src', 'bench', 'test'].filter((f) => existsSync(at(f))).map(newest),
  changed('tsconfig.json'),
  changed('asconfig.json'),
  changed('.rolldown.js'),
);
if (Math.min(...['dist/core.wasm', 'dist/src/cli/main.js', 'dist/cli/main.js'].map(changed)) < sources)
  run('run', '--silent', 'build');
