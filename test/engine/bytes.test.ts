// Matches on bytes where the capture is what decides: bytes that it left out, and link-layer headers that it keeps in its own way.

import { expect, test } from 'vitest';
import { pcapFile } from '../../src/packet/captures.ts';
import { ethernet, ipv4, ipv6, sll, sll2, tcp, udp } from '../../src/packet/packets.ts';
import { replayText } from '../support/replay.ts';

const LINKTYPE_ETHERNET = 1;
const LINKTYPE_RAW = 101;
const LINKTYPE_LINUX_SLL = 113;
const LINKTYPE_LINUX_SLL2 = 276;

interface Told {
  readonly verdict: string | null;
  readonly why?: string;
  readonly hits?: readonly (readonly [string, string, number])[];
}

interface Frame {
  readonly data: Uint8Array;
  readonly length?: number;
}

/** What is told of each packet, with tables and without, which must agree. */
async function replay(rules: string, frames: readonly Frame[], linktype = LINKTYPE_RAW): Promise<Told[]> {
  const captures = [pcapFile(frames, { linktype })];
  const [tables, linear] = await Promise.all([false, true].map((isLinear) => replayText({ rules, captures, linear: isLinear })));
  expect(linear!.ndjson).toBe(tables!.ndjson);
  return tables!.ndjson
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Told);
}

const chain = (...rules: string[]) => `*filter\n${rules.map((rule) => `-A INPUT ${rule}\n`).join('')}COMMIT\n`;
const numbers = ({ hits }: Told) => (hits ?? []).map(([, , number]) => number);

/** A packet of which the capture has the first bytes only. */
function cut(data: Uint8Array, bytes: number): Frame {
  return { data: data.subarray(0, bytes), length: data.length };
}

const text = (payload: string) => ipv4({ payload: udp({ payload: new TextEncoder().encode(payload) }) });

test('a string may stand behind the end of what was captured: then there is no verdict, and rules behind count nothing', async () => {
  const rules = chain('-p udp', '-m string --string GET --algo bm -j DROP', '-p udp');
  const [found, unknown, missed, whole] = await replay(rules, [
    cut(text('xxGETxxxx'), 34),
    cut(text('xxxxGETxx'), 34),
    cut(text('xx'), 30),
    { data: text('xxxxGETxx') },
  ]);
  expect(found).toMatchObject({ verdict: 'DROP' });
  expect(unknown).toMatchObject({ verdict: null, why: 'cut' });
  expect(numbers(unknown!)).toEqual([1]);
  expect(missed).toMatchObject({ verdict: 'ACCEPT' });
  expect(whole).toMatchObject({ verdict: 'DROP' });
});

test.each([
  '-m u32 --u32 "40=0"',
  '-m u32 ! --u32 "40=0"',
  '-m bpf --bytecode "4,32 0 0 40,21 0 1 0,6 0 0 1,6 0 0 0"',
  '-m string ! --string GET --algo kmp',
  '-p tcp -m tcp --tcp-option 9',
  '-p tcp -m tcpmss --mss 9',
])('%s has no answer where its bytes were not captured', async (match) => {
  const packet = ipv4({ payload: tcp({ options: new Uint8Array(20).fill(1), payload: new Uint8Array(20) }) });
  const [whole, short] = await replay(chain(match), [{ data: packet }, cut(packet, 40)]);
  expect(whole).toMatchObject({ verdict: 'ACCEPT' });
  expect(short).toMatchObject({ verdict: null, why: 'cut' });
});

test('a place beyond the packet misses, captured or not', async () => {
  const [told] = await replay(chain('-m u32 --u32 "40=0"', '-m u32 ! --u32 "40=0"'), [cut(text('xxxxx'), 30)]);
  expect(numbers(told!)).toEqual([2]);
});

test.each([
  ['Ethernet', LINKTYPE_ETHERNET, (payload: Uint8Array) => ethernet({ payload }), [1]],
  ['cooked', LINKTYPE_LINUX_SLL, (payload: Uint8Array) => sll({ payload }), [1]],
  ['cooked (2)', LINKTYPE_LINUX_SLL2, (payload: Uint8Array) => sll2({ payload }), [1]],
  ['cooked, of a device without addresses', LINKTYPE_LINUX_SLL, (payload: Uint8Array) => sll({ payload, hardware: 512 }), []],
  ['raw', LINKTYPE_RAW, (payload: Uint8Array) => payload, []],
  ['Ethernet with tags', LINKTYPE_ETHERNET, (payload: Uint8Array) => ethernet({ payload, tags: [[0x8100, 7]] }), [1]],
] as const)('mac knows the source of %s captures', async (_, linktype, frame, expected) => {
  const rules = chain('-m mac --mac-source 02:00:00:00:00:01', '-m mac ! --mac-source 02:00:00:00:00:01');
  const [told] = await replay(rules, [{ data: frame(text('x')) }], linktype);
  expect(numbers(told!)).toEqual(expected);
});

test('a program finds the link-layer header as the kernel has it, without tags; cooked captures do not keep all of it', async () => {
  const load = (offset: number, size: number, value: number) =>
    `-m bpf --bytecode "4,${size} 0 0 ${0x1_0000_0000 - 0x20_0000 + offset},21 0 1 ${value},6 0 0 1,6 0 0 0"`;
  const rules = chain(load(14 + 9, 48, 17), load(12, 40, 0x0800), load(6, 32, 0x02000000), load(11, 32, 0x01080045));
  const tagged = ethernet({ payload: text('x'), tags: [[0x8100, 7]] });
  const [told] = await replay(rules, [{ data: tagged }], LINKTYPE_ETHERNET);
  expect(numbers(told!)).toEqual([1, 2, 3, 4]);
  const [cooked] = await replay(rules, [{ data: sll({ payload: text('x') }) }], LINKTYPE_LINUX_SLL);
  expect(cooked).toMatchObject({ verdict: null, why: 'cut' });
  expect(numbers(cooked!)).toEqual([1]);
});

test('eui64 takes the source of cooked captures too', async () => {
  const data = sll({ payload: ipv6({ src: '2001:db8::ff:fe00:1', payload: udp() }) });
  const captures = [pcapFile([{ data }], { linktype: LINKTYPE_LINUX_SLL })];
  const { ndjson } = await replayText({ rules6: chain('-m eui64'), captures });
  expect(numbers(JSON.parse(ndjson) as Told)).toEqual([1]);
});
