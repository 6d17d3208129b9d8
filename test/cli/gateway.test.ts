// A gateway's captures through the program: what it writes is what a network card would have sent.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { GATEWAY_HOST, GATEWAY_RULES, GATEWAY_RULES6, gatewayCapture, gatewayLines } from '../support/gateway.ts';
import { runHookline } from '../support/hookline.ts';

const folder = mkdtempSync(join(tmpdir(), 'hookline-'));
afterAll(() => rmSync(folder, { recursive: true }));

const LINES = gatewayLines(40);
const STRAY = 'eth0: 198.51.100.5 > 198.51.100.7 udp 4000 > 53 len 30';
/** Goes through as it is. */
const SPOILT = 'eth1: 10.0.1.1 > 198.51.100.5 udp 4000 > 53 len 30 badsum';
const files = {
  'host.yaml': GATEWAY_HOST,
  rules: GATEWAY_RULES,
  rules6: GATEWAY_RULES6,
  capture: gatewayCapture(LINES),
  stray: gatewayCapture([...LINES, STRAY]),
  spoilt: gatewayCapture([SPOILT]),
};
for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
const replay = (...words: string[]) =>
  runHookline(folder, ['replay', '--rules', 'rules', '--rules6', 'rules6', '--host', 'host.yaml', ...words]);

function installed(tool: string): boolean {
  try {
    execFileSync(tool, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function tcpdump(file: string): string {
  return execFileSync('tcpdump', ['-nvvr', join(folder, file)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}

/** What tcpdump says of a checksum that is wrong. */
const BAD = /\bbad\b|incorrect|wrong/;

test.skipIf(!installed('tcpdump'))('tcpdump reads all that leaves a gateway, and finds no bad checksum', async () => {
  await replay('--write', 'spoilt.pcapng', 'spoilt');
  expect(tcpdump('spoilt.pcapng')).toMatch(BAD);
  expect((await replay('--workers', '2', '--write', 'left.pcapng', 'capture')).code).toBe(0);
  const text = tcpdump('left.pcapng');
  expect(text).not.toMatch(BAD);
  // At both sides, in both families, of every protocol, errors with what they quote, and what the helper has changed.
  for (const line of [
    /192\.0\.2\.1\.\d+ > 198\.51\.100\.\d+\.80: .*cksum \S+ \(correct\)/,
    /198\.51\.100\.\d+\.80 > 10\.0\.1\.\d+\.\d+: .*cksum \S+ \(correct\)/,
    /198\.51\.100\.\d+\.\d+ > 10\.0\.0\.80\.80: .*cksum \S+ \(correct\)/,
    /192\.0\.2\.1\.8080 > 198\.51\.100\.\d+\.\d+: .*cksum \S+ \(correct\)/,
    /2001:db8:1::1\.8080 > 2001:db8:ffff::\S+: .*cksum \S+ \(correct\)/,
    /2001:db8:ffff::\S+\.53 > 2001:db8:2::1:\S+: \[udp sum ok\]/,
    /192\.0\.2\.1\.\d+ > 198\.51\.100\.\d+\.53: \[udp sum ok\]/,
    /203\.0\.113\.1 > 10\.0\.1\.\d+: ICMP [^\n]*\n\s+IP [^\n]*\n\s+10\.0\.1\.\d+\.\d+ > 198\.51\.100\.\d+/,
    /2001:db8:3::1 > 2001:db8:2::1:\S+: \[icmp6 sum ok\] ICMP6/,
    /192\.0\.2\.1\.\d+ > 198\.51\.100\.\d+\.21: .*\(correct\).*\n\s+PORT 192,0,2,1,20,/,
  ]) {
    expect(text).toMatch(line);
  }
});

test('what is written, counted and listed is the same with more workers', async () => {
  const written = async (workers: number, capture: string): Promise<Buffer[]> => {
    const names = ['left', 'counters', 'counters.v6', 'table', 'events'].map((name) => `${name}.${workers}.${capture}`);
    const [left, counters, , table, events] = names as [string, string, string, string, string];
    const save = ['--write', left, '--save-counters', counters, '--conntrack', table, '--conntrack-events', events];
    const { code, stderr } = await replay('--workers', `${workers}`, ...save, capture);
    expect(code).toBe(0);
    const startsOver = workers > 1 && capture === 'stray';
    expect(/note: how packet \d+ is translated or answered may depend on packets of another shard/.test(stderr)).toBe(startsOver);
    return [left, counters, `${counters}.v6`, table, events].map((name) => readFileSync(join(folder, name)));
  };
  for (const capture of ['capture', 'stray']) {
    const one = await written(1, capture);
    for (const workers of [2, 4]) {
      for (const [i, file] of (await written(workers, capture)).entries()) expect(file.equals(one[i]!)).toBe(true);
    }
  }
});

test('the plan names the key, or why there is one shard', async () => {
  const plan = async (...words: string[]) => (await replay('--plan', ...words)).stdout;
  const several = await plan('--workers', '4', 'capture');
  expect(several).toMatch(/^shards: 16$/m);
  expect(several).toMatch(/^key: the one of the two addresses that is outside \(behind eth0\)/m);
  expect(several).toMatch(/^once more with one shard: /m);
  expect(several).not.toMatch(/^cause/m);
  expect(JSON.parse(await plan('--workers', '4', '--format', 'json'))).toMatchObject({
    shards: 16,
    key: 'outside',
    outside: ['eth0'],
  });
  expect(await plan('--workers', '1')).toMatch(
    /^cause: translation of addresses is spread over shards for several workers only$/m,
  );
  expect(await plan('--workers', '4', '-')).toMatch(/^cause: translation of addresses .* not all captures can be read again$/m);
  writeFileSync(join(folder, 'pool'), GATEWAY_RULES.replace('-j MASQUERADE', '-j SNAT --to-source 192.0.2.70-192.0.2.79'));
  expect(await plan('--workers', '4', '--rules', 'pool')).toMatch(
    /^cause: target SNAT at pool:\d+:\d+ gives connections of one source/m,
  );
});
