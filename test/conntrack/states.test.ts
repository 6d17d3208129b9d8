import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type PacketScript, parsePacketScripts } from '../support/packet-script.ts';

const CASES = new URL('./cases/', import.meta.url).pathname;
const STATES = [
  'NONE',
  'SYN_SENT',
  'SYN_SENT2',
  'SYN_RECV',
  'ESTABLISHED',
  'FIN_WAIT',
  'CLOSE_WAIT',
  'LAST_ACK',
  'TIME_WAIT',
  'CLOSE',
];
const CLASSES = ['SYN', 'SYN-ACK', 'FIN', 'ACK', 'RST', 'none'];

/** The class of a TCP flags byte. Ref: net/netfilter/nf_conntrack_proto_tcp.c:get_conntrack_index() */
function classOf(flags: number): string {
  if (flags & 4) return 'RST';
  if (flags & 2) return flags & 16 ? 'SYN-ACK' : 'SYN';
  if (flags & 1) return 'FIN';
  return flags & 16 ? 'ACK' : 'none';
}

/** The cell that a case's last packet meets: the state told before it, its side, its flags. */
function cellOf({ steps }: PacketScript): string {
  const last = steps.at(-1)!;
  const state = /^tcp \d+ (\w+)/.exec(steps.at(-2)?.table?.[0] ?? '')?.[1] ?? 'NONE';
  return `${state} ${last.isReply ? '<' : '>'} ${classOf(last.bytes[20 + 13]!)}`;
}

const cases = readdirSync(CASES)
  .filter((file) => file.startsWith('tcp-state-'))
  .flatMap((file) => parsePacketScripts(readFileSync(join(CASES, file), 'utf8')));

test('every cell of the TCP state table has a case of its own, which is named after it', () => {
  const cells = STATES.flatMap((state) => ['>', '<'].flatMap((side) => CLASSES.map((name) => `${state} ${side} ${name}`)));
  expect(cases.map(cellOf).sort()).toEqual(cells.sort());
  expect(cases.map(({ title }) => title.split(':')[0])).toEqual(cases.map(cellOf));
});
