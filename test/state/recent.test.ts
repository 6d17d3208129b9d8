// Lists of -m recent as text, and in the state of rules.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { pcapFile } from '../../src/packet/captures.ts';
import { ipv4, udp } from '../../src/packet/packets.ts';
import type { RecentEntry } from '../../src/state/recent.ts';
import { parseRecent, printRecent } from '../../src/state/recent-text.ts';
import { Diagnostics } from '../../src/text/diagnostic.ts';
import { runHookline } from '../support/hookline.ts';

const LIMITS = { entries: 100, stamps: 32 };

function codes(text: string, limits = LIMITS): string[] {
  const diagnostics = new Diagnostics();
  parseRecent({ name: 'list', text }, limits, diagnostics);
  return diagnostics.list.map(({ code }) => code);
}

test('a list reads back as it was printed', () => {
  const address = fc.oneof(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.uint8Array({ minLength: 16, maxLength: 16 }));
  const stamps = fc.array(fc.bigInt({ min: 0n, max: 2n ** 63n }), { minLength: 1, maxLength: 32 });
  const entry = fc
    .tuple(address, fc.nat(255), stamps, fc.nat())
    .map(
      ([where, ttl, times, place]): RecentEntry => ({ address: where, ttl, stamps: times, index: (place % times.length) + 1 }),
    );
  const last = ({ index, stamps: times }: RecentEntry) => times[index - 1]!;
  fc.assert(
    fc.property(fc.uniqueArray(entry, { selector: (one) => one.address.join(), maxLength: 20 }), (entries) => {
      const sorted = [...entries].sort((a, b) => Number(last(a) - last(b)));
      const diagnostics = new Diagnostics();
      expect(parseRecent({ name: 'list', text: printRecent(entries) }, LIMITS, diagnostics)).toEqual(sorted);
      expect(diagnostics.list).toEqual([]);
    }),
    { seed: 1 },
  );
});

test('what /proc/net/xt_recent shows reads and prints the same', () => {
  const text = [
    'src=127.0.0.1 ttl: 64 last_seen: 4297756481 oldest_pkt: 4 4297756430, 4297756430, 4297756481, 4297756481',
    'src=0000:0000:0000:0000:0000:0000:0000:0001 ttl: 64 last_seen: 4297756534 oldest_pkt: 1 4297756534, 4297756483',
    '',
  ].join('\n');
  expect(printRecent(parseRecent({ name: 'list', text }, LIMITS, new Diagnostics()))).toBe(text);
});

test('lines that no list has are reported', () => {
  const line = 'src=10.0.0.1 ttl: 64 last_seen: 5 oldest_pkt: 1 5\n';
  expect(codes('10.0.0.1')).toEqual(['bad-list']);
  expect(codes('src=10.0.0 ttl: 64 last_seen: 5 oldest_pkt: 1 5')).toEqual(['bad-list']);
  expect(codes('src=10.0.0.1 ttl: 256 last_seen: 5 oldest_pkt: 1 5')).toEqual(['bad-list']);
  expect(codes('src=10.0.0.1 ttl: 64 last_seen: 6 oldest_pkt: 1 5')).toEqual(['bad-list']);
  expect(codes('src=10.0.0.1 ttl: 64 last_seen: 5 oldest_pkt: 2 5')).toEqual(['bad-list']);
  expect(codes(line + line)).toEqual(['duplicate-address']);
  expect(codes(line + line.replace('.1', '.2'), { entries: 1, stamps: 32 })).toEqual(['list-full']);
  expect(codes('src=10.0.0.1 ttl: 64 last_seen: 5 oldest_pkt: 1 5, 4', { entries: 1, stamps: 1 })).toEqual(['too-many-times']);
});

const folder = mkdtempSync(join(tmpdir(), 'hookline-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Packets of one source, a second apart, from 1,700,000,000 s on. */
function capture(count: number): string {
  const packet = ipv4({ src: '192.0.2.9', dst: '192.0.2.1', ttl: 60, payload: udp({ sport: 1, dport: 2 }) });
  const records = Array.from({ length: count }, (_, i) => ({ time: BigInt(1_700_000_000 + i) * 1_000_000_000n, data: packet }));
  writeFileSync(join(folder, `${count}.pcap`), pcapFile(records, { linktype: 101 }));
  return `${count}.pcap`;
}

test('replay starts with the lists of one folder and leaves them in another', async () => {
  writeFileSync(
    join(folder, 'rules'),
    '*filter\n-A INPUT -m recent --update --seconds 60 --hitcount 3 --name seen\n-A INPUT -m recent --set --name seen\nCOMMIT\n',
  );
  // At 1,700,000,000 s the kernel had counted 5000000000.
  writeFileSync(
    join(folder, 'host.yaml'),
    'interfaces: { eth0: { addresses: [192.0.2.1/24] } }\nkernel: { jiffies: 5000000000, time: 1700000000 }\n',
  );
  mkdirSync(join(folder, 'before'));
  const lines = ['src=198.51.100.7 ttl: 64 last_seen: 4999990000 oldest_pkt: 1 4999990000'];
  lines.push('src=192.0.2.9 ttl: 64 last_seen: 4999999000 oldest_pkt: 2 4000000000, 4999999000');
  writeFileSync(join(folder, 'before/seen'), `${lines.join('\n')}\n`);
  writeFileSync(join(folder, 'before/other'), '');
  const words = ['replay', '--rules', 'rules', '--host', 'host.yaml', '--in', 'eth0', '--format', 'json', capture(3)];
  const { code, stdout, stderr } = await runHookline(folder, [...words, '--load-recent', 'before', '--save-recent', 'behind']);
  expect([code, stderr]).toEqual([0, expect.stringContaining('before/other: no rule asks a recent list of this name')]);
  const counted = JSON.parse(stdout).rulesets[0].counters.map(({ packets }: { packets: number }) => packets);
  // One hit within a minute is there before, the first two packets add one each: the third has its three.
  expect(counted.slice(0, 2)).toEqual([1, 3]);
  expect(readFileSync(join(folder, 'behind/seen'), 'utf8')).toBe(
    `${lines[0]}\nsrc=192.0.2.9 ttl: 60 last_seen: 5000000500 oldest_pkt: 6 4000000000, 4999999000, 5000000000, 5000000250, 5000000500, 5000000500\n`,
  );
});

test('a list that cannot be read ends the command, with the place', async () => {
  mkdirSync(join(folder, 'bad'));
  writeFileSync(join(folder, 'bad/seen'), 'src=192.0.2.9 ttl: 64 last_seen: 1 oldest_pkt: 1 1\n192.0.2.10\n');
  const words = ['replay', '--rules', 'rules', '--load-recent', 'bad', capture(1)];
  const { code, stderr } = await runHookline(folder, words);
  expect([code, stderr]).toEqual([
    2,
    expect.stringContaining('bad/seen:2:1: error: expected a line as /proc/net/xt_recent shows it'),
  ]);
});
