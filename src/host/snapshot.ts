// The host as a folder of tool outputs: what `ip -j addr`, `ip -j route show table all`, `ip -j rule`, `sysctl -a` print;
// `nfct list timeout` for the timeout policies of connection tracking.
//
// The routes are the kernel's own, so nothing is checked that the kernel has checked, and where table local is among them nothing
// is derived from addresses either.

import type { Family } from '../ir/ir.ts';
import type { Diagnostics } from '../text/diagnostic.ts';
import type { Source, Span } from '../text/source.ts';
import { kernelRoutes } from './fib.ts';
import {
  type Host,
  type HostInterface,
  type InterfaceAddress,
  LOOPBACK,
  loopbackInterface,
  type Route,
  type Sysctls,
  sameBytes,
  TABLE_LOCAL,
} from './host.ts';
import { entrySpan, isRecord, type JsonRecord, namedNumber, number, readJsonList, text } from './json.ts';
import { parseLabels } from './labels.ts';
import { parseScope } from './names.ts';
import type { SnapshotFile } from './snapshot-files.ts';
import { parseAddress, readRoutes } from './snapshot-routes.ts';
import { readRules } from './snapshot-rules.ts';
import { collectSysctls, type SysctlEntry } from './sysctl.ts';
import { parseTimeoutList } from './timeout-policy.ts';
import { parseKernelYaml } from './yaml-kernel.ts';

export type SnapshotSources = Readonly<Partial<Record<SnapshotFile, Source>>>;

/** Reads a snapshot; a missing file counts as empty. The host is complete only if there are no errors. */
export function parseSnapshot(sources: SnapshotSources, diagnostics: Diagnostics): Host {
  const interfaces = readInterfaces(sources['addr.json'], diagnostics);
  const sysctl = readSysctls(sources['sysctl.txt'], diagnostics);
  const rules = [...readRules(sources['rule.json'], 4, diagnostics), ...readRules(sources['rule6.json'], 6, diagnostics)];
  const given = readRoutes(sources, interfaces, diagnostics);
  const derived = kernelRoutes(interfaces, sysctl);
  const { kernel, clockNs } = parseKernelYaml(sources['kernel.yaml'], diagnostics);
  const routes = ([4, 6] as const).flatMap((family) => {
    const own = given.filter((r) => r.family === family);
    if (own.some((r) => r.table === TABLE_LOCAL)) return own;
    return [...derived.filter((r) => r.family === family && !own.some((o) => isSameRoute(o, r))), ...own];
  });
  const isCustom = (r: Route): boolean =>
    r.family === 4 && r.type === 'local' && !derived.some((d) => d.type === 'local' && isSameRoute(d, r));
  return {
    interfaces,
    routes,
    rules,
    sysctl,
    kernel: {
      ...kernel,
      timeouts: parseTimeoutList(sources['timeouts.txt'], sysctl, diagnostics),
      labels: parseLabels(sources['connlabel.conf'], diagnostics),
    },
    clockNs,
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
  const fail = (code: string, message: string): void => diagnostics.error(code, message, span());
  const group = namedNumber(text(entry, 'group') ?? '0', 'default', 'a group of interfaces', fail);
  const flags = Array.isArray(entry.flags) ? (entry.flags as unknown[]) : [];
  const infos = Array.isArray(entry.addr_info) ? (entry.addr_info as unknown[]) : [];
  return {
    name,
    up: flags.includes('UP'),
    ...(flags.includes('NO-CARRIER') ? { noCarrier: true } : {}),
    loopback: flags.includes('LOOPBACK') || name === LOOPBACK,
    arp: !flags.includes('NOARP') && !flags.includes('LOOPBACK'),
    mtu: number(entry, 'mtu') ?? 1500,
    ...(group === undefined ? {} : { group }),
    addresses: inOrderAdded(infos.flatMap((info) => (isRecord(info) ? readAddress(info) : []))),
    groups: [],
  };
}

/** The tool lists IPv6 addresses of one reach with the latest first. Ref: net/ipv6/addrconf.c:ipv6_link_dev_addr() */
function inOrderAdded(listed: readonly InterfaceAddress[]): InterfaceAddress[] {
  return [...listed.filter(({ family }) => family === 4), ...listed.filter(({ family }) => family === 6).toReversed()];
}

function readAddress(info: JsonRecord): InterfaceAddress[] {
  const family: Family = text(info, 'family') === 'inet6' ? 6 : 4;
  const address = parseAddress(text(info, 'local') ?? text(info, 'address'), family);
  // In tentative or failed duplicate detection an address is not in use yet.
  if (!address || info.dadfailed === true || info.tentative === true) return [];
  const peer = text(info, 'local') === undefined ? undefined : parseAddress(text(info, 'address'), family);
  const broadcast = parseAddress(text(info, 'broadcast'), family);
  const prefixLength = number(info, 'prefixlen') ?? (family === 4 ? 32 : 128);
  const scope = parseScope(text(info, 'scope') ?? '');
  const metric = number(info, 'metric');
  return [
    {
      family,
      address,
      prefixLength,
      ...(peer ? { peer } : {}),
      ...(broadcast ? { broadcast } : {}),
      ...(scope ? { scope } : {}),
      ...(metric ? { metric } : {}),
      ...(info.deprecated === true ? { deprecated: true } : {}),
      ...(info.temporary === true ? { temporary: true } : {}),
      ...(info.noprefixroute === true ? { noPrefixRoute: true } : {}),
    },
  ];
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
