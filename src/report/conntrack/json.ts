// A connection as one JSON object on one line: everything that is known of it, the fields in the order of the contract.
//
// Of a connection in the table: id, family, protocol, protonum, state, timeout, status, original, reply, zone, mark, labels, secctx,
// helper, start, use. Of an event in front of these: time, event. `timeout` and times are seconds, exact in their digits; `state`, `zone`,
// `labels`, `secctx` and `helper` are there where there is something to say, counters with nf_conntrack_acct.

import { formatAddress } from '../../net/address.ts';
import { type Connection, connectionState, type Direction } from './connection.ts';
import { type EventKind, type TableSettings, zonesOf } from './message.ts';
import { GRE, ICMP, ICMPV6, STATUS_NAMES, toolName } from './names.ts';

/** Nanoseconds as seconds with nine decimals. */
function secondsText(ns: bigint): string {
  return `${ns / 1_000_000_000n}.${String(ns % 1_000_000_000n).padStart(9, '0')}`;
}

function portFields({ sport, dport }: Direction, protocol: number): string {
  if (protocol === ICMP || protocol === ICMPV6) return `,"type":${dport >> 8},"code":${dport & 255},"id":${sport}`;
  if (protocol === GRE) return `,"srckey":${sport},"dstkey":${dport}`;
  return toolName(protocol) === undefined ? '' : `,"sport":${sport},"dport":${dport}`;
}

function directionJson(way: Direction, protocol: number, zone: number, counts: boolean): string {
  const ends = `"src":"${formatAddress(way.source)}","dst":"${formatAddress(way.destination)}"${portFields(way, protocol)}`;
  const zoneField = zone === 0 ? '' : `,"zone":${zone}`;
  const counters = counts ? `,"packets":${way.packets},"bytes":${way.bytes}` : '';
  return `{${ends}${zoneField}${counters}}`;
}

/** One object, without a line end. */
export function jsonLine(connection: Connection, now: bigint, { counts }: TableSettings, event?: EventKind): string {
  const { id, family, protocol, status, original, reply, mark, labels, secctx, helper, created, deadline, use } = connection;
  const zones = zonesOf(connection);
  const state = connectionState(connection);
  const names = STATUS_NAMES.filter(([bit]) => (status & bit) !== 0).map(([, name]) => name);
  const fields = [
    ...(event === undefined ? [] : [`"time":${secondsText(now)}`, `"event":"${event}"`]),
    `"id":${id}`,
    `"family":"ipv${family}"`,
    `"protocol":"${toolName(protocol) ?? 'unknown'}"`,
    `"protonum":${protocol}`,
    ...(state === undefined ? [] : [`"state":"${state}"`]),
    `"timeout":${secondsText(deadline > now ? deadline - now : 0n)}`,
    `"status":${JSON.stringify(names)}`,
    `"original":${directionJson(original, protocol, zones.original, counts)}`,
    `"reply":${directionJson(reply, protocol, zones.reply, counts)}`,
    ...(zones.both === 0 ? [] : [`"zone":${zones.both}`]),
    `"mark":${mark}`,
    ...(labels.length === 0 ? [] : [`"labels":${JSON.stringify(labels)}`]),
    ...(secctx === undefined ? [] : [`"secctx":${JSON.stringify(secctx)}`]),
    ...(helper === undefined ? [] : [`"helper":"${helper}"`]),
    `"start":${secondsText(created)}`,
    `"use":${use}`,
  ];
  return `{${fields.join(',')}}`;
}
