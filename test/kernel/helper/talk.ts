// A random conversation of a protocol that has a helper: what both sides say, with faults, and who comes of it.

import { type Pair, type Side, type Step, stepFrom } from '../conversation/step.ts';
import type { Random } from '../random.ts';
import type { Family, Place } from '../world.ts';

/** Few, so that announcements meet each other. */
export const PORTS = [41001, 41002, 41003, 41004];
export const CLIENT_PORTS = [3000, 3001, 3002];
const HIGH_PORTS = [20, 1000, 2000, 41001];
const FAULTY = 0.15;

export interface Talk {
  readonly random: Random;
  readonly family: Family;
  readonly pair: Pair;
  /** Others who are there. */
  readonly places: readonly Place[];
}

/** Words of a packet that carries the text. */
export function carrying(text: string): string {
  return text === '' ? '' : ` data ${Buffer.from(text, 'latin1').toString('hex')}`;
}

/** An IPv4 address as one number. */
export function ipNumber(address: string): number {
  return address.split('.').reduce((number, octet) => number * 256 + Number(octet), 0);
}

/** The text, or what is nearly it. */
export function faulty(random: Random, text: string, rate = FAULTY): string {
  if (!random.chance(rate)) return text;
  const at = random.int(0, Math.max(0, text.length - 1));
  const odd = random.pick(['', ' ', ',', '0', '9', '|', '\n', '\r', '\0', 'x', '1.2', '::', '\x01']);
  const behind = random.pick([0, 1, 1, 2]);
  return random.chance(0.3) ? text.slice(0, at) : text.slice(0, at) + odd + text.slice(at + behind);
}

/** A TCP conversation with both sides' sequence numbers. */
class Stream {
  readonly steps: Step[] = [];
  private readonly next: [number, number];
  private readonly talk: Talk;
  private readonly ports: readonly [number, number];

  constructor(talk: Talk, ports: readonly [number, number]) {
    this.talk = talk;
    this.ports = ports;
    this.next = [talk.random.pick([1000, 2 ** 32 - 60]), talk.random.pick([5000, 2 ** 31 - 60])];
  }

  private segment(side: Side, flags: string, data = '', seq = this.next[side]!): void {
    const [from, to] = side === 0 ? this.ports : [this.ports[1], this.ports[0]];
    const ack = flags === 'S' ? '' : ` ack ${this.next[side === 0 ? 1 : 0]}`;
    this.steps.push(stepFrom(this.talk.pair, side, `tcp ${from} > ${to} ${flags} seq ${seq}${ack}${carrying(data)}`));
  }

  private advance(side: Side, by: number): void {
    this.next[side] = (this.next[side]! + by) % 2 ** 32;
  }

  open(): void {
    this.segment(0, 'S');
    this.advance(0, 1);
    this.segment(1, 'SA');
    this.advance(1, 1);
    this.segment(0, 'A');
  }

  /** Says something, in one segment or in two; now and then once more. */
  say(side: Side, text: string): void {
    const { random } = this.talk;
    const seq = this.next[side]!;
    const cut = random.chance(0.08) ? random.int(1, Math.max(1, text.length - 1)) : text.length;
    for (const piece of [text.slice(0, cut), text.slice(cut)]) {
      if (piece === '') continue;
      this.segment(side, 'PA', piece);
      this.advance(side, piece.length);
    }
    if (random.chance(0.08)) this.segment(side, 'PA', text, seq);
    if (random.chance(0.5)) this.segment(side === 0 ? 1 : 0, 'A');
  }

  close(): void {
    for (const side of [0, 1, 0] as const) {
      this.segment(side, side === 0 && this.talk.random.chance(0.3) ? 'R' : 'FA');
      this.advance(side, 1);
    }
  }
}

/** Somebody comes to where it was announced, or nearly there. */
function comes({ random, pair, places }: Talk, side: Side, protocol: 'tcp' | 'udp', port: number, source?: number): Step[] {
  const [from, to] = side === 0 ? [pair.client, pair.server] : [pair.server, pair.client];
  const stranger = random.chance(0.15) ? random.pick(places.filter(({ interface: name }) => name === from.interface)) : from;
  const there = random.chance(0.1) ? random.pick(PORTS) : port;
  const own = source ?? random.pick(HIGH_PORTS);
  const first: Step = {
    from: stranger,
    to,
    words: protocol === 'tcp' ? `tcp ${own} > ${there} S seq 1` : `udp ${own} > ${there} data 0003`,
  };
  const answer: Step = {
    from: to,
    to: stranger,
    words: protocol === 'tcp' ? `tcp ${there} > ${own} SA seq 1 ack 2` : `udp ${there} > ${own} data 0004`,
  };
  return random.chance(0.5) ? [first, answer] : [first];
}

export function ftpPort(random: Random, { address }: Place, family: Family, port: number): string {
  const octets = address.split('.').join(',');
  const numbers = `${octets},${port >> 8},${port & 255}`;
  const delimiter = random.pick(['|', '|', '!', '$']);
  const eprt = `EPRT ${['', family === 4 ? 1 : 2, address, port, ''].join(delimiter)}`;
  const command = family === 4 && random.chance(0.6) ? `PORT ${numbers}` : eprt;
  return random.chance(0.1) ? command.toLowerCase() : command;
}

export function ftpAnswer(random: Random, { address }: Place, family: Family, port: number): string {
  const octets = address.split('.').join(',');
  if (family === 6 || random.chance(0.4)) return `229 Extended Passive (|||${port}|)`;
  return `227 Passive Mode ${random.pick(['(', '', '='])}${octets},${port >> 8},${port & 255}${random.pick([')', '.'])}`;
}

export function ftpSteps(talk: Talk): Step[] {
  const { random, family, pair, places } = talk;
  const stream = new Stream(talk, [random.pick(CLIENT_PORTS), 21]);
  stream.open();
  if (random.chance(0.9)) stream.say(1, '220 ready\r\n');
  if (random.chance(0.9)) stream.say(0, 'USER x\r\n');
  for (let more = 1; random.chance(more); more = 0.8) {
    const port = random.pick(PORTS);
    const side: Side = random.chance(0.5) ? 0 : 1;
    const own = random.chance(0.1) ? random.pick(places) : side === 0 ? pair.client : pair.server;
    const text = side === 0 ? ftpPort(random, own, family, port) : ftpAnswer(random, own, family, port);
    stream.say(side, faulty(random, `${text}\r\n`));
    stream.say(side === 0 ? 1 : 0, '200 ok\r\n');
    if (random.chance(0.7)) stream.steps.push(...comes(talk, side === 0 ? 1 : 0, 'tcp', port));
  }
  if (random.chance(0.4)) stream.close();
  return stream.steps;
}

export function ircSteps(talk: Talk): Step[] {
  const { random, pair, places } = talk;
  const stream = new Stream(talk, [random.pick(CLIENT_PORTS), 6667]);
  stream.open();
  stream.say(0, 'NICK x\r\n');
  stream.say(1, ':a 001 x\r\n');
  for (let more = 1; random.chance(more); more = 0.85) {
    const port = random.pick(PORTS);
    const own = random.chance(0.1) ? random.pick(places) : pair.client;
    const word = random.pick(['SEND f', 'CHAT chat', 'MOVE x', 'TSEND f', 'SCHAT c', 'RESUME f', 'ACCEPT f']);
    const start = random.pick(['PRIVMSG', 'PRIVMSG', 'PRIVMSG', 'privmsg', 'NOTICE', ' \nPRIVMSG']);
    const text = `${start} ${random.pick(['x', '#all', 'a b'])} :\x01DCC ${word} ${ipNumber(own.address)} ${port} 9\x01\r\n`;
    stream.say(random.chance(0.93) ? 0 : 1, faulty(random, text));
    if (random.chance(0.6)) stream.steps.push(...comes(talk, 1, 'tcp', port));
  }
  return stream.steps;
}

export function tftpSteps(talk: Talk): Step[] {
  const { random, pair } = talk;
  const port = random.pick(CLIENT_PORTS);
  const steps: Step[] = [];
  for (let more = 1; random.chance(more); more = 0.4) {
    const message = random.pick(['\0\x01', '\0\x01', '\0\x02', '\0\x02', '\0\x03', '\0\x04', '\0\x05', '\0', '\x01\0', '']);
    steps.push(
      stepFrom(pair, random.chance(0.92) ? 0 : 1, `udp ${port} > 69${carrying(message + random.pick(['', 'f\0octet\0']))}`),
    );
    if (random.chance(0.8)) steps.push(...comes(talk, 1, 'udp', port, random.pick([69, 1000, 1001, 1002])));
  }
  return steps;
}

export function amandaSteps(talk: Talk): Step[] {
  const { random, pair } = talk;
  const port = random.pick(CLIENT_PORTS);
  const steps = [stepFrom(pair, 0, `udp ${port} > 10080${carrying('Amanda 2.4 REQ')}`)];
  for (let more = 1; random.chance(more); more = 0.5) {
    const ports = random.some(['DATA', 'MESG', 'INDEX', 'STATE']).map((word) => [word, random.pick(PORTS)] as const);
    const text = `Amanda REP\nCONNECT ${ports.map((one) => one.join(' ')).join(' ')}\nOPTIONS\n`;
    steps.push(stepFrom(pair, random.chance(0.93) ? 1 : 0, `udp 10080 > ${port}${carrying(faulty(random, text))}`));
    for (const [, announced] of ports) if (random.chance(0.6)) steps.push(...comes(talk, 0, 'tcp', announced));
  }
  return steps;
}

export function saneSteps(talk: Talk): Step[] {
  const { random } = talk;
  const stream = new Stream(talk, [random.pick(CLIENT_PORTS), 6566]);
  stream.open();
  for (let more = 1; random.chance(more); more = 0.75) {
    const port = random.pick(PORTS);
    stream.say(0, faulty(random, random.pick(['\0\0\0\x07\0\0\0\0', '\0\0\0\x07\0\0\0\x01', '\0\0\0\x06\0\0\0\0'])));
    stream.say(1, faulty(random, `\0\0\0\0\0\0${String.fromCharCode(port >> 8, port & 255)}\0\0\0\0`));
    if (random.chance(0.7)) stream.steps.push(...comes(talk, 0, 'tcp', port));
  }
  return stream.steps;
}
