import { expect, test } from 'vitest';
import type { ByteSource } from '../../src/engine/source.ts';
import { concat } from '../../src/packet/bytes.ts';
import { pcapFile, pcapng } from '../../src/packet/captures.ts';
import { ethernet, ipv4, udp } from '../../src/packet/packets.ts';
import { parseLines, replayText } from '../support/replay.ts';

const RULES = '*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A INPUT -p udp -j ACCEPT\nCOMMIT\n';
const PCAP_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;

const frame = ethernet({ payload: ipv4({ src: '10.0.0.1', dst: '10.0.0.2', payload: udp({ sport: 5000, dport: 53 }) }) });
const three = pcapFile([{ data: frame }, { data: frame }, { data: frame }]);
const record = RECORD_HEADER_BYTES + frame.length;

async function replay(...captures: (Uint8Array | ByteSource)[]) {
  const { result, ndjson } = await replayText({ rules: RULES, captures });
  return { damage: result.damage, packets: parseLines(ndjson).map((line) => line.packet) };
}

test('a capture cut inside a record gives the packets before it and the offset of that record', async () => {
  const { damage, packets } = await replay(three.subarray(0, three.length - 5));
  expect(packets).toEqual([1, 2]);
  expect(damage).toEqual([
    {
      source: 'capture1',
      offset: PCAP_HEADER_BYTES + 2 * record,
      code: 'ERR_CAPTURE_TRUNCATED',
      message: 'cut short: it ends within a record',
    },
  ]);
});

test('a capture cut between records is whole', async () => {
  const { damage, packets } = await replay(three.subarray(0, PCAP_HEADER_BYTES + record));
  expect(packets).toEqual([1]);
  expect(damage).toEqual([]);
});

test('a record length beyond belief ends the capture there, and the next capture is read, numbered on', async () => {
  const broken = three.slice();
  new DataView(broken.buffer).setUint32(PCAP_HEADER_BYTES + record + 8, 0x7fffffff, true);
  const { damage, packets } = await replay(broken, three);
  expect(packets).toEqual([1, 2, 3, 4]);
  expect(damage).toMatchObject([{ source: 'capture1', offset: PCAP_HEADER_BYTES + record, code: 'ERR_CAPTURE_RECORD' }]);
});

test.each([
  ['nothing', new Uint8Array(0), 'not a capture: it is empty'],
  ['a few bytes', Uint8Array.of(0xd4, 0xc3), 'not a pcap or pcapng capture'],
  ['text', new TextEncoder().encode('#!/bin/sh\necho this is no capture\n'), 'not a pcap or pcapng capture'],
])('%s is no capture, and is said to be none', async (_, bytes, message) => {
  const { damage, packets } = await replay(bytes);
  expect(packets).toEqual([]);
  expect(damage).toEqual([{ source: 'capture1', offset: 0, code: 'ERR_CAPTURE_FORMAT', message }]);
});

test('a pcapng block that is cut is found even where nothing in it is read', async () => {
  const blocks = pcapng();
  const whole = concat(
    blocks.section(),
    blocks.describe({ name: 'eth0' }),
    blocks.enhanced({ data: frame }),
    blocks.block(0x0bad, new Uint8Array(64)),
  );
  expect((await replay(whole)).damage).toEqual([]);
  const { damage, packets } = await replay(whole.subarray(0, whole.length - 20));
  expect(packets).toEqual([1]);
  expect(damage).toMatchObject([{ code: 'ERR_CAPTURE_TRUNCATED' }]);
});

/** A source that gives its bytes in pieces of the sizes given, then fails if told to. */
function pieces(bytes: Uint8Array, sizes: (at: number) => number, failure?: Error): ByteSource {
  let at = 0;
  return {
    name: 'pieces',
    read(target) {
      if (at === bytes.length && failure) return Promise.reject(failure);
      const part = bytes.subarray(at, at + Math.min(target.length, sizes(at)));
      target.set(part);
      at += part.length;
      return Promise.resolve(part.length);
    },
    close: () => Promise.resolve(),
  };
}

test('a capture read byte by byte gives what it gives in one piece', async () => {
  const whole = await replayText({ rules: RULES, captures: [three] });
  const bytewise = await replayText({ rules: RULES, captures: [pieces(three, () => 1)] });
  expect(bytewise.ndjson).toBe(whole.ndjson);
});

test('a read that fails is damage with its reason, after the packets read before it', async () => {
  const { damage, packets } = await replay(pieces(three, () => 1000, new Error('disk on fire')));
  expect(packets).toEqual([1, 2, 3]);
  expect(damage).toMatchObject([
    { source: 'pieces', offset: three.length, code: 'ERR_CAPTURE_READ', message: 'cannot be read on: disk on fire' },
  ]);
});

test('records that cross the chunks of slots arrive whole', async () => {
  const large = ethernet({
    payload: ipv4({
      src: '10.0.0.1',
      dst: '10.0.0.2',
      payload: udp({ sport: 5000, dport: 53, payload: new Uint8Array(60_000) }),
    }),
  });
  const many = pcapFile(Array.from({ length: 120 }, () => ({ data: large })));
  const { result } = await replayText({ rules: RULES, captures: [many], workers: 2 });
  expect(result).toMatchObject({ packets: 120, bytes: many.length, damage: [] });
  expect(result.tally.packets[1]).toBe(120);
});

test('a capture that describes much before its first packet is read to that packet', async () => {
  const blocks = pcapng();
  const whole = concat(
    blocks.section(),
    ...Array.from({ length: 3000 }, (_, i) => blocks.describe({ name: `veth${i}` })),
    ...Array.from({ length: 80 }, () => blocks.block(0x0bad, new Uint8Array(65536))),
    blocks.enhanced({ data: frame, interface: 2999 }),
  );
  const { result, ndjson } = await replayText({ rules: RULES, captures: [whole] });
  expect(result).toMatchObject({ packets: 1, bytes: whole.length, damage: [] });
  expect(parseLines(ndjson)).toMatchObject([{ packet: 1, in: 'veth2999' }]);
});
