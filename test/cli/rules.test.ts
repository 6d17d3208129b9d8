// `hookline rules`: what is printed of which file, and what is refused.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { pcapFile } from '../../src/packet/captures.ts';
import { ipv4, tcp } from '../../src/packet/packets.ts';
import { HOOKLINE, runHookline } from '../support/hookline.ts';

const folder = mkdtempSync(join(tmpdir(), 'hookline-'));
afterAll(() => rmSync(folder, { recursive: true }));

const rules = (...words: readonly string[]) => runHookline(folder, ['rules', ...words]);

function file(name: string, content: string | Uint8Array): string {
  writeFileSync(join(folder, name), content);
  return name;
}

const RULES = file(
  'office.rules',
  `*filter
:INPUT DROP [7:700]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:web - [0:0]
[123456:7890123] -A INPUT -p tcp -m tcp --dport 80 -j web
-A web -j ACCEPT
COMMIT
`,
);

test('-L lists a table, its words as iptables takes them', async () => {
  const { code, stdout, stderr } = await rules('-nvL', 'INPUT', RULES);
  expect(stderr).toBe('');
  expect(stdout).toBe(`Chain INPUT (policy DROP 7 packets, 700 bytes)
 pkts bytes target     prot opt in     out     source               destination         
 123K 7890K web        6    --  *      *       0.0.0.0/0            0.0.0.0/0            tcp dpt:80
`);
  expect(code).toBe(0);
  expect((await rules('-L', 'INPUT', '1', '-v', '-x', '--line-numbers', RULES)).stdout).toBe(
    '1      123456  7890123 web        tcp  --  any    any     anywhere             anywhere             tcp dpt:http\n',
  );
});

test('-S and save print what can be loaded again', async () => {
  expect((await rules('-S', '-v', 'INPUT', RULES)).stdout).toBe(
    '-P INPUT DROP -c 7 700\n-A INPUT -p tcp -m tcp --dport 80 -c 123456 7890123 -j web\n',
  );
  const saved = await rules('save', '-c', '-t', 'filter', RULES);
  expect(saved.stdout).toContain('[123456:7890123] -A INPUT -p tcp -m tcp --dport 80 -j web\n[0:0] -A web -j ACCEPT\nCOMMIT\n');
  expect((await rules('save', '-c', RULES)).stdout).toBe(saved.stdout);
});

test('a table that the file has not is as the kernel makes it', async () => {
  expect((await rules('-S', '-t', 'raw', RULES)).stdout).toBe('-P PREROUTING ACCEPT\n-P OUTPUT ACCEPT\n');
  expect((await rules('save', '-t', 'raw', RULES)).stdout).toBe('*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n');
});

test('a file of commands may hold rules of both families', async () => {
  const commands = file('script', 'iptables -A INPUT -p tcp --dport 22 -j ACCEPT\nip6tables -A INPUT -s fe80::/10 -j DROP\n');
  expect((await rules('-S', 'INPUT', commands)).stdout).toBe('-P INPUT ACCEPT\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n');
  expect((await rules('-6', '-S', 'INPUT', commands)).stdout).toBe('-P INPUT ACCEPT\n-A INPUT -s fe80::/10 -j DROP\n');
  const both = JSON.parse((await rules('--format', 'json', commands)).stdout);
  expect(both.rulesets.map(({ family }: { family: number }) => family)).toEqual([4, 6]);
  const one = JSON.parse((await rules('--format', 'json', '-6', commands)).stdout);
  expect(one.rulesets.map(({ family }: { family: number }) => family)).toEqual([6]);
});

test('the counters of a replay are listed', async () => {
  const packets = [80, 81, 80].map((dport) => ({
    data: ipv4({ src: '10.0.0.1', dst: '10.0.0.2', payload: tcp({ dport, flags: 'S' }) }),
  }));
  const capture = file('capture', pcapFile(packets, { linktype: 101 }));
  await runHookline(folder, ['replay', '--rules', RULES, '--save-counters', 'counted', capture]);
  const { stdout } = await rules('-L', '-v', 'INPUT', 'counted');
  expect(stdout).toMatch(/^Chain INPUT \(policy DROP 1 packets, 40 bytes\)\n.*\n {4}2 {4}80 web /);
});

test('bytes that are no UTF-8 come out as they went in', () => {
  const latin = file('latin1', Buffer.from('*filter\n:caf\xe9 - [0:0]\nCOMMIT\n', 'latin1'));
  const stdout = execFileSync(process.execPath, [HOOKLINE, 'rules', '-S', latin], { cwd: folder });
  expect(stdout.toString('latin1')).toMatch(/-N caf\xe9\n$/);
});

test.each([
  [[RULES], 'rules takes one of -L, -S, save and --format json'],
  [['-L', '-S', RULES], 'rules takes one of -L, -S, save and --format json, not -L and -S'],
  [['-L'], 'rules needs a FILE, behind all other words'],
  [['save'], 'rules needs a FILE, behind all other words'],
  [['-S', '-n', RULES], '-n cannot stand with -S'],
  [['-L', '-c', RULES], '-c cannot stand with -L'],
  [['--format', 'json', '-t', 'nat', RULES], '-t cannot stand with --format json'],
  [['save', 'INPUT', RULES], 'save takes no word but FILE, found "INPUT"'],
  [['-L', 'INPUT', '1', '2', RULES], '-L takes CHAIN, RULENUM and FILE, found "2" too'],
  [['-L', 'INPUT', '0', RULES], 'the number of a rule is a whole number from 1 on, found "0"'],
  [['-L', 'INPTU', RULES], 'there is no chain "INPTU" in the table filter (did you mean "INPUT"?)'],
  [['-S', '-t', 'nta', RULES], 'there is no table "nta", only raw, mangle, nat, filter, security (did you mean "nat"?)'],
  [['-L', 'nowhere'], 'nowhere: no such file'],
])('%j is refused', async (words, message) => {
  const { code, stdout, stderr } = await rules(...words);
  expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: '', stderr: `hookline: ${message}\n` });
});

test('a ruleset with errors is not printed', async () => {
  const { code, stdout, stderr } = await rules('-L', file('bad', '*filter\n-A INPUT -j NOWHERE\nCOMMIT\n'));
  expect(stderr).toMatch(/^bad:2:13: error: /);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
});
