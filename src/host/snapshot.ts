// The host as a folder of tool outputs: what `ip -j addr`, `ip -j route show table all`, `ip -j rule`, `sysctl -a` print;
// `nfct list timeout` for the timeout policies of connection tracking.
//
// The routes are the kernel's own, so nothing is checked that the kernel has checked, and where table local is among them nothing
// is derived from addresses either.

import type { Family } from '../ir/ir.ts';
import { KERNEL_DEFAULTS } from '../ir/kernel.ts';
import { parseIpv4, parseIpv6 } from '../net/address.ts';
import { parseUnsigned } from '../net/number.ts';
import type { Diagnostics } from '../text/diagnostic.ts';
import type { Source, Span } from '../text/source.ts';
import { kernelRoutes } from './fib.ts';
import {
  type Host,
  type HostInterface,
  type InterfaceAddress,
  LOOPBACK,
  loopbackInterface,
  REFUSING_TYPES,
  ROUTE_TYPES,
  type Route,
  type RouteTable,
  type RouteType,
  type Sysctls,
  sameBytes,
} from './host.ts';
import { entrySpan, isRecord, type JsonRecord, number, readJsonList, text } from './json.ts';
import { isDefaultRule } from './route-text.ts';
import { collectSysctls, type SysctlEntry } from './sysctl.ts';
import { parseTimeoutList } from './timeout-policy.ts';

/** Files of a snapshot folder. */
export const SNAPSHOT_FILES = [
  'addr.json',
  'route.json',
  'route6.json',
  'rule.json',
  'rule6.json',
  'sysctl.txt',
  'timeouts.txt',
  'sets.ipset',
  'rules.v4',
  'rules.v6',
] as const;
export type SnapshotFile = (typeof SNAPSHOT_FILES)[number];
export type SnapshotSources = Readonly<Partial<Record<SnapshotFile, Source>>>;

/** Reads a snapshot; a missing file counts as empty. The host is complete only if there are no errors. */
export function parseSnapshot(sources: SnapshotSources, diagnostics: Diagnostics): Host {
  const interfaces = readInterfaces(sources['addr.json'], diagnostics);
  const sysctl = readSysctls(sources['sysctl.txt'], diagnostics);
  checkRules(sources['rule.json'], diagnostics);
  checkRules(sources['rule6.json'], diagnostics);
  const given = readRoutes(sources, interfaces, diagnostics);
  const derived = kernelRoutes(interfaces, sysctl);
  const routes = ([4, 6] as const).flatMap((family) => {
    const own = given.filter((r) => r.family === family);
    if (own.some((r) => r.table === 'local')) return own;
    return [...derived.filter((r) => r.family === family && !own.some((o) => isSameRoute(o, r))), ...own];
  });
  const isCustom = (r: Route): boolean =>
    r.family === 4 && r.type === 'local' && !derived.some((d) => d.type === 'local' && isSameRoute(d, r));
  return {
    interfaces,
    routes,
    sysctl,
    kernel: { ...KERNEL_DEFAULTS, timeouts: parseTimeoutList(sources['timeouts.txt'], sysctl, diagnostics) },
    clockNs: 0n,
    hasCustomLocalRoutes: given.some(isCustom),
    assumed: false,
    assumptions: [],
  };
}

function isSameRoute(a: Route, b: Route): boolean {
  return (
    a.device === b.device && a.prefixLength === b.prefixLength && a.metric === b.metric && sameBytes(a.destination, b.destination)
  );
}

function readInterfaces(source: Source | undefined, diagnostics: Diagnostics): HostInterface[] {
  const interfaces = readJsonList(source, diagnostics).flatMap((entry, i) => {
    const name = isRecord(entry) ? text(entry, 'ifname') : undefined;
    if (name !== undefined) return [readInterface(name, entry as JsonRecord, () => entrySpan(source!, i), diagnostics)];
    diagnostics.error('bad-snapshot', 'expected an interface with "ifname", as `ip -j addr` prints it', entrySpan(source!, i));
    return [];
  });
  return interfaces.some(({ loopback }) => loopback) ? interfaces : [loopbackInterface(), ...interfaces];
}

function readInterface(name: string, entry: JsonRecord, span: () => Span, diagnostics: Diagnostics): HostInterface {
  const group = namedNumber(text(entry, 'group') ?? '0', 'default', 'a group of interfaces', span, diagnostics);
  const flags = Array.isArray(entry.flags) ? (entry.flags as unknown[]) : [];
  const infos = Array.isArray(entry.addr_info) ? (entry.addr_info as unknown[]) : [];
  return {
    name,
    up: flags.includes('UP'),
    loopback: flags.includes('LOOPBACK') || name === LOOPBACK,
    arp: !flags.includes('NOARP') && !flags.includes('LOOPBACK'),
    mtu: number(entry, 'mtu') ?? 1500,
    ...(group === undefined ? {} : { group }),
    addresses: infos.flatMap((info) => (isRecord(info) ? readAddress(info) : [])),
    groups: [],
  };
}

/** A number that iproute2 may print by a name: the one that every machine has stands for 0. */
function namedNumber(value: string, zero: string, what: string, span: () => Span, diagnostics: Diagnostics): number | undefined {
  const found = value === zero ? 0 : parseUnsigned(value, 0xffff_ffff);
  if (found === undefined) diagnostics.error('unknown-name', `the number of ${what} by the name "${value}" is not known`, span());
  return found;
}

function readRealm(entry: JsonRecord, span: () => Span, diagnostics: Diagnostics): number | undefined {
  if (!isRecord(entry.flow)) return undefined;
  const { flow } = entry;
  const [from, to] = (['from', 'to'] as const).map(
    (key) => namedNumber(text(flow, key) ?? '0', 'cosmos', 'a realm', span, diagnostics) ?? 0,
  );
  return ((from! << 16) | to!) >>> 0;
}

function readAddress(info: JsonRecord): InterfaceAddress[] {
  const family: Family = text(info, 'family') === 'inet6' ? 6 : 4;
  const address = parseAddress(text(info, 'local') ?? text(info, 'address'), family);
  // In tentative or failed duplicate detection an address is not in use yet.
  if (!address || info.dadfailed === true || info.tentative === true) return [];
  const peer = text(info, 'local') === undefined ? undefined : parseAddress(text(info, 'address'), family);
  const broadcast = parseAddress(text(info, 'broadcast'), family);
  const prefixLength = number(info, 'prefixlen') ?? (family === 4 ? 32 : 128);
  return [{ family, address, prefixLength, ...(peer ? { peer } : {}), ...(broadcast ? { broadcast } : {}) }];
}

function parseAddress(value: string | undefined, family: Family): Uint8Array | undefined {
  if (value === undefined) return undefined;
  return family === 4 ? parseIpv4(value) : parseIpv6(value);
}

/** `ip route show table all` without a family prints both families, so that route.json may have all of them. */
function readRoutes(sources: SnapshotSources, interfaces: readonly HostInterface[], diagnostics: Diagnostics): Route[] {
  const routes: Route[] = [];
  const has6 = sources['route6.json'] !== undefined;
  for (const name of ['route.json', 'route6.json'] as const) {
    const source = sources[name];
    for (const [i, entry] of readJsonList(source, diagnostics).entries()) {
      const family = name === 'route6.json' || (isRecord(entry) && isIpv6Entry(entry)) ? 6 : 4;
      if (name === 'route.json' && family === 6 && has6) continue;
      const route = isRecord(entry) ? readRoute(entry, family, () => entrySpan(source!, i), interfaces, diagnostics) : undefined;
      if (route) routes.push(route);
    }
  }
  return routes;
}

/** Only IPv6 routes have a router preference. */
function isIpv6Entry(entry: JsonRecord): boolean {
  return entry.pref !== undefined || [entry.dst, entry.gateway].some((v) => typeof v === 'string' && v.includes(':'));
}

/** Keys of a route that say where packets go in ways that are not modelled. */
const NOT_MODELLED_KEYS = ['nexthops', 'nhid', 'encap', 'via', 'tos', 'from'] as const;
const TABLES: Readonly<Record<string, RouteTable>> = { main: 'main', '254': 'main', local: 'local', '255': 'local' };

function readRoute(
  entry: JsonRecord,
  family: Family,
  span: () => Span,
  interfaces: readonly HostInterface[],
  diagnostics: Diagnostics,
): Route | undefined {
  // With only the default rules no packet is looked up in another table.
  const table = TABLES[String(entry.table ?? 'main')];
  const flags = Array.isArray(entry.flags) ? (entry.flags as unknown[]) : [];
  if (!table || flags.includes('dead')) return undefined;
  const unmodelled = NOT_MODELLED_KEYS.find((key) => entry[key] !== undefined);
  if (unmodelled !== undefined || hasMtu(entry)) {
    diagnostics.error('not-modelled', `a route with "${unmodelled ?? 'mtu'}" is not modelled yet`, span());
    return undefined;
  }
  const type = (text(entry, 'type') ?? 'unicast') as RouteType;
  const prefix = parsePrefix(text(entry, 'dst') ?? '', family);
  if (!ROUTE_TYPES.includes(type) || !prefix) {
    diagnostics.error('bad-snapshot', 'expected a route as `ip -j route` prints it', span());
    return undefined;
  }
  const device = text(entry, 'dev') ?? (family === 6 && REFUSING_TYPES.has(type) ? LOOPBACK : undefined);
  if (device !== undefined && !interfaces.some((i) => i.name === device)) {
    diagnostics.error('unknown-interface', `a route uses interface "${device}", which addr.json does not have`, span());
    return undefined;
  }
  const gateway = parseAddress(text(entry, 'gateway'), family);
  const source = parseAddress(text(entry, 'prefsrc'), family);
  const realm = readRealm(entry, span, diagnostics);
  const isAddress =
    type === 'local' &&
    interfaces.some((i) => i.name === device && i.addresses.some((a) => sameBytes(a.address, prefix.address)));
  return {
    family,
    type,
    table,
    destination: prefix.address,
    prefixLength: prefix.length,
    ...(device === undefined ? {} : { device }),
    ...(gateway ? { gateway } : {}),
    ...(source ? { source } : {}),
    metric: number(entry, 'metric') ?? 0,
    ...(realm ? { realm } : {}),
    ...(isAddress ? { isAddress } : {}),
  };
}

function hasMtu(entry: JsonRecord): boolean {
  const metrics = Array.isArray(entry.metrics) ? (entry.metrics as unknown[]) : [];
  return metrics.some((m) => isRecord(m) && m.mtu !== undefined);
}

function parsePrefix(dst: string, family: Family): { address: Uint8Array; length: number } | undefined {
  const bits = family === 4 ? 32 : 128;
  if (dst === 'default') return { address: new Uint8Array(bits / 8), length: 0 };
  const [host, length] = dst.split('/', 2);
  const address = parseAddress(host, family);
  return address && { address, length: length === undefined ? bits : Number(length) };
}

function checkRules(source: Source | undefined, diagnostics: Diagnostics): void {
  for (const [i, entry] of readJsonList(source, diagnostics).entries()) {
    const isPlain = isRecord(entry) && Object.keys(entry).every((key) => ['priority', 'src', 'table', 'protocol'].includes(key));
    if (isPlain && entry.src === 'all' && isDefaultRule(String(entry.priority), String(entry.table))) continue;
    const message = 'routing rules other than the three that every host has are not modelled yet';
    diagnostics.error('not-modelled', message, entrySpan(source!, i));
  }
}

/** Lines of `sysctl -a`: `name = value`. What it says of names it may not read goes to another stream, and is passed by here. */
function readSysctls(source: Source | undefined, diagnostics: Diagnostics): Sysctls {
  if (!source) return Object.create(null);
  const entries: SysctlEntry[] = [];
  for (const match of source.text.matchAll(/^([^\s=#;]+)[ \t]*=[ \t]*(.*?)[ \t\r]*$/gm)) {
    const [line, name, value] = match as unknown as [string, string, string];
    const valueStart = match.index + line.indexOf('=') + 1;
    entries.push({
      name,
      value,
      nameSpan: { source, start: match.index, end: match.index + name.length },
      valueSpan: { source, start: valueStart, end: match.index + line.length },
    });
  }
  return collectSysctls(entries, diagnostics);
}
