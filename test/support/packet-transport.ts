// The transport half of the packet language: what stands behind `tcp`, `udp`, `udplite`, `icmp`, `icmp6`, `sctp`, `dccp` and `proto N`.

import { be16, be32, bytes, concat, hex, padded } from '../../src/packet/bytes.ts';
import { icmp, icmpv6, raw, sctp, type Transport, tcp, udp, udpLite } from '../../src/packet/packets.ts';
import type { Words } from './words.ts';

/** Protocol words, and where in the segment the checksum lies. */
export const PROTOCOLS: Readonly<Record<string, { readonly number: number; readonly checksum: number }>> = {
  icmp: { number: 1, checksum: 2 },
  tcp: { number: 6, checksum: 16 },
  udp: { number: 17, checksum: 6 },
  dccp: { number: 33, checksum: 6 },
  icmp6: { number: 58, checksum: 2 },
  sctp: { number: 132, checksum: 8 },
  udplite: { number: 136, checksum: 6 },
};

/** Reads the words of a transport; `quoted` reads the packet that an ICMP error quotes. */
export function parseTransport(word: string, words: Words, quoted: () => Uint8Array): Transport {
  switch (word) {
    case 'tcp':
      return spoilt(parseTcp(words), word, words);
    case 'udp': {
      const ports = parsePorts(words);
      const length = words.pairs(['ulen']).get('ulen');
      return spoilt(udp({ ...ports, payload: words.data(), ...(length === undefined ? {} : { length }) }), word, words);
    }
    case 'udplite': {
      const ports = parsePorts(words);
      const coverage = words.pairs(['cov']).get('cov') ?? 0;
      return spoilt(udpLite({ ...ports, coverage, payload: words.data() }), word, words);
    }
    case 'icmp':
    case 'icmp6':
      return spoilt(parseIcmp(word, words, quoted), word, words);
    case 'sctp':
      return spoilt(parseSctp(words), word, words);
    case 'dccp':
      return spoilt(parseDccp(words), word, words);
    case 'proto':
      return raw(words.number(), words.data());
    default:
      throw new Error(`unknown word "${word}"`);
  }
}

/** `badsum` makes the checksum wrong, `nosum` makes it 0. */
function spoilt(transport: Transport, word: string, words: Words): Transport {
  const none = words.take('nosum');
  if (!none && !words.take('badsum')) return transport;
  const at = PROTOCOLS[word]!.checksum;
  return {
    protocol: transport.protocol,
    build(pseudo) {
      const segment = transport.build(pseudo).slice();
      segment[at] = none ? 0 : segment[at]! ^ 0x55;
      segment[at + 1] = none ? 0 : segment[at + 1]! ^ 0xaa;
      return segment;
    },
  };
}

function parsePorts(words: Words): { sport: number; dport: number } {
  const sport = words.number();
  words.expect('>');
  return { sport, dport: words.number() };
}

function parseTcp(words: Words): Transport {
  const ports = parsePorts(words);
  const letters = words.next();
  if (!/^(-|[FSRPAUEC]+)$/.test(letters)) throw new Error(`unknown TCP flags "${letters}"`);
  const numbers = words.pairs(['seq', 'ack', 'win', 'urg', 'off']);
  const options = words.take('opts') ? tcpOptions(words.next()) : bytes();
  const offset = numbers.get('off');
  return tcp({
    ...ports,
    flags: letters === '-' ? 0 : letters,
    seq: numbers.get('seq') ?? 0,
    ack: numbers.get('ack') ?? 0,
    window: numbers.get('win') ?? 65535,
    urgent: numbers.get('urg') ?? 0,
    options,
    payload: words.data(),
    ...(offset === undefined ? {} : { dataOffset: offset }),
  });
}

function tcpOptions(text: string): Uint8Array {
  return concat(...text.split(',').map(tcpOption));
}

function tcpOption(text: string): Uint8Array {
  const [name, ...values] = text.split(':');
  const [first = 0, second = 0] = values.map(Number);
  switch (name) {
    case 'mss':
      return concat(bytes(2, 4), be16(first));
    case 'ws':
      return bytes(3, 3, first);
    case 'sackok':
      return bytes(4, 2);
    case 'sack':
      return concat(bytes(5, 2 + 4 * values.length), ...values.map((edge) => be32(Number(edge))));
    case 'ts':
      return concat(bytes(8, 10), be32(first), be32(second));
    case 'nop':
      return bytes(1);
    case 'eol':
      return bytes(0);
    case 'hex':
      return hex(values[0] ?? '');
    default:
      throw new Error(`unknown TCP option "${text}"`);
  }
}

function parseIcmp(word: string, words: Words, quoted: () => Uint8Array): Transport {
  const [type = 0, code = 0] = words.next().split('/').map(Number);
  const numbers = words.pairs(['id', 'seq', 'rest']);
  const rest = numbers.get('rest') ?? (((numbers.get('id') ?? 0) << 16) | (numbers.get('seq') ?? 0)) >>> 0;
  let payload: Uint8Array = bytes();
  if (words.take('(')) {
    payload = quoted();
    words.expect(')');
  }
  return (word === 'icmp' ? icmp : icmpv6)({ type, code, rest, payload: concat(payload, words.data()) });
}

const DCCP_TYPES = ['request', 'response', 'data', 'ack', 'dataack', 'closereq', 'close', 'reset', 'sync', 'syncack'];
/** Bytes that each type adds to the header; a type that is none adds as many as the largest. Ref: RFC 4340, 5 */
const DCCP_TYPE_BYTES = [4, 12, 0, 8, 8, 8, 8, 12, 8, 8];

function parseDccp(words: Words): Transport {
  const { sport, dport } = parsePorts(words);
  const name = words.next();
  const type = DCCP_TYPES.includes(name) ? DCCP_TYPES.indexOf(name) : Number(name);
  if (!Number.isInteger(type)) throw new Error(`unknown DCCP type "${name}"`);
  const long = words.take('x') ? 1 : 0;
  const given = words.pairs(['off']).get('off');
  const options = padded(words.take('opts') ? words.hex() : bytes(), 4);
  const body = concat(new Uint8Array(4 * long + (DCCP_TYPE_BYTES[type] ?? 12)), options, words.data());
  const offset = given ?? 3 + long + ((DCCP_TYPE_BYTES[type] ?? 12) + options.length) / 4;
  const head = concat(be16(sport), be16(dport), bytes(offset, 0, 0, 0, (type << 1) | long, 0, 0, 1));
  return raw(PROTOCOLS.dccp!.number, concat(head, body));
}

const CHUNKS: Readonly<Record<string, number>> = {
  data: 0,
  init: 1,
  initack: 2,
  sack: 3,
  heartbeat: 4,
  heartbeatack: 5,
  abort: 6,
  shutdown: 7,
  shutdownack: 8,
  error: 9,
  cookieecho: 10,
  cookieack: 11,
  shutdowncomplete: 14,
};

function parseSctp(words: Words): Transport {
  const ports = parsePorts(words);
  const tag = words.pairs(['vtag']).get('vtag') ?? 0;
  const chunks = words.take('chunks') ? words.next().split(',').map(chunk) : [];
  return sctp({ ...ports, tag, chunks: concat(...chunks, words.data()) });
}

/** A chunk; the number behind `init:` and `initack:` is the tag that the other side must use from then on. */
function chunk(text: string): Uint8Array {
  const [name = '', value] = text.split(':');
  if (name === 'hex') return hex(value ?? '');
  const type = CHUNKS[name];
  if (type === undefined) throw new Error(`unknown SCTP chunk "${text}"`);
  const body = chunkBody(type, Number(value ?? 1));
  return concat(bytes(type, type === 0 ? 3 : 0), be16(4 + body.length), body);
}

function chunkBody(type: number, value: number): Uint8Array {
  switch (type) {
    case 0:
      return concat(be32(value), be32(0), be32(0), be32(0x61626364));
    case 1:
    case 2:
      return concat(be32(value), be32(65536), be16(10), be16(10), be32(1));
    case 3:
      return concat(be32(value), be32(65536), be32(0));
    case 4:
    case 5:
      return concat(be16(1), be16(8), be32(value));
    case 7:
    case 10:
      return be32(value);
    default:
      return bytes();
  }
}
