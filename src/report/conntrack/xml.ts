// Elements as `conntrack -o xml` prints them.

import { IPS_ASSURED, IPS_SEEN_REPLY } from '../../../assembly/abi/flow.ts';
import { formatAddress } from '../../net/address.ts';
import type { Connection, Direction } from './connection.ts';
import { layer3Number, type Shown } from './list.ts';
import { deltaTime, type Message, zonesOf } from './message.ts';
import { GRE, ICMP, ICMPV6, SCTP, TCP_STATES, toolName } from './names.ts';

/** In front of the first element, and behind the last. */
export const XML_HEAD = '<?xml version="1.0" encoding="utf-8"?>\n<conntrack>\n';
export const XML_TAIL = '</conntrack>\n';

function element(name: string, value: string | number | bigint | undefined): string {
  return value === undefined ? '' : `<${name}>${value}</${name}>`;
}

/** Ports and keys. Type, code and id of ICMP are not told. */
function ports({ sport, dport }: Direction, protocol: number): string {
  if (protocol === GRE) return element('srckey', `0x${sport.toString(16)}`) + element('dstkey', `0x${dport.toString(16)}`);
  const hasPorts = toolName(protocol) !== undefined && protocol !== ICMP && protocol !== ICMPV6;
  return hasPorts ? element('sport', sport) + element('dport', dport) : '';
}

function direction(name: string, way: Direction, { family, protocol }: Connection, zone: number, counts: boolean): string {
  const layer3 = element('src', formatAddress(way.source)) + element('dst', formatAddress(way.destination));
  const counters = element('packets', way.packets) + element('bytes', way.bytes);
  return (
    `<meta direction="${name}"><layer3 protonum="${layer3Number(family)}" protoname="ipv${family}">${layer3}</layer3>` +
    `<layer4 protonum="${protocol}" protoname="${toolName(protocol) ?? 'unknown'}">${ports(way, protocol)}</layer4>` +
    `${element('zone', zone || undefined)}${counts ? element('counters', counters) : ''}</meta>`
  );
}

function timestamps({ start, stop, now }: Message, { ktimestamp }: Shown): string {
  if (start === undefined) return '';
  const stamps = ktimestamp ? element('timestamp', element('start', start) + element('stop', stop)) : '';
  return stamps + element('deltatime', stop === undefined ? deltaTime(start, now) : (stop - start) / 1_000_000_000n);
}

/** The time of an event, in the time zone of this process. */
function when(ns: bigint): string {
  const time = new Date(Number(ns / 1_000_000n));
  const two = (value: number): string => String(value).padStart(2, '0');
  return element(
    'when',
    element('hour', time.getHours()) +
      element('min', two(time.getMinutes())) +
      element('sec', two(time.getSeconds())) +
      element('wday', time.getDay() + 1) +
      element('day', time.getDate()) +
      element('month', time.getMonth() + 1) +
      element('year', time.getFullYear()),
  );
}

/** One connection, on one line, without its end. */
export function xmlElement(message: Message, shown: Shown): string {
  const { connection, kind, timeout, counts, mark, secctx, helper, use, labels } = message;
  const { protocol, status, original, reply, id } = connection;
  const zones = zonesOf(connection);
  // The tool takes the names of TCP for those of SCTP too.
  const state = message.state !== undefined && protocol === SCTP ? TCP_STATES[connection.state] : message.state;
  const independent = [
    element('state', state),
    element('timeout', timeout),
    element('mark', mark),
    shown.labels && labels.length > 0
      ? element('labels', labels.map((label) => element('label', shown.labelNames?.get(label) ?? label)).join(''))
      : '',
    element('secctx', secctx),
    element('zone', zones.both || undefined),
    element('use', use),
    element('id', id),
    (status & IPS_ASSURED) !== 0 ? '<assured/>' : '',
    (status & IPS_SEEN_REPLY) === 0 ? '<unreplied/>' : '',
    timestamps(message, shown),
  ];
  return [
    kind === undefined ? '<flow>' : `<flow type="${kind}">`,
    direction('original', original, connection, zones.original, counts),
    direction('reply', reply, connection, zones.reply, counts),
    `<meta direction="independent">${independent.join('')}</meta>`,
    kind !== undefined && shown.timestamp ? when(message.now) : '',
    element('helper', helper),
    '</flow>',
  ].join('');
}
