import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { runHookline } from '../support/hookline.ts';
import { conversations } from '../support/traffic.ts';

const folder = mkdtempSync(join(tmpdir(), 'hookline-'));
afterAll(() => rmSync(folder, { recursive: true }));

const hookline = (...words: string[]) => runHookline(folder, words);
const read = (name: string): string => readFileSync(join(folder, name), 'utf8');

writeFileSync(join(folder, 'capture'), conversations(3, 20_000));
writeFileSync(
  join(folder, 'rules'),
  `*raw
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A PREROUTING -p udp -m udp --dport 53 -j TRACE
COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:seen - [0:0]
-A INPUT -p tcp -m tcp --tcp-flags SYN,ACK SYN -j LOG --log-prefix "new: " --log-level 6 --log-tcp-options
-A INPUT -p udp -j seen
-A seen -j NFLOG --nflog-group 2 --nflog-prefix "udp"
COMMIT
`,
);

test('replay --log writes the same lines whatever the number of workers, in the order of the packets', async () => {
  for (const workers of ['0', '3']) {
    const run = await hookline('replay', '--rules', 'rules', '--log', `log${workers}`, '--workers', workers, 'capture');
    expect(run.code).toBe(0);
  }
  const log = read('log3');
  expect(log).toBe(read('log0'));
  const times = [...log.matchAll(/\[(\d+\.\d{6})\] /g)].map(([, time]) => Number(time));
  expect(times).toEqual([...times].sort((a, b) => a - b));
  expect(log).toMatch(/^<6>\[\d+\.\d{6}\] new: IN=\S* OUT= MAC=\S* SRC=.* SYN URGP=0 $/m);
  expect(log).toMatch(/^<4>\[\d+\.\d{6}\] TRACE: filter:seen:return:2 IN=/m);
  expect(log).toMatch(/^\[\d+\.\d{6}\] NFLOG: group=2 udp IN=/m);
});

test('keeping a log changes nothing else', async () => {
  const plain = await hookline('replay', '--rules', 'rules', '--save-counters', 'plain', '--format', 'ndjson', 'capture');
  const words = ['--save-counters', 'logged', '--log', 'log', '--format', 'ndjson'];
  const logged = await hookline('replay', '--rules', 'rules', ...words, 'capture');
  expect(logged.stdout).toBe(plain.stdout);
  expect(read('logged').replace(/^#.*$/gm, '')).toBe(read('plain').replace(/^#.*$/gm, ''));
});

test('a log that cannot be written ends the replay', async () => {
  const full = await hookline('replay', '--rules', 'rules', '--log', '/dev/full', 'capture');
  expect(full).toMatchObject({ code: 2, stderr: expect.stringContaining('/dev/full: no space left on the device') });
  const input = await hookline('replay', '--rules', 'rules', '--log', 'capture', 'capture');
  expect(input).toMatchObject({ code: 2, stderr: expect.stringContaining('capture: it is read') });
});
