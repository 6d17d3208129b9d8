import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { concat, toHex } from '../../src/packet/bytes.ts';
import { pcapng } from '../../src/packet/captures.ts';
import { ethernet, ipv4, tcp, udp } from '../../src/packet/packets.ts';
import { runHookline } from '../support/hookline.ts';

const folder = mkdtempSync(join(tmpdir(), 'hookline-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = (name: string): string => join(folder, name);

const blocks = pcapng();
const NANOSECONDS = 9;
const SECOND = 1_000_000_000n;
const START = 1_700_000_000n * SECOND;
const ETH0 = 0;
const ETH1 = 1;

/** In by eth1 to the outside, one of them dropped; sent by the host itself; a reply to the first. */
const out = ethernet({
  payload: ipv4({ src: '10.0.0.9', dst: '192.0.2.9', payload: tcp({ sport: 4000, dport: 80, flags: 'S' }) }),
});
const refused = ethernet({
  payload: ipv4({ src: '10.0.0.9', dst: '192.0.2.9', payload: tcp({ sport: 4001, dport: 25, flags: 'S' }) }),
});
const own = ethernet({ payload: ipv4({ src: '192.0.2.1', dst: '192.0.2.9', payload: udp({ sport: 53, dport: 53 }) }) });
const reply = ethernet({
  payload: ipv4({ src: '192.0.2.9', dst: '192.0.2.1', payload: tcp({ sport: 80, dport: 4000, flags: 'SA', ack: 1 }) }),
});

writeFileSync(
  path('capture'),
  concat(
    blocks.section(),
    blocks.describe({ name: 'eth0', resolution: NANOSECONDS }),
    blocks.describe({ name: 'eth1', resolution: NANOSECONDS }),
    blocks.enhanced({ interface: ETH1, time: START, data: out }),
    blocks.enhanced({ interface: ETH1, time: START + 1n, data: refused }),
    blocks.enhanced({ interface: ETH0, time: START + 2n, data: own, direction: 'out' }),
    blocks.enhanced({ interface: ETH0, time: START + 3n, data: reply }),
  ),
);
writeFileSync(
  path('host.yaml'),
  'interfaces: { eth0: { addresses: [192.0.2.1/24] }, eth1: { addresses: [10.0.0.1/24] } }\nsysctl: { net.ipv4.ip_forward: 1 }\n',
);
writeFileSync(
  path('rules'),
  `*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A POSTROUTING -s 10.0.0.0/24 -o eth0 -j MASQUERADE
COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A FORWARD -p tcp -m tcp --dport 25 -j DROP
COMMIT
`,
);
const WORDS = ['--rules', 'rules', '--host', 'host.yaml'];

interface Block {
  readonly interface: number;
  readonly time: bigint;
  readonly data: string;
  readonly text: string;
}

/** Interfaces (name and link type) and packets of a little-endian pcapng. */
function read(name: string): { readonly interfaces: string[]; readonly packets: Block[] } {
  const file = readFileSync(path(name));
  const interfaces: string[] = [];
  const packets: Block[] = [];
  for (let at = 0; at < file.length; at += file.readUInt32LE(at + 4)) {
    const body = file.subarray(at + 8, at + file.readUInt32LE(at + 4) - 4);
    const type = file.readUInt32LE(at);
    if (type === 1) interfaces.push(`${body.toString('latin1', 12, 12 + body.readUInt16LE(10))} ${body.readUInt16LE(0)}`);
    if (type !== 6) continue;
    const length = body.readUInt32LE(12);
    packets.push({
      interface: body.readUInt32LE(0),
      time: (BigInt(body.readUInt32LE(4)) << 32n) | BigInt(body.readUInt32LE(8)),
      data: body.toString('hex', 20, 20 + length),
      text: body.toString('latin1', 20 + length),
    });
  }
  return { interfaces, packets };
}

test('what leaves is written on its interface with its time, untouched frames as they came', async () => {
  const { code } = await runHookline(folder, ['replay', ...WORDS, '--write', 'left.pcapng', 'capture']);
  expect(code).toBe(0);
  const { interfaces, packets } = read('left.pcapng');
  expect(interfaces).toEqual(['eth0 1', 'eth1 1']);
  expect(packets.map((packet) => [packet.interface, packet.time - START])).toEqual([
    [0, 0n],
    [0, 2n],
    [1, 3n],
  ]);
  expect(packets[0]!.data.slice(52, 60)).toBe('c0000201'); // from the gateway's own address
  expect(packets[1]!.data).toBe(toHex(own));
  expect(packets[2]!.data.slice(60, 68)).toBe('0a000009'); // to whom it is for
});

test('what is dropped is written as it came, with the rule that decided as its comment', async () => {
  await runHookline(folder, ['replay', ...WORDS, '--write-dropped', 'dropped.pcapng', 'capture']);
  const { interfaces, packets } = read('dropped.pcapng');
  expect(interfaces).toEqual(['eth1 1']);
  expect(packets.map(({ data }) => data)).toEqual([toHex(refused)]);
  expect(packets[0]!.text).toContain('filter FORWARD rule 1: -A FORWARD -p tcp -m tcp --dport 25 -j DROP');
});

test('a replay in which nothing leaves still writes a capture', async () => {
  writeFileSync(path('empty'), concat(blocks.section(), blocks.describe({ name: 'eth0' })));
  const { code } = await runHookline(folder, ['replay', ...WORDS, '--write', 'none.pcapng', 'empty']);
  expect(code).toBe(0);
  expect(read('none.pcapng')).toEqual({ interfaces: [], packets: [] });
  expect(readFileSync(path('none.pcapng')).readUInt32LE(0)).toBe(0x0a0d0d0a);
});

test.skipIf(!installed('tcpdump'))('tcpdump reads what leaves and finds no bad checksum', async () => {
  await runHookline(folder, ['replay', ...WORDS, '--write', 'read.pcapng', 'capture']);
  const text = execFileSync('tcpdump', ['-nvvr', path('read.pcapng')], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  expect(text).toMatch(/192\.0\.2\.1\.4000 > 192\.0\.2\.9\.80: .*cksum .*\(correct\)/);
  expect(text).not.toMatch(/\bbad\b|incorrect/);
});

function installed(tool: string): boolean {
  try {
    execFileSync(tool, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
