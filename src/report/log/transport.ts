// The transport headers of a log line, which IPv4 and IPv6 have in common.

import type { PacketBytes } from './bytes.ts';

/** What a line is to say besides what it always says. Ref: include/uapi/linux/netfilter/nf_log.h */
export interface LogDetail {
  readonly tcpSequence: boolean;
  readonly tcpOptions: boolean;
  readonly ipOptions: boolean;
  readonly uid: boolean;
  readonly macDecode: boolean;
}

/** A piece of a line, and whether nothing follows it: the packet, or the packet it quotes, ends too early. */
export interface Piece {
  readonly text: string;
  readonly isLast: boolean;
}

const TCP_BYTES = 20;
const UDP_BYTES = 8;
export const PROTO_UDPLITE = 136;

/** Bits of the 13th and 14th byte, in the order in which they are named. AE, once reserved: RFC 9768. */
const TCP_FLAGS = [
  [0x100, 'AE '],
  [0x80, 'CWR '],
  [0x40, 'ECE '],
  [0x20, 'URG '],
  [0x10, 'ACK '],
  [0x08, 'PSH '],
  [0x04, 'RST '],
  [0x02, 'SYN '],
  [0x01, 'FIN '],
] as const;

/** Ref: net/netfilter/nf_log_syslog.c:nf_log_dump_tcp_header() */
export function tcpText(packet: PacketBytes, at: number, isLaterFragment: boolean, detail: LogDetail): Piece {
  let text = 'PROTO=TCP ';
  if (isLaterFragment) return { text, isLast: false };
  if (!packet.has(at, TCP_BYTES)) return { text: text + packet.incomplete(at), isLast: true };
  text += `SPT=${packet.u16(at)} DPT=${packet.u16(at + 2)} `;
  if (detail.tcpSequence) text += `SEQ=${packet.u32(at + 4)} ACK=${packet.u32(at + 8)} `;
  text += `WINDOW=${packet.u16(at + 14)} `;
  text += `RES=0x${((packet.u8(at + 12) & 0x0e) << 2).toString(16).padStart(2, '0')} `;
  for (const [bit, name] of TCP_FLAGS) if ((packet.u16(at + 12) & bit) !== 0) text += name;
  text += `URGP=${packet.u16(at + 18)} `;
  const options = (packet.u8(at + 12) >> 4) * 4 - TCP_BYTES;
  if (!detail.tcpOptions || options <= 0) return { text, isLast: false };
  if (!packet.has(at + TCP_BYTES, options)) return { text: `${text}OPT (TRUNCATED)`, isLast: true };
  return { text: `${text}OPT (${packet.hex(at + TCP_BYTES, options)}) `, isLast: false };
}

/** Ref: net/netfilter/nf_log_syslog.c:nf_log_dump_udp_header() */
export function udpText(packet: PacketBytes, at: number, protocol: number, isLaterFragment: boolean): Piece {
  const text = protocol === PROTO_UDPLITE ? 'PROTO=UDPLITE ' : 'PROTO=UDP ';
  if (isLaterFragment) return { text, isLast: false };
  if (!packet.has(at, UDP_BYTES)) return { text: text + packet.incomplete(at), isLast: true };
  return { text: `${text}SPT=${packet.u16(at)} DPT=${packet.u16(at + 2)} LEN=${packet.u16(at + 4)} `, isLast: false };
}
