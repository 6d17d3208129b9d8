// The host as bytes for the core. The layout is assembly/abi/host.ts.

import {
  GROUP_ADDRESS,
  GROUP_INTERFACE,
  GROUP4_BYTES,
  GROUP6_BYTES,
  HOST_ANSWERS,
  HOST_FLAG_ASSUMED,
  HOST_FLAG_CUSTOM_LOCAL,
  HOST_FLAG_DISSECT4,
  HOST_FLAG_DISSECT6,
  HOST_FLAG_FORWARDING6,
  HOST_FLAG_REALMS,
  HOST_FLAG_RULES4,
  HOST_FLAG_RULES6,
  HOST_FLAGS,
  HOST_GROUPS4,
  HOST_GROUPS4_COUNT,
  HOST_GROUPS6,
  HOST_GROUPS6_COUNT,
  HOST_HASH_FIELDS4,
  HOST_HASH_FIELDS6,
  HOST_HASH_POLICY4,
  HOST_HASH_POLICY6,
  HOST_HASH_SEED,
  HOST_IF_ACCEPT_LOCAL,
  HOST_IF_ACCEPT_SOURCE_ROUTE,
  HOST_IF_ADDRESS4,
  HOST_IF_BC_FORWARDING,
  HOST_IF_BYTES,
  HOST_IF_DISABLE_IPV6,
  HOST_IF_EXISTS,
  HOST_IF_FLAGS,
  HOST_IF_FORCE_FORWARDING6,
  HOST_IF_FORWARDING4,
  HOST_IF_GROUP,
  HOST_IF_HOP_LIMIT,
  HOST_IF_LOOPBACK,
  HOST_IF_MTU,
  HOST_IF_MTU6,
  HOST_IF_NO_CARRIER,
  HOST_IF_NO_L2_MULTICAST4,
  HOST_IF_NO_L2_MULTICAST6,
  HOST_IF_ROUTE_LOCALNET,
  HOST_IF_RP_FILTER,
  HOST_IF_SEND_REDIRECTS,
  HOST_IF_SHARED_MEDIA,
  HOST_IF_SOURCE_MARK,
  HOST_IF_UP,
  HOST_INTERFACE_COUNT,
  HOST_INTERFACES,
  HOST_LOOPBACK,
  HOST_MAGIC,
  HOST_MAGIC_AT,
  HOST_OWN4,
  HOST_OWN4_COUNT,
  HOST_OWN6,
  HOST_OWN6_COUNT,
  HOST_ROUTE_COUNT,
  HOST_ROUTES,
  HOST_RULES4,
  HOST_RULES4_COUNT,
  HOST_RULES6,
  HOST_RULES6_COUNT,
  HOST_TTL,
  HOST_VERSION,
  HOST_VERSION_AT,
  OWN_BYTES,
  ROUTE_BYTES,
  ROUTES_RESERVED,
  RULE_BYTES,
} from '../../assembly/abi/host.ts';
import type { InterfaceUniverse } from '../ir/ir.ts';
import { addressWords } from '../net/address.ts';
import { listenedGroups } from './fib.ts';
import { type Host, type HostInterface, LOOPBACK, pathsOf } from './host.ts';
import { asksTransport, hasCustomRules, writeRules } from './image-rules.ts';
import { layTables, type Tables, writeRoutes, writeTables } from './image-tables.ts';
import { ImageWriter } from './image-writer.ts';
import { ownAddresses, writeOwnAddresses } from './own.ts';
import { answerSettings, defaultTtl, forwards, forwards6, hashSettings, ipv4Setting, ipv6Mtu, ipv6Setting } from './sysctl.ts';

/** Index that no interface has. */
const NO_INTERFACE = 0xffffffff;

interface Group {
  readonly device: number;
  readonly address: Uint8Array;
}

/**
 * Lays a host out for the core. Interfaces are numbered as in the universe, which must have each of the host's names.
 *
 * Returns: an image of HOST_SIZE bytes.
 */
export function hostImage(host: Host, universe: InterfaceUniverse): Uint8Array {
  const numbers = interfaceNumbers(host, universe);
  const groups = host.interfaces.flatMap((device) =>
    listenedGroups(device, host.sysctl).map((address): Group => ({ device: numbers.get(device.name)!, address })),
  );
  const groups4 = groups.filter(({ address }) => address.length === 4);
  const groups6 = groups.filter(({ address }) => address.length === 16);
  const own4 = ownAddresses(host, 4);
  const own6 = ownAddresses(host, 6);
  const rules = { 4: host.rules.filter(({ family }) => family === 4), 6: host.rules.filter(({ family }) => family === 6) };

  const image = new ImageWriter();
  image.section(HOST_INTERFACES, HOST_INTERFACE_COUNT, universe.names.length, HOST_IF_BYTES);
  const tables = layTables(host, image);
  const rules4 = image.section(HOST_RULES4, HOST_RULES4_COUNT, rules[4].length, RULE_BYTES);
  const rules6 = image.section(HOST_RULES6, HOST_RULES6_COUNT, rules[6].length, RULE_BYTES);
  const routes = image.section(HOST_ROUTES, HOST_ROUTE_COUNT, ROUTES_RESERVED + tables.ranked.length, ROUTE_BYTES);
  image.section(HOST_OWN4, HOST_OWN4_COUNT, own4.length, OWN_BYTES);
  image.section(HOST_OWN6, HOST_OWN6_COUNT, own6.length, OWN_BYTES);
  image.section(HOST_GROUPS4, HOST_GROUPS4_COUNT, groups4.length, GROUP4_BYTES);
  image.section(HOST_GROUPS6, HOST_GROUPS6_COUNT, groups6.length, GROUP6_BYTES);
  const view = image.allocate();

  writeHeader(view, host, numbers.get(LOOPBACK) ?? NO_INTERFACE);
  for (const device of host.interfaces) writeInterface(view, host, device, numbers);
  writeTables(view, tables.tables);
  writeRoutes(view, routes, tables.ranked, host, numbers);
  writeRules(view, rules4, rules[4], numbers, tableIndex(tables, 4));
  writeRules(view, rules6, rules[6], numbers, tableIndex(tables, 6));
  writeOwnAddresses(view, HOST_OWN4, own4, numbers);
  writeOwnAddresses(view, HOST_OWN6, own6, numbers);
  writeGroups(view, HOST_GROUPS4, GROUP4_BYTES, groups4);
  writeGroups(view, HOST_GROUPS6, GROUP6_BYTES, groups6);
  return new Uint8Array(view.buffer);
}

/** The place of a table in the image. Without rules of one's own IPv4's table main lies within the first. */
function tableIndex({ tables }: Tables, family: 4 | 6): (id: number) => number | undefined {
  return (id) => {
    const index = tables.findIndex((table) => table.family === family && table.id === id);
    return index < 0 ? undefined : index;
  };
}

/**
 * The universe's index of each interface. A host that was given needs one for each; an assumed one has no routes that name them, so
 * that the names the rules cannot tell apart may share one.
 */
function interfaceNumbers(host: Host, universe: InterfaceUniverse): Map<string, number> {
  const numbers = new Map<string, number>();
  for (const { name } of host.interfaces) {
    const number = universe.indexOf(name);
    if (universe.names[number] === name) numbers.set(name, number);
    else if (!host.assumed) throw new Error(`interface ${name} of the host is not in the interface universe`);
  }
  return numbers;
}

function writeHeader(view: DataView, host: Host, loopback: number): void {
  view.setUint32(HOST_MAGIC_AT, HOST_MAGIC, true);
  view.setUint32(HOST_VERSION_AT, HOST_VERSION, true);
  const flags =
    (host.assumed ? HOST_FLAG_ASSUMED : 0) |
    (forwards6(host.sysctl) ? HOST_FLAG_FORWARDING6 : 0) |
    (host.hasCustomLocalRoutes ? HOST_FLAG_CUSTOM_LOCAL : 0) |
    (hasRealms(host) ? HOST_FLAG_REALMS : 0) |
    (hasCustomRules(host.rules, 4) ? HOST_FLAG_RULES4 : 0) |
    (hasCustomRules(host.rules, 6) ? HOST_FLAG_RULES6 : 0) |
    (asksTransport(host.rules, 4) ? HOST_FLAG_DISSECT4 : 0) |
    (asksTransport(host.rules, 6) ? HOST_FLAG_DISSECT6 : 0);
  view.setUint32(HOST_FLAGS, flags, true);
  const hash4 = hashSettings(host.sysctl, 4);
  const hash6 = hashSettings(host.sysctl, 6);
  view.setUint32(HOST_HASH_POLICY4, hash4.policy, true);
  view.setUint32(HOST_HASH_FIELDS4, hash4.fields, true);
  view.setUint32(HOST_HASH_POLICY6, hash6.policy, true);
  view.setUint32(HOST_HASH_FIELDS6, hash6.fields, true);
  view.setUint32(HOST_HASH_SEED, hash4.seed, true);
  view.setUint32(HOST_LOOPBACK, loopback, true);
  view.setUint32(HOST_TTL, defaultTtl(host.sysctl), true);
  view.setUint32(HOST_ANSWERS, answerSettings(host.sysctl), true);
}

function hasRealms({ routes, rules }: Host): boolean {
  return rules.some(({ realm }) => realm) || routes.some((route) => pathsOf(route).some(({ realm }) => realm));
}

function interfaceFlags(host: Host, device: HostInterface): number {
  const { name } = device;
  const is4 = (setting: string): boolean => ipv4Setting(host, name, setting) !== 0;
  const is6 = (setting: string): boolean => ipv6Setting(host.sysctl, name, setting) !== 0;
  const flags: [unknown, number][] = [
    [true, HOST_IF_EXISTS],
    [device.up, HOST_IF_UP],
    [device.loopback, HOST_IF_LOOPBACK],
    [device.noCarrier, HOST_IF_NO_CARRIER],
    [device.addresses.some(({ family }) => family === 4), HOST_IF_ADDRESS4],
    [forwards(host.sysctl, 4, name), HOST_IF_FORWARDING4],
    [is4('route_localnet'), HOST_IF_ROUTE_LOCALNET],
    [is4('accept_local'), HOST_IF_ACCEPT_LOCAL],
    [is4('accept_source_route'), HOST_IF_ACCEPT_SOURCE_ROUTE],
    [is4('send_redirects'), HOST_IF_SEND_REDIRECTS],
    [is4('bc_forwarding'), HOST_IF_BC_FORWARDING],
    [is4('src_valid_mark'), HOST_IF_SOURCE_MARK],
    [is4('shared_media'), HOST_IF_SHARED_MEDIA],
    [is4('drop_unicast_in_l2_multicast'), HOST_IF_NO_L2_MULTICAST4],
    [is6('drop_unicast_in_l2_multicast'), HOST_IF_NO_L2_MULTICAST6],
    [is6('disable_ipv6'), HOST_IF_DISABLE_IPV6],
    [is6('force_forwarding'), HOST_IF_FORCE_FORWARDING6],
  ];
  return flags.reduce((sum, [holds, flag]) => sum | (holds ? flag : 0), 0);
}

function writeInterface(view: DataView, host: Host, device: HostInterface, numbers: ReadonlyMap<string, number>): void {
  const number = numbers.get(device.name);
  if (number === undefined) return;
  const at = view.getUint32(HOST_INTERFACES, true) + number * HOST_IF_BYTES;
  view.setUint32(at + HOST_IF_FLAGS, interfaceFlags(host, device), true);
  view.setUint32(at + HOST_IF_RP_FILTER, ipv4Setting(host, device.name, 'rp_filter'), true);
  view.setUint32(at + HOST_IF_MTU, device.mtu, true);
  view.setUint32(at + HOST_IF_GROUP, device.group ?? 0, true);
  view.setUint32(at + HOST_IF_HOP_LIMIT, ipv6Setting(host.sysctl, device.name, 'hop_limit'), true);
  view.setUint32(at + HOST_IF_MTU6, ipv6Mtu(host.sysctl, device.name, device.mtu), true);
}

function writeGroups(view: DataView, offsetAt: number, bytes: number, groups: readonly Group[]): void {
  let at = view.getUint32(offsetAt, true);
  for (const { device, address } of groups) {
    view.setUint32(at + GROUP_INTERFACE, device, true);
    for (const [i, word] of addressWords(address).entries()) view.setUint32(at + GROUP_ADDRESS + i * 4, word, true);
    at += bytes;
  }
}
