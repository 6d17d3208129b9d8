import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readHost } from '../../src/host/read.ts';
import { SNAPSHOT_FILES, snapshotScript } from '../../src/host/snapshot-files.ts';
import { runHookline } from '../support/hookline.ts';
import { parsePacketLine } from '../support/packet-line.ts';
import { scenarioCapture, scenarioTimes } from '../support/scenario-replay.ts';

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

test('a folder with connections and recent lists starts with them', async () => {
  const taken = join(folder, 'seen');
  mkdirSync(join(taken, 'recent'), { recursive: true });
  const file = (name: string, text: string): void => writeFileSync(join(taken, name), text);
  const addresses = [{ family: 'inet', local: '192.0.2.1', prefixlen: 24 }];
  file('addr.json', JSON.stringify([{ ifname: 'eth0', flags: ['UP'], mtu: 1500, addr_info: addresses }]));
  file('kernel.yaml', 'kernel:\n  jiffies: 4297756481\n  time: 1700000000\n');
  file('recent/seen', 'src=192.0.2.9 ttl: 64 last_seen: 4297756430 oldest_pkt: 1 4297756430\n');
  file(
    'conntrack.txt',
    'udp 17 25 src=192.0.2.1 dst=192.0.2.9 sport=4000 dport=53 src=192.0.2.9 dst=192.0.2.1 sport=53 dport=4000 mark=7 use=1\n',
  );
  file(
    'rules.v4',
    `*filter
:INPUT DROP [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -m conntrack --ctstate ESTABLISHED
-A INPUT -m recent --rcheck --name seen --mask 255.255.255.255 --rsource -j ACCEPT
COMMIT
`,
  );
  const packet = parsePacketLine('eth0: 192.0.2.9 > 192.0.2.1 udp 53 > 4000 len 5');
  writeFileSync(join(folder, 'capture.pcapng'), scenarioCapture(['eth0'], [packet], scenarioTimes([packet])));
  const words = ['--host', 'seen', '--conntrack', 'table', '--format', 'text', 'capture.pcapng'];
  const { code, stdout, stderr } = await runHookline(folder, ['replay', ...words]);
  expect(stderr).toContain('note: 1 connection of seen/conntrack.txt is in the table when the first packet comes.');
  expect(code).toBe(0);
  expect(stdout).toContain('33 bytes, ESTABLISHED\n');
  expect(stdout).toContain('ACCEPT by filter INPUT 2');
  expect(readFileSync(join(folder, 'table'), 'utf8')).toContain('mark=7');
  expect((await runHookline(folder, ['snapshot', 'seen'])).stdout).toContain(
    'taken with it: seen/rules.v4, seen/conntrack.txt, seen/recent\n',
  );
});
