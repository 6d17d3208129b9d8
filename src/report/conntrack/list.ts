// Lines as `conntrack -L` and `conntrack -E` print them.

import { IPS_ASSURED, IPS_SEEN_REPLY } from '../../../assembly/abi/flow.ts';
import { formatAddress } from '../../net/address.ts';
import type { Connection, Direction, Ends } from './connection.ts';
import { deltaTime, type EventKind, type Message, zonesOf } from './message.ts';
import { GRE, ICMP, ICMPV6, toolName } from './names.ts';

/** What `-o` asks for besides. */
export interface Shown {
  /** Layer 3. */
  readonly extended: boolean;
  readonly id: boolean;
  /** The time of each event. */
  readonly timestamp: boolean;
  /** When the connection started and stopped, where the kernel takes note of it. */
  readonly ktimestamp: boolean;
  /** Labels. Differs: those without a name by their numbers; the tool leaves these out. */
  readonly labels: boolean;
  readonly labelNames?: ReadonlyMap<number, string>;
}

const KINDS: Readonly<Record<EventKind, string>> = { new: '[NEW]', update: '[UPDATE]', destroy: '[DESTROY]' };
/** Characters of the kind, on its right. */
const KIND_CHARS = 9;
const NAME_CHARS = 8;

const AF_INET = 2;
const AF_INET6 = 10;

/** Number of an address family, as layer 3 is numbered. */
export function layer3Number(family: 4 | 6): number {
  return family === 4 ? AF_INET : AF_INET6;
}

/** Layer 3 by name and number. */
export function layer3Words(family: 4 | 6): string[] {
  return [`ipv${family}`.padEnd(NAME_CHARS), String(layer3Number(family))];
}

export function layer4Words(name: string, protocol: number): string[] {
  return [name.padEnd(NAME_CHARS), String(protocol)];
}

/** What stands behind the addresses: ports, keys, or type, code and id; of protocols without a name nothing. */
export function portWords({ sport, dport }: Pick<Ends, 'sport' | 'dport'>, protocol: number, name: string | undefined): string[] {
  if (protocol === ICMP || protocol === ICMPV6) return [`type=${dport >> 8}`, `code=${dport & 255}`, `id=${sport}`];
  if (protocol === GRE) return [`srckey=0x${sport.toString(16)}`, `dstkey=0x${dport.toString(16)}`];
  return name === undefined ? [] : [`sport=${sport}`, `dport=${dport}`];
}

function directionWords(way: Direction, { protocol }: Connection): string[] {
  const ends = [`src=${formatAddress(way.source)}`, `dst=${formatAddress(way.destination)}`];
  return [...ends, ...portWords(way, protocol, toolName(protocol))];
}

export function countWords({ packets, bytes }: Direction): string[] {
  return [`packets=${packets}`, `bytes=${bytes}`];
}

/** A word, if there is a value for it. */
export function word(name: string, value: string | number | bigint | undefined): string[] {
  return value === undefined ? [] : [`${name}=${value}`];
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** A time in the time zone of this process, as ctime() has it. */
function localTime(ns: bigint): string {
  const time = new Date(Number(ns / 1_000_000n));
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');
  const day = String(time.getDate()).padStart(2);
  return `${DAYS[time.getDay()]} ${MONTHS[time.getMonth()]} ${day} ${clock} ${time.getFullYear()}`;
}

function stampWords({ start, stop, now }: Message, { ktimestamp }: Shown): string[] {
  if (start === undefined) return [];
  const words = [`delta-time=${deltaTime(start, stop ?? now)}`];
  if (ktimestamp) words.push(`[start=${localTime(start)}]`, ...(stop === undefined ? [] : [`[stop=${localTime(stop)}]`]));
  return words;
}

/** Seconds and microseconds, as events are stamped. */
function stampText(ns: bigint): string {
  return `${ns / 1_000_000_000n}.${String((ns / 1000n) % 1_000_000n).padStart(6, '0')}`;
}

/** What stands in front of the line of an event. */
export function eventHead(kind: EventKind, now: bigint, { timestamp }: Shown): string {
  return `${timestamp ? `[${stampText(now)}]\t` : ''}${KINDS[kind].padStart(KIND_CHARS)} `;
}

/** One line, without its end. */
export function listLine(message: Message, shown: Shown): string {
  const { connection, kind, timeout, state, counts, mark, secctx, helper, use, labels } = message;
  const { family, protocol, status, original, reply, id } = connection;
  const zones = zonesOf(connection);
  const words = [
    ...(shown.extended ? layer3Words(family) : []),
    ...layer4Words(toolName(protocol) ?? 'unknown', protocol),
    ...(timeout === undefined ? [] : [String(timeout)]),
    ...(state === undefined ? [] : [state]),
    ...directionWords(original, connection),
    ...word('zone-orig', zones.original || undefined),
    ...(counts ? countWords(original) : []),
    ...((status & IPS_SEEN_REPLY) === 0 ? ['[UNREPLIED]'] : []),
    ...directionWords(reply, connection),
    ...word('zone-reply', zones.reply || undefined),
    ...(counts ? countWords(reply) : []),
    ...((status & IPS_ASSURED) !== 0 ? ['[ASSURED]'] : []),
    ...word('mark', mark),
    ...word('secctx', secctx),
    ...word('zone', zones.both || undefined),
    ...stampWords(message, shown),
    ...word('helper', helper),
    ...word('use', use),
    ...(shown.id ? [`id=${id}`] : []),
    ...(shown.labels && labels.length > 0
      ? [`labels=${labels.map((label) => shown.labelNames?.get(label) ?? label).join(',')}`]
      : []),
  ];
  return `${kind === undefined ? '' : eventHead(kind, message.now, shown)}${words.join(' ')}`;
}
