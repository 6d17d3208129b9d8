// Where nobody asks for single packets, the command must not ask for them either: then the engine writes nothing down of them, which is
// several times faster.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test, vi } from 'vitest';
import { type ReplayCliOptions, replayCommand } from '../../src/cli/replay.ts';
import { Engine } from '../../src/engine/engine.ts';
import { pcapFile } from '../../src/packet/captures.ts';
import { ipv4, udp } from '../../src/packet/packets.ts';

const folder = mkdtempSync(join(tmpdir(), 'hookline-'));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => vi.restoreAllMocks());

const rules = join(folder, 'rules');
writeFileSync(rules, '*filter\n:INPUT DROP [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n');
const capture = join(folder, 'in.pcap');
const packet = ipv4({ src: '10.0.0.1', dst: '10.0.0.2', payload: udp({ sport: 1, dport: 2 }) });
writeFileSync(capture, pcapFile([{ data: packet, time: 1_700_000_000_000_000_000n }], { linktype: 101 }));

/** Whether a replay hands over its batches. */
async function handsOver(options: Partial<ReplayCliOptions>): Promise<boolean> {
  vi.spyOn(process.stdout, 'write').mockImplementation((...words: unknown[]) => {
    const done = words.findLast((word) => typeof word === 'function') as (() => void) | undefined;
    done?.();
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const replay = vi.spyOn(Engine.prototype, 'replay');
  expect(await replayCommand([capture], { rules, seed: 0, workers: 0, format: 'summary', ...options })).toBe(0);
  return replay.mock.calls[0]![1]!.onBatch !== undefined;
}

test.each(['summary', 'json'] as const)('a %s asks for no single packets', async (format) => {
  expect(await handsOver({ format })).toBe(false);
});

test.each([
  { format: 'ndjson' },
  { format: 'text' },
  { write: join(folder, 'out') },
  { writeDropped: join(folder, 'dropped') },
] as const)('%j asks for them', async (options) => {
  expect(await handsOver(options)).toBe(true);
});
