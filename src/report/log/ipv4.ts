// An IPv4 packet as the kernel's log has it.

import type { PacketBytes } from './bytes.ts';
import { type LogDetail, type Piece, PROTO_UDPLITE, tcpText, udpText } from './transport.ts';

const IP_BYTES = 20;
const ICMP_BYTES = 8;
const AH_BYTES = 12;
const ESP_BYTES = 8;

const PROTO_ICMP = 1;
const PROTO_TCP = 6;
const PROTO_UDP = 17;
const PROTO_ESP = 50;
const PROTO_AH = 51;

const ECHO_REPLY = 0;
const UNREACHABLE = 3;
const SOURCE_QUENCH = 4;
const REDIRECT = 5;
const ECHO = 8;
const TIME_EXCEEDED = 11;
const PARAMETER_PROBLEM = 12;
const FRAGMENTATION_NEEDED = 4;

/** Bytes that an ICMP message of a type must have for more than its type and code to be told. */
const ICMP_REQUIRED: Readonly<Record<number, number>> = {
  [ECHO_REPLY]: 4,
  [UNREACHABLE]: ICMP_BYTES + IP_BYTES,
  [SOURCE_QUENCH]: ICMP_BYTES + IP_BYTES,
  [REDIRECT]: ICMP_BYTES + IP_BYTES,
  [ECHO]: 4,
  [TIME_EXCEEDED]: ICMP_BYTES + IP_BYTES,
  [PARAMETER_PROBLEM]: ICMP_BYTES + IP_BYTES,
  13: 20, // timestamp and its reply
  14: 20,
  17: 12, // address mask and its reply
  18: 12,
};

function dotted(packet: PacketBytes, at: number): string {
  return packet.slice(at, 4).join('.');
}

function hexByte(value: number): string {
  return `0x${value.toString(16).toUpperCase().padStart(2, '0')}`;
}

/**
 * The packet whose header is at `at`: 0, or where an ICMP error quotes one. `tail` is what stands at the end of the outer packet (its
 * owner, its mark) unless it ends too early.
 *
 * Ref: net/netfilter/nf_log_syslog.c:dump_ipv4_packet()
 */
export function ipv4Text(packet: PacketBytes, at: number, detail: LogDetail, tail: string): string {
  if (!packet.has(at, IP_BYTES)) return 'TRUNCATED';
  const tos = packet.u8(at + 1);
  const fragment = packet.u16(at + 6);
  const offset = fragment & 0x1fff;
  const headerBytes = (packet.u8(at) & 0xf) * 4;
  let text = `SRC=${dotted(packet, at + 12)} DST=${dotted(packet, at + 16)} LEN=${packet.u16(at + 2)} `;
  text += `TOS=${hexByte(tos & 0x1e)} PREC=${hexByte(tos & 0xe0)} TTL=${packet.u8(at + 8)} ID=${packet.u16(at + 4)} `;
  if ((fragment & 0x8000) !== 0) text += 'CE ';
  if ((fragment & 0x4000) !== 0) text += 'DF ';
  if ((fragment & 0x2000) !== 0) text += 'MF ';
  if (offset !== 0) text += `FRAG:${offset} `;
  if (detail.ipOptions && headerBytes > IP_BYTES) {
    if (!packet.has(at + IP_BYTES, headerBytes - IP_BYTES)) return `${text}TRUNCATED`;
    text += `OPT (${packet.hex(at + IP_BYTES, headerBytes - IP_BYTES)}) `;
  }
  const payload = payloadText(packet, at, at + headerBytes, offset !== 0, detail);
  return text + payload.text + (payload.isLast ? '' : tail);
}

function payloadText(packet: PacketBytes, ip: number, at: number, isLaterFragment: boolean, detail: LogDetail): Piece {
  const protocol = packet.u8(ip + 9);
  switch (protocol) {
    case PROTO_TCP:
      return tcpText(packet, at, isLaterFragment, detail);
    case PROTO_UDP:
    case PROTO_UDPLITE:
      return udpText(packet, at, protocol, isLaterFragment);
    case PROTO_ICMP:
      return { text: `PROTO=ICMP ${isLaterFragment ? '' : icmpText(packet, ip, at, detail)}`, isLast: false };
    case PROTO_AH:
      return { text: isLaterFragment ? '' : `PROTO=AH ${spiText(packet, at, AH_BYTES, 4)}`, isLast: false };
    case PROTO_ESP:
      return { text: `PROTO=ESP ${isLaterFragment ? '' : spiText(packet, at, ESP_BYTES, 0)}`, isLast: false };
    default:
      return { text: `PROTO=${protocol} `, isLast: false };
  }
}

function spiText(packet: PacketBytes, at: number, headerBytes: number, offset: number): string {
  return packet.has(at, headerBytes) ? `SPI=0x${packet.u32(at + offset).toString(16)} ` : packet.incomplete(at);
}

function icmpText(packet: PacketBytes, ip: number, at: number, detail: LogDetail): string {
  if (!packet.has(at, ICMP_BYTES)) return packet.incomplete(at);
  const type = packet.u8(at);
  const code = packet.u8(at + 1);
  let text = `TYPE=${type} CODE=${code} `;
  if (packet.length - at < (ICMP_REQUIRED[type] ?? 0)) return text + packet.incomplete(at);
  switch (type) {
    case ECHO_REPLY:
    case ECHO:
      return `${text}ID=${packet.u16(at + 4)} SEQ=${packet.u16(at + 6)} `;
    case PARAMETER_PROBLEM:
      return `${text}PARAMETER=${packet.u8(at + 4)} `;
    case REDIRECT:
      text += `GATEWAY=${dotted(packet, at + 4)} `;
      break;
    case UNREACHABLE:
    case SOURCE_QUENCH:
    case TIME_EXCEEDED:
      break;
    default:
      return text;
  }
  if (ip === 0) text += `[${ipv4Text(packet, at + ICMP_BYTES, detail, '')}] `;
  if (type === UNREACHABLE && code === FRAGMENTATION_NEEDED) text += `MTU=${packet.u16(at + 6)} `;
  return text;
}
