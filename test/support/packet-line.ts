// The packet language of scenarios: one line, one packet.
//
//   [+SECONDS] eth0: SRC > DST [ip words] PROTOCOL [its words] [part FROM-TO] [take N] [cut N] [pad N]      received on eth0
//   [+SECONDS] sent: …            sent by the host (`sent eth0:` where a link-local destination needs its interface)
//   eth0: hex 4500…               any bytes
//   eth0: mac ff:ff:ff:ff:ff:ff SRC > DST …     in an Ethernet frame to that address; eth0 is then an Ethernet device
//   eth0: from 02:00:00:00:00:07 SRC > DST …    in one from that address; both may be given
//
//   ip words   ttl N  tos N  id N  df  frag OFFSET[+]  version N  iplen N
//              IPv4: ihl N  ipsum N  ipopt HEX      IPv6: flow N  fragid N (ahead of frag)  hbh HEX  dstopt HEX  rt HEX  ah SPI  ext NUMBER HEX, in their order
//   protocols  tcp 4000 > 80 SA seq N ack N win N urg N off N opts mss:1460,ws:7,sackok,ts:1:2,sack:1:9:20:29,nop,eol,hex:0101
//              udp 1 > 2 ulen N      udplite 1 > 2 cov N      sctp 1 > 2 vtag N chunks init:5,data,hex:…      proto 47
//              dccp 1 > 2 TYPE x off N opts HEX (x: long sequence numbers; TYPE by name or number)
//              icmp 8/0 id N seq N      icmp6 1/4 rest N ( packet it quotes )
//              each may go on with `data HEX`, `text WORD`, `payload NAME` (`NAME:N`: its first N bytes) or `len N` (so many letters), then `badsum` or `nosum`
//
// `part` makes a fragment: the bytes FROM to TO of the transport, the last one if TO is its end.
// `take` keeps the first N bytes of the transport, and the IP header's length tells the truth; `cut` keeps the first N bytes
// of the finished packet, whose lengths then lie. An extension header's HEX starts behind its two bytes of type and length.

import { address, concat } from '../../src/packet/bytes.ts';
import {
  authentication,
  type Extension,
  ethernet,
  extension,
  fragmentHeader,
  type Ipv4Fields,
  ipv4,
  ipv6,
  type Transport,
} from '../../src/packet/packets.ts';
import { PROTOCOLS, parseTransport } from './packet-transport.ts';
import { type Payloads, Words } from './words.ts';

export interface ScenarioPacket {
  /** Interface it comes in by; of a sent packet that of its destination's scope, or ''. */
  readonly interface: string;
  readonly sent: boolean;
  /** Seconds to wait before it. */
  readonly wait: number;
  /** The IP packet. */
  readonly bytes: Uint8Array;
  /** Destination and source of the Ethernet frame it comes in. */
  readonly mac?: string;
  readonly from?: string;
}

/** Reads one line of the packet language. Throws an Error that says which word is wrong. */
export function parsePacketLine(line: string, payloads?: Payloads): ScenarioPacket {
  const words = new Words(line, payloads);
  const wait = words.peek()?.startsWith('+') ? Number(words.next().slice(1)) : 0;
  const first = words.next();
  const sent = first === 'sent' || first === 'sent:';
  const last = first === 'sent' ? words.next() : first;
  if (!last.endsWith(':')) throw new Error(`expected an interface and a colon, found "${last}"`);
  const mac = words.take('mac') ? words.next() : undefined;
  const from = words.take('from') ? words.next() : undefined;
  const packet = words.take('hex') ? words.hex() : parsePacket(words);
  words.end();
  return {
    interface: last === 'sent:' ? '' : last.slice(0, -1),
    sent,
    wait,
    bytes: packet,
    ...(mac === undefined ? {} : { mac }),
    ...(from === undefined ? {} : { from }),
  };
}

/** The address of the host's Ethernet devices. */
export const HOST_MAC = '02:00:00:00:00:02';

/** Names of the interfaces that are Ethernet devices: those by which a packet comes in a frame of its own. */
export function ethernetInterfaces(packets: readonly ScenarioPacket[]): Set<string> {
  return new Set(packets.filter(({ mac, from }) => mac !== undefined || from !== undefined).map((packet) => packet.interface));
}

/** What an interface sees of a packet: the frame on an Ethernet device, the packet itself on others. */
export function frameOf(packet: ScenarioPacket, isEthernet: boolean): Uint8Array {
  if (!isEthernet) return packet.bytes;
  const { mac, from, bytes } = packet;
  return ethernet({ dst: mac ?? HOST_MAC, payload: bytes, ...(from === undefined ? {} : { src: from }) });
}

const NUMBERS = new Set(['ttl', 'tos', 'id', 'version', 'ihl', 'iplen', 'ipsum', 'flow', 'fragid']);
const EXTENSIONS: Readonly<Record<string, number>> = { hbh: 0, rt: 43, dstopt: 60 };

interface IpWords {
  readonly src: string;
  readonly dst: string;
  readonly numbers: Map<string, number>;
  readonly extensions: Extension[];
  options: Uint8Array;
  df: boolean;
  offset: number;
  more: boolean;
}

function parseIpWords(words: Words): IpWords {
  const src = words.next();
  words.expect('>');
  const ip: IpWords = {
    src,
    dst: words.next(),
    numbers: new Map(),
    extensions: [],
    options: new Uint8Array(0),
    df: false,
    offset: 0,
    more: false,
  };
  for (let word = words.peek(); word !== undefined && !(word in PROTOCOLS) && word !== 'proto'; word = words.peek()) {
    words.next();
    if (NUMBERS.has(word)) ip.numbers.set(word, words.number());
    else if (word === 'df') ip.df = true;
    else if (word === 'ipopt') ip.options = words.hex();
    else if (word === 'frag') parseFragment(words, ip);
    else if (word === 'ah') ip.extensions.push(authentication(undefined, words.number()));
    else if (word in EXTENSIONS) ip.extensions.push(extension(EXTENSIONS[word]!, words.hex()));
    else if (word === 'ext') ip.extensions.push(extension(words.number(), words.hex()));
    else throw new Error(`unknown word "${word}"`);
  }
  return ip;
}

function parseFragment(words: Words, ip: IpWords): void {
  const text = words.next();
  ip.more = text.endsWith('+');
  ip.offset = Number(ip.more ? text.slice(0, -1) : text);
  if (ip.src.includes(':')) ip.extensions.push(fragmentHeader(ip.offset, ip.more, ip.numbers.get('fragid')));
}

function parsePacket(words: Words): Uint8Array {
  const ip = parseIpWords(words);
  const whole = parseTransport(words.next(), words, () => parsePacket(words));
  const part = words.take('part') ? parsePart(words, ip, whole) : [0];
  const { take, cut, pad } = Object.fromEntries(words.pairs(['take', 'cut', 'pad'])) as Record<string, number | undefined>;
  const transport: Transport = {
    protocol: whole.protocol,
    build: (pseudo) =>
      whole
        .build(pseudo)
        .subarray(...part)
        .subarray(0, take),
  };
  const packet = address(ip.src).length === 4 ? ipv4Packet(ip, transport) : ipv6Packet(ip, transport);
  return concat(packet.subarray(0, cut), new Uint8Array(pad ?? 0));
}

/** Makes the packet a fragment. Gives the span of its bytes. */
function parsePart(words: Words, ip: IpWords, whole: Transport): number[] {
  const span = words.next().split('-').map(Number);
  const [from = 0, to = 0] = span;
  const { length } = whole.build({ src: address(ip.src), dst: address(ip.dst) });
  if (!(from < to && to <= length)) throw new Error(`expected FROM-TO within the ${length} bytes of the transport`);
  ip.offset = from;
  ip.more = to < length;
  if (ip.src.includes(':')) ip.extensions.push(fragmentHeader(from, ip.more, ip.numbers.get('fragid')));
  return span;
}

/** The fields that a line may leave out, those it gave only. */
function given(ip: IpWords, names: Readonly<Record<string, string>>): Record<string, number> {
  const found = Object.entries(names).filter(([word]) => ip.numbers.has(word));
  return Object.fromEntries(found.map(([word, field]) => [field, ip.numbers.get(word)!]));
}

function ipv4Packet(ip: IpWords, payload: Transport): Uint8Array {
  const { src, dst, options, df } = ip;
  const fields: Ipv4Fields = {
    src,
    dst,
    options,
    df,
    mf: ip.more,
    fragmentOffset: ip.offset,
    payload,
    id: 1,
    ...given(ip, {
      ttl: 'ttl',
      tos: 'tos',
      id: 'id',
      version: 'version',
      ihl: 'headerWords',
      iplen: 'totalLength',
      ipsum: 'checksum',
    }),
  };
  return ipv4(fields);
}

function ipv6Packet(ip: IpWords, payload: Transport): Uint8Array {
  const { src, dst, extensions } = ip;
  const names = { ttl: 'hopLimit', tos: 'trafficClass', flow: 'flowLabel', version: 'version', iplen: 'payloadLength' };
  return ipv6({ src, dst, extensions, payload, ...given(ip, names) });
}
