import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import { concat } from '../../src/packet/bytes.ts';
import { pcapFile, pcapng } from '../../src/packet/captures.ts';
import { ipv4, tcp, udp } from '../../src/packet/packets.ts';
import { HOOKLINE, runHookline } from '../support/hookline.ts';

const folder = mkdtempSync(join(tmpdir(), 'hookline-'));
afterAll(() => rmSync(folder, { recursive: true }));

const hookline = (words: readonly string[], stdin?: Uint8Array) => runHookline(folder, words, stdin);

function file(name: string, content: string | Uint8Array): string {
  writeFileSync(join(folder, name), content);
  return name;
}

const RULES = file(
  'rules.v4',
  `*filter
:INPUT DROP [7:700]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:web - [0:0]
-A INPUT -i eth0 -m conntrack --ctstate ESTABLISHED -j ACCEPT
-A INPUT -p tcp -m tcp --dport 80 -j web
-A INPUT -p udp -m comment --comment "just count"
-A web -s 10.0.0.0/30 -j ACCEPT
-A web -p tcp -j REJECT --reject-with tcp-reset
COMMIT
`,
);

const blocks = pcapng();
const second = 1_000_000_000n;
const start = 1_700_000_000n * second;
const web = (client: number, flags: string, reply = false) => {
  const [a, b] = [`10.0.0.${client}`, '10.0.0.100'];
  const ports = { sport: 4000, dport: 80 };
  return reply
    ? ipv4({ src: b, dst: a, payload: tcp({ sport: 80, dport: 4000, flags }) })
    : ipv4({ src: a, dst: b, payload: tcp({ ...ports, flags }) });
};
const CAPTURE = concat(
  blocks.section(),
  blocks.describe({ name: 'eth0', linktype: 101, resolution: 9 }),
  ...[
    { data: web(1, 'S'), time: start },
    { data: web(1, 'SA', true), time: start + 1000n, direction: 'out' as const },
    { data: web(9, 'S'), time: start + second },
    { data: ipv4({ src: '10.0.0.9', dst: '10.0.0.100', payload: udp({ sport: 5000, dport: 53 }) }), time: start + 2n * second },
    { data: Uint8Array.of(0x45, 0), time: start + 3n * second },
  ].map((packet) => blocks.enhanced(packet)),
);
const PCAPNG = file('office.pcapng', CAPTURE);

const ASSUMED = /^(hookline: assumed: .*\n)+$/;

test('replay prints one line a packet', async () => {
  const { code, stdout, stderr } = await hookline(['replay', '--rules', RULES, '--format', 'ndjson', PCAPNG]);
  expect(stdout).toMatchSnapshot();
  expect(stderr).toMatch(ASSUMED);
  expect(code).toBe(0);
});

test('replay prints a summary, writes counters and connections', async () => {
  const words = ['--save-counters', 'counters', '--conntrack', 'connections'];
  const { code, stdout } = await hookline(['replay', '--rules', RULES, ...words, PCAPNG]);
  expect(stdout.replace(/^[\d.]+ s, [\s\S]*/m, 'TIMING\n')).toMatchSnapshot();
  expect(readFileSync(join(folder, 'counters'), 'utf8')).toMatchSnapshot();
  expect(readFileSync(join(folder, 'connections'), 'utf8')).toMatchSnapshot();
  expect(code).toBe(0);
});

test('replay prints one JSON object; all but its timing is the same on every run', async () => {
  const { stdout, stderr } = await hookline(['replay', '--rules', RULES, '--format', 'json', PCAPNG]);
  const { timing, ...rest } = JSON.parse(stdout);
  expect(rest).toMatchSnapshot();
  expect(timing).toMatchObject({ latency: { packet: { count: 5 }, batch: { count: 1 } } });
  expect(stderr).toBe('');
});

test('a capture comes from standard input, or gzipped, to the same end', async () => {
  const plain = await hookline(['replay', '--rules', RULES, '--format', 'ndjson', PCAPNG]);
  const piped = await hookline(['replay', '--rules', RULES, '--format', 'ndjson', '-'], CAPTURE);
  const zipped = await hookline(['replay', '--rules', RULES, '--format', 'ndjson', file('office.gz', gzipSync(CAPTURE))]);
  expect(piped).toEqual(plain);
  expect(zipped).toEqual(plain);
});

test('a damaged capture: its packets are there, the damage is told with its offset, the exit code is 2', async () => {
  const name = file('cut.pcapng', CAPTURE.subarray(0, CAPTURE.length - 10));
  const { code, stdout, stderr } = await hookline(['replay', '--rules', RULES, '--format', 'ndjson', name, PCAPNG]);
  expect(stdout.trimEnd().split('\n').length).toBe(4 + 5);
  expect(stderr).toContain(`hookline: warning: cut.pcapng: at byte ${CAPTURE.length - 36}: cut short: it ends within a record\n`);
  expect(code).toBe(2);
});

test('--in names the interface of captures that name none', async () => {
  const name = file('plain.pcap', pcapFile([{ data: web(1, 'S') }, { data: web(1, 'A') }], { linktype: 101 }));
  const without = await hookline(['replay', '--rules', RULES, '--format', 'ndjson', name]);
  expect(without.stderr).toContain('--in NAME');
  expect(without.stdout).not.toContain('"in"');
  const named = await hookline(['replay', '--rules', RULES, '--format', 'ndjson', '--in', 'eth0', name]);
  expect(named.stderr).not.toContain('--in NAME');
  expect(named.stdout).toContain('"in":"eth0"');
});

test('with both families, the IPv6 counters go to FILE.v6', async () => {
  const rules6 = file('rules.v6', '*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT DROP [0:0]\nCOMMIT\n');
  await hookline(['replay', '--rules', RULES, '--rules6', rules6, '--save-counters', 'both', PCAPNG]);
  expect(readFileSync(join(folder, 'both'), 'utf8')).toContain(':web');
  expect(readFileSync(join(folder, 'both.v6'), 'utf8')).toContain(':FORWARD DROP [0:0]');
});

test('problems of a ruleset are told with their place, and nothing is run', async () => {
  const name = file('bad.rules', '*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -p tcp -m tcp --dport 70000 -j ACCEPT\nCOMMIT\n');
  const { code, stdout, stderr } = await hookline(['replay', '--rules', name, PCAPNG]);
  expect(stdout).toBe('');
  expect(stderr).toMatch(/^bad\.rules:3:\d+: error: .*\n +3 \| -A INPUT .*\n +\| +\^~+\n1 error\n$/);
  expect(code).toBe(2);
});

test.each([
  [['replay', '--rules', 'none.v4', PCAPNG], 'hookline: none.v4: no such file\n'],
  [['replay', '--rules', RULES, 'none.pcap'], 'hookline: none.pcap: no such file\n'],
  [['replay', '--rules', RULES, '.'], 'hookline: .: is a directory\n'],
  [['replay', PCAPNG], 'hookline: replay needs --rules or --rules6\n'],
  [['dump', RULES], 'hookline: dump needs --ir or --table\n'],
  [['replay', '--rules', RULES, '-', '-'], 'hookline: - (standard input) can be read only once\n'],
])('%j is refused with exit code 2', async (words, message) => {
  const { code, stdout, stderr } = await hookline(words);
  expect(stderr).toBe(message);
  expect(stdout).toBe('');
  expect(code).toBe(2);
});

test.each([
  ['replay', '--rules', RULES, '--workers', '1e3', PCAPNG],
  ['replay', '--rules', RULES, '--nonsense', PCAPNG],
  ['nonsense'],
  ['replay'],
])('wrong usage is exit code 2: %s %s', async (...words) => {
  const { code, stderr } = await hookline(words);
  expect(stderr).toMatch(/^error: /);
  expect(code).toBe(2);
});

test('nobody reading on is no error', async () => {
  const many = file(
    'many.pcap',
    pcapFile(
      Array.from({ length: 30_000 }, () => ({ data: web(1, 'S') })),
      { linktype: 101 },
    ),
  );
  const child = spawn(process.execPath, [HOOKLINE, 'replay', '--rules', RULES, '--format', 'ndjson', many], { cwd: folder });
  let stderr = '';
  child.stderr.on('data', (data) => {
    stderr += data;
  });
  child.stdout.once('data', () => child.stdout.destroy());
  const code = await new Promise((resolve) => child.on('close', resolve));
  expect(code).toBe(0);
  expect(stderr).toMatch(/^(hookline: assumed: .*\n)*$/);
});

test('dump --ir prints what the rules mean', async () => {
  const { code, stdout, stderr } = await hookline(['dump', '--ir', RULES]);
  expect(stdout).toMatchSnapshot();
  expect(stderr).toBe('');
  expect(code).toBe(0);
});
