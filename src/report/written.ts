// Packets as captures again: those that left, and those that did not with the rule that decided. Comes in: batches; goes out: pcapng.
//
// What left is written as Ethernet frames, whatever it came in: tools read only files of one link type. What left by the interface that it was
// captured on, as it was captured, is written with its frame; anything else in a frame with the addresses that it came with, since those of
// the next link are not known, or with none. What did not leave is written as it came.

import {
  FRAME_CAPTURED,
  FRAME_DATA,
  FRAME_FLAG_SENT,
  FRAME_FLAGS,
  FRAME_INTERFACE,
  FRAME_LENGTH,
  OUTCOME_BY,
  OUTCOME_FAMILY,
  OUTCOME_VERDICT,
  OUTCOME_WHY,
} from '../../assembly/abi/batch.ts';
import { PACKET_L3 } from '../../assembly/abi/packet.ts';
import { NO_COUNTER } from '../../assembly/abi/program.ts';
import { VERDICT_DROP, VERDICT_REJECT } from '../../assembly/abi/verdict.ts';
import { type Batch, egressPlaces, frameTime, frameWord, outcomeWord, packetWord } from '../core/batch.ts';
import type { InterfaceUniverse } from '../ir/ir.ts';
import type { NamedRules } from './names.ts';
import { PcapngWriter } from './pcapng.ts';
import { explainWhy } from './why.ts';

const LINKTYPE_ETHERNET = 1;
const ETHERNET_BYTES = 14;
/** Both addresses of a frame. */
const MACS_BYTES = 12;
const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_IPV6 = 0x86dd;

export interface WrittenSource {
  readonly interfaces: InterfaceUniverse;
  /** LINKTYPE_* of an entry of the interface table. */
  linkType(entry: number): number;
  readonly rules4?: NamedRules;
  readonly rules6?: NamedRules;
}

/** Writes captures of batches. */
export interface CaptureWriter {
  /** What a batch adds to the file. `interfaceNames` are the names the captures give, by entry of the interface table. */
  bytes(batch: Batch, interfaceNames: readonly string[]): Uint8Array;
  /** What the file has before any packet, if no batch came. */
  rest(): Uint8Array;
  /** Packets that left and are not in the file: their bytes are not known. */
  readonly missing: number;
}

/** Every packet that left, on its interface. */
export function egressWriter({ interfaces, linkType }: WrittenSource): CaptureWriter {
  const writer = new PcapngWriter();
  let missing = 0;
  return {
    bytes(batch, interfaceNames) {
      for (let i = 0; i < batch.count; i++) {
        for (const { out, at, length } of egressPlaces(batch, i)) {
          if (length === 0) {
            missing++;
            continue;
          }
          const entry = frameWord(batch, i, FRAME_INTERFACE);
          const own = interfaceNames[entry] ?? '';
          const isOwn = own !== '' && interfaces.indexOf(own) === out;
          const name = isOwn ? own : (interfaces.names[out] ?? '');
          const data = batch.views.u8.subarray(at, at + length);
          const time = frameTime(batch.views, batch.map, i);
          const isEthernet = linkType(entry) === LINKTYPE_ETHERNET;
          const frame =
            isOwn && isEthernet && isAsItCame(batch, i, data) ? frameOf(batch, i) : framed(batch, i, data, isEthernet);
          writer.packet({ interface: writer.interface(name, LINKTYPE_ETHERNET), time, ...frame });
        }
      }
      return writer.take();
    },
    rest: () => writer.take(),
    get missing() {
      return missing;
    },
  };
}

/** Every packet that was dropped or rejected, as it came, with what decided as its comment. */
export function droppedWriter({ linkType, rules4, rules6 }: WrittenSource): CaptureWriter {
  const writer = new PcapngWriter();
  return {
    bytes(batch, interfaceNames) {
      for (let i = 0; i < batch.count; i++) {
        const verdict = outcomeWord(batch, i, OUTCOME_VERDICT);
        if (verdict !== VERDICT_DROP && verdict !== VERDICT_REJECT) continue;
        const entry = frameWord(batch, i, FRAME_INTERFACE);
        const rules = outcomeWord(batch, i, OUTCOME_FAMILY) === 6 ? rules6 : rules4;
        writer.packet({
          interface: writer.interface(interfaceNames[entry] ?? '', linkType(entry)),
          time: frameTime(batch.views, batch.map, i),
          ...frameOf(batch, i),
          comment: decision(batch, i, rules),
          isOutbound: (frameWord(batch, i, FRAME_FLAGS) & FRAME_FLAG_SENT) !== 0,
        });
      }
      return writer.take();
    },
    rest: () => writer.take(),
    missing: 0,
  };
}

/** What decided a packet, as `filter INPUT rule 3: -A INPUT -j DROP`, or the reason that was no rule. */
function decision(batch: Batch, i: number, rules: NamedRules | undefined): string {
  const why = explainWhy(outcomeWord(batch, i, OUTCOME_WHY));
  if (why) return `${why.word}: ${why.sentence}`;
  const by = outcomeWord(batch, i, OUTCOME_BY);
  const name = by === NO_COUNTER ? undefined : rules?.names[by];
  if (!name) return 'dropped';
  const { table, chain, rule, policy } = name;
  return rule === undefined ? `${table} ${chain} policy ${policy}` : `${table} ${chain} rule ${rule}: ${rules?.texts[by] ?? ''}`;
}

/** The captured bytes of a frame, and how many it had on the wire. */
function frameOf(batch: Batch, i: number): { data: Uint8Array; length: number } {
  const at = frameWord(batch, i, FRAME_DATA);
  const data = batch.views.u8.subarray(at, at + frameWord(batch, i, FRAME_CAPTURED));
  return { data, length: frameWord(batch, i, FRAME_LENGTH) };
}

/** Whether what left is what the frame holds. */
function isAsItCame(batch: Batch, i: number, left: Uint8Array): boolean {
  const { buffer } = batch.views;
  const start = frameWord(batch, i, FRAME_DATA);
  const at = packetWord(batch, i, PACKET_L3);
  const end = start + frameWord(batch, i, FRAME_CAPTURED);
  if (at < start || at + left.length > end) return false;
  return buffer.compare(left, 0, left.length, at, at + left.length) === 0;
}

/** An IP packet in an Ethernet frame. */
function framed(batch: Batch, i: number, packet: Uint8Array, isEthernet: boolean): { data: Uint8Array; length: number } {
  const data = new Uint8Array(ETHERNET_BYTES + packet.length);
  const at = frameWord(batch, i, FRAME_DATA);
  if (isEthernet) data.set(batch.views.u8.subarray(at, at + MACS_BYTES));
  const isIpv4 = packet[0]! >> 4 === 4;
  new DataView(data.buffer).setUint16(MACS_BYTES, isIpv4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6);
  data.set(packet, ETHERNET_BYTES);
  return { data, length: ETHERNET_BYTES + Math.max(packet.length, layer3Length(packet)) };
}

/** What the header says of the packet's length: more than there is of one that the capture cut. */
function layer3Length(data: Uint8Array): number {
  if (data[0]! >> 4 === 4) return (data[2]! << 8) | data[3]!;
  const payload = (data[4]! << 8) | data[5]!;
  return payload === 0 ? data.length : 40 + payload;
}
