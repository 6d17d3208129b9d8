// Routing tables of a host image: which there are, their spans, and the routes of all of them.

import {
  HOST_TABLE_COUNT,
  HOST_TABLES,
  ROUTE_BLACKHOLE,
  ROUTE_BOUND,
  ROUTE_BYTES,
  ROUTE_FLAG_ADDRESS,
  ROUTE_FLAG_DEAD,
  ROUTE_FLAG_GATEWAY,
  ROUTE_FLAG_MTU_LOCKED,
  ROUTE_FLAGS,
  ROUTE_GATEWAY,
  ROUTE_INTERFACE,
  ROUTE_LENGTH,
  ROUTE_METRIC,
  ROUTE_MTU,
  ROUTE_NEAR,
  ROUTE_NEXT,
  ROUTE_PATH,
  ROUTE_PATHS,
  ROUTE_PREFERENCE,
  ROUTE_PREFIX,
  ROUTE_PROHIBIT,
  ROUTE_REALM,
  ROUTE_SOURCE,
  ROUTE_TOS,
  ROUTE_TYPE,
  ROUTES_RESERVED,
  SPAN4_BYTES,
  SPAN4_ROUTE,
  SPAN6_BYTES,
  SPAN6_ROUTE,
  TABLE_BYTES,
  TABLE_SPAN_COUNT,
  TABLE_SPANS,
} from '../../assembly/abi/host.ts';
import {
  RTN_ANYCAST,
  RTN_BLACKHOLE,
  RTN_BROADCAST,
  RTN_LOCAL,
  RTN_MULTICAST,
  RTN_PROHIBIT,
  RTN_THROW,
  RTN_UNICAST,
  RTN_UNREACHABLE,
} from '../../assembly/abi/packet.ts';
import type { Family } from '../ir/ir.ts';
import { addressWords } from '../net/address.ts';
import {
  type Host,
  pathsOf,
  type Route,
  type RoutePath,
  type RouteType,
  TABLE_DEFAULT,
  TABLE_LOCAL,
  TABLE_MAIN,
} from './host.ts';
import { hasCustomRules } from './image-rules.ts';
import type { ImageWriter } from './image-writer.ts';
import { nearAddresses } from './own.ts';
import { cutTable, type RankedRoute, type Span } from './spans.ts';
import { ignoresLinkdown } from './sysctl.ts';

const TYPE_CODES: Readonly<Record<RouteType, number>> = {
  unicast: RTN_UNICAST,
  local: RTN_LOCAL,
  broadcast: RTN_BROADCAST,
  anycast: RTN_ANYCAST,
  multicast: RTN_MULTICAST,
  blackhole: RTN_BLACKHOLE,
  unreachable: RTN_UNREACHABLE,
  prohibit: RTN_PROHIBIT,
  throw: RTN_THROW,
};

const PREFERENCES = { low: 1, medium: 2, high: 3 } as const;

/** The hash of a packet is as large. */
const HASH_RANGE = 2 ** 31;

export interface Table {
  readonly family: Family;
  /** As rules name it. */
  readonly id: number;
  readonly spans: readonly Span[];
  /** Where its spans are in the image. */
  readonly at: number;
}

export interface Tables {
  readonly tables: readonly Table[];
  readonly ranked: readonly RankedRoute[];
}

/** Makes room for the tables of a host; the first are those that assembly/abi/host.ts numbers. */
export function layTables(host: Host, image: ImageWriter): Tables {
  const ranked: RankedRoute[] = [];
  const cut = (family: Family, id: number, routes: readonly Route[]): Omit<Table, 'at'> => {
    const table = cutTable(routes, family === 4 ? 32 : 128, ROUTES_RESERVED + ranked.length);
    for (const entry of table.ranked) ranked.push(entry);
    return { family, id, spans: table.spans };
  };
  const of = (family: Family, ...ids: number[]): Route[] =>
    host.routes.filter((route) => route.family === family && ids.includes(route.table));
  const isMerged = !hasCustomRules(host.rules, 4);
  const made = [
    cut(4, TABLE_LOCAL, isMerged ? of(4, TABLE_LOCAL, TABLE_MAIN) : of(4, TABLE_LOCAL)),
    cut(4, TABLE_MAIN, isMerged ? [] : of(4, TABLE_MAIN)),
    cut(4, TABLE_DEFAULT, of(4, TABLE_DEFAULT)),
    cut(6, TABLE_LOCAL, of(6, TABLE_LOCAL)),
    cut(6, TABLE_MAIN, of(6, TABLE_MAIN)),
  ];
  const known = new Set(made.map(({ family, id }) => `${family} ${id}`));
  for (const { family, table } of host.routes) {
    if (known.has(`${family} ${table}`)) continue;
    known.add(`${family} ${table}`);
    made.push(cut(family, table, of(family, table)));
  }
  image.section(HOST_TABLES, HOST_TABLE_COUNT, made.length, TABLE_BYTES);
  const tables = made.map((table) => ({
    ...table,
    at: image.room(table.spans.length, table.family === 4 ? SPAN4_BYTES : SPAN6_BYTES),
  }));
  return { tables, ranked };
}

export function writeTables(view: DataView, tables: readonly Table[]): void {
  let at = view.getUint32(HOST_TABLES, true);
  for (const table of tables) {
    view.setUint32(at + TABLE_SPANS, table.at, true);
    view.setUint32(at + TABLE_SPAN_COUNT, table.spans.length, true);
    at += TABLE_BYTES;
    if (table.family === 4) writeSpans4(view, table);
    else writeSpans6(view, table);
  }
}

function writeSpans4(view: DataView, { at, spans }: Table): void {
  for (const [i, { first, route }] of spans.entries()) {
    view.setUint32(at + i * SPAN4_BYTES, Number(first), true);
    view.setUint32(at + i * SPAN4_BYTES + SPAN4_ROUTE, route, true);
  }
}

function writeSpans6(view: DataView, { at, spans }: Table): void {
  for (const [i, { first, route }] of spans.entries()) {
    const span = at + i * SPAN6_BYTES;
    for (let word = 0; word < 4; word++) {
      view.setUint32(span + word * 4, Number((first >> BigInt(96 - 32 * word)) & 0xffffffffn), true);
    }
    view.setUint32(span + SPAN6_ROUTE, route, true);
  }
}

/** Writes the routes of all tables to `at`, the reserved ones before them. */
export function writeRoutes(
  view: DataView,
  at: number,
  ranked: readonly RankedRoute[],
  host: Host,
  numbers: ReadonlyMap<string, number>,
): void {
  view.setUint32(at + ROUTE_BLACKHOLE * ROUTE_BYTES + ROUTE_TYPE, RTN_BLACKHOLE, true);
  view.setUint32(at + ROUTE_PROHIBIT * ROUTE_BYTES + ROUTE_TYPE, RTN_PROHIBIT, true);
  const bounds = new Map<Route, readonly number[]>();
  const near = nearAddresses(host.interfaces);
  for (const [i, { route, path, next }] of ranked.entries()) {
    if (!bounds.has(route)) bounds.set(route, boundsOf(route, host));
    const record = at + (ROUTES_RESERVED + i) * ROUTE_BYTES;
    writeRoute(view, record, route, numbers);
    writePath(view, record, route, path, host, numbers, near(route, pathsOf(route)[path]!));
    view.setUint32(record + ROUTE_NEXT, next, true);
    view.setInt32(record + ROUTE_BOUND, bounds.get(route)![path]!, true);
  }
}

function writeRoute(view: DataView, at: number, route: Route, numbers: ReadonlyMap<string, number>): void {
  view.setUint32(at + ROUTE_TYPE, TYPE_CODES[route.type], true);
  view.setUint32(at + ROUTE_METRIC, route.metric, true);
  view.setUint32(at + ROUTE_LENGTH, route.prefixLength, true);
  view.setUint32(at + ROUTE_TOS, route.tos ?? 0, true);
  view.setUint32(at + ROUTE_MTU, route.mtu ?? 0, true);
  view.setUint32(at + ROUTE_PREFERENCE, PREFERENCES[route.preference ?? 'medium'], true);
  view.setUint32(at + ROUTE_INTERFACE, route.device === undefined ? 0 : numbers.get(route.device)!, true);
  writeWords(view, at + ROUTE_PREFIX, route.destination);
}

function writePath(
  view: DataView,
  at: number,
  route: Route,
  index: number,
  host: Host,
  numbers: ReadonlyMap<string, number>,
  near: Uint8Array | undefined,
): void {
  const paths = pathsOf(route);
  const path = paths[index]!;
  const flags: [unknown, number][] = [
    [path.gateway, ROUTE_FLAG_GATEWAY],
    [route.isAddress, ROUTE_FLAG_ADDRESS],
    [isDead(route, path, host), ROUTE_FLAG_DEAD],
    [route.mtuLocked, ROUTE_FLAG_MTU_LOCKED],
  ];
  view.setUint32(
    at + ROUTE_FLAGS,
    flags.reduce((sum, [holds, flag]) => sum | (holds ? flag : 0), 0),
    true,
  );
  if (path.device !== undefined) view.setUint32(at + ROUTE_INTERFACE, numbers.get(path.device)!, true);
  if (path.gateway?.length === route.destination.length) writeWords(view, at + ROUTE_GATEWAY, path.gateway);
  view.setUint32(at + ROUTE_REALM, path.realm ?? 0, true);
  view.setUint32(at + ROUTE_PATHS, paths.length, true);
  view.setUint32(at + ROUTE_PATH, index, true);
  if (near) writeWords(view, at + ROUTE_NEAR, near);
  const source = route.family === 4 ? (route.source ?? near) : undefined;
  if (source) writeWords(view, at + ROUTE_SOURCE, source);
}

function writeWords(view: DataView, at: number, address: Uint8Array): void {
  const words = address.length === 4 ? addressWords(address).slice(0, 1) : addressWords(address);
  for (const [i, word] of words.entries()) view.setUint32(at + i * 4, word, true);
}

function isDead(route: Route, { dead, linkdown, device }: RoutePath, { sysctl }: Host): boolean {
  return dead === true || (linkdown === true && device !== undefined && ignoresLinkdown(sysctl, route.family, device));
}

/**
 * Up to which hash each path is taken: by weight.
 * Ref: net/ipv4/fib_semantics.c:fib_rebalance(), net/ipv6/route.c:rt6_multipath_rebalance()
 */
function boundsOf(route: Route, host: Host): number[] {
  const paths = pathsOf(route);
  const weights = paths.map((path) => (isDead(route, path, host) ? 0 : (path.weight ?? 1)));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let sum = 0;
  return weights.map((weight) => {
    sum += weight;
    return weight === 0 ? -1 : Math.floor((sum * HASH_RANGE + Math.floor(total / 2)) / total) - 1;
  });
}
