// The host as one YAML file.
//
//   interfaces: { eth0: { addresses: [192.0.2.1/24, "2001:db8::1/64"], mtu: 1500 } }
//   routes: ["default via 192.0.2.254 dev eth0"]        as `ip route add` takes them; routes6 likewise
//   rules: ["fwmark 0x1 lookup 100"]                    as `ip rule add` takes them; rules6 likewise
//   sysctl: { net.ipv4.ip_forward: 1 }
//   kernel: { minuteswest: -60, jiffies: 4297756534, time: 1700000000.25, hz: 250 }     its own time zone; what its clock said, and when that was
//   modules: { xt_recent: { ip_list_tot: 100, ip_pkt_list_tot: 20 }, nf_conntrack_ftp: { loose: Y } }          parameters of kernel modules
//   timeout_policies: { short: { l3proto: inet, l4proto: tcp, close: 5 } }     what CT --timeout names; see yaml-timeouts.ts
//   labels: { customers: 5 }                                       what -m connlabel names, as /etc/xtables/connlabel.conf does

import { isAlias, isMap, isScalar, isSeq, type Node, parseDocument, type Scalar, YAMLMap } from 'yaml';
import type { Family } from '../ir/ir.ts';
import { formatAddress, parseIpv4, parseIpv6 } from '../net/address.ts';
import type { Diagnostics } from '../text/diagnostic.ts';
import type { Source, Span } from '../text/source.ts';
import { kernelRoutes } from './fib.ts';
import {
  type Host,
  type HostInterface,
  type InterfaceAddress,
  LOOPBACK,
  loopbackInterface,
  type Sysctls,
  sameBytes,
} from './host.ts';
import { nameFault, parseInterfaceAddress } from './interface-text.ts';
import { readLabels } from './labels.ts';
import { addRoutes } from './resolve.ts';
import { parseRoute, type RouteText } from './route-text.ts';
import { addRules, parseRule, type RuleText } from './rule-text.ts';
import { collectSysctls, type SysctlEntry } from './sysctl.ts';
import { splitWords, type Word } from './words.ts';
import { readKernel, readModules } from './yaml-kernel.ts';
import { type Entry, entriesOf, isNothing, isScalarText, type Reading, spanOf } from './yaml-node.ts';
import { readTimeoutPolicies } from './yaml-timeouts.ts';

const HOST_KEYS = [
  'interfaces',
  'routes',
  'routes6',
  'rules',
  'rules6',
  'sysctl',
  'kernel',
  'modules',
  'timeout_policies',
  'labels',
] as const;
const INTERFACE_KEYS = ['addresses', 'mtu', 'up', 'carrier', 'arp', 'groups', 'group'] as const;

const GROUP_MAX = 0xffff_ffff;
const MTU_DEFAULT = 1500;
/** IPV4_MIN_MTU, below which a device has no IPv4. Ref: include/uapi/linux/ip.h */
const MTU_MIN = 68;
const MTU_MAX = 65536;

/** Reads a host file. Gives undefined when it is no YAML mapping; else a host, complete only if there are no errors. */
export function parseHostYaml(source: Source, diagnostics: Diagnostics): Host | undefined {
  const document = parseDocument(source.text, { prettyErrors: false });
  for (const fault of [...document.errors, ...document.warnings]) {
    const [start, end] = fault.pos;
    diagnostics.error('yaml-syntax', fault.message.replace(/\.$/, ''), { source, start, end: Math.max(end, start + 1) });
  }
  if (document.errors.length > 0) return undefined;
  const reading: Reading = {
    source,
    diagnostics,
    resolve: (node) => (isAlias(node) ? (node.resolve(document) ?? null) : ((node ?? null) as Node | null)),
  };
  const root = reading.resolve(document.contents);
  if (isNothing(root)) return readHostMap(new YAMLMap(), reading);
  if (!isMap(root)) {
    diagnostics.error('bad-host', `a host file is a mapping with ${HOST_KEYS.join(', ')}`, spanOf(root, reading));
    return undefined;
  }
  return readHostMap(root, reading);
}

function readHostMap(root: YAMLMap, reading: Reading): Host {
  const parts = new Map(entriesOf(root, HOST_KEYS, 'a host file', reading).map(({ key, value }) => [key, value]));
  const interfaces = readInterfaces(parts.get('interfaces') ?? null, reading);
  const routes4 = readRoutes(parts.get('routes') ?? null, 4, reading);
  const routes6 = readRoutes(parts.get('routes6') ?? null, 6, reading);
  const rules = [...readRules(parts.get('rules') ?? null, 4, reading), ...readRules(parts.get('rules6') ?? null, 6, reading)];
  const sysctl = readSysctls(parts.get('sysctl') ?? null, reading);
  const { minutesWest, clockNs } = readKernel(parts.get('kernel') ?? null, reading);
  const timeouts = readTimeoutPolicies(parts.get('timeout_policies') ?? null, sysctl, reading);
  const labels = readLabels(parts.get('labels') ?? null, reading);
  const kernel = { minutesWest, timeouts, labels, ...readModules(parts.get('modules') ?? null, reading) };
  return { ...assemble(interfaces, routes4, routes6, sysctl, reading), rules: addRules(rules), kernel, clockNs };
}

function assemble(
  given: readonly HostInterface[],
  routes4: readonly RouteText[],
  routes6: readonly RouteText[],
  sysctl: Sysctls,
  reading: Reading,
): Omit<Host, 'rules' | 'kernel' | 'clockNs'> {
  const lo = given.find(({ name }) => name === LOOPBACK) ?? loopbackInterface();
  const interfaces = [lo, ...given.filter(({ name }) => name !== LOOPBACK)];
  const texts = [...routes4, ...routes6];
  return {
    interfaces,
    routes: addRoutes(kernelRoutes(interfaces, sysctl), texts, interfaces, reading.diagnostics),
    sysctl,
    hasCustomLocalRoutes: routes4.some(({ type }) => type === 'local'),
    assumed: false,
    assumptions: [],
  };
}

function readInterfaces(node: Node | null, reading: Reading): HostInterface[] {
  if (isNothing(node)) return [];
  if (!isMap(node)) {
    reading.diagnostics.error('bad-host', 'interfaces is a mapping from names to what they have', spanOf(node, reading));
    return [];
  }
  return entriesOf(node, undefined, 'interfaces', reading).flatMap((entry) => {
    const fault = nameFault(entry.key);
    if (fault) {
      reading.diagnostics.error('bad-interface-name', fault, entry.keySpan);
      return [];
    }
    return [readInterface(entry, reading)];
  });
}

function readInterface({ key: name, value }: Entry, reading: Reading): HostInterface {
  const lo = name === LOOPBACK ? loopbackInterface() : undefined;
  let parts = new Map<string, Node | null>();
  if (isMap(value)) parts = new Map(entriesOf(value, INTERFACE_KEYS, 'an interface', reading).map((e) => [e.key, e.value]));
  else if (!isNothing(value)) {
    reading.diagnostics.error('bad-host', `an interface is a mapping with ${INTERFACE_KEYS.join(', ')}`, spanOf(value, reading));
  }
  const addresses = [...(lo?.addresses ?? [])];
  for (const { words, span } of readLines(parts.get('addresses') ?? null, 'addresses', reading)) {
    const address = parseInterfaceAddress(words, span, reading.diagnostics);
    if (address && !addressIsThere(address, addresses, span, lo !== undefined, reading)) addresses.push(address);
  }
  const hasCarrier = readBoolean(parts.get('carrier') ?? null, 'carrier', true, reading);
  return {
    name,
    ...(hasCarrier ? {} : { noCarrier: true }),
    up: readBoolean(parts.get('up') ?? null, 'up', true, reading),
    loopback: lo !== undefined,
    arp: readBoolean(parts.get('arp') ?? null, 'arp', lo === undefined, reading),
    mtu: readMtu(parts.get('mtu') ?? null, lo?.mtu ?? MTU_DEFAULT, reading),
    addresses,
    group: readGroup(parts.get('group') ?? null, reading),
    groups: readGroups(parts.get('groups') ?? null, reading),
  };
}

function addressIsThere(
  address: InterfaceAddress,
  addresses: readonly InterfaceAddress[],
  span: Span,
  isLoopback: boolean,
  reading: Reading,
): boolean {
  const found = addresses.some((a) => sameBytes(a.address, address.address) && a.prefixLength === address.prefixLength);
  if (found && !isLoopback)
    reading.diagnostics.error('duplicate-address', `${formatAddress(address.address)} is given twice`, span);
  return found;
}

function readBoolean(node: Node | null, key: string, initial: boolean, reading: Reading): boolean {
  if (isNothing(node)) return initial;
  if (isScalar(node) && typeof node.value === 'boolean') return node.value;
  reading.diagnostics.error('bad-host', `"${key}" is true or false`, spanOf(node, reading));
  return initial;
}

function readMtu(node: Node | null, initial: number, reading: Reading): number {
  if (isNothing(node)) return initial;
  const value = isScalar(node) && typeof node.value === 'number' ? node.value : Number.NaN;
  if (Number.isInteger(value) && value >= MTU_MIN && value <= MTU_MAX) return value;
  reading.diagnostics.error('bad-host', `"mtu" is a number from ${MTU_MIN} to ${MTU_MAX}`, spanOf(node, reading));
  return initial;
}

function readGroup(node: Node | null, reading: Reading): number {
  if (isNothing(node)) return 0;
  const value = isScalar(node) && typeof node.value === 'number' ? node.value : Number.NaN;
  if (Number.isInteger(value) && value >= 0 && value <= GROUP_MAX) return value;
  reading.diagnostics.error('bad-host', `"group" is a number from 0 to ${GROUP_MAX}`, spanOf(node, reading));
  return 0;
}

function readGroups(node: Node | null, reading: Reading): Uint8Array[] {
  return readLines(node, 'groups', reading).flatMap(({ words, span }) => {
    const text = words[0]?.text ?? '';
    const address = text.includes(':') ? parseIpv6(text) : parseIpv4(text);
    const isGroup = address && (address.length === 4 ? address[0]! >> 4 === 0xe : address[0] === 0xff);
    if (isGroup && words.length === 1) return [address];
    reading.diagnostics.error('bad-address', `"${text}" is no multicast group`, span);
    return [];
  });
}

function readRoutes(node: Node | null, family: Family, reading: Reading): RouteText[] {
  const key = family === 4 ? 'routes' : 'routes6';
  return readLines(node, key, reading).flatMap(({ words, span }) => parseRoute(words, span, family, reading.diagnostics) ?? []);
}

function readRules(node: Node | null, family: Family, reading: Reading): RuleText[] {
  const key = family === 4 ? 'rules' : 'rules6';
  return readLines(node, key, reading).flatMap(({ words, span }) => parseRule(words, span, family, reading.diagnostics) ?? []);
}

interface Line {
  readonly words: readonly Word[];
  readonly span: Span;
}

/** A list of texts, each as its words. */
function readLines(node: Node | null, key: string, reading: Reading): Line[] {
  if (isNothing(node)) return [];
  if (!isSeq(node)) {
    reading.diagnostics.error('bad-host', `"${key}" is a list of texts`, spanOf(node, reading));
    return [];
  }
  return node.items.flatMap((item) => {
    const scalar = reading.resolve(item);
    if (isScalarText(scalar)) return [lineOf(scalar, reading)];
    reading.diagnostics.error('bad-host', `"${key}" is a list of texts; put this one in quotes`, spanOf(scalar, reading));
    return [];
  });
}

/** The words of a text. Their places are known where the file has the text as it is, without escapes. */
function lineOf(scalar: Scalar<string>, reading: Reading): Line {
  const span = spanOf(scalar, reading);
  const quote = scalar.type === 'QUOTE_DOUBLE' || scalar.type === 'QUOTE_SINGLE' ? 1 : 0;
  const start = span.start + quote;
  const isAsWritten = reading.source.text.startsWith(scalar.value, start);
  return { words: splitWords(scalar.value, span, isAsWritten ? start : undefined), span };
}

function readSysctls(node: Node | null, reading: Reading): Sysctls {
  if (isNothing(node)) return Object.create(null);
  if (!isMap(node)) {
    reading.diagnostics.error('bad-host', 'sysctl is a mapping from names to values', spanOf(node, reading));
    return Object.create(null);
  }
  const entries: SysctlEntry[] = [];
  for (const { key, keySpan, value } of entriesOf(node, undefined, 'sysctl', reading)) {
    if (isScalar(value) && value.value !== null) {
      const text = typeof value.value === 'boolean' ? String(Number(value.value)) : String(value.source ?? value.value);
      entries.push({ name: key, value: text.trim(), nameSpan: keySpan, valueSpan: spanOf(value, reading) });
    } else {
      reading.diagnostics.error('bad-sysctl', `${key} needs a value`, keySpan);
    }
  }
  return collectSysctls(entries, reading.diagnostics);
}
