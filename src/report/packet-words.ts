// A packet in a few words for people: `10.0.0.1 > 192.0.2.7, tcp 4000 > 80 SA, 52 bytes`. Reads no further than there are bytes.

import { formatAddress } from '../net/address.ts';
import {
  PROTOCOL_DCCP,
  PROTOCOL_ICMP,
  PROTOCOL_ICMPV6,
  PROTOCOL_SCTP,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
  PROTOCOL_UDPLITE,
  protocolName,
} from '../net/protocol.ts';

const WITH_PORTS: ReadonlySet<number> = new Set([PROTOCOL_TCP, PROTOCOL_UDP, PROTOCOL_UDPLITE, PROTOCOL_SCTP, PROTOCOL_DCCP]);
/** From the lowest bit on. */
const TCP_FLAGS = 'FSRPAUEC';
const IPV4_BYTES = 20;
const IPV6_BYTES = 40;
/** Extension headers that lie between IPv6's header and the transport: hop-by-hop and destination options, routing. */
const EXTENSIONS: ReadonlySet<number> = new Set([0, 43, 60]);
const FRAGMENT = 44;

/** Where the transport lies, and what it is. */
interface Transport {
  readonly protocol: number;
  readonly at: number;
  /** Bytes of the whole that this fragment starts behind; undefined = no fragment. */
  readonly offset: number | undefined;
}

function ipv4Transport(bytes: Uint8Array): Transport {
  const fragment = (bytes[6]! << 8) | bytes[7]!;
  const offset = (fragment & 0x3fff) === 0 ? undefined : (fragment & 0x1fff) * 8;
  return { protocol: bytes[9]!, at: (bytes[0]! & 15) * 4, offset };
}

function ipv6Transport(bytes: Uint8Array): Transport {
  let protocol = bytes[6]!;
  let at = IPV6_BYTES;
  let offset: number | undefined;
  while ((EXTENSIONS.has(protocol) || protocol === FRAGMENT) && at + 8 <= bytes.length && !offset) {
    if (protocol === FRAGMENT) offset = ((bytes[at + 2]! << 8) | bytes[at + 3]!) & 0xfff8;
    const next = bytes[at]!;
    at += protocol === FRAGMENT ? 8 : (bytes[at + 1]! + 1) * 8;
    protocol = next;
  }
  return { protocol, at, offset };
}

export function packetWords(bytes: Uint8Array): string {
  const isV6 = bytes[0]! >> 4 === 6;
  if (bytes.length < (isV6 ? IPV6_BYTES : IPV4_BYTES)) return `${bytes.length} bytes of an IP header`;
  const [from, to, end] = isV6 ? [8, 24, 40] : [12, 16, 20];
  const ends = `${formatAddress(bytes.subarray(from, to))} > ${formatAddress(bytes.subarray(to, end))}`;
  const transport = isV6 ? ipv6Transport(bytes) : ipv4Transport(bytes);
  // A frame may be padded, a capture cut.
  const payload = (bytes[4]! << 8) | bytes[5]!;
  const length = isV6 ? IPV6_BYTES + payload : (bytes[2]! << 8) | bytes[3]!;
  return `${ends}, ${transportWords(bytes, transport)}, ${length} bytes`;
}

function transportWords(bytes: Uint8Array, { protocol, at, offset }: Transport): string {
  const name = protocolName(protocol) ?? `protocol ${protocol}`;
  const fragment = offset === undefined ? '' : ` fragment at ${offset}`;
  if (offset || at + 4 > bytes.length) return `${name}${fragment}`;
  if (WITH_PORTS.has(protocol)) {
    const ports = ` ${(bytes[at]! << 8) | bytes[at + 1]!} > ${(bytes[at + 2]! << 8) | bytes[at + 3]!}`;
    const bits = protocol === PROTOCOL_TCP && at + 14 <= bytes.length ? bytes[at + 13]! : 0;
    const flags = [...TCP_FLAGS].filter((_, bit) => (bits & (1 << bit)) !== 0).join('');
    return `${name}${ports}${flags === '' ? '' : ` ${flags}`}${fragment}`;
  }
  const hasType = protocol === PROTOCOL_ICMP || protocol === PROTOCOL_ICMPV6;
  return `${name}${hasType ? ` ${bytes[at]}/${bytes[at + 1]}` : ''}${fragment}`;
}
