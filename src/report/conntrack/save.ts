// Commands as `conntrack -o save` prints them, for `conntrack -R` to read back.

import {
  IPS_ASSURED,
  IPS_DST_NAT_DONE,
  IPS_EXPECTED,
  IPS_FIXED_TIMEOUT,
  IPS_SEEN_REPLY,
  IPS_SRC_NAT_DONE,
} from '../../../assembly/abi/flow.ts';
import { compareAddresses, formatAddress } from '../../net/address.ts';
import type { Connection } from './connection.ts';
import { type EventKind, type Message, zonesOf } from './message.ts';
import { DCCP, GRE, ICMP, ICMPV6, SCTP, toolName } from './names.ts';

const COMMANDS: Readonly<Record<EventKind, string>> = { new: '-A', update: '-U', destroy: '-D' };

const STATUSES: readonly (readonly [number, string])[] = [
  [IPS_EXPECTED, 'EXPECTED'],
  [IPS_SEEN_REPLY, 'SEEN_REPLY'],
  [IPS_ASSURED, 'ASSURED'],
  [IPS_FIXED_TIMEOUT, 'FIXED_TIMEOUT'],
];

function statusText(status: number): string {
  const names = STATUSES.filter(([bit]) => (status & bit) !== 0).map(([, name]) => name);
  return names.length === 0 ? 'UNSET' : names.join(',');
}

function addressWords({ original, reply, status }: Connection): string[] {
  const sourceChanged = (status & IPS_SRC_NAT_DONE) !== 0 && compareAddresses(reply.destination, original.source) !== 0;
  const destinationChanged = (status & IPS_DST_NAT_DONE) !== 0 && compareAddresses(reply.source, original.destination) !== 0;
  return [
    ...['-s', formatAddress(original.source), '-d', formatAddress(original.destination)],
    ...[destinationChanged ? '-g' : '-r', formatAddress(reply.source)],
    ...[sourceChanged ? '-n' : '-q', formatAddress(reply.destination)],
  ];
}

/** Behind `-p`: of ICMP of the original direction only, of DCCP, which the kernel does not follow, nothing. */
function protocolWords({ protocol, original, reply, tags }: Connection, state: string | undefined, isEnd: boolean): string[] {
  if (protocol === ICMP || protocol === ICMPV6) {
    const name = toolName(protocol)!;
    const values = [original.dport >> 8, original.dport & 255, original.sport];
    return ['type', 'code', 'id'].flatMap((key, i) => [`--${name}-${key}`, String(values[i])]);
  }
  if (toolName(protocol) === undefined || protocol === DCCP) return [];
  const names =
    protocol === GRE
      ? ['--srckey', '--dstkey', '--reply-key-src', '--reply-key-dst']
      : ['--sport', '--dport', '--reply-port-src', '--reply-port-dst'];
  const values = [original.sport, original.dport, reply.sport, reply.dport];
  const words = names.flatMap((name, i) => [name, String(values[i])]);
  if (state !== undefined) words.push('--state', state);
  if (protocol === SCTP && tags && state !== undefined && !isEnd)
    words.push('--orig-vtag', `${tags[0]}`, '--reply-vtag', `${tags[1]}`);
  return words;
}

/** One command, without its end. The tool tells neither mark nor labels, helper or counters. */
export function saveLine({ kind, connection, timeout, state }: Message): string {
  const zones = zonesOf(connection);
  const words = [
    COMMANDS[kind ?? 'new'],
    ...(timeout === undefined ? [] : ['-t', String(timeout)]),
    ...['-u', statusText(connection.status)],
    ...(zones.both === 0 ? [] : ['-w', String(zones.both)]),
    ...(zones.original === 0 ? [] : ['--orig-zone', String(zones.original)]),
    ...(zones.reply === 0 ? [] : ['--reply-zone', String(zones.reply)]),
    ...addressWords(connection),
    ...['-p', toolName(connection.protocol) ?? String(connection.protocol)],
    ...protocolWords(connection, state, kind === 'destroy'),
  ];
  return words.join(' ');
}
