// Conversations of protocols with helpers across translation, a step at a time: each side goes by what it has seen of the other, addresses,
// ports, sequence numbers and texts, as Hookline's own run shows it; who is announced is called where it was announced.

import { parseDotted, parseIpv6 } from '../../../src/net/address.ts';
import type { PacketOutcome } from '../../support/outcome.ts';
import { CLIENT_PORTS, carrying, faulty } from '../helper/talk.ts';
import type { Random } from '../random.ts';
import type { Family, Place, World } from '../world.ts';
import { PROTOCOLS, type Said, type Script } from './script.ts';
import { type Entry, nowhere, origin } from './traffic.ts';

/** Packets that one step may have to be sent again before its talk is given up. */
const TRIES = 2;

type Side = 0 | 1;

/** What a side has of a packet that came to it. */
interface Received {
  readonly text: string;
  /** Sequence number behind it. */
  readonly next: number;
}

/** What arrived, if the bytes that left are known: those that stay on the host are not. */
function received({ egress }: PacketOutcome): Received | undefined {
  const bytes = egress.length === 1 ? egress[0]!.bytes : undefined;
  if (bytes === undefined) return undefined;
  const isV4 = bytes[0]! >> 4 === 4;
  const at = isV4 ? (bytes[0]! & 15) * 4 : 40;
  const protocol = bytes[isV4 ? 9 : 6];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (protocol !== 6) return protocol === 17 ? { text: latin1(bytes.subarray(at + 8)), next: 0 } : undefined;
  if (bytes.length < at + 20) return undefined;
  const data = bytes.subarray(at + (bytes[at + 12]! >> 4) * 4);
  const flags = bytes[at + 13]!;
  const ends = (flags & 2 ? 1 : 0) + (flags & 1);
  return { text: latin1(data), next: (view.getUint32(at + 4) + data.length + ends) % 2 ** 32 };
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

export class Talk {
  readonly family: Family;
  private readonly random: Random;
  private readonly world: World;
  private readonly script: Script;
  private readonly protocol: 'tcp' | 'udp';
  private readonly client: { readonly address: string; readonly port: number };
  private readonly server: { readonly address: string; readonly port: number };
  /** Each side's own next sequence number, and what it takes for the other's. */
  private readonly next: [number, number];
  private readonly seen: [number, number] = [0, 0];
  /** Calls of who was announced. */
  private readonly calls: string[] = [];
  private said: Said | undefined;
  private line = '';
  private tries = 0;
  private isOver = false;

  constructor(random: Random, world: World, family: Family) {
    const places = world.places[family];
    const from: Place = random.pick(places);
    const { name, protocol, port, talk } = random.pick(PROTOCOLS.filter((one) => one.families.includes(family)));
    const others = places.filter((place) => place !== from).map(({ address }) => address);
    this.random = random;
    this.world = world;
    this.family = family;
    this.protocol = protocol;
    this.client = { address: from.address, port: name === 'sip' ? port : random.pick(CLIENT_PORTS) };
    this.server = { address: random.pick(random.chance(0.25) ? nowhere(family) : others), port };
    this.next = [random.pick([1000, 2 ** 32 - 60]), random.pick([5000, 2 ** 31 - 60])];
    this.script = talk({ random, family, own: this.client, other: this.server });
  }

  get over(): boolean {
    return this.isOver && this.calls.length === 0;
  }

  /** The next packet; undefined when there is none now. `entries`: the connections that are there. */
  step(entries: readonly Entry[]): string | undefined {
    if (this.calls.length > 0 && (this.isOver || this.random.chance(0.5))) return this.calls.shift();
    if (this.isOver) return undefined;
    const entry = entries.find(({ original: { src, dst, sport, dport }, protocol }) => {
      const { client, server } = this;
      const isOwn = src === client.address && dst === server.address && protocol === this.protocol;
      return isOwn && sport === String(client.port) && dport === String(server.port);
    });
    if (this.said === undefined && !this.advance(undefined)) return undefined;
    const { side } = this.said!;
    if (side === 1 && entry === undefined) {
      // The first packet never came through.
      this.isOver = true;
      return undefined;
    }
    const { src, dst, sport, dport } =
      side === 0
        ? { src: this.client.address, dst: this.server.address, sport: this.client.port, dport: this.server.port }
        : entry!.reply;
    this.line = `${origin(this.world, this.family, src)} ${src} > ${dst} ${this.words(this.said!, sport, dport)}`;
    return this.line;
  }

  /** Goes on when the packet that `step` gave has run. undefined: it has been left out. */
  heard(line: string, outcome: PacketOutcome | undefined): void {
    if (line !== this.line || this.said === undefined) return;
    const { side } = this.said;
    if (outcome === undefined || (outcome.egress.length === 0 && !outcome.delivered)) {
      if (++this.tries > TRIES || this.random.chance(0.3)) this.isOver = true;
      return;
    }
    this.tries = 0;
    const got = received(outcome);
    this.next[side] = (this.next[side]! + length(this.said)) % 2 ** 32;
    this.seen[side === 0 ? 1 : 0] = got?.next ?? this.next[side]!;
    this.advance(got?.text ?? this.said.text ?? '');
  }

  /** Asks for the next step. Gives whether there is one. */
  private advance(heard: string | undefined): boolean {
    const { value, done } = heard === undefined ? this.script.next() : this.script.next(heard);
    if (done) {
      this.isOver = true;
      this.said = undefined;
      return false;
    }
    const text = value.text === undefined ? undefined : faulty(this.random, value.text, 0.04);
    this.said = { ...value, ...(text === undefined ? {} : { text }) };
    for (const { side, protocol, address, port } of value.calls ?? []) this.call(side, protocol, address, port);
    return true;
  }

  /** Somebody is called where it was announced, or nearly there. */
  private call(side: Side, protocol: 'tcp' | 'udp', address: string, port: number): void {
    const { random } = this;
    const from = side === 0 ? this.client.address : this.server.address;
    // What has arrived may be broken.
    if ((this.family === 6 ? parseIpv6 : parseDotted)(address) === undefined || port > 65535) return;
    const own = random.pick([20, 1000, 2000, 41001]);
    const words = protocol === 'tcp' ? `tcp ${own} > ${port} S seq 1` : `udp ${own} > ${port} len 9`;
    this.calls.push(`${origin(this.world, this.family, from)} ${from} > ${address} ${words}`);
  }

  private words({ side, flags, text = '' }: Said, sport: string | number, dport: string | number): string {
    const data = carrying(text);
    if (this.protocol === 'udp') return `udp ${sport} > ${dport}${data}`;
    const ack = flags === 'S' ? '' : ` ack ${this.seen[side]}`;
    return `tcp ${sport} > ${dport} ${flags ?? 'PA'} seq ${this.next[side]}${ack}${data}`;
  }
}

function length({ flags = '', text = '' }: Said): number {
  return text.length + (/[SF]/.test(flags) ? 1 : 0);
}
