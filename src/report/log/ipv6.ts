// An IPv6 packet as the kernel's log has it.

import type { PacketBytes } from './bytes.ts';
import { type LogDetail, type Piece, PROTO_UDPLITE, tcpText, udpText } from './transport.ts';

const IPV6_BYTES = 40;
const FRAGMENT_BYTES = 8;
const ICMPV6_BYTES = 8;
const AH_BYTES = 12;
const ESP_BYTES = 8;

const HOP_BY_HOP = 0;
const PROTO_TCP = 6;
const PROTO_UDP = 17;
const ROUTING = 43;
const FRAGMENT = 44;
const ESP = 50;
const AH = 51;
const PROTO_ICMPV6 = 58;
const NONE = 59;
const DESTINATION = 60;
/** Ref: net/ipv6/exthdrs_core.c:ipv6_ext_hdr() */
const EXTENSIONS: ReadonlySet<number> = new Set([HOP_BY_HOP, ROUTING, FRAGMENT, ESP, AH, DESTINATION]);

const UNREACHABLE = 1;
const TOO_BIG = 2;
const TIME_EXCEEDED = 3;
const PARAMETER_PROBLEM = 4;
const ECHO_REQUEST = 128;
const ECHO_REPLY = 129;

/** All eight groups with all their digits, as printk's %pI6. */
function groups(packet: PacketBytes, at: number): string {
  return Array.from({ length: 8 }, (_, i) =>
    packet
      .u16(at + 2 * i)
      .toString(16)
      .padStart(4, '0'),
  ).join(':');
}

/** Where the walk along the extension headers stands. */
interface Chain {
  text: string;
  at: number;
  header: number;
  isLaterFragment: boolean;
}

/**
 * The packet whose header is at `at`: 0, or where an ICMPv6 error quotes one. `tail` is what stands at the end of the outer packet
 * unless it ends too early.
 *
 * Ref: net/netfilter/nf_log_syslog.c:dump_ipv6_packet()
 */
export function ipv6Text(packet: PacketBytes, at: number, detail: LogDetail, tail: string): string {
  if (!packet.has(at, IPV6_BYTES)) return 'TRUNCATED';
  const first = packet.u32(at);
  const chain: Chain = { text: '', at: at + IPV6_BYTES, header: packet.u8(at + 6), isLaterFragment: false };
  chain.text = `SRC=${groups(packet, at + 8)} DST=${groups(packet, at + 24)} LEN=${packet.u16(at + 4) + IPV6_BYTES} `;
  chain.text += `TC=${(first & 0x0ff00000) >>> 20} HOPLIMIT=${packet.u8(at + 7)} FLOWLBL=${first & 0x000fffff} `;
  while (chain.header !== NONE && EXTENSIONS.has(chain.header)) if (!passExtension(packet, chain, detail)) return chain.text;
  const payload = payloadText(packet, chain, at === 0, detail);
  return chain.text + payload.text + (payload.isLast ? '' : tail);
}

/** Goes past one extension header. Gives false where the line ends. */
function passExtension(packet: PacketBytes, chain: Chain, { ipOptions }: LogDetail): boolean {
  const { at, header } = chain;
  if (!packet.has(at, 2)) {
    chain.text += 'TRUNCATED';
    return false;
  }
  const close = ipOptions ? ')' : '';
  if (ipOptions) chain.text += 'OPT ( ';
  let length = (packet.u8(at + 1) + 1) * 8;
  if (header === FRAGMENT) {
    if (!passFragment(packet, chain)) return false;
    length = FRAGMENT_BYTES;
  } else if (header === AH) {
    length = (packet.u8(at + 1) + 2) * 4;
    if (ipOptions && !securityText(packet, chain, 'AH ', AH_BYTES, 4)) return false;
  } else if (header === ESP) {
    if (ipOptions && securityText(packet, chain, 'ESP ', ESP_BYTES, 0)) chain.text += ')';
    return false;
  } else if (chain.isLaterFragment) {
    chain.text += close;
    return false;
  }
  if (ipOptions) chain.text += ') ';
  chain.header = packet.u8(at);
  chain.at += length;
  return true;
}

function passFragment(packet: PacketBytes, chain: Chain): boolean {
  chain.text += 'FRAG:';
  if (!packet.has(chain.at, FRAGMENT_BYTES)) {
    chain.text += 'TRUNCATED ';
    return false;
  }
  const offset = packet.u16(chain.at + 2);
  chain.text += `${offset & 0xfff8} `;
  if ((offset & 1) !== 0) chain.text += 'INCOMPLETE ';
  chain.text += `ID:${packet
    .u32(chain.at + 4)
    .toString(16)
    .padStart(8, '0')} `;
  if ((offset & 0xfff8) !== 0) chain.isLaterFragment = true;
  return true;
}

/** AH or ESP with its index. Gives false where the line ends. */
function securityText(packet: PacketBytes, chain: Chain, name: string, headerBytes: number, offset: number): boolean {
  chain.text += name;
  if (chain.isLaterFragment) chain.text += ')';
  else if (!packet.has(chain.at, headerBytes)) chain.text += `${packet.incomplete(chain.at)})`;
  else {
    chain.text += `SPI=0x${packet.u32(chain.at + offset).toString(16)} `;
    return true;
  }
  return false;
}

function payloadText(packet: PacketBytes, chain: Chain, isOuter: boolean, detail: LogDetail): Piece {
  const { at, header, isLaterFragment } = chain;
  switch (header) {
    case PROTO_TCP:
      return tcpText(packet, at, isLaterFragment, detail);
    case PROTO_UDP:
    case PROTO_UDPLITE:
      return udpText(packet, at, header, isLaterFragment);
    case PROTO_ICMPV6:
      if (isLaterFragment) return { text: 'PROTO=ICMPv6 ', isLast: false };
      if (!packet.has(at, ICMPV6_BYTES)) return { text: `PROTO=ICMPv6 ${packet.incomplete(at)}`, isLast: true };
      return { text: `PROTO=ICMPv6 ${icmpText(packet, at, isOuter, detail)}`, isLast: false };
    default:
      return { text: `PROTO=${header} `, isLast: false };
  }
}

function icmpText(packet: PacketBytes, at: number, isOuter: boolean, detail: LogDetail): string {
  const type = packet.u8(at);
  let text = `TYPE=${type} CODE=${packet.u8(at + 1)} `;
  switch (type) {
    case ECHO_REQUEST:
    case ECHO_REPLY:
      return `${text}ID=${packet.u16(at + 4)} SEQ=${packet.u16(at + 6)} `;
    case PARAMETER_PROBLEM:
      text += `POINTER=${packet
        .u32(at + 4)
        .toString(16)
        .padStart(8, '0')} `;
      break;
    case UNREACHABLE:
    case TOO_BIG:
    case TIME_EXCEEDED:
      break;
    default:
      return text;
  }
  if (isOuter) text += `[${ipv6Text(packet, at + ICMPV6_BYTES, detail, '')}] `;
  return type === TOO_BIG ? `${text}MTU=${packet.u32(at + 4)} ` : text;
}
