// IP sets on the command line: --ipset, --save-ipset, and what is said of sets that are not there.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { pcapFile } from '../../src/packet/captures.ts';
import { ipv4, udp } from '../../src/packet/packets.ts';
import { runHookline } from '../support/hookline.ts';

const folder = mkdtempSync(join(tmpdir(), 'hookline-'));
afterAll(() => rmSync(folder, { recursive: true }));

const hookline = (words: readonly string[]) => runHookline(folder, words);

function file(name: string, content: string | Uint8Array): string {
  writeFileSync(join(folder, name), content);
  return name;
}

const RULES = file(
  'rules',
  `*filter
:INPUT ACCEPT [0:0]
-A INPUT -m set --match-set blocked src -j DROP
-A INPUT -m set --match-set blocked dst -j DROP
-A INPUT -p udp -j SET --add-set seen src --exist
COMMIT
`,
);
const SETS = file(
  'sets',
  `create blocked hash:net initval 0x1
add blocked 10.0.0.0/30
create seen hash:ip initval 0x1 timeout 60 counters
create unused list:set
add unused blocked
`,
);
const CAPTURE = file(
  'capture',
  pcapFile(
    [1, 9, 17, 9].map((host, i) => ({
      data: ipv4({ src: `10.0.0.${host}`, dst: '10.0.0.100', payload: udp({ sport: 4000 + i, dport: 53 }) }),
      time: 1_700_000_000_000_000_000n + BigInt(i) * 10_000_000_000n,
    })),
    { linktype: 101 },
  ),
);
const HOST = file('host.yaml', 'interfaces: { eth0: { addresses: [10.0.0.100/24] } }\n');
const RESULT = `create blocked hash:net family inet hashsize 1024 maxelem 65536 bucketsize 12 initval 0x00000001
add blocked 10.0.0.0/30
create seen hash:ip family inet hashsize 1024 maxelem 65536 timeout 60 counters bucketsize 12 initval 0x00000001
add seen 10.0.0.9 timeout 60 packets 1 bytes 28
add seen 10.0.0.17 timeout 50 packets 1 bytes 28
create unused list:set size 8
add unused blocked
`;

test.each([['1'], ['3']])('replay asks and changes sets, and writes them back, with %s workers', async (workers) => {
  const words = ['--host', HOST, '--in', 'eth0', '--ipset', SETS, '--save-ipset', 'after', '--workers', workers];
  const { code, stdout } = await hookline(['replay', '--rules', RULES, ...words, CAPTURE]);
  expect(stdout).toMatch(/^4 packets/);
  const sorted = (text: string): string[] => text.split('\n').sort();
  expect(sorted(readFileSync(join(folder, 'after'), 'utf8'))).toEqual(sorted(RESULT));
  expect(code).toBe(0);
});

test('a host folder has its sets', async () => {
  mkdirSync(join(folder, 'host'), { recursive: true });
  file('host/sets.ipset', readFileSync(join(folder, SETS), 'utf8'));
  const { code, stderr } = await hookline(['replay', '--rules', RULES, '--host', 'host', CAPTURE]);
  expect(stderr).not.toContain("doesn't exist");
  expect(code).toBe(0);
});

test('replay refuses rules that name sets that are not there', async () => {
  const { code, stdout, stderr } = await hookline(['replay', '--rules', RULES, CAPTURE]);
  expect(stderr).toMatchSnapshot();
  expect(stdout).toBe('');
  expect(code).toBe(2);
});

test('check warns of them once a set, and with --ipset they are wrong', async () => {
  const without = await hookline(['check', RULES]);
  expect(without.stderr.match(/set "\w+" doesn't exist/g)).toEqual(['set "blocked" doesn\'t exist', 'set "seen" doesn\'t exist']);
  expect(without.stdout).toBe('rules: ok, 2 warnings: IPv4, tables filter, 3 rules, 0 user chains\n');
  expect(without.code).toBe(0);
  const other = file('other', 'create bloked hash:net\ncreate seen hash:ip\n');
  const { code, stderr } = await hookline(['check', '--ipset', other, RULES]);
  expect(stderr).toMatchSnapshot();
  expect(code).toBe(2);
});

test('a set of the other family is refused', async () => {
  const other = file('six', 'create blocked hash:net family inet6\ncreate seen hash:ip\n');
  const { code, stderr } = await hookline(['check', '--ipset', other, RULES]);
  expect(stderr).toContain('the protocol family of set "blocked" is IPv6, which is not applicable to a rule of IPv4');
  expect(code).toBe(2);
});

test('sets that cannot be read say where', async () => {
  const broken = file('broken', 'create blocked hash:net\nadd blocked 10.0.0.0/33\nadd none 1.2.3.4\ncreate seen hash:ips\n');
  const { code, stderr } = await hookline(['check', '--ipset', broken, RULES]);
  expect(stderr).toMatchSnapshot();
  expect(code).toBe(2);
});
