// Routes of a snapshot: what `ip -j route show table all` prints.

import { RTN_UNICAST } from '../../assembly/abi/packet.ts';
import type { Family } from '../ir/ir.ts';
import { parseIpv4, parseIpv6 } from '../net/address.ts';
import type { Diagnostics } from '../text/diagnostic.ts';
import type { Source } from '../text/source.ts';
import {
  type HostInterface,
  LOOPBACK,
  type Prefix,
  REFUSING_TYPES,
  ROUTE_TYPES,
  type Route,
  type RoutePath,
  type RouteType,
  sameBytes,
} from './host.ts';
import { entrySpan, isRecord, type JsonRecord, namedNumber, number, readJsonList, text } from './json.ts';
import { parseField, parseScope, parseTable } from './names.ts';
import { parsePreference } from './route-text.ts';

/** What a route says of where packets go in ways that are not modelled. */
const NOT_MODELLED_KEYS = ['encap', 'from'] as const;

/** What reading one entry needs. */
interface Entry {
  readonly family: Family;
  readonly record: JsonRecord;
  readonly interfaces: readonly HostInterface[];
  readonly fail: (code: string, message: string) => undefined;
}

/** `ip route show table all` without a family prints both families, so that route.json may have all of them. */
export function readRoutes(
  sources: { readonly 'route.json'?: Source | undefined; readonly 'route6.json'?: Source | undefined },
  interfaces: readonly HostInterface[],
  diagnostics: Diagnostics,
): Route[] {
  const routes: Route[] = [];
  const has6 = sources['route6.json'] !== undefined;
  for (const name of ['route.json', 'route6.json'] as const) {
    const source = sources[name];
    for (const [i, record] of readJsonList(source, diagnostics).entries()) {
      const family = name === 'route6.json' || (isRecord(record) && isIpv6Entry(record)) ? 6 : 4;
      if (!isRecord(record) || (name === 'route.json' && family === 6 && has6)) continue;
      const fail = (code: string, message: string): undefined => {
        diagnostics.error(code, message, entrySpan(source!, i));
      };
      const route = readRoute({ family, record, interfaces, fail });
      if (route) routes.push(route);
    }
  }
  return routes;
}

/** Only IPv6 routes have a router preference. */
function isIpv6Entry(entry: JsonRecord): boolean {
  return entry.pref !== undefined || [entry.dst, entry.gateway].some((v) => typeof v === 'string' && v.includes(':'));
}

/** A type by its name, or by the number that `ip -N` prints. */
function parseType(name: string | undefined): RouteType | undefined {
  if (name === undefined) return 'unicast';
  return ROUTE_TYPES.find((type, i) => type === name || String(RTN_UNICAST + i) === name);
}

function readRoute(entry: Entry): Route | undefined {
  const { family, record, interfaces, fail } = entry;
  const table = parseTable(text(record, 'table') ?? 'main');
  // Where the kernel notes that a table has no route: it asks on, as it does for one without.
  if (record.table === 'unspec' || record.table === '0') return undefined;
  const unmodelled = NOT_MODELLED_KEYS.find((key) => record[key] !== undefined);
  if (unmodelled !== undefined) return fail('not-modelled', `a route with "${unmodelled}" is not modelled yet`);
  const type = parseType(text(record, 'type'));
  const prefix = parsePrefix(text(record, 'dst') ?? '', family);
  if (!type || !prefix) return fail('bad-snapshot', 'expected a route as `ip -j route` prints it');
  if (table === undefined) {
    return fail(
      'unknown-name',
      `the number of the table by the name "${text(record, 'table')}" is not known (print it with \`ip -N\`)`,
    );
  }
  const paths = readPaths(entry, type);
  if (!paths) return undefined;
  const source = parseAddress(text(record, 'prefsrc'), family);
  const isAddress =
    type === 'local' &&
    interfaces.some((i) => i.name === paths[0]?.device && i.addresses.some((a) => sameBytes(a.address, prefix.address)));
  return {
    family,
    type,
    table,
    destination: prefix.address,
    prefixLength: prefix.length,
    ...(paths.length === 1 ? paths[0]! : { paths }),
    ...(source ? { source } : {}),
    metric: number(record, 'metric') ?? 0,
    ...optional(record),
    ...(isAddress ? { isAddress } : {}),
  };
}

/** What most routes do not say. JSON does not tell whether an MTU is locked. */
function optional(record: JsonRecord): Pick<Route, 'tos' | 'scope' | 'mtu' | 'preference'> {
  const tos = parseField(text(record, 'tos') ?? '');
  const scope = parseScope(text(record, 'scope') ?? '');
  const metrics = Array.isArray(record.metrics) ? (record.metrics as unknown[]) : [];
  const mtu = metrics.map((m) => (isRecord(m) ? number(m, 'mtu') : undefined)).find((m) => m !== undefined);
  const preference = parsePreference(text(record, 'pref') ?? '');
  return {
    ...(tos ? { tos } : {}),
    ...(scope ? { scope } : {}),
    ...(mtu === undefined ? {} : { mtu }),
    ...(preference === undefined || preference === 'medium' ? {} : { preference }),
  };
}

/** The paths of a route: its own, or those under `nexthops`. */
function readPaths(entry: Entry, type: RouteType): RoutePath[] | undefined {
  const { record } = entry;
  const own = readPath(entry, record, type);
  if (!own || !Array.isArray(record.nexthops)) return own && [own];
  const paths = (record.nexthops as unknown[]).flatMap((hop) => (isRecord(hop) ? (readPath(entry, hop, type) ?? []) : []));
  return paths.length === record.nexthops.length ? paths.map((path) => ({ ...own, ...path })) : undefined;
}

function readPath({ family, interfaces, fail }: Entry, record: JsonRecord, type: RouteType): RoutePath | undefined {
  const device = text(record, 'dev') ?? (family === 6 && REFUSING_TYPES.has(type) ? LOOPBACK : undefined);
  if (device !== undefined && !interfaces.some((i) => i.name === device)) {
    return fail('unknown-interface', `a route uses interface "${device}", which addr.json does not have`);
  }
  const flags = Array.isArray(record.flags) ? (record.flags as unknown[]) : [];
  const gateway = parseAddress(text(record, 'gateway'), family) ?? otherGateway(record.via);
  const weight = number(record, 'weight');
  const realm = readRealm(record, fail);
  return {
    ...(device === undefined ? {} : { device }),
    ...(gateway ? { gateway } : {}),
    ...(weight === undefined ? {} : { weight }),
    ...(realm ? { realm } : {}),
    ...(flags.includes('dead') ? { dead: true } : {}),
    ...(flags.includes('linkdown') ? { linkdown: true } : {}),
  };
}

/** A gateway of the other family. */
function otherGateway(via: unknown): Uint8Array | undefined {
  return isRecord(via) ? parseAddress(text(via, 'host'), text(via, 'family') === 'inet6' ? 6 : 4) : undefined;
}

function readRealm(record: JsonRecord, fail: Entry['fail']): number | undefined {
  const { flow } = record;
  if (!isRecord(flow)) return undefined;
  const one = (key: string): number => namedNumber(text(flow, key) ?? '0', 'cosmos', 'a realm', fail) ?? 0;
  return ((one('from') << 16) | one('to')) >>> 0;
}

export function parseAddress(value: string | undefined, family: Family): Uint8Array | undefined {
  if (value === undefined) return undefined;
  return family === 4 ? parseIpv4(value) : parseIpv6(value);
}

function parsePrefix(dst: string, family: Family): Prefix | undefined {
  const bits = family === 4 ? 32 : 128;
  if (dst === 'default') return { address: new Uint8Array(bits / 8), length: 0 };
  const [host, length] = dst.split('/', 2);
  const address = parseAddress(host, family);
  return address && { address, length: length === undefined ? bits : Number(length) };
}
