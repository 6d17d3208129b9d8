// Packet scripts: one conversation, packet by packet, with what the tracker must make of each.
//
//   # Title
//   Why it exists.
//   Sysctl: nf_conntrack_tcp_loose=0
//   ```packets            (packets6: over IPv6)
//   +0    > S 0:0(0) win 1000 <ws:7,sackok>        => NEW | tcp 120 SYN_SENT [UNREPLIED]
//   +0.1  < SA 0:0(0) ack 1                        => ESTABLISHED | tcp 60 SYN_RECV
//   +1    > udp 5 > 6 len 10 badsum                => INVALID
//   ```
//
// `>` is from the first host to the second, `<` back. What follows is a TCP segment of ports 4000 and 80 as `FLAGS SEQ:END(LENGTH)`,
// with options in angle brackets, or the transport of a line of the packet language (packet-line.ts). Behind `=>` stands the state
// that rules see, and behind the bar, where it is told, the whole table: protocol, seconds left, state and flags of each entry.

import { parsePacketLine } from './packet-line.ts';

export interface ScriptStep {
  /** Line number in its file. */
  readonly line: number;
  readonly text: string;
  /** Seconds since the step before. */
  readonly wait: number;
  /** Sent by the second host. */
  readonly isReply: boolean;
  readonly bytes: Uint8Array;
  readonly state: string;
  /** Entries of the table afterwards; undefined = not told. */
  readonly table: readonly string[] | undefined;
}

export interface PacketScript {
  readonly title: string;
  readonly sysctl: Readonly<Record<string, number>>;
  readonly steps: readonly ScriptStep[];
}

export const HOSTS = { packets: ['10.0.0.1', '10.1.0.1'], packets6: ['2001:db8:a::1', '2001:db8:b::1'] } as const;

/** Reads the scripts of a Markdown file: each `#` heading with a fence behind it is one. */
export function parsePacketScripts(text: string): PacketScript[] {
  const scripts: PacketScript[] = [];
  let title = '';
  let sysctl: Record<string, number> = {};
  let hosts: readonly [string, string] | undefined;
  let steps: ScriptStep[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const fence = /^```(\w*)$/.exec(line)?.[1];
    if (hosts === undefined) {
      if (line.startsWith('#')) [title, sysctl] = [line.replace(/^#+ /, ''), {}];
      for (const [, name, value] of line.matchAll(/^Sysctl: (\w+)=(\d+)$/g)) sysctl[`net.netfilter.${name}`] = Number(value);
      if (fence === 'packets' || fence === 'packets6') [hosts, steps] = [HOSTS[fence], []];
    } else if (fence === '') {
      scripts.push({ title, sysctl, steps });
      hosts = undefined;
    } else if (line.trim() !== '' && !line.startsWith('#')) steps.push(parseStep(line, index + 1, hosts));
  }
  return scripts;
}

/** `tcp 120 SYN_SENT [UNREPLIED]` of a line of `conntrack -L`. */
export function briefEntry(line: string): string {
  const words = line.split(/\s+/);
  const head = words.slice(
    0,
    words.findIndex((word) => word.startsWith('src=')),
  );
  head.splice(1, 1); // the protocol's number
  return [...head, ...words.filter((word) => word.startsWith('['))].join(' ');
}

function parseStep(line: string, number: number, hosts: readonly [string, string]): ScriptStep {
  const parts = /^\+([\d.]+)\s+([<>])\s+(.*?)\s*=>\s*(\w+|\?)(?:\s*\|\s*(.*?))?\s*(?:#.*)?$/.exec(line);
  if (parts === null) throw new Error(`line ${number}: expected "+TIME > PACKET => STATE", found "${line}"`);
  const [, wait, arrow, packet, state, table] = parts;
  const isReply = arrow === '<';
  const ends = isReply ? `${hosts[1]} > ${hosts[0]}` : `${hosts[0]} > ${hosts[1]}`;
  try {
    const { bytes } = parsePacketLine(`x: ${ends} ${segment(packet!, isReply) ?? packet}`);
    const entries = table === undefined ? undefined : table === '-' ? [] : table.split(/\s*;\s*/);
    return { line: number, text: line, wait: Number(wait), isReply, bytes, state: state!, table: entries };
  } catch (error) {
    throw new Error(`line ${number}: ${(error as Error).message}`, { cause: error });
  }
}

/** `SA 5:15(10) ack 9 win 100 <ws:7> badsum` as the packet language has it; undefined when it is not a TCP segment in short. */
function segment(text: string, isReply: boolean): string | undefined {
  const parts = /^(-|[FSRPAUEC]+) (\d+):(\d+)\((\d+)\)(?: ack (\d+))?(?: win (\d+))?(?: off (\d+))?(?: <(.*?)>)?( .*)?$/.exec(
    text,
  );
  if (parts === null) return undefined;
  const [, flags, seq, end, length, ack, window, offset, options, rest] = parts;
  if ((Number(seq) + Number(length)) % 2 ** 32 !== Number(end)) throw new Error(`${seq} + ${length} is not ${end}`);
  const words = ['tcp', isReply ? '80 > 4000' : '4000 > 80', flags, `seq ${seq} ack ${ack ?? 0} win ${window ?? 65535}`];
  if (offset !== undefined) words.push(`off ${offset}`);
  if (options !== undefined) words.push(`opts ${options}`);
  if (length !== '0') words.push(`len ${length}`);
  return `${words.join(' ')}${rest ?? ''}`;
}
