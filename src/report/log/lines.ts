// The log of a replay as text: what LOG and TRACE have the kernel write, and what NFLOG has a listener write.
//
//   <4>[1700000000.000050] dropped: IN=eth0 OUT= MAC=… SRC=192.0.2.9 DST=…
//   <4>[1700000000.000050] TRACE: filter:INPUT:rule:1 IN=eth0 OUT= …
//   [1700000000.000050] NFLOG: group=3 prefix IN=eth0 OUT= …
//
// The form is that of `dmesg -r`, which `dmesg -F` reads: priority, the packet's time, the kernel's own text. Comes in: batches; goes
// out: lines in the order of the packets and of what they met.

import { FRAME_INTERFACE, OUTCOME_FLAGS, OUTCOME_LOG, OUTCOME_LOG_FULL } from '../../../assembly/abi/batch.ts';
import { RECORD_KIND_COPY, RECORD_KIND_DROPPED, RECORD_KIND_OSF, RECORD_KIND_RULE } from '../../../assembly/abi/log.ts';
import { PACKET_FLAG_CLONE, PACKET_FLAG_IPV6, PACKET_FLAG_SENT } from '../../../assembly/abi/packet.ts';
import {
  type Batch,
  frameWord,
  type LogRecord,
  logRecords,
  outcomeWord,
  timeText,
  traceLength,
  traceWord,
} from '../../core/batch.ts';
import type { Sender } from '../../ir/assume.ts';
import type { InterfaceUniverse } from '../../ir/ir.ts';
import type { KernelLogEntry, LogEntry, NflogEntry } from '../../ir/log.ts';
import type { Fingerprint } from '../../ir/osf.ts';
import type { RulesetTree, RuleTree } from '../../ruleset/tree.ts';
import { PacketBytes } from './bytes.ts';
import { type DeviceKind, deviceText, type FrameDevices, listenerMac } from './device.ts';
import { ipv4Text } from './ipv4.ts';
import { ipv6Text } from './ipv6.ts';
import { type TraceMap, TraceWalk, traceMap } from './trace.ts';
import type { LogDetail } from './transport.ts';
import { ulogText } from './ulog.ts';

const LINKTYPE_ETHERNET = 1;
const LOOPBACK = 'lo';

/** A line of the kernel is cut behind so many characters. Ref: net/netfilter/nf_log.c:nf_log_buf_add() */
const LINE_CHARS = 1016;

/** A prefix is cut behind so many characters. Ref: include/net/netfilter/nf_log.h NF_LOG_PREFIXLEN */
const PREFIX_CHARS = 127;
/** Priority of what says none. Ref: net/netfilter/nf_log_syslog.c:default_loginfo */
const DEFAULT_LEVEL = 5;

/** How TRACE has packets logged. Ref: net/ipv4/netfilter/ip_tables.c:trace_loginfo */
const TRACE_LEVEL = 4;
const ALL_DETAIL: LogDetail = { tcpSequence: true, tcpOptions: true, ipOptions: true, uid: true, macDecode: false };

export interface LogSource {
  /** What LOG and NFLOG records are about, by id. */
  readonly entries: readonly LogEntry[];
  readonly trees: readonly RulesetTree[];
  /** What records of osf are about, by id. */
  readonly fingerprints: readonly Fingerprint[];
  readonly interfaces: InterfaceUniverse;
  /** Whose socket the packets of this host come from; absent = none. */
  readonly sender?: Pick<Sender, 'uid' | 'gid'>;
  /** LINKTYPE_* of an entry of the interface table. */
  linkType(entry: number): number;
}

export interface LogWriter {
  /** A packet may come under TRACE: `text` then needs what each packet meets from its start, as a replay with `trace` tells it. */
  readonly needsTrace: boolean;
  /** The lines of a batch. `interfaceNames` are the names the captures give, by entry of the interface table. */
  text(batch: Batch, interfaceNames: readonly string[]): string;
  /** The lines of its packet `index`. */
  packetText(batch: Batch, index: number, interfaceNames: readonly string[]): string;
  /** Packets whose log there was no room for: lines are missing. */
  readonly cut: number;
}

export function logWriter(source: LogSource): LogWriter {
  const maps = new Map(source.trees.map((tree) => [tree.family, traceMap(tree)]));
  let cut = 0;
  const packetText: LogWriter['packetText'] = (batch, i, interfaceNames) => {
    if ((outcomeWord(batch, i, OUTCOME_FLAGS) & OUTCOME_LOG_FULL) !== 0) cut++;
    if (outcomeWord(batch, i, OUTCOME_LOG) === 0) return '';
    return packetLines(batch, i, source, interfaceNames, maps)
      .map((line) => `${line}\n`)
      .join('');
  };
  return {
    packetText,
    needsTrace: source.trees.some(hasTrace),
    text(batch, interfaceNames) {
      let text = '';
      for (let i = 0; i < batch.count; i++) text += packetText(batch, i, interfaceNames);
      return text;
    },
    get cut() {
      return cut;
    },
  };
}

function hasTrace({ tables }: RulesetTree): boolean {
  const isTrace = ({ target }: RuleTree): boolean => target?.kind === 'extension' && target.extension.name === 'TRACE';
  return tables.some(({ chains }) => chains.some(({ rules }) => rules.some(isTrace)));
}

function packetLines(
  batch: Batch,
  i: number,
  source: LogSource,
  interfaceNames: readonly string[],
  maps: ReadonlyMap<4 | 6, TraceMap>,
): string[] {
  const records = [...logRecords(batch, i)];
  const isIpv6 = (records[0]!.flags & PACKET_FLAG_IPV6) !== 0;
  const map = maps.get(isIpv6 ? 6 : 4)!;
  let walk = new TraceWalk(map);
  /** The walks of those that wait while a copy, or an answer, is on its way. */
  const waiting: TraceWalk[] = [];
  let met = 0;
  const time = timeText(batch, i).slice(0, -3);
  return records.flatMap((record): string[] => {
    // What was met without TRACE tells which chains the packet is in.
    for (; met < Math.min(record.met, traceLength(batch, i)); met++) walk.meet(traceWord(batch, i, met));
    if (record.kind === RECORD_KIND_COPY) {
      if (record.id !== 0) waiting.push(walk);
      walk = record.id !== 0 ? new TraceWalk(map) : waiting.pop()!;
      return [];
    }
    const devices = devicesOf(record, batch, i, source, interfaceNames);
    const sender = hasSocket(record) ? source.sender : undefined;
    if (record.kind === RECORD_KIND_RULE || record.kind === RECORD_KIND_DROPPED) {
      const isRule = record.kind === RECORD_KIND_RULE;
      const places = isRule ? walk.meet(record.id) : walk.drop(record.id);
      if (isRule) met++;
      return places.map(({ table, chain, kind, number }) =>
        kernelLine(record, devices, time, traceEntry(`${table}:${chain}:${kind}:${number}`), sender),
      );
    }
    if (record.kind === RECORD_KIND_OSF) return osfLines(record, devices, time, source.fingerprints[record.id]);
    const entry = source.entries[record.id]!;
    return [
      entry.kind === 'LOG' ? kernelLine(record, devices, time, entry, sender) : ulogLine(record, devices, time, entry, sender),
    ];
  });
}

function devicesOf(
  record: LogRecord,
  batch: Batch,
  i: number,
  { interfaces, linkType }: LogSource,
  interfaceNames: readonly string[],
): FrameDevices {
  const own = frameWord(batch, i, FRAME_INTERFACE);
  const ownName = interfaceNames[own] ?? '';
  const nameOf = (index: number): string => (interfaces.indexOf(ownName) === index ? ownName : (interfaces.names[index] ?? ''));
  const kindOf = (name: string, entry: number): DeviceKind =>
    name === LOOPBACK ? 'loopback' : linkType(entry) === LINKTYPE_ETHERNET ? 'ethernet' : 'bare';
  const [inName, outName] = [nameOf(record.in), nameOf(record.out)];
  // A device that the captures do not show is taken to be like the one they do.
  const out = interfaceNames.indexOf(outName);
  return {
    in: inName,
    out: outName,
    inKind: kindOf(inName, own),
    outKind: kindOf(outName, out < 0 ? own : out),
    frame: record.frame,
  };
}

/**
 * Packets on their way out carry their sender's socket; a copy of a broadcast does not.
 * Ref: net/netfilter/nf_log_syslog.c:nf_log_dump_sk_uid_gid(), net/core/skbuff.c:skb_clone()
 */
function hasSocket({ flags, in: device }: LogRecord): boolean {
  return (flags & (PACKET_FLAG_SENT | PACKET_FLAG_CLONE)) === PACKET_FLAG_SENT && device === 0;
}

type LineEntry = Pick<KernelLogEntry, 'level' | 'prefix'> & LogDetail;

/** Ref: net/ipv4/netfilter/ip_tables.c:trace_packet() */
function traceEntry(place: string): LineEntry {
  return { level: TRACE_LEVEL, prefix: `TRACE: ${place} `, ...ALL_DETAIL };
}

function kernelLine(
  record: LogRecord,
  devices: FrameDevices,
  time: string,
  entry: LineEntry,
  sender: LogSource['sender'],
): string {
  const packet = new PacketBytes(record.bytes, record.length);
  const owner = sender && entry.uid ? `UID=${sender.uid} GID=${sender.gid} ` : '';
  const tail = owner + (record.mark === 0 ? '' : `MARK=0x${record.mark.toString(16)} `);
  const packetText = (record.flags & PACKET_FLAG_IPV6) !== 0 ? ipv6Text : ipv4Text;
  const text = `${entry.prefix}${deviceText(record, devices, entry.macDecode)}${packetText(packet, 0, entry, tail)}`;
  return `<${entry.level}>[${time}] ${text.slice(0, LINE_CHARS)}`;
}

/**
 * What osf found, undefined = nothing. The kernel ends it with a new line and goes on with the packet.
 * Ref: net/netfilter/nfnetlink_osf.c:nf_osf_match(), net/netfilter/nf_log.c:nf_log_packet()
 */
function osfLines(record: LogRecord, devices: FrameDevices, time: string, found: Fingerprint | undefined): string[] {
  const packet = new PacketBytes(record.bytes, record.length);
  const tcp = (packet.u8(0) & 0xf) * 4;
  const ends = [12, 16].map((at, i) => `${packet.slice(at, 4).join('.')}:${packet.u16(tcp + 2 * i)}`);
  const way = ends.join(' -> ');
  const text = found
    ? `${found.genre} [${found.version}:${found.subtype}] : ${way} hops=${found.ttl - packet.u8(8)}`
    : `Remote OS is not known: ${way}`;
  const prefix = `${text}\n`.slice(0, PREFIX_CHARS);
  const line = kernelLine(record, devices, time, { level: DEFAULT_LEVEL, prefix, ...ALL_DETAIL }, undefined);
  return line.split('\n').map((part, i) => (i === 0 ? part : `<${DEFAULT_LEVEL}>[${time}] ${part}`));
}

function ulogLine(
  record: LogRecord,
  devices: FrameDevices,
  time: string,
  { group, prefix, size }: NflogEntry,
  sender: LogSource['sender'],
): string {
  const text = ulogText({
    group,
    prefix,
    in: devices.in,
    out: devices.out,
    mac: listenerMac(record, devices),
    payload: record.bytes.subarray(0, size),
    isIpv6: (record.flags & PACKET_FLAG_IPV6) !== 0,
    mark: record.mark,
    ...(sender ? { uid: sender.uid, gid: sender.gid } : {}),
  });
  return `[${time}] ${text}`;
}
