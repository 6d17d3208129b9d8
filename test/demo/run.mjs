// `npm run demo`: the main job on a small real example. Prints each command before it runs it.

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const FIREWALL = ['--rules', 'test/demo/office.rules', '--host', 'test/demo/host.yaml', 'test/demo/office.pcapng'];

function hookline(...words) {
  console.log(`\n$ hookline ${words.join(' ')}`);
  const { status, stdout } = spawnSync(process.execPath, ['dist/src/cli/main.js', ...words], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) process.exit(status ?? 1);
  return stdout;
}

console.log('A small office gateway: eth0 to the internet, eth1 the office, one web server inside.');
process.stdout.write(hookline('check', 'test/demo/office.rules'));
process.stdout.write(hookline('replay', ...FIREWALL));

console.log('\nOne line a packet; of those, the ones that were not accepted:');
const lines = hookline('replay', '--format', 'ndjson', ...FIREWALL)
  .trimEnd()
  .split('\n');
for (const line of lines.map((text) => JSON.parse(text)).filter(({ verdict }) => verdict !== 'ACCEPT')) {
  const { packet, verdict, by, ctstate, why } = line;
  const decided = by ? `${by.table} ${by.chain} ${by.rule ? `rule ${by.rule}` : 'policy'}` : why;
  console.log(`  packet ${String(packet).padStart(2)}  ${verdict.padEnd(6)}  ${(ctstate ?? '-').padEnd(11)}  ${decided}`);
}
