// Packets of a JSON request, as bytes or as header fields, made into a capture that the engine reads like any other.

import { type Static, Type } from 'typebox';
import { parseIpv4Host, parseIpv6 } from '../net/address.ts';
import { parseProtocol } from '../net/protocol.ts';
import { hex, join } from '../packet/bytes.ts';
import { pcapng } from '../packet/captures.ts';
import { icmp, icmpv6, ipv4, ipv6, raw, sctp, type Transport, tcp, udp, udpLite } from '../packet/packets.ts';
import { Problem } from './problem.ts';

const LINKTYPE_RAW = 101;
/** Nanoseconds: if_tsresol 9. */
const NANOSECONDS = 9;
/** What nanoseconds since the epoch in 63 bits can say. */
const TIME_MAX_SECONDS = 9_223_372_036;

const Port = Type.Integer({ minimum: 0, maximum: 65535 });
const Byte = Type.Integer({ minimum: 0, maximum: 255 });

const where = {
  in: Type.Optional(Type.String({ maxLength: 15, description: 'Interface it comes in by; with `sent`, the one it leaves by' })),
  sent: Type.Optional(Type.Boolean({ description: 'Sent by this host rather than received' })),
  time: Type.Optional(
    Type.Number({ minimum: 0, maximum: TIME_MAX_SECONDS, description: 'Seconds since the epoch; now when absent' }),
  ),
};

/**
 * A packet: either its bytes, from the IP header on, or header fields. With fields the rest is made up: right lengths and
 * checksums, no options, `payload` zero bytes. One schema for both, so that an error names the one member that is wrong.
 */
const RequestPacket = Type.Object(
  {
    ...where,
    packet: Type.Optional(
      Type.String({ pattern: '^([0-9a-fA-F]{2})+$', maxLength: 131_070, description: 'Bytes of an IP packet, in hex' }),
    ),
    src: Type.Optional(Type.String()),
    dst: Type.Optional(Type.String()),
    protocol: Type.Optional(Type.Union([Type.String(), Byte])),
    sport: Type.Optional(Port),
    dport: Type.Optional(Port),
    flags: Type.Optional(Type.String({ pattern: '^[FSRPAUEC]*$', description: 'TCP flags by letter, S when absent' })),
    type: Type.Optional(Byte),
    code: Type.Optional(Byte),
    ttl: Type.Optional(Byte),
    tos: Type.Optional(Byte),
    payload: Type.Optional(Type.Integer({ minimum: 0, maximum: 60_000 })),
  },
  { additionalProperties: false },
);

const PACKETS_MAX = 65_536;

/** Body of `POST /v1/classify`. */
export const ClassifyBody = Type.Object(
  { packets: Type.Array(RequestPacket, { minItems: 1, maxItems: PACKETS_MAX }) },
  { additionalProperties: false },
);

type RequestPacket = Static<typeof RequestPacket>;
type Fields = RequestPacket & { readonly src: string; readonly dst: string; readonly protocol: string | number };

const HEADER_FIELDS = [
  'src',
  'dst',
  'protocol',
  'sport',
  'dport',
  'flags',
  'type',
  'code',
  'ttl',
  'tos',
  'payload',
] as const satisfies readonly (keyof RequestPacket)[];

/** A pcapng capture of the packets, one interface for each name they give. */
export function requestCapture(packets: readonly RequestPacket[], nowMs: number): Uint8Array {
  const { section, describe, enhanced } = pcapng();
  const interfaces = [...new Set(packets.map((p) => p.in ?? ''))];
  const described = interfaces.map((name) =>
    describe({ linktype: LINKTYPE_RAW, resolution: NANOSECONDS, ...(name === '' ? {} : { name }) }),
  );
  const blocks = packets.map((packet, i) =>
    enhanced({
      interface: interfaces.indexOf(packet.in ?? ''),
      time: BigInt(Math.round((packet.time ?? nowMs / 1000) * 1e6)) * 1000n,
      data: bytesOf(packet, `/packets/${i}`),
      ...(packet.sent ? { direction: 'out' as const } : {}),
    }),
  );
  return join([section(), ...described, ...blocks]);
}

function bytesOf(packet: RequestPacket, pointer: string): Uint8Array {
  if (packet.packet === undefined) return fromFields(withAddresses(packet, pointer), pointer);
  const extra = HEADER_FIELDS.find((name) => packet[name] !== undefined);
  if (extra) {
    throw new Problem('bad-request', `a packet has either its bytes ("packet") or header fields, not both: found "${extra}"`, {
      pointer: `${pointer}/${extra}`,
    });
  }
  return hex(packet.packet);
}

function withAddresses(packet: RequestPacket, pointer: string): Fields {
  const { src, dst, protocol } = packet;
  if (src !== undefined && dst !== undefined && protocol !== undefined) return { ...packet, src, dst, protocol };
  const missing = (['src', 'dst', 'protocol'] as const).filter((name) => packet[name] === undefined);
  throw new Problem('bad-request', `a packet has its bytes ("packet"), or src, dst and protocol: ${missing.join(', ')} missing`, {
    pointer,
  });
}

function fromFields(fields: Fields, pointer: string): Uint8Array {
  const { src, dst, ttl, tos } = fields;
  const isIpv4 = parseIpv4Host(src) !== undefined && parseIpv4Host(dst) !== undefined;
  if (!isIpv4 && (parseIpv6(src) === undefined || parseIpv6(dst) === undefined)) {
    throw new Problem('bad-request', `src and dst must be two IPv4 or two IPv6 addresses, not ${src} and ${dst}`, { pointer });
  }
  const payload = transport(fields, isIpv4, pointer);
  return isIpv4
    ? ipv4({ src, dst, payload, ...(ttl === undefined ? {} : { ttl }), ...(tos === undefined ? {} : { tos }) })
    : ipv6({
        src,
        dst,
        payload,
        ...(ttl === undefined ? {} : { hopLimit: ttl }),
        ...(tos === undefined ? {} : { trafficClass: tos }),
      });
}

/** Fields that belong to some protocols only; one given to another protocol is an error rather than left out. */
const PORTS = ['sport', 'dport'] as const;
const FIELDS_OF: Readonly<Record<number, readonly (keyof Fields)[]>> = {
  1: ['type', 'code'],
  6: [...PORTS, 'flags'],
  17: PORTS,
  58: ['type', 'code'],
  132: PORTS,
  136: PORTS,
};

function transport(fields: Fields, isIpv4: boolean, pointer: string): Transport {
  const protocol = typeof fields.protocol === 'number' ? fields.protocol : parseProtocol(fields.protocol);
  if (protocol === undefined)
    throw new Problem('bad-request', `unknown protocol ${fields.protocol}`, { pointer: `${pointer}/protocol` });
  const isOtherFamilys = protocol === (isIpv4 ? 58 : 1);
  const known = isOtherFamilys ? [] : (FIELDS_OF[protocol] ?? []);
  for (const name of [...PORTS, 'flags', 'type', 'code'] as const) {
    if (fields[name] !== undefined && !known.includes(name)) {
      throw new Problem('bad-request', `protocol ${fields.protocol} has no ${name}`, { pointer: `${pointer}/${name}` });
    }
  }
  const payload = new Uint8Array(fields.payload ?? 0);
  const ports = { sport: fields.sport ?? 0, dport: fields.dport ?? 0 };
  switch (isOtherFamilys ? undefined : protocol) {
    case 1:
      return icmp({ type: fields.type ?? 8, code: fields.code ?? 0, payload });
    case 6:
      return tcp({ ...ports, flags: fields.flags ?? 'S', payload });
    case 17:
      return udp({ ...ports, payload });
    case 58:
      return icmpv6({ type: fields.type ?? 128, code: fields.code ?? 0, payload });
    case 132:
      return sctp({ ...ports, chunks: payload });
    case 136:
      return udpLite({ ...ports, payload });
    default:
      return raw(protocol, payload);
  }
}
