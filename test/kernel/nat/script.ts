// What the two sides of a protocol with a helper say to each other, and whom they call then: a script that is told what has arrived of each
// text.

import { ftpAnswer, ftpPort, ipNumber, PORTS } from '../helper/talk.ts';
import type { Random } from '../random.ts';
import type { Family } from '../world.ts';

type Side = 0 | 1;

/** Who is called by a side. */
export interface Call {
  readonly side: Side;
  readonly protocol: 'tcp' | 'udp';
  readonly address: string;
  readonly port: number;
}

/** What a side says; without a text TCP's flags alone. */
export interface Said {
  readonly side: Side;
  readonly text?: string;
  readonly flags?: string;
  /** Who is called before. */
  readonly calls?: readonly Call[];
}

/** Gives what is said, takes what of it has arrived. */
export type Script = Generator<Said, void, string>;

export interface Cast {
  readonly random: Random;
  readonly family: Family;
  /** The client as it knows itself, and the server as the client knows it. */
  readonly own: { readonly address: string; readonly port: number };
  readonly other: { readonly address: string; readonly port: number };
}

export interface Protocol {
  readonly name: string;
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
  readonly families: readonly Family[];
  readonly talk: (cast: Cast) => Script;
}

/** The three first packets of a TCP connection. */
function* handshake(): Script {
  yield { side: 0, flags: 'S' };
  yield { side: 1, flags: 'SA' };
  yield { side: 0, flags: 'A' };
}

function* close(random: Random): Script {
  if (random.chance(0.5)) return;
  yield { side: 0, flags: random.chance(0.3) ? 'R' : 'FA' };
  yield { side: 1, flags: 'FA' };
  yield { side: 0, flags: 'A' };
}

/** Whom a command or answer of ftp announces. */
function ftpAnnounced(text: string, server: string): { readonly address: string; readonly port: number } | undefined {
  const numbers = /(\d+),(\d+),(\d+),(\d+),(\d+),(\d+)/.exec(text)?.slice(1).map(Number);
  if (numbers) return { address: numbers.slice(0, 4).join('.'), port: numbers[4]! * 256 + numbers[5]! };
  const parts = /(?:EPRT |eprt |\()([|!$])(.*?)\1(.*?)\1(\d+)\1/.exec(text);
  return parts ? { address: parts[3] === '' ? server : parts[3]!, port: Number(parts[4]) } : undefined;
}

function* ftp({ random, family, own, other }: Cast): Script {
  yield* handshake();
  if (random.chance(0.8)) yield { side: 1, text: '220 ready\r\n' };
  if (random.chance(0.5)) yield { side: 0, text: 'USER x\r\n' };
  let calls: Call[] = [];
  for (let more = 1; random.chance(more); more = 0.8) {
    const side: Side = random.chance(0.5) ? 0 : 1;
    const place = { address: (side === 0 ? own : other).address, interface: '' };
    const make = side === 0 ? ftpPort : ftpAnswer;
    const heard = yield { side, text: `${make(random, place, family, random.pick(PORTS))}\r\n`, calls };
    const announced = ftpAnnounced(heard, other.address);
    const caller: Side = side === 0 ? 1 : 0;
    calls = announced && random.chance(0.7) ? [{ side: caller, protocol: 'tcp', ...announced }] : [];
    if (random.chance(0.6)) yield { side: caller, text: caller === 1 ? '200 ok\r\n' : 'LIST\r\n' };
    if (random.chance(0.3)) yield { side, flags: 'A' };
  }
  yield { side: 0, flags: 'A', calls };
  yield* close(random);
}

function* irc({ random, own }: Cast): Script {
  yield* handshake();
  yield { side: 0, text: 'NICK x\r\n' };
  let calls: Call[] = [];
  for (let more = 1; random.chance(more); more = 0.8) {
    const word = random.pick(['SEND f', 'CHAT chat', 'MOVE x', 'TSEND f', 'SCHAT c']);
    const text = `PRIVMSG x :\x01DCC ${word} ${ipNumber(own.address)} ${random.pick(PORTS)} 9\x01\r\n`;
    const heard = yield { side: 0, text, calls };
    const [, number = '0', port = '0'] = /DCC \S+ \S+ (\d+) (\d+)/.exec(heard) ?? [];
    const address = [24, 16, 8, 0].map((shift) => (Number(number) / 2 ** shift) & 255).join('.');
    calls = random.chance(0.7) ? [{ side: 1, protocol: 'tcp', address, port: Number(port) }] : [];
    if (random.chance(0.5)) yield { side: 1, text: ':a PRIVMSG x\r\n' };
  }
  yield { side: 1, flags: 'A', calls };
  yield* close(random);
}

function* tftp({ random }: Cast): Script {
  for (let more = 1; random.chance(more); more = 0.3)
    yield { side: 0, text: random.pick(['\0\x01f\0octet\0', '\0\x02f\0octet\0']) };
}

function* amanda({ random, other }: Cast): Script {
  yield { side: 0, text: 'Amanda 2.4 REQ' };
  let calls: Call[] = [];
  for (let more = 1; random.chance(more); more = 0.4) {
    const words = random.some(['DATA', 'MESG', 'INDEX', 'STATE']).map((word) => `${word} ${random.pick(PORTS)}`);
    const heard = yield { side: 1, text: `Amanda REP\nCONNECT ${words.join(' ')}\nOPTIONS\n`, calls };
    const ports = [...heard.matchAll(/(?:DATA|MESG|INDEX|STATE) (\d+)/g)].map(([, port]) => Number(port));
    calls = ports.flatMap((port) => (random.chance(0.7) ? [{ side: 0, protocol: 'tcp', address: other.address, port }] : []));
  }
  yield { side: 0, text: 'Amanda ACK', calls };
}

/** A message of SIP, with the description of media that it carries. */
function sipMessage(first: string, headers: readonly string[], body: readonly string[]): string {
  const text = body.map((line) => `${line}\r\n`).join('');
  const type = body.length > 0 ? ['Content-Type: application/sdp'] : [];
  return [first, ...headers, ...type, `Content-Length: ${text.length}`, '', text].join('\r\n');
}

function media(random: Random, family: Family, address: string): string[] {
  const where = `IN IP${family} ${address}`;
  const streams = random.some(['audio', 'video', 'image', 'data'], 2);
  const lines = streams.map((kind) => `m=${kind} ${random.pick([...PORTS, 0])} RTP/AVP 0`);
  const own = random.chance(0.2) ? lines.flatMap((line) => [line, `c=${where}`]) : [`c=${where}`, 't=0 0', ...lines];
  return ['v=0', `o=a 1 1 ${where}`, 's=-', ...own];
}

/** Calls of the media that a message announces. */
function mediaCalls(random: Random, text: string, side: Side): Call[] {
  const address = /\r\nc=IN IP\d (\S+)/.exec(text)?.[1];
  const ports = [...text.matchAll(/\r\nm=\S+ (\d+) /g)].map(([, port]) => Number(port));
  if (address === undefined) return [];
  return ports.flatMap((port) => (random.chance(0.6) && port > 0 ? [{ side, protocol: 'udp', address, port }] : []));
}

const COPIED = /^(?:Via|From|To|Call-ID|CSeq): .*$/gim;

function host(family: Family, address: string): string {
  return family === 6 ? `[${address}]` : address;
}

function* sip({ random, family, own, other }: Cast): Script {
  const [here, there] = [host(family, own.address), host(family, other.address)];
  const call = random.int(1, 3);
  const headers = (method: string, number: number): string[] => [
    `Via: SIP/2.0/UDP ${here}:${own.port};branch=z9hG4bK${call}`,
    `From: <sip:a@${here}>;tag=1`,
    `To: <sip:b@${there}>`,
    `Call-ID: call${call}@${here}`,
    `CSeq: ${number} ${method}`,
    ...(random.chance(0.9) ? [`Contact: <sip:a@${here}:${random.chance(0.9) ? own.port : 5062}>`] : []),
    ...(method === 'REGISTER' ? [`Expires: ${random.pick([0, 60, 3600])}`] : []),
  ];
  for (let number = random.int(1, 2), more = 1; random.chance(more); number++, more = 0.6) {
    const method = random.pick(['INVITE', 'INVITE', 'INVITE', 'REGISTER', 'BYE', 'OPTIONS']);
    const body = method === 'INVITE' ? media(random, family, own.address) : [];
    const heard = yield { side: 0, text: sipMessage(`${method} sip:b@${there} SIP/2.0`, headers(method, number), body) };
    const contact = method === 'REGISTER' ? (/^Contact: .*$/m.exec(heard)?.[0].trim() ?? '') : `Contact: <sip:b@${there}:5060>`;
    const copied = [...heard.matchAll(COPIED)].map(([line]) => line.trim());
    const status = random.pick(['200 OK', '200 OK', '200 OK', '183 Progress', '404 Not Found']);
    const expires = method === 'REGISTER' ? ['Expires: 60'] : [];
    const answer = body.length > 0 && random.chance(0.9) ? media(random, family, other.address) : [];
    const text = sipMessage(`SIP/2.0 ${status}`, [...copied, contact, ...expires].filter(Boolean), answer);
    const calls = mediaCalls(random, heard, 1);
    const back = yield { side: 1, text, calls };
    const later = mediaCalls(random, back, 0);
    yield { side: 0, text: sipMessage(`ACK sip:b@${there} SIP/2.0`, headers('ACK', number), []), calls: later };
  }
}

/** An element of ASN.1, all in latin1. */
function element(tag: number, ...contents: readonly string[]): string {
  const text = contents.join('');
  const length = text.length < 128 ? [text.length] : [0x82, text.length >> 8, text.length & 255];
  return String.fromCharCode(tag, ...length) + text;
}

function* snmp({ random, family, own, other }: Cast): Script {
  const address = (text: string): string => (family === 4 ? String.fromCharCode(...text.split('.').map(Number)) : 'abcd');
  const name = element(6, '\x2b\x06\x01');
  for (let more = 1; random.chance(more); more = 0.5) {
    const values = Array.from({ length: random.int(1, 3) }, () => {
      const value = random.pick([
        element(0x40, address(own.address)),
        element(0x40, address(random.pick([own.address, other.address]))),
        element(2, '\x05'),
        element(4, 'text'),
        element(0x41, '\x05'),
      ]);
      return element(0x30, name, value);
    });
    const numbers = [element(2, '\x01'), element(2, '\0'), element(2, '\0')];
    const pdu = element(0xa0 | random.pick([0, 1, 2, 3, 7]), ...numbers, element(0x30, ...values));
    const community = element(4, random.pick(['public', 'private']));
    yield { side: random.chance(0.7) ? 0 : 1, text: element(0x30, element(2, '\x01'), community, pdu) };
  }
}

export const PROTOCOLS: readonly Protocol[] = [
  { name: 'ftp', protocol: 'tcp', port: 21, families: [4, 6], talk: ftp },
  { name: 'ftp', protocol: 'tcp', port: 21, families: [4, 6], talk: ftp },
  { name: 'irc', protocol: 'tcp', port: 6667, families: [4], talk: irc },
  { name: 'tftp', protocol: 'udp', port: 69, families: [4, 6], talk: tftp },
  { name: 'amanda', protocol: 'udp', port: 10080, families: [4, 6], talk: amanda },
  { name: 'snmp', protocol: 'udp', port: 161, families: [4], talk: snmp },
  { name: 'sip', protocol: 'udp', port: 5060, families: [4, 6], talk: sip },
];
