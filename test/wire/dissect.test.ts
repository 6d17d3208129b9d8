import { describe, expect, test } from 'vitest';
import {
  CTINFO_NONE,
  CTSTATE_INVALID,
  PACKET_CTINFO,
  PACKET_CTSTATE,
  PACKET_DPORT,
  PACKET_DST,
  PACKET_END,
  PACKET_FLAG_BAD_CHAIN,
  PACKET_FLAG_CUT,
  PACKET_FLAG_DF,
  PACKET_FLAG_FRAGMENT,
  PACKET_FLAG_IPV6,
  PACKET_FLAG_LATER_FRAGMENT,
  PACKET_FLAG_LOOPBACK,
  PACKET_FLAG_MORE_FRAGMENTS,
  PACKET_FLAG_OPTIONS,
  PACKET_FLAG_PLAIN,
  PACKET_FLAG_SENT,
  PACKET_FLAGS,
  PACKET_FRAG_OFFSET,
  PACKET_ICMP,
  PACKET_IN,
  PACKET_L2,
  PACKET_L3,
  PACKET_L4,
  PACKET_L4_LENGTH,
  PACKET_LENGTH,
  PACKET_NUMBER,
  PACKET_PKTTYPE,
  PACKET_PROTO,
  PACKET_SPORT,
  PACKET_SRC,
  PACKET_TCP_FLAGS,
  PACKET_TOS,
  PACKET_TTL,
  PACKET_WHY,
  PKTTYPE_BROADCAST,
  PKTTYPE_HOST,
  PKTTYPE_MULTICAST,
} from '../../assembly/abi/packet.ts';
import * as why from '../../assembly/abi/verdict.ts';
import { bytes, concat, hex } from '../../src/packet/bytes.ts';
import {
  authentication,
  ethernet,
  extension,
  fragmentHeader,
  icmp,
  icmpv6,
  ipv4,
  ipv6,
  raw,
  sctp,
  sll,
  sll2,
  tcp,
  udp,
  udpLite,
} from '../../src/packet/packets.ts';
import { dissectFrames, type FrameFields, UNIVERSE_INDEX } from '../support/dissection.ts';

const LINKTYPE_RAW = 101;

/** The words asked for of one frame's packet. */
function words(frame: FrameFields, ...fields: readonly number[]): number[] {
  const dissection = dissectFrames([frame]);
  return fields.map((field) => dissection.word(0, field));
}

function whyOf(data: Uint8Array, more: Omit<FrameFields, 'data'> = {}): number {
  return words({ data, linktype: LINKTYPE_RAW, ...more }, PACKET_WHY)[0]!;
}

describe('a TCP packet over Ethernet', () => {
  const payload = tcp({ sport: 4660, dport: 443, flags: 'SE', payload: hex('01020304') });
  const frame = ethernet({ payload: ipv4({ src: '10.1.2.3', dst: '192.168.7.9', tos: 0x2e, ttl: 61, df: true, payload }) });
  const padded = concat(frame, new Uint8Array(6));
  const dissection = dissectFrames([{ data: padded }]);
  const word = (field: number): number => dissection.word(0, field);

  test('has every header field in its record', () => {
    expect(word(PACKET_WHY)).toBe(why.WHY_NONE);
    expect([word(PACKET_SRC), word(PACKET_SRC + 4), word(PACKET_SRC + 8), word(PACKET_SRC + 12)]).toEqual([0x0a010203, 0, 0, 0]);
    expect(word(PACKET_DST)).toBe(0xc0a80709);
    expect([word(PACKET_SPORT), word(PACKET_DPORT), word(PACKET_PROTO)]).toEqual([4660, 443, 6]);
    expect([word(PACKET_TCP_FLAGS), word(PACKET_ICMP)]).toEqual([0x42, 0]);
    expect([word(PACKET_TOS), word(PACKET_TTL), word(PACKET_LENGTH)]).toEqual([0x2e, 61, 44]);
    expect(word(PACKET_FLAGS)).toBe(PACKET_FLAG_PLAIN | PACKET_FLAG_DF);
    expect([word(PACKET_IN), word(PACKET_PKTTYPE), word(PACKET_NUMBER)]).toEqual([UNIVERSE_INDEX, PKTTYPE_HOST, 1]);
    expect([word(PACKET_CTSTATE), word(PACKET_CTINFO)]).toEqual([CTSTATE_INVALID, CTINFO_NONE]);
  });

  test('has addresses of its headers, and its end in front of the padding', () => {
    const start = word(PACKET_L2);
    expect([word(PACKET_L3) - start, word(PACKET_L4) - start, word(PACKET_END) - start]).toEqual([14, 34, 58]);
    expect(word(PACKET_L4_LENGTH)).toBe(24);
  });
});

describe('link layers', () => {
  const four = ipv4({ payload: udp() });
  const six = ipv6({ payload: udp() });
  const loop = (family: Uint8Array, payload: Uint8Array) => concat(family, payload);
  const cases: readonly (readonly [name: string, linktype: number, data: Uint8Array, ip6: boolean])[] = [
    ['Ethernet with IPv4', 1, ethernet({ payload: four }), false],
    ['Ethernet with IPv6', 1, ethernet({ payload: six }), true],
    ['a VLAN tag', 1, ethernet({ tags: [[0x8100, 5]], payload: four }), false],
    [
      'stacked tags',
      1,
      ethernet({
        tags: [
          [0x88a8, 5],
          [0x8100, 6],
          [0x8100, 7],
        ],
        payload: six,
      }),
      true,
    ],
    [
      'an old service tag',
      1,
      ethernet({
        tags: [
          [0x9100, 5],
          [0x8100, 6],
        ],
        payload: four,
      }),
      false,
    ],
    ['cooked v1', 113, sll({ payload: four }), false],
    ['cooked v1 with a tag', 113, sll({ type: 0x8100, payload: concat(hex('0001 86dd'), six) }), true],
    ['cooked v2', 276, sll2({ payload: six }), true],
    ['raw IPv4', 101, four, false],
    ['raw IPv6', 12, six, true],
    ['old raw', 14, six, true],
    ['link type IPV4', 228, four, false],
    ['link type IPV6', 229, six, true],
    ['null, little-endian', 0, loop(hex('02000000'), four), false],
    ['null, big-endian', 0, loop(hex('00000002'), four), false],
    ['null of NetBSD', 0, loop(hex('18000000'), six), true],
    ['null of FreeBSD', 0, loop(hex('0000001c'), six), true],
    ['null of macOS', 0, loop(hex('1e000000'), six), true],
    ['loop', 108, loop(hex('00000002'), four), false],
    ['PPP', 9, loop(hex('0021'), four), false],
    ['PPP with address and control', 9, loop(hex('ff030057'), six), true],
    ['PPP with a short protocol', 9, loop(hex('21'), four), false],
    ['PPP on a serial line', 50, loop(hex('ff030021'), four), false],
    ['Cisco HDLC', 104, loop(hex('0f000800'), four), false],
  ];
  test.each(cases)('%s gives the packet inside', (_, linktype, data, ip6) => {
    const [reason, flags, length, sport] = words({ data, linktype }, PACKET_WHY, PACKET_FLAGS, PACKET_LENGTH, PACKET_SPORT);
    expect(reason).toBe(why.WHY_NONE);
    expect((flags! & PACKET_FLAG_IPV6) !== 0).toBe(ip6);
    expect([length, sport]).toEqual([ip6 ? 48 : 28, 1024]);
  });

  test.each(cases)('%s, cut at any length, is an outcome', (_, linktype, data) => {
    const cuts = Array.from({ length: data.length }, (_, length) => ({ data: data.subarray(0, length), linktype }));
    const cutByCapture = cuts.map((cut) => ({ ...cut, length: data.length }));
    const dissection = dissectFrames([...cuts, ...cutByCapture]);
    for (let i = 0; i < data.length; i++) {
      expect(dissection.word(i, PACKET_WHY)).not.toBe(why.WHY_NONE);
      expect(dissection.word(i, PACKET_WHY)).not.toBe(why.WHY_CUT);
      expect(dissection.word(data.length + i, PACKET_WHY)).toBe(why.WHY_CUT);
    }
  });

  test('frames without IP say so', () => {
    expect(whyOf(ethernet({ type: 0x0806, payload: new Uint8Array(28) }), { linktype: 1 })).toBe(why.WHY_NOT_IP);
    expect(whyOf(ethernet({ tags: [[0x8100, 1]], type: 0x0806, payload: new Uint8Array(28) }), { linktype: 1 })).toBe(
      why.WHY_NOT_IP,
    );
    expect(whyOf(ethernet({ type: 36, payload: concat(hex('aaaa030000000800'), four) }), { linktype: 1 })).toBe(why.WHY_NOT_IP);
    expect(whyOf(hex('50000000'))).toBe(why.WHY_NOT_IP);
    expect(whyOf(loop(hex('07000000'), four), { linktype: 0 })).toBe(why.WHY_NOT_IP);
    expect(whyOf(loop(hex('c021'), four), { linktype: 9 })).toBe(why.WHY_NOT_IP);
    expect(whyOf(four, { linktype: 127 })).toBe(why.WHY_LINKTYPE);
    expect(words({ data: four, linktype: 127 }, PACKET_L3)).toEqual([0]);
  });

  test('Ethernet destinations give the packet type', () => {
    const type = (dst: string) => words({ data: ethernet({ dst, payload: four }) }, PACKET_PKTTYPE)[0];
    expect(type('ff:ff:ff:ff:ff:ff')).toBe(PKTTYPE_BROADCAST);
    expect(type('01:00:5e:00:00:01')).toBe(PKTTYPE_MULTICAST);
    expect(type('ff:ff:ff:ff:ff:fe')).toBe(PKTTYPE_MULTICAST);
    expect(type('02:00:00:00:00:01')).toBe(PKTTYPE_HOST);
  });

  test('cooked packet types: sent packets have no input interface, those of other hosts are dropped', () => {
    const asked = [PACKET_WHY, PACKET_PKTTYPE, PACKET_IN, PACKET_FLAGS];
    for (const [linktype, build] of [
      [113, sll],
      [276, sll2],
    ] as const) {
      const of = (packetType: number) => words({ data: build({ packetType, payload: four }), linktype }, ...asked);
      expect(of(0)).toEqual([0, PKTTYPE_HOST, UNIVERSE_INDEX, PACKET_FLAG_PLAIN]);
      expect(of(1)).toEqual([0, PKTTYPE_BROADCAST, UNIVERSE_INDEX, PACKET_FLAG_PLAIN]);
      expect(of(2)).toEqual([0, PKTTYPE_MULTICAST, UNIVERSE_INDEX, PACKET_FLAG_PLAIN]);
      expect(of(3)[0]).toBe(why.WHY_OTHERHOST);
      expect(of(4)).toEqual([0, PKTTYPE_HOST, 0, PACKET_FLAG_PLAIN | PACKET_FLAG_SENT]);
    }
  });

  test('a frame that pcapng marks as sent has no input interface and is of type host', () => {
    const data = ethernet({ dst: 'ff:ff:ff:ff:ff:ff', payload: four });
    expect(words({ data, sent: true }, PACKET_WHY, PACKET_PKTTYPE, PACKET_IN)).toEqual([0, PKTTYPE_HOST, 0]);
  });

  test('the loopback device is known by its name, by zero addresses and by cooked hardware type', () => {
    const local = ipv6({ src: '::1', dst: '::1', payload: udp() });
    const zero = '00:00:00:00:00:00';
    expect(whyOf(ethernet({ payload: local }), { linktype: 1 })).toBe(why.WHY_IPV6_ADDRESS);
    expect(whyOf(ethernet({ payload: local }), { linktype: 1, interfaceFlags: 1 })).toBe(why.WHY_NONE);
    expect(whyOf(ethernet({ src: zero, dst: zero, payload: local }), { linktype: 1 })).toBe(why.WHY_NONE);
    expect(whyOf(sll({ hardware: 772, payload: local }), { linktype: 113 })).toBe(why.WHY_NONE);
    const [flags] = words({ data: sll2({ hardware: 772, payload: local }), linktype: 276 }, PACKET_FLAGS);
    expect(flags! & PACKET_FLAG_LOOPBACK).not.toBe(0);
  });
});

describe('what the IPv4 layer refuses', () => {
  const payload = udp({ payload: hex('0102') });
  const cases: readonly (readonly [string, number, Uint8Array])[] = [
    ['a frame shorter than a header', why.WHY_IP_LENGTH, ipv4({ payload }).subarray(0, 19)],
    ['a header length below 5 words', why.WHY_IP_HEADER_LENGTH, ipv4({ payload, headerWords: 4 })],
    ['a header beyond the frame', why.WHY_IP_HEADER_LENGTH, ipv4({ headerWords: 15 })],
    ['a wrong header checksum', why.WHY_IP_CHECKSUM, ipv4({ payload, checksum: 0x1234 })],
    ['a total length beyond the frame', why.WHY_IP_LENGTH, ipv4({ payload, totalLength: 31 })],
    ['a total length below the header', why.WHY_IP_LENGTH, ipv4({ payload, totalLength: 19 })],
    ['a total length of zero', why.WHY_IP_LENGTH, ipv4({ payload, totalLength: 0 })],
  ];
  test.each(cases)('%s', (_, reason, data) => {
    expect(whyOf(data)).toBe(reason);
  });

  test('another version in a frame that says IPv4', () => {
    expect(whyOf(ethernet({ type: 0x0800, payload: ipv4({ version: 5, payload }) }), { linktype: 1 })).toBe(why.WHY_IP_VERSION);
    expect(whyOf(ipv6({ payload }), { linktype: 228 })).toBe(why.WHY_IP_VERSION);
  });

  test('none of it, when the host sends the packet and its headers can be read', () => {
    for (const data of [ipv4({ payload, checksum: 0 }), ipv4({ payload, totalLength: 0 }), ipv4({ payload, totalLength: 99 })]) {
      expect(words({ data, linktype: LINKTYPE_RAW, sent: true }, PACKET_WHY, PACKET_LENGTH)).toEqual([0, 30]);
    }
  });

  test('not a TCP packet merged beyond what the length field can say', () => {
    const data = ipv4({ totalLength: 0, payload: tcp({ payload: new Uint8Array(70_000) }) });
    expect(words({ data, linktype: LINKTYPE_RAW }, PACKET_WHY, PACKET_LENGTH)).toEqual([0, 70_040]);
  });
});

describe('IPv4 details', () => {
  test('options move the transport header', () => {
    const data = ipv4({ options: hex('9404 0000'), payload: udp({ dport: 9 }) });
    const [reason, flags, dport, length] = words(
      { data, linktype: LINKTYPE_RAW },
      PACKET_WHY,
      PACKET_FLAGS,
      PACKET_DPORT,
      PACKET_L4_LENGTH,
    );
    expect([reason, flags, dport, length]).toEqual([0, PACKET_FLAG_PLAIN | PACKET_FLAG_OPTIONS, 9, 8]);
  });

  test('first fragments have a transport header, later ones have none', () => {
    const of = (data: Uint8Array) =>
      words({ data, linktype: LINKTYPE_RAW }, PACKET_WHY, PACKET_FLAGS, PACKET_FRAG_OFFSET, PACKET_DPORT, PACKET_L4_LENGTH);
    expect(of(ipv4({ mf: true, payload: udp({ dport: 9 }) }))).toEqual([
      0,
      PACKET_FLAG_PLAIN | PACKET_FLAG_FRAGMENT | PACKET_FLAG_MORE_FRAGMENTS,
      0,
      9,
      8,
    ]);
    expect(of(ipv4({ mf: true, fragmentOffset: 8, protocol: 17, payload: new Uint8Array(8) }))).toEqual([
      0,
      PACKET_FLAG_FRAGMENT | PACKET_FLAG_LATER_FRAGMENT | PACKET_FLAG_MORE_FRAGMENTS,
      8,
      0,
      0,
    ]);
    expect(of(ipv4({ fragmentOffset: 65528, protocol: 17, payload: new Uint8Array(8) }))).toEqual([
      0,
      PACKET_FLAG_FRAGMENT | PACKET_FLAG_LATER_FRAGMENT,
      65528,
      0,
      0,
    ]);
  });

  test.each([
    ['tcp', 6, 20],
    ['udp', 17, 8],
    ['udplite', 136, 8],
    ['icmp', 1, 8],
    ['sctp', 132, 12],
    ['dccp', 33, 12],
    ['esp', 50, 8],
    ['ah', 51, 12],
    ['ipcomp', 108, 4],
    ['mobility', 135, 6],
    ['gre', 47, 0],
  ])('a %s packet is plain from the header bytes on that matches ask for', (_, protocol, least) => {
    for (let length = 0; length <= 24; length++) {
      const data = ipv4({ payload: raw(protocol, new Uint8Array(length).fill(0x11)) });
      const [reason, flags, sport] = words({ data, linktype: LINKTYPE_RAW }, PACKET_WHY, PACKET_FLAGS, PACKET_SPORT);
      expect(reason).toBe(0);
      expect((flags! & PACKET_FLAG_PLAIN) !== 0).toBe(length >= least);
      if ([6, 17, 33, 132, 136].includes(protocol)) expect(sport).toBe(length >= 4 ? 0x1111 : 0);
    }
  });

  test('ICMP has type and code, and no ports', () => {
    const data = ipv4({ payload: icmp({ type: 3, code: 13 }) });
    expect(words({ data, linktype: LINKTYPE_RAW }, PACKET_ICMP, PACKET_SPORT)).toEqual([0x30d, 0]);
  });

  test('SCTP and UDP-Lite have ports', () => {
    for (const payload of [sctp({ sport: 5, dport: 6 }), udpLite({ sport: 5, dport: 6 })]) {
      expect(words({ data: ipv4({ payload }), linktype: LINKTYPE_RAW }, PACKET_SPORT, PACKET_DPORT)).toEqual([5, 6]);
    }
  });

  test('a capture cut behind the headers keeps the packet and says that it is cut', () => {
    const whole = ipv4({ payload: tcp({ payload: new Uint8Array(100) }) });
    const cut = { data: whole.subarray(0, 40), length: whole.length, linktype: LINKTYPE_RAW };
    expect(words(cut, PACKET_WHY, PACKET_FLAGS, PACKET_LENGTH, PACKET_L4_LENGTH)).toEqual([
      0,
      PACKET_FLAG_PLAIN | PACKET_FLAG_CUT,
      140,
      120,
    ]);
    expect(words({ ...cut, data: whole.subarray(0, 39) }, PACKET_WHY)).toEqual([why.WHY_CUT]);
  });
});

describe('what the IPv6 layer refuses', () => {
  const payload = udp();
  const options = (body: Uint8Array) => ipv6({ extensions: [extension(0, body)], payload });
  const jumbo = (length: number) =>
    concat(hex('c204'), bytes(length >>> 24, (length >> 16) & 255, (length >> 8) & 255, length & 255));
  const cases: readonly (readonly [string, number, Uint8Array])[] = [
    ['a frame shorter than a header', why.WHY_IP_LENGTH, ipv6({ payload }).subarray(0, 39)],
    ['a payload length beyond the frame', why.WHY_IP_LENGTH, ipv6({ payload, payloadLength: 9 })],
    ['a loopback source', why.WHY_IPV6_ADDRESS, ipv6({ src: '::1', payload })],
    ['a loopback destination', why.WHY_IPV6_ADDRESS, ipv6({ dst: '::1', payload })],
    ['a multicast source', why.WHY_IPV6_ADDRESS, ipv6({ src: 'ff02::1', payload })],
    ['an interface-local multicast destination', why.WHY_IPV6_ADDRESS, ipv6({ dst: 'ff01::1', payload })],
    ['a multicast destination of reserved scope', why.WHY_IPV6_ADDRESS, ipv6({ dst: 'ff00::1', payload })],
    [
      'hop-by-hop options beyond the packet',
      why.WHY_IPV6_HOP_BY_HOP,
      ipv6({ extensions: [{ ...extension(0), length: 9 }], payload }),
    ],
    ['hop-by-hop options shorter than a header', why.WHY_IPV6_HOP_BY_HOP, ipv6({ protocol: 0, payload: new Uint8Array(7) })],
    ['a hop-by-hop option that says discard', why.WHY_IPV6_HOP_BY_HOP, options(hex('4000 0000 0000'))],
    ['a hop-by-hop option beyond its header', why.WHY_IPV6_HOP_BY_HOP, options(hex('1e05 0000 0000'))],
    ['padding that is not zero', why.WHY_IPV6_HOP_BY_HOP, options(hex('0104 0000 0100'))],
    ['padding longer than seven bytes', why.WHY_IPV6_HOP_BY_HOP, options(new Uint8Array(14))],
    ['a router alert of the wrong size', why.WHY_IPV6_HOP_BY_HOP, options(hex('0503 0000 0000'))],
    [
      'more than eight options',
      why.WHY_IPV6_HOP_BY_HOP,
      options(concat(...Array.from({ length: 9 }, () => hex('1e00')), new Uint8Array(4))),
    ],
    ['a jumbo option beside a payload length', why.WHY_IPV6_HOP_BY_HOP, options(jumbo(70_000))],
    [
      'a jumbo option for a short packet',
      why.WHY_IPV6_HOP_BY_HOP,
      ipv6({ extensions: [extension(0, jumbo(65535))], payload, payloadLength: 0 }),
    ],
    [
      'a jumbo option beyond the frame',
      why.WHY_IPV6_HOP_BY_HOP,
      ipv6({ extensions: [extension(0, jumbo(70_000))], payload, payloadLength: 0 }),
    ],
  ];
  test.each(cases)('%s', (_, reason, data) => {
    expect(whyOf(data)).toBe(reason);
  });

  test('another version in a frame that says IPv6', () => {
    expect(whyOf(ethernet({ type: 0x86dd, payload: ipv6({ version: 4, payload }) }), { linktype: 1 })).toBe(why.WHY_IP_VERSION);
  });

  test('not options that may be passed by', () => {
    expect(whyOf(options(hex('0502 0000 0100')))).toBe(why.WHY_NONE);
    expect(whyOf(options(hex('1e04 0102 0304')))).toBe(why.WHY_NONE);
    expect(whyOf(options(concat(...Array.from({ length: 8 }, () => hex('1e00')), new Uint8Array(6))))).toBe(why.WHY_NONE);
  });

  test('not a jumbogram, whose option tells its length', () => {
    const payload = tcp({ payload: new Uint8Array(70_000) });
    const data = ipv6({ extensions: [extension(0, jumbo(70_028))], payload, payloadLength: 0 });
    const padded = concat(data, new Uint8Array(5));
    expect(words({ data: padded, linktype: LINKTYPE_RAW }, PACKET_WHY, PACKET_LENGTH, PACKET_L4_LENGTH)).toEqual([
      0, 70_068, 70_020,
    ]);
  });

  test('none of it, when the host sends the packet', () => {
    for (const data of [ipv6({ src: '::1', payload }), options(hex('4000 0000 0000')), ipv6({ payload, payloadLength: 9 })]) {
      expect(whyOf(data, { sent: true })).toBe(why.WHY_NONE);
    }
  });
});

describe('IPv6 details', () => {
  const asked = [PACKET_WHY, PACKET_FLAGS, PACKET_PROTO, PACKET_DPORT, PACKET_LENGTH] as const;
  const of = (data: Uint8Array, ...fields: readonly number[]) =>
    words({ data, linktype: LINKTYPE_RAW }, ...(fields.length === 0 ? asked : fields));
  const SIX = PACKET_FLAG_IPV6;

  test('the fixed header gives all four words of both addresses, class and hop limit', () => {
    const data = ipv6({
      src: '2001:db8:1:2:3:4:5:6',
      dst: 'fe80::abcd',
      trafficClass: 0xb9,
      hopLimit: 3,
      payload: icmpv6({ type: 135 }),
    });
    const at = (field: number) => of(data, field, field + 4, field + 8, field + 12);
    expect(at(PACKET_SRC)).toEqual([0x20010db8, 0x00010002, 0x00030004, 0x00050006]);
    expect(at(PACKET_DST)).toEqual([0xfe800000, 0, 0, 0xabcd]);
    expect(of(data, PACKET_TOS, PACKET_TTL, PACKET_ICMP)).toEqual([0xb9, 3, 135 << 8]);
  });

  test('extension headers are walked to the transport header', () => {
    const extensions = [
      extension(0),
      extension(60),
      extension(43, hex('0000 00000000')),
      fragmentHeader(0, true),
      authentication(),
    ];
    const data = ipv6({ extensions, payload: tcp({ dport: 22 }) });
    const flags = SIX | PACKET_FLAG_PLAIN | PACKET_FLAG_OPTIONS | PACKET_FLAG_FRAGMENT | PACKET_FLAG_MORE_FRAGMENTS;
    expect(of(data)).toEqual([0, flags, 6, 22, data.length]);
  });

  test('a later fragment has the protocol it names and no transport header', () => {
    const data = ipv6({ extensions: [fragmentHeader(1448, false)], protocol: 17, payload: new Uint8Array(8) });
    expect(of(data)).toEqual([0, SIX | PACKET_FLAG_OPTIONS | PACKET_FLAG_FRAGMENT | PACKET_FLAG_LATER_FRAGMENT, 17, 0, 56]);
    expect(of(data, PACKET_L4, PACKET_FRAG_OFFSET)).toEqual([0, 1448]);
  });

  test('a later fragment that goes on with another extension header has a bad chain', () => {
    const data = ipv6({ extensions: [fragmentHeader(8, false)], protocol: 60, payload: new Uint8Array(8) });
    const flags = SIX | PACKET_FLAG_OPTIONS | PACKET_FLAG_FRAGMENT | PACKET_FLAG_LATER_FRAGMENT | PACKET_FLAG_BAD_CHAIN;
    expect(of(data, PACKET_WHY, PACKET_FLAGS, PACKET_L4)).toEqual([0, flags, 0]);
  });

  test('an extension header that starts behind the end makes a bad chain, not a refusal', () => {
    const flags = SIX | PACKET_FLAG_OPTIONS | PACKET_FLAG_BAD_CHAIN;
    expect(of(ipv6({ protocol: 43 }), PACKET_WHY, PACKET_FLAGS, PACKET_L4)).toEqual([0, flags, 0]);
  });

  test('behind an extension header that reaches beyond the packet there is a transport of no bytes', () => {
    const data = ipv6({ extensions: [{ ...extension(60), length: 3 }], payload: udp() });
    const asked = [PACKET_WHY, PACKET_FLAGS, PACKET_PROTO, PACKET_L4_LENGTH, PACKET_DPORT];
    expect(of(data, ...asked)).toEqual([0, SIX | PACKET_FLAG_OPTIONS, 17, 0, 0]);
    const { word } = dissectFrames([{ data, linktype: LINKTYPE_RAW }]);
    expect(word(0, PACKET_L4)).toBe(word(0, PACKET_END));
  });

  test('no next header is a protocol of its own', () => {
    expect(of(ipv6({ protocol: 59, payload: new Uint8Array(3) }), PACKET_WHY, PACKET_PROTO, PACKET_L4_LENGTH)).toEqual([
      0, 59, 3,
    ]);
  });
});
