// Packets made from their fields: IPv4, IPv6, their transports and link layers, with right lengths and checksums unless a field says otherwise.
//
//   ipv4({ src: '10.0.0.1', dst: '10.0.0.2', payload: tcp({ sport: 4000, dport: 80, flags: 'S' }) })
//   ethernet({ payload: ipv6({ src: '2001:db8::1', dst: '2001:db8::2', payload: udp({ sport: 53, dport: 53 }) }) })
//
// Captures to put them in are in captures.ts.

import { address, be16, be32, bytes, checksum, concat, crc32c, mac, onesSum, padded } from './bytes.ts';

/** What a transport needs of the IP header for its checksum. */
export interface Pseudo {
  readonly src: Uint8Array;
  readonly dst: Uint8Array;
}

/** A transport segment, finished once the addresses are known. */
export interface Transport {
  readonly protocol: number;
  build(pseudo: Pseudo): Uint8Array;
}

export type Payload = Uint8Array | Transport;

const NOTHING = new Uint8Array(0);

/** The pseudo-header of a transport checksum. Ref: RFC 9293, 3.1; RFC 8200, 8.1 */
function pseudoHeader(pseudo: Pseudo, protocol: number, length: number): Uint8Array {
  return pseudo.src.length === 4
    ? concat(pseudo.src, pseudo.dst, bytes(0, protocol), be16(length))
    : concat(pseudo.src, pseudo.dst, be32(length), bytes(0, 0, 0, protocol));
}

/** Puts the checksum over pseudo-header and segment at `at`. */
function sealed(segment: Uint8Array, at: number, pseudo: Pseudo, protocol: number, given: number | undefined): Uint8Array {
  const value = given ?? ~onesSum(segment, onesSum(pseudoHeader(pseudo, protocol, segment.length))) & 0xffff;
  segment.set(be16(value), at);
  return segment;
}

const TCP_FLAGS: Readonly<Record<string, number>> = { F: 1, S: 2, R: 4, P: 8, A: 16, U: 32, E: 64, C: 128 };

export interface TcpFields {
  readonly sport?: number;
  readonly dport?: number;
  readonly seq?: number;
  readonly ack?: number;
  /** Letters of FSRPAUEC, e.g. `SA`; or the byte itself. */
  readonly flags?: string | number;
  readonly window?: number;
  readonly urgent?: number;
  /** Option bytes; padded with zero bytes to words. */
  readonly options?: Uint8Array;
  readonly payload?: Uint8Array;
  /** Instead of the right ones. */
  readonly checksum?: number;
  readonly dataOffset?: number;
}

export function tcpFlags(flags: string | number): number {
  return typeof flags === 'number' ? flags : [...flags].reduce((value, letter) => value | TCP_FLAGS[letter]!, 0);
}

export function tcp(fields: TcpFields = {}): Transport {
  return {
    protocol: 6,
    build(pseudo) {
      const options = padded(fields.options ?? NOTHING, 4);
      const segment = concat(
        be16(fields.sport ?? 1024),
        be16(fields.dport ?? 80),
        be32(fields.seq ?? 0),
        be32(fields.ack ?? 0),
        bytes((fields.dataOffset ?? 5 + options.length / 4) << 4, tcpFlags(fields.flags ?? 'S')),
        be16(fields.window ?? 65535),
        be16(0),
        be16(fields.urgent ?? 0),
        options,
        fields.payload ?? NOTHING,
      );
      return sealed(segment, 16, pseudo, 6, fields.checksum);
    },
  };
}

export interface UdpFields {
  readonly sport?: number;
  readonly dport?: number;
  readonly payload?: Uint8Array;
  readonly checksum?: number;
  readonly length?: number;
}

export function udp(fields: UdpFields = {}): Transport {
  return {
    protocol: 17,
    build(pseudo) {
      const payload = fields.payload ?? NOTHING;
      const head = concat(
        be16(fields.sport ?? 1024),
        be16(fields.dport ?? 53),
        be16(fields.length ?? payload.length + 8),
        be16(0),
      );
      const segment = sealed(concat(head, payload), 6, pseudo, 17, fields.checksum);
      // A computed checksum of zero is sent as all ones. Ref: RFC 768
      if (fields.checksum === undefined && segment[6] === 0 && segment[7] === 0) segment.fill(0xff, 6, 8);
      return segment;
    },
  };
}

export interface UdpLiteFields extends UdpFields {
  /** Checksum coverage in bytes; 0 = the whole datagram. Ref: RFC 3828, 3.1 */
  readonly coverage?: number;
}

export function udpLite(fields: UdpLiteFields = {}): Transport {
  return {
    protocol: 136,
    build(pseudo) {
      const payload = fields.payload ?? NOTHING;
      const coverage = fields.coverage ?? 0;
      const segment = concat(be16(fields.sport ?? 1024), be16(fields.dport ?? 53), be16(coverage), be16(0), payload);
      const covered = segment.subarray(0, coverage === 0 ? segment.length : coverage);
      const value = ~onesSum(covered, onesSum(pseudoHeader(pseudo, 136, segment.length))) & 0xffff;
      segment.set(be16(fields.checksum ?? (value === 0 ? 0xffff : value)), 6);
      return segment;
    },
  };
}

export interface IcmpFields {
  readonly type?: number;
  readonly code?: number;
  readonly id?: number;
  readonly sequence?: number;
  /** The second header word in place of id and sequence (MTU, gateway, pointer …). */
  readonly rest?: number;
  /** Data behind the eight header bytes: for an error the quoted packet. */
  readonly payload?: Uint8Array;
  readonly checksum?: number;
}

function icmpBytes(fields: IcmpFields): Uint8Array {
  const rest = fields.rest ?? ((fields.id ?? 1) << 16) | (fields.sequence ?? 1);
  return concat(bytes(fields.type ?? 8, fields.code ?? 0, 0, 0), be32(rest), fields.payload ?? NOTHING);
}

/** ICMP, an echo request unless told otherwise. */
export function icmp(fields: IcmpFields = {}): Transport {
  return {
    protocol: 1,
    build() {
      const message = icmpBytes(fields);
      message.set(be16(fields.checksum ?? checksum(message)), 2);
      return message;
    },
  };
}

/** ICMPv6, an echo request unless told otherwise. */
export function icmpv6(fields: IcmpFields = {}): Transport {
  return {
    protocol: 58,
    build: (pseudo) => sealed(icmpBytes({ type: 128, ...fields }), 2, pseudo, 58, fields.checksum),
  };
}

export interface SctpFields {
  readonly sport?: number;
  readonly dport?: number;
  readonly tag?: number;
  /** Chunks as they stand on the wire. */
  readonly chunks?: Uint8Array;
  readonly checksum?: number;
}

export function sctp(fields: SctpFields = {}): Transport {
  return {
    protocol: 132,
    build() {
      const chunks = fields.chunks ?? NOTHING;
      const packet = concat(be16(fields.sport ?? 1024), be16(fields.dport ?? 2905), be32(fields.tag ?? 0), be32(0), chunks);
      new DataView(packet.buffer).setUint32(8, fields.checksum ?? crc32c(packet), true);
      return packet;
    },
  };
}

/** Any other protocol by number, with its bytes. */
export function raw(protocol: number, payload: Uint8Array = NOTHING): Transport {
  return { protocol, build: () => payload };
}

export interface Ipv4Fields {
  readonly src?: string;
  readonly dst?: string;
  readonly ttl?: number;
  readonly tos?: number;
  readonly id?: number;
  readonly df?: boolean;
  readonly mf?: boolean;
  /** Bytes; a multiple of 8. */
  readonly fragmentOffset?: number;
  /** Option bytes; padded with zero bytes to words. */
  readonly options?: Uint8Array;
  /** Wins over the payload's. */
  readonly protocol?: number;
  readonly payload?: Payload;
  /** Instead of the right ones. */
  readonly version?: number;
  readonly headerWords?: number;
  readonly totalLength?: number;
  readonly checksum?: number;
}

export function ipv4(fields: Ipv4Fields = {}): Uint8Array {
  const src = address(fields.src ?? '192.0.2.1');
  const dst = address(fields.dst ?? '192.0.2.2');
  const options = padded(fields.options ?? NOTHING, 4);
  const payload = fields.payload ?? NOTHING;
  const body = payload instanceof Uint8Array ? payload : payload.build({ src, dst });
  const protocol = fields.protocol ?? (payload instanceof Uint8Array ? 255 : payload.protocol);
  const fragment = (fields.df ? 0x4000 : 0) | (fields.mf ? 0x2000 : 0) | ((fields.fragmentOffset ?? 0) >>> 3);
  const headerBytes = 20 + options.length;
  const header = concat(
    bytes(((fields.version ?? 4) << 4) | (fields.headerWords ?? headerBytes / 4), fields.tos ?? 0),
    be16(fields.totalLength ?? headerBytes + body.length),
    be16(fields.id ?? 0),
    be16(fragment),
    bytes(fields.ttl ?? 64, protocol, 0, 0),
    src,
    dst,
    options,
  );
  header.set(be16(fields.checksum ?? checksum(header)), 10);
  return concat(header, body);
}

/** An IPv6 extension header: its number, and its bytes from the third on (next header and length are filled in). */
export interface Extension {
  readonly type: number;
  readonly body: Uint8Array;
  /** Length byte instead of the right one. */
  readonly length?: number;
}

/** Hop-by-hop (0), destination options (60) or routing (43) header; `body` is padded to whole 8 bytes with zero bytes (Pad1). */
export function extension(type: number, body: Uint8Array = bytes(1, 4, 0, 0, 0, 0)): Extension {
  return { type, body: concat(body, new Uint8Array((8 - ((body.length + 2) % 8)) % 8)) };
}

/** Fragment header (44). */
export function fragmentHeader(offset: number, more: boolean, id = 1): Extension {
  return { type: 44, body: concat(be16(offset | (more ? 1 : 0)), be32(id)), length: 0 };
}

/** Authentication header (51) with `icv` bytes of integrity value. */
export function authentication(icv: Uint8Array = new Uint8Array(12), spi = 1): Extension {
  return { type: 51, body: concat(be16(0), be32(spi), be32(1), icv), length: (12 + icv.length) / 4 - 2 };
}

export interface Ipv6Fields {
  readonly src?: string;
  readonly dst?: string;
  readonly hopLimit?: number;
  readonly trafficClass?: number;
  readonly flowLabel?: number;
  readonly extensions?: readonly Extension[];
  /** Wins over the payload's. */
  readonly protocol?: number;
  readonly payload?: Payload;
  /** Instead of the right ones. */
  readonly version?: number;
  readonly payloadLength?: number;
}

export function ipv6(fields: Ipv6Fields = {}): Uint8Array {
  const src = address(fields.src ?? '2001:db8::1');
  const dst = address(fields.dst ?? '2001:db8::2');
  const payload = fields.payload ?? NOTHING;
  const extensions = fields.extensions ?? [];
  const body = payload instanceof Uint8Array ? payload : payload.build({ src, dst });
  const protocol = fields.protocol ?? (payload instanceof Uint8Array ? 59 : payload.protocol);
  const chain = extensions.map(({ body: rest, length }, i) => {
    const next = extensions[i + 1]?.type ?? protocol;
    return concat(bytes(next, length ?? (rest.length + 2) / 8 - 1), rest);
  });
  const behind = concat(...chain, body);
  const first = (((fields.version ?? 6) << 28) | ((fields.trafficClass ?? 0) << 20) | (fields.flowLabel ?? 0)) >>> 0;
  const next = extensions[0]?.type ?? protocol;
  return concat(be32(first), be16(fields.payloadLength ?? behind.length), bytes(next, fields.hopLimit ?? 64), src, dst, behind);
}

export interface EthernetFields {
  readonly src?: string;
  readonly dst?: string;
  /** Tags from the outside in: `[0x88a8, 7], [0x8100, 100]`. */
  readonly tags?: readonly (readonly [tpid: number, tci: number])[];
  /** Wins over what the payload's version says. */
  readonly type?: number;
  readonly payload: Uint8Array;
}

/** EtherType of an IP packet by its version. */
export function etherType(packet: Uint8Array): number {
  return packet[0]! >>> 4 === 6 ? 0x86dd : 0x0800;
}

export function ethernet(fields: EthernetFields): Uint8Array {
  const tags = (fields.tags ?? []).map(([tpid, tci]) => concat(be16(tpid), be16(tci)));
  const ends = [mac(fields.dst ?? '02:00:00:00:00:02'), mac(fields.src ?? '02:00:00:00:00:01')];
  return concat(...ends, ...tags, be16(fields.type ?? etherType(fields.payload)), fields.payload);
}

export interface CookedFields {
  /** LINUX_SLL_*: 0 for us, 1 broadcast, 2 multicast, 3 to another host, 4 sent by us. */
  readonly packetType?: number;
  /** ARPHRD_*. */
  readonly hardware?: number;
  readonly interfaceIndex?: number;
  readonly type?: number;
  readonly payload: Uint8Array;
}

/** Linux cooked header, version 1. Ref: https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL.html */
export function sll(fields: CookedFields): Uint8Array {
  const link = concat(be16(fields.packetType ?? 0), be16(fields.hardware ?? 1), be16(6), mac('02:00:00:00:00:01'), be16(0));
  return concat(link, be16(fields.type ?? etherType(fields.payload)), fields.payload);
}

/** Linux cooked header, version 2. Ref: https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL2.html */
export function sll2(fields: CookedFields): Uint8Array {
  return concat(
    be16(fields.type ?? etherType(fields.payload)),
    be16(0),
    be32(fields.interfaceIndex ?? 2),
    be16(fields.hardware ?? 1),
    bytes(fields.packetType ?? 0, 6),
    mac('02:00:00:00:00:01'),
    be16(0),
    fields.payload,
  );
}
