// Reads back what `conntrack -L` lists, in any form that it has, what /proc/net/nf_conntrack shows, and our own objects.

import { IPS_ASSURED, IPS_DST_NAT, IPS_SEEN_REPLY, IPS_SRC_NAT } from '../../../assembly/abi/flow.ts';
import type { SavedConnection, SavedWay } from '../../core/saved.ts';
import { compareAddresses, parseDotted, parseIpv6 } from '../../net/address.ts';
import { HELPERS } from '../../net/helper.ts';
import { parseUnsigned } from '../../net/number.ts';
import type { Diagnostics } from '../../text/diagnostic.ts';
import type { Source, Span } from '../../text/source.ts';
import { GRE, ICMP, ICMPV6, SCTP, SCTP_STATES, TCP, TCP_STATES } from './names.ts';
import { type ConnectionText, connectionTexts, type Word } from './read-forms.ts';

const U8_MAX = 255;
const U16_MAX = 65535;
const U32_MAX = 2 ** 32 - 1;
const LABEL_MAX = 127;

/** A connection, and the line that it stands in. */
export interface ReadConnection {
  readonly connection: SavedConnection;
  readonly span: Span;
}

/** Reads a list. `labels`: numbers by name. What is wrong with it goes to the diagnostics; those lines are left out. */
export function readConnections(
  source: Source,
  diagnostics: Diagnostics,
  labels: ReadonlyMap<string, number> = new Map(),
): ReadConnection[] {
  const once = new Set<string>();
  return connectionTexts(source).flatMap((text) => {
    const connection = new LineReader(text, diagnostics, labels, once).read();
    return connection ? [{ connection, span: text.span }] : [];
  });
}

/** What is being read of one way. */
interface Way {
  [name: string]: number | bigint | Uint8Array | undefined;
  source?: Uint8Array;
  destination?: Uint8Array;
  packets?: bigint;
  bytes?: bigint;
}

/** Thrown where a line cannot be read on; it is reported by then. */
class BadLine extends Error {}

class LineReader {
  private readonly words: readonly Word[];
  private readonly line: Span;
  private readonly diagnostics: Diagnostics;
  private readonly labels: ReadonlyMap<string, number>;
  private readonly warned: Set<string>;
  private at = 0;
  private protocol = 0;
  private readonly ways: Way[] = [];
  private readonly zones: { original?: number; reply?: number; both?: number } = {};
  private readonly found: {
    left: bigint;
    age?: bigint;
    state: number;
    status: number;
    mark: number;
    labels: number[];
    helper: number;
  } = { left: 0n, state: 0, status: IPS_SEEN_REPLY, mark: 0, labels: [], helper: 0 };

  /** `warned`: codes of what has been said by now. */
  constructor(
    { words, span, status }: ConnectionText,
    diagnostics: Diagnostics,
    labels: ReadonlyMap<string, number>,
    warned: Set<string>,
  ) {
    this.labels = labels;
    this.warned = warned;
    this.words = words;
    this.line = span;
    this.found.status |= status;
    this.diagnostics = diagnostics;
  }

  read(): SavedConnection | undefined {
    try {
      this.readHead();
      while (this.at < this.words.length) this.readWord(this.next('a word'));
      return this.connection();
    } catch (error) {
      if (error instanceof BadLine) return undefined;
      throw error;
    }
  }

  private fail(code: string, message: string, span = this.line): never {
    this.diagnostics.error(code, message, span);
    throw new BadLine();
  }

  /** Says something once, however many connections it is about. */
  private warn(code: string, message: string, span: Span): void {
    if (!this.warned.has(code)) this.diagnostics.warning(code, message, span);
    this.warned.add(code);
  }

  private next(wanted: string): Word {
    const word = this.words[this.at++];
    return word ?? this.fail('bad-connection', `expected ${wanted} behind this line`);
  }

  private number(text: string, max: number, what: string, span: Span): number {
    const value = parseUnsigned(text, max);
    return value ?? this.fail('bad-connection', `expected ${what}, a number from 0 to ${max}, found "${text}"`, span);
  }

  /** Layer 3 by name and number, if it is told; layer 4 likewise; seconds left; the state. */
  private readHead(): void {
    const first = this.words[0]!;
    if (/^[<{]/.test(first.text)) this.fail('bad-connection', 'expected a connection, in the form of those before', first.span);
    if (/^(-U$|-D$|\[NEW\]|\[UPDATE\]|\[DESTROY\]|\[\d)/.test(first.text)) {
      this.fail('other-form', 'this is what conntrack -E tells, not a list of connections', first.span);
    }
    if (first.text === 'ipv4' || first.text === 'ipv6') this.at = 2;
    this.next('a protocol');
    const protocol = this.next('the number of the protocol');
    this.protocol = this.number(protocol.text, U8_MAX, 'the number of the protocol', protocol.span);
    const left = this.next('the seconds that are left');
    this.found.left = BigInt(this.number(left.text, U32_MAX, 'the seconds that are left', left.span));
    const states = { [TCP]: TCP_STATES, [SCTP]: SCTP_STATES }[this.protocol];
    if (!states) return;
    const state = this.next('a state');
    this.found.state = states.indexOf(state.text);
    if (this.found.state < 0) {
      this.fail('unknown-state', `expected a state, one of ${states.join(', ')}, found "${state.text}"`, state.span);
    }
  }

  private readWord(word: Word): void {
    const { text, span } = word;
    if (text === '[UNREPLIED]') this.found.status &= ~IPS_SEEN_REPLY;
    else if (text === '[ASSURED]') this.found.status |= IPS_ASSURED;
    else if (/^\[(OFFLOAD|HW_OFFLOAD)\]$/.test(text))
      this.fail('offloaded', 'connections that are offloaded cannot be followed', span);
    else if (text.startsWith('[start=')) {
      // The time it began, over several words; delta-time says the same.
      while (!this.words[this.at - 1]!.text.endsWith(']')) this.next('the rest of the time');
    } else {
      const equals = text.indexOf('=');
      if (equals < 0) this.fail('unknown-word', `"${text}" is nothing that a list of connections has`, span);
      this.readValue(text.slice(0, equals), text.slice(equals + 1), span);
    }
  }

  private readValue(name: string, value: string, span: Span): void {
    const way = this.ways.at(-1);
    switch (name) {
      case 'src':
        this.ways.push({ source: this.address(value, span) });
        return;
      case 'dst':
        this.way(span).destination = this.address(value, span);
        return;
      case 'sport':
      case 'dport':
      case 'type':
      case 'code':
        this.way(span)[name] = this.number(value, name === 'type' || name === 'code' ? U8_MAX : U16_MAX, name, span);
        return;
      case 'srckey':
      case 'dstkey':
        this.way(span)[name === 'srckey' ? 'sport' : 'dport'] = this.number(String(Number(value)), U16_MAX, name, span);
        return;
      case 'id':
        // Of ICMP an id stands in each way; one behind them is the kernel's own, and not kept.
        if (way && (this.protocol === ICMP || this.protocol === ICMPV6) && way.sport === undefined) {
          way.sport = this.number(value, U16_MAX, name, span);
        } else this.number(value, U32_MAX, name, span);
        return;
      case 'packets':
      case 'bytes':
        if (!/^\d{1,20}$/.test(value)) this.fail('bad-connection', `expected a number, found "${value}"`, span);
        this.way(span)[name] = BigInt(value);
        return;
      default:
        this.readOwn(name, value, span);
    }
  }

  /** What is not of one way. */
  private readOwn(name: string, value: string, span: Span): void {
    const { found, zones } = this;
    if (name === 'mark') found.mark = this.number(value, U32_MAX, name, span);
    else if (name === 'zone') zones.both = this.number(value, U16_MAX, name, span);
    else if (name === 'zone-orig') zones.original = this.number(value, U16_MAX, name, span);
    else if (name === 'zone-reply') zones.reply = this.number(value, U16_MAX, name, span);
    else if (name === 'delta-time') found.age = BigInt(this.number(value, U32_MAX, name, span));
    else if (name === 'use') this.number(value, U32_MAX, name, span);
    else if (name === 'timeout' || name === 'stream_timeout') this.number(value.replace(/,$/, ''), U32_MAX, name, span);
    else if (name === 'helper') found.helper = this.helper(value, span);
    else if (name === 'labels') found.labels = value.split(',').map((label) => this.label(label, span));
    else if (name === 'secctx') this.warn('no-security-context', 'security contexts are not taken over', span);
    else this.fail('unknown-word', `"${name}" is nothing that a list of connections has`, span);
  }

  private helper(name: string, span: Span): number {
    const place = HELPERS.findIndex((one) => one.name === name);
    if (place < 0) this.fail('unknown-helper', `the kernel has no helper "${name}"`, span);
    return place + 1;
  }

  private label(text: string, span: Span): number {
    const label = parseUnsigned(text, LABEL_MAX) ?? this.labels.get(text);
    if (label !== undefined) return label;
    const message = `expected a label from 0 to ${LABEL_MAX}, or the name of one, found "${text}"`;
    return this.fail('unknown-label', message, span);
  }

  private address(text: string, span: Span): Uint8Array {
    const bytes = text.includes(':') ? parseIpv6(text) : parseDotted(text);
    return bytes ?? this.fail('bad-address', `expected an address, found "${text}"`, span);
  }

  private way(span: Span): Way {
    return this.ways.at(-1) ?? this.fail('bad-connection', 'expected src= in front of this', span);
  }

  private connection(): SavedConnection {
    const [first, second] = this.ways;
    if (!first || !second || this.ways.length > 2)
      this.fail('bad-connection', 'expected two directions, each with src= and dst=');
    if ((this.protocol === ICMP || this.protocol === ICMPV6) && first.sport === undefined) {
      this.warn('no-id', 'what tells ICMP conversations apart is not in the text: they are left out', this.line);
      throw new BadLine();
    }
    const { original = 0, reply = 0, both = 0 } = this.zones;
    const there = this.savedWay(first, original || both);
    const back = this.savedWay(second, reply || both);
    const sizes = [there.source, there.destination, back.source, back.destination].map((bytes) => bytes.length);
    if (new Set(sizes).size > 1) this.fail('bad-connection', 'the addresses are of both families');
    if (this.protocol === SCTP) {
      const message =
        'the verification tags of SCTP are not in the text: packets of such connections will not be seen to belong to them';
      this.warn('no-tags', message, this.line);
    }
    return {
      protocol: this.protocol,
      original: there,
      reply: back,
      ...this.found,
      status: this.found.status | natStatus(there, back, this.protocol),
    };
  }

  private savedWay({ source, destination, sport, dport, type, code, packets = 0n, bytes = 0n }: Way, zone: number): SavedWay {
    if (!source || !destination) return this.fail('bad-connection', 'expected two directions, each with src= and dst=');
    const isIcmp = this.protocol === ICMP || this.protocol === ICMPV6;
    const ends = { sport: Number(sport ?? 0), dport: isIcmp ? (Number(type ?? 0) << 8) | Number(code ?? 0) : Number(dport ?? 0) };
    return { source, destination, ...ends, zone, packets, bytes };
  }
}

/** Which sides are translated: a reply that does not go where the original came from, or does not come from where that went. */
function natStatus(original: SavedWay, reply: SavedWay, protocol: number): number {
  // Of ICMP the id is on either side; the keys of GRE are not translated alike.
  const hasPorts = protocol !== ICMP && protocol !== ICMPV6 && protocol !== GRE;
  const isIcmp = protocol === ICMP || protocol === ICMPV6;
  const source =
    compareAddresses(original.source, reply.destination) !== 0 ||
    (hasPorts && original.sport !== reply.dport) ||
    (isIcmp && original.sport !== reply.sport);
  const destination = compareAddresses(original.destination, reply.source) !== 0 || (hasPorts && original.dport !== reply.sport);
  return (source ? IPS_SRC_NAT : 0) | (destination ? IPS_DST_NAT : 0);
}

/** Whether replies come between other addresses than what they answer. */
export function changesAddresses({ original, reply }: SavedConnection): boolean {
  return compareAddresses(original.source, reply.destination) !== 0 || compareAddresses(original.destination, reply.source) !== 0;
}
