// Other forms of a list of connections, turned into the words of `conntrack -L`: commands of `-o save`, elements of `-o xml`, objects of ours.

import { IPS_ASSURED, IPS_EXPECTED, IPS_FIXED_TIMEOUT, IPS_SEEN_REPLY } from '../../../assembly/abi/flow.ts';
import { parseProtocol } from '../../net/protocol.ts';
import type { Source, Span } from '../../text/source.ts';
import { GRE, ICMP, ICMPV6, SCTP, SCTP_STATES, STATUS_NAMES, TCP_STATES, toolName } from './names.ts';

export interface Word {
  readonly text: string;
  readonly span: Span;
}

/** One connection: its words as `conntrack -L` has them, and what these do not tell. */
export interface ConnectionText {
  readonly words: readonly Word[];
  readonly span: Span;
  /** IPS_* bits. */
  readonly status: number;
}

/** Bits that a list has no words for, and that mean the same in another run. */
const KEPT_STATUS = IPS_EXPECTED | IPS_FIXED_TIMEOUT;

/** Types of ICMP that answer each other. Ref: net/netfilter/nf_conntrack_proto_icmp.c:invmap, nf_conntrack_proto_icmpv6.c:invmap */
const ICMP_ANSWERS: Readonly<Record<number, number>> = { 8: 0, 0: 8, 13: 14, 14: 13, 15: 16, 16: 15, 17: 18, 18: 17 };
const ICMPV6_ANSWERS: Readonly<Record<number, number>> = { 128: 129, 129: 128, 139: 140, 140: 139 };

/** Gives the connections of a text, line by line or element by element, whatever form it has. */
export function connectionTexts(source: Source): ConnectionText[] {
  const start = /\S/.exec(source.text)?.[0];
  if (start === '<' && source.text.includes('<conntrack>'))
    return [...source.text.matchAll(/<flow\b[^>]*>.*?<\/flow>/gs)].map((found) => xmlText(found, source));
  const lines = [...source.text.matchAll(/[^\n]*\S[^\n]*/g)];
  return lines.map(({ 0: line, index }) => {
    const span = { source, start: index, end: index + line.length };
    const words = [...line.matchAll(/\S+/g)].map(
      ({ 0: text, index: at }): Word => ({ text, span: { source, start: index + at, end: index + at + text.length } }),
    );
    if (start === '{') return jsonText(line, span);
    return words[0]?.text === '-A' ? saveText(words, span) : { words, span, status: 0 };
  });
}

/** What is known of one direction, as words. */
type Values = Readonly<Record<string, string | undefined>>;

const WAY_WORDS = ['src', 'dst', 'sport', 'dport', 'type', 'code', 'id', 'srckey', 'dstkey', 'packets', 'bytes'];

/** A connection in pieces, of which a line is made. */
interface Pieces {
  readonly protocol: number;
  readonly timeout: string;
  readonly state?: string | undefined;
  readonly ways: readonly [Values, Values];
  readonly status: number;
  /** What is of both directions: mark, zone, helper … */
  readonly own: Values;
}

function wordsOf({ protocol, timeout, state, ways, status, own }: Pieces, span: Span): ConnectionText {
  const way = (values: Values): string[] =>
    WAY_WORDS.flatMap((name) => (values[name] === undefined ? [] : [`${name}=${values[name]}`]));
  const texts = [
    toolName(protocol) ?? 'unknown',
    String(protocol),
    timeout,
    ...(state === undefined ? [] : [state]),
    ...way(ways[0]),
    ...((status & IPS_SEEN_REPLY) === 0 ? ['[UNREPLIED]'] : []),
    ...way(ways[1]),
    ...((status & IPS_ASSURED) === 0 ? [] : ['[ASSURED]']),
    ...Object.entries(own).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`])),
  ];
  return { words: texts.map((text) => ({ text, span })), span, status: status & KEPT_STATUS };
}

function statusBits(names: readonly string[]): number {
  return STATUS_NAMES.reduce((bits, [bit, name]) => (names.includes(name) ? bits | bit : bits), 0);
}

/** Options come by two; their order does not matter. What is wrong is left for the reader of words to find. */
function saveText(words: readonly Word[], span: Span): ConnectionText {
  const given = new Map<string, string>();
  for (let i = 1; i < words.length; i += 2) given.set(words[i]!.text, words[i + 1]?.text ?? '');
  const protocolText = given.get('-p') ?? '';
  const protocol = parseProtocol(protocolText) ?? -1;
  const icmp = (name: string): string | undefined => given.get(`--icmp-${name}`) ?? given.get(`--icmpv6-${name}`);
  const type = Number(icmp('type'));
  const answer = protocol === ICMP ? ICMP_ANSWERS[type] : ICMPV6_ANSWERS[type];
  const [sport, dport] = protocol === GRE ? ['srckey', 'dstkey'] : ['sport', 'dport'];
  const isIcmp = protocol === ICMP || protocol === ICMPV6;
  const pieces: Pieces = {
    protocol,
    timeout: given.get('-t') ?? '',
    state: given.get('--state'),
    ways: [
      {
        src: given.get('-s'),
        dst: given.get('-d'),
        [sport!]: given.get('--sport') ?? given.get('--srckey'),
        [dport!]: given.get('--dport') ?? given.get('--dstkey'),
        ...(isIcmp ? { type: icmp('type'), code: icmp('code'), id: icmp('id') } : {}),
      },
      {
        src: given.get('-g') ?? given.get('-r'),
        dst: given.get('-n') ?? given.get('-q'),
        [sport!]: given.get('--reply-port-src') ?? given.get('--reply-key-src'),
        [dport!]: given.get('--reply-port-dst') ?? given.get('--reply-key-dst'),
        ...(isIcmp ? { type: answer === undefined ? icmp('type') : String(answer), code: icmp('code'), id: icmp('id') } : {}),
      },
    ],
    status: statusBits((given.get('-u') ?? '').split(',')),
    own: { zone: given.get('-w'), 'zone-orig': given.get('--orig-zone'), 'zone-reply': given.get('--reply-zone') },
  };
  return wordsOf(pieces, span);
}

/** The text of an element, without looking into elements of the same name. */
function element(text: string, name: string): string | undefined {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1];
}

function xmlText({ 0: text, index }: RegExpMatchArray, source: Source): ConnectionText {
  const span = { source, start: index!, end: index! + text.length };
  const meta = (direction: string): string =>
    new RegExp(`<meta direction="${direction}">(.*?)</meta>`, 's').exec(text)?.[1] ?? '';
  const [original, reply, both] = [meta('original'), meta('reply'), meta('independent')];
  const protocol = Number(/<layer4 protonum="(\d+)"/.exec(original)?.[1] ?? -1);
  const way = (part: string): Values => Object.fromEntries(WAY_WORDS.map((name) => [name, element(part, name)]));
  const labels = [...both.matchAll(/<label>([^<]*)<\/label>/g)].map(([, label]) => label);
  // The tool takes the names of TCP for those of SCTP too.
  const state = element(both, 'state');
  const pieces: Pieces = {
    protocol,
    timeout: element(both, 'timeout') ?? '',
    state: protocol === SCTP ? SCTP_STATES[TCP_STATES.indexOf(state ?? '')] : state,
    ways: [way(original), way(reply)],
    status: (both.includes('<unreplied/>') ? 0 : IPS_SEEN_REPLY) | (both.includes('<assured/>') ? IPS_ASSURED : 0),
    own: {
      mark: element(both, 'mark'),
      zone: element(both, 'zone'),
      'zone-orig': element(original, 'zone'),
      'zone-reply': element(reply, 'zone'),
      'delta-time': element(both, 'deltatime'),
      helper: element(text, 'helper'),
      labels: labels.length === 0 ? undefined : labels.join(','),
      secctx: element(both, 'secctx'),
    },
  };
  return wordsOf(pieces, span);
}

/** An object of ours; what is none gives no words. */
function jsonText(line: string, span: Span): ConnectionText {
  const object = readObject(line);
  const text = (value: unknown): string | undefined => (value === undefined || value === null ? undefined : String(value));
  const way = (value: unknown): Values =>
    Object.fromEntries(Object.entries(isObject(value) ? value : {}).map(([name, one]) => [name, text(one)]));
  const list = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);
  if (!object) return { words: [{ text: line, span }], span, status: 0 };
  const [original, reply] = [way(object.original), way(object.reply)];
  const labels = list(object.labels);
  const pieces: Pieces = {
    protocol: Number(object.protonum ?? -1),
    timeout: (text(object.timeout) ?? '').replace(/\..*/, ''),
    state: text(object.state),
    ways: [original, reply],
    status: statusBits(list(object.status)),
    own: {
      mark: text(object.mark),
      zone: text(object.zone),
      'zone-orig': original.zone,
      'zone-reply': reply.zone,
      helper: text(object.helper),
      labels: labels.length === 0 ? undefined : labels.join(','),
      secctx: text(object.secctx),
    },
  };
  return wordsOf(pieces, span);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readObject(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
