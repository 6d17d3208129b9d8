// What goes wrong around a replay: files that cannot be written, output nobody reads, signals, options that contradict.

import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import { pcapFile } from '../../src/packet/captures.ts';
import { ipv4, tcp } from '../../src/packet/packets.ts';
import { HOOKLINE, runHookline } from '../support/hookline.ts';

const folder = mkdtempSync(join(tmpdir(), 'hookline-'));
afterAll(() => rmSync(folder, { recursive: true }));

const hookline = (words: readonly string[], stdin?: Uint8Array) => runHookline(folder, words, stdin);

function file(name: string, content: string | Uint8Array): string {
  writeFileSync(join(folder, name), content);
  return name;
}

const RULES = file('rules', '*filter\n:INPUT DROP [0:0]\n-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT\nCOMMIT\n');
const BYTES = pcapFile(
  [80, 81, 80].map((dport) => ({ data: ipv4({ src: '10.0.0.1', dst: '10.0.0.2', payload: tcp({ dport, flags: 'S' }) }) })),
  { linktype: 101 },
);
const CAPTURE = file('capture', BYTES);
const HOST = file('host.yaml', 'interfaces: { eth0: { addresses: [10.0.0.2/24] } }\n');
const replay = ['replay', '--rules', RULES];

test.each([
  [['--save-counters', 'nowhere/counters'], 'nowhere/counters: there is no folder nowhere'],
  [['--conntrack', '.'], '.: is a directory'],
  [['--conntrack', ''], 'a file for results needs a name'],
  [['--conntrack', RULES], `${RULES}: it is read, so results cannot be written to it`],
  [['--save-counters', `./${CAPTURE}`], `${CAPTURE}: it is read, so results cannot be written to it`],
  [['--save-counters', 'one', '--conntrack', './one'], 'one: two results cannot be written to one file'],
  [['--in', ''], '--in: an interface needs a name'],
  [['--in', 'a-name-that-is-too-long'], '--in: "a-name-that-is-too-long" has 23 characters; an interface name has at most 15'],
  [['--in', 'eth1', '--host', HOST], '--in: the host has no interface "eth1", only lo, eth0'],
  [['--host', ''], "'': no such file"],
])('%j is refused before anything is done', async (words, message) => {
  const { code, stdout, stderr } = await hookline([...replay, ...words, CAPTURE]);
  expect(stderr).toBe(`hookline: ${message}\n`);
  expect(stdout).toBe('');
  expect(code).toBe(2);
  expect(existsSync(join(folder, 'one'))).toBe(false);
  expect(readFileSync(join(folder, CAPTURE))).toEqual(Buffer.from(BYTES));
});

test.skipIf(!existsSync('/dev/full'))('a result that cannot be written costs nothing but itself', async () => {
  const words = ['--save-counters', '/dev/full', '--conntrack', 'connections'];
  const { code, stdout, stderr } = await hookline([...replay, ...words, CAPTURE]);
  expect(stdout).toMatch(/^3 packets in 1 capture/);
  expect(stderr).toMatch(/^hookline: \/dev\/full: no space left on the device$/m);
  expect(existsSync(join(folder, 'connections'))).toBe(true);
  expect(code).toBe(2);
});

/** Runs a shell command with `hookline` in it. */
function shell(command: string): Promise<{ code: number | null; stderr: string }> {
  return new Promise((resolve) => {
    const child = spawn('/bin/sh', ['-c', command.replaceAll('hookline', `"${process.execPath}" "${HOOKLINE}"`)], {
      cwd: folder,
    });
    let stderr = '';
    child.stderr.on('data', (data) => {
      stderr += data;
    });
    child.stdout.resume();
    child.on('close', (code) => resolve({ code, stderr }));
  });
}

test.skipIf(!existsSync('/dev/full'))('a full device under standard output is said in a sentence', async () => {
  for (const words of [`${replay.join(' ')} ${CAPTURE}`, `check ${RULES}`, `dump --ir ${RULES}`]) {
    const { code, stderr } = await shell(`hookline ${words} > /dev/full`);
    expect(stderr).toMatch(/(^|\n)hookline: standard output: no space left on the device\n$/);
    expect(code).toBe(3);
  }
});

test('nobody reading what check and --help say is no error, and the exit code still tells', async () => {
  const bad = file('bad', '*filter\n-A INPUT -j NOWHERE\nCOMMIT\n');
  const codes = await shell(
    `(hookline check ${RULES}; echo $? > c1) | true; (hookline check ${bad} 2>&1 >/dev/null; echo $? > c2) | true; (hookline --help; echo $? > c3) | true`,
  );
  expect(codes.stderr).toBe('');
  expect(['c1', 'c2', 'c3'].map((name) => Number(readFileSync(join(folder, name), 'utf8')))).toEqual([0, 2, 0]);
});

test('a gzipped capture is known by its bytes, also on standard input', async () => {
  const plain = await hookline([...replay, '--format', 'ndjson', CAPTURE]);
  expect(await hookline([...replay, '--format', 'ndjson', '-'], gzipSync(BYTES))).toEqual(plain);
  expect(await hookline([...replay, '--format', 'ndjson', file('zipped', gzipSync(BYTES))])).toEqual(plain);
  const cut = await hookline([...replay, '--format', 'ndjson', '-'], gzipSync(BYTES).subarray(0, -12));
  expect(cut.stderr).toMatch(/^hookline: warning: <stdin>: at byte \d+: cannot be read on: its gzip data ends too early$/m);
  expect(cut.code).toBe(2);
});

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)(
  '%s ends the input: what was read until then is the result',
  async (signal, expected) => {
    const child = spawn(process.execPath, [HOOKLINE, ...replay, '--format', 'ndjson', '--save-counters', signal, '-'], {
      cwd: folder,
    });
    let [stdout, stderr] = ['', ''];
    child.stdin.on('error', () => undefined);
    child.stdin.write(BYTES);
    child.stderr.on('data', (data) => {
      stderr += data;
    });
    child.stdout.on('data', (data) => {
      stdout += data;
      if (stdout.split('\n').length === 4) child.kill(signal);
    });
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect(stdout.split('\n')).toHaveLength(4);
    expect(stderr).toMatch(/^hookline: interrupted: the results are those of the first 3 packets$/m);
    expect(readFileSync(join(folder, signal), 'utf8')).toContain('[2:80] -A INPUT');
    expect(code).toBe(expected);
  },
  10_000,
);

test('nobody reading on ends the replay of an input that keeps silent', async () => {
  const child = spawn(process.execPath, [HOOKLINE, ...replay, '--format', 'ndjson', '-'], { cwd: folder });
  child.stdin.on('error', () => undefined);
  child.stdin.write(BYTES);
  child.stdout.once('data', () => {
    child.stdout.destroy();
    child.stdin.write(BYTES.subarray(24));
  });
  expect(await new Promise((resolve) => child.on('close', resolve))).toBe(0);
}, 10_000);

test('a capture without packets has no rates and no latency', async () => {
  const { code, stdout } = await hookline([...replay, file('none', pcapFile([], { linktype: 101 }))]);
  expect(stdout).toMatch(/counted\n\n[\d.]+ s\n$/);
  expect(code).toBe(0);
});

test('rules of the other family, a ruleset without tables and a host without interfaces are pointed out', async () => {
  const six = file('office.v6', '*filter\n-A INPUT -s 2001:db8::/32 -j ACCEPT\nCOMMIT\n');
  const wrong = await hookline(['replay', '--rules', six, CAPTURE]);
  expect(wrong.stderr).toContain('warning: office.v6 looks like IPv6 rules, but is read as IPv4 rules [other-family]\n');
  expect(wrong.code).toBe(2);
  const empty = await hookline(['replay', '--rules', file('empty', ''), '--host', file('nothing.yaml', ''), CAPTURE]);
  expect(empty.stderr).toContain('warning: empty has no table: it accepts every packet [empty-ruleset]\n');
  expect(empty.stderr).toContain('nothing.yaml: the host has no interface but lo');
  expect(empty.code).toBe(0);
});
