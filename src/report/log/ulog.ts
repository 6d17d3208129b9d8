// What a listener to NFLOG writes of a packet: a line as ulogd's LOGEMU makes it.
//
// Ref: ulogd2 util/printpkt.c:printpkt_print(), filter/raw2packet/ulogd_raw2packet_BASE.c:_interp_pkt()

import { formatAddress } from '../../net/address.ts';
import { PacketBytes } from './bytes.ts';

const IP_BYTES = 20;
const IPV6_BYTES = 40;
const PROTO_ICMP = 1;
const PROTO_TCP = 6;
const PROTO_UDP = 17;
const ESP = 50;
const AH = 51;
const PROTO_ICMPV6 = 58;
const PROTO_SCTP = 132;
const FRAGMENT = 44;
/** Extension headers that have a length of their own; then those that end the walk. */
const WITH_LENGTH: ReadonlySet<number> = new Set([0, 43, 60, AH, ESP]);

const TCP_FLAGS = [
  [0x20, 'URG '],
  [0x10, 'ACK '],
  [0x08, 'PSH '],
  [0x04, 'RST '],
  [0x02, 'SYN '],
  [0x01, 'FIN '],
] as const;

/** A packet as the kernel hands it to the listeners of a group. */
export interface UlogPacket {
  readonly group: number;
  readonly prefix: string;
  /** Names of the devices, '' = none. */
  readonly in: string;
  readonly out: string;
  /** The link-layer header with colons, '' = none. */
  readonly mac: string;
  /** The bytes handed over, from the IP header on. */
  readonly payload: Uint8Array;
  readonly isIpv6: boolean;
  readonly mark: number;
  /** Who sent it, where that is known. */
  readonly uid?: number;
  readonly gid?: number;
}

/** The line, behind its time: the group, which LOGEMU does not tell, and what LOGEMU writes. */
export function ulogText({ group, prefix, in: inName, out, mac, payload, isIpv6, mark, uid, gid }: UlogPacket): string {
  const packet = new PacketBytes(payload, payload.length);
  const text = isIpv6 ? ipv6Text(packet) : ipv4Text(packet);
  const sender = uid === undefined ? '' : `UID=${uid} GID=${gid} `;
  const tail = mark === 0 ? '' : `MARK=${mark.toString(16)} `;
  return `NFLOG: group=${group} ${prefix} IN=${inName} OUT=${out} MAC=${mac} ${text}${sender}${tail}`;
}

function hexByte(value: number): string {
  return value.toString(16).toUpperCase().padStart(2, '0');
}

/** `at` is behind the end of the bytes where the header is not known. */
function protocolText(packet: PacketBytes, at: number, protocol: number): string {
  switch (protocol) {
    case PROTO_TCP:
      return `PROTO=TCP ${packet.has(at, 20) ? tcpText(packet, at) : 'INCOMPLETE'}`;
    case PROTO_UDP:
      if (!packet.has(at, 8)) return 'PROTO=UDP INCOMPLETE';
      return `PROTO=UDP SPT=${packet.u16(at)} DPT=${packet.u16(at + 2)} LEN=${packet.u16(at + 4)} `;
    case PROTO_SCTP:
      return `PROTO=SCTP ${packet.has(at, 12) ? `SPT=${packet.u16(at)} DPT=${packet.u16(at + 2)} ` : 'INCOMPLETE'}`;
    // Their indexes are not read.
    case ESP:
      return 'PROTO=ESP INCOMPLETE';
    case AH:
      return 'PROTO=AH INCOMPLETE';
    default:
      return '';
  }
}

function tcpText(packet: PacketBytes, at: number): string {
  let text = `SPT=${packet.u16(at)} DPT=${packet.u16(at + 2)} SEQ=${packet.u32(at + 4)} ACK=${packet.u32(at + 8)} `;
  text += `WINDOW=${packet.u16(at + 14)} `;
  for (const [bit, name] of TCP_FLAGS) if ((packet.u8(at + 13) & bit) !== 0) text += name;
  return `${text}URGP=${packet.u16(at + 18)} `;
}

/** A packet of which too little was handed over to read its header has zeros for all that it always tells. */
function ipv4Text(packet: PacketBytes): string {
  const headerBytes = packet.has(0, 1) ? (packet.u8(0) & 0xf) * 4 : 0;
  if (!packet.has(0, Math.max(IP_BYTES, headerBytes + 1))) return 'LEN=0 TOS=00 PREC=0x00 TTL=0 ID=0 PROTO=0 ';
  const [tos, fragment, protocol] = [packet.u8(1), packet.u16(6), packet.u8(9)];
  let text = `SRC=${formatAddress(packet.slice(12, 4))} DST=${formatAddress(packet.slice(16, 4))} LEN=${packet.u16(2)} `;
  text += `TOS=${hexByte(tos & 0x1e)} PREC=0x${hexByte(tos & 0xe0)} TTL=${packet.u8(8)} ID=${packet.u16(4)} `;
  if ((fragment & 0x8000) !== 0) text += 'CE ';
  if ((fragment & 0x4000) !== 0) text += 'DF ';
  if ((fragment & 0x2000) !== 0) text += 'MF ';
  if ((fragment & 0x1fff) !== 0) text += `FRAG:${fragment & 0x1fff} `;
  if (protocol === PROTO_ICMP) return `${text}PROTO=ICMP ${icmpText(packet, headerBytes)}`;
  return text + (protocolText(packet, headerBytes, protocol) || `PROTO=${protocol} `);
}

/** LOGEMU looks at the code where the type was meant: what follows is told by messages whose code is the number of a type. */
function icmpText(packet: PacketBytes, at: number): string {
  if (!packet.has(at, 8)) return 'INCOMPLETE';
  const [type, code] = [packet.u8(at), packet.u8(at + 1)];
  const isEcho = type === 0 || type === 8;
  const hasGateway = type === 5 || type === 12;
  const text = `TYPE=${type} CODE=${code} `;
  switch (code) {
    case 0:
    case 8:
      return `${text}ID=${isEcho ? packet.u16(at + 4) : 0} SEQ=${isEcho ? packet.u16(at + 6) : 0} `;
    case 12:
      return `${text}PARAMETER=${hasGateway ? packet.u8(at + 4) : 0} `;
    case 5:
      // The address is written with its bytes in the order of the machine, which is little-endian.
      return `${text}GATEWAY=${hasGateway ? [...packet.slice(at + 4, 4)].reverse().join('.') : '0.0.0.0'} `;
    default:
      return text;
  }
}

function ipv6Text(packet: PacketBytes): string {
  if (!packet.has(0, IPV6_BYTES)) return '';
  const first = packet.u32(0);
  let text = `SRC=${formatAddress(packet.slice(8, 16))} DST=${formatAddress(packet.slice(24, 16))} `;
  text += `LEN=${packet.u16(4) + IPV6_BYTES} TC=${(first & 0x0ff00000) >>> 20} HOPLIMIT=${packet.u8(7)} FLOWLBL=${first & 0xfffff} `;
  let [at, header] = [IPV6_BYTES, packet.u8(6)];
  let isLaterFragment = false;
  while (header === FRAGMENT || WITH_LENGTH.has(header)) {
    if (!packet.has(at, header === FRAGMENT ? 8 : 2)) return text;
    if (header === FRAGMENT) {
      const offset = packet.u16(at + 2) & 0xfff8;
      text += `FRAG: ${offset} ID: ${packet
        .u32(at + 4)
        .toString(16)
        .padStart(8, '0')} `;
      isLaterFragment = offset !== 0;
    } else if (isLaterFragment || header === ESP) break;
    const length = header === FRAGMENT ? 8 : header === AH ? (packet.u8(at + 1) + 2) * 4 : (packet.u8(at + 1) + 1) * 8;
    if (!packet.has(at, length)) return text;
    header = packet.u8(at);
    at += length;
  }
  // Of a later fragment only what the next header would be is known.
  const transport = isLaterFragment ? Number.MAX_SAFE_INTEGER : at;
  if (header !== PROTO_ICMPV6) return text + protocolText(packet, transport, header);
  if (!packet.has(transport, 8)) return `${text}PROTO=ICMPv6 INCOMPLETE`;
  const type = packet.u8(at);
  text += `PROTO=ICMPv6 TYPE=${type} CODE=${packet.u8(at + 1)} `;
  return type === 128 || type === 129 ? `${text}ID=${packet.u16(at + 4)} SEQ=${packet.u16(at + 6)} ` : text;
}
