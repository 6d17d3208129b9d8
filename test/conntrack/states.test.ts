import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type PacketScript, parsePacketScripts } from '../support/packet-script.ts';

const CASES = new URL('./cases/', import.meta.url).pathname;
const TCP_STATES = [
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
const TCP_CLASSES = ['SYN', 'SYN-ACK', 'FIN', 'ACK', 'RST', 'none'];

const SCTP_STATES = [
  'NONE',
  'CLOSED',
  'COOKIE_WAIT',
  'COOKIE_ECHOED',
  'ESTABLISHED',
  'SHUTDOWN_SENT',
  'SHUTDOWN_RECD',
  'SHUTDOWN_ACK_SENT',
  'HEARTBEAT_SENT',
];
/** Chunks that the table has, by type. Ref: net/netfilter/nf_conntrack_proto_sctp.c:sctp_conntracks */
const SCTP_CHUNKS: Readonly<Record<number, string>> = {
  1: 'INIT',
  2: 'INIT_ACK',
  4: 'HEARTBEAT',
  5: 'HEARTBEAT_ACK',
  6: 'ABORT',
  7: 'SHUTDOWN',
  8: 'SHUTDOWN_ACK',
  9: 'ERROR',
  10: 'COOKIE_ECHO',
  11: 'COOKIE_ACK',
  14: 'SHUTDOWN_COMPLETE',
};
const IPV4_BYTES = 20;

/** The class of a TCP flags byte. Ref: net/netfilter/nf_conntrack_proto_tcp.c:get_conntrack_index() */
function classOf(flags: number): string {
  if (flags & 4) return 'RST';
  if (flags & 2) return flags & 16 ? 'SYN-ACK' : 'SYN';
  if (flags & 1) return 'FIN';
  return flags & 16 ? 'ACK' : 'none';
}

/** The state that is told before a case's last packet, and the packet's side. */
function placeOf({ steps }: PacketScript): string {
  const state = /^\S+ \d+ (\w+)/.exec(steps.at(-2)?.table?.[0] ?? '')?.[1] ?? 'NONE';
  return `${state} ${steps.at(-1)!.isReply ? '<' : '>'}`;
}

function tcpCell(script: PacketScript): string {
  return `${placeOf(script)} ${classOf(script.steps.at(-1)!.bytes[IPV4_BYTES + 13]!)}`;
}

function sctpCell(script: PacketScript): string {
  return `${placeOf(script)} ${SCTP_CHUNKS[script.steps.at(-1)!.bytes[IPV4_BYTES + 12]!]}`;
}

/** The cases of files whose names begin so. */
function casesOf(prefix: string): PacketScript[] {
  const files = readdirSync(CASES).filter((file) => file.startsWith(prefix));
  return files.flatMap((file) => parsePacketScripts(readFileSync(join(CASES, file), 'utf8')));
}

/** Each state from each side with each kind of packet. */
function cellsOf(states: readonly string[], kinds: readonly string[]): string[] {
  return states.flatMap((state) => ['>', '<'].flatMap((side) => kinds.map((kind) => `${state} ${side} ${kind}`)));
}

function expectCells(cases: readonly PacketScript[], cellOf: (script: PacketScript) => string, cells: readonly string[]): void {
  expect(cases.map(cellOf).sort()).toEqual([...cells].sort());
  expect(cases.map(({ title }) => title.split(':')[0])).toEqual(cases.map(cellOf));
}

test('every cell of the TCP state table has a case of its own, which is named after it', () => {
  expectCells(casesOf('tcp-state-'), tcpCell, cellsOf(TCP_STATES, TCP_CLASSES));
});

test('every cell of the SCTP state table that can be reached has a case of its own, which is named after it', () => {
  const cells = cellsOf(SCTP_STATES, Object.values(SCTP_CHUNKS));
  // The first packet is the original direction's, whoever sends it.
  expectCells(
    casesOf('sctp-state-'),
    sctpCell,
    cells.filter((cell) => !cell.startsWith('NONE <')),
  );
});
