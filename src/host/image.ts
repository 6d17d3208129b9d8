// The host as bytes for the core. The layout is assembly/abi/host.ts.

import {
  GROUP_ADDRESS,
  GROUP_INTERFACE,
  GROUP4_BYTES,
  GROUP6_BYTES,
  HOST_FLAG_ASSUMED,
  HOST_FLAG_CUSTOM_LOCAL,
  HOST_FLAG_FORWARDING6,
  HOST_FLAG_REALMS,
  HOST_FLAGS,
  HOST_GROUPS4,
  HOST_GROUPS4_COUNT,
  HOST_GROUPS6,
  HOST_GROUPS6_COUNT,
  HOST_HEADER_BYTES,
  HOST_IF_ACCEPT_LOCAL,
  HOST_IF_ACCEPT_SOURCE_ROUTE,
  HOST_IF_ADDRESS4,
  HOST_IF_BYTES,
  HOST_IF_DISABLE_IPV6,
  HOST_IF_EXISTS,
  HOST_IF_FLAGS,
  HOST_IF_FORCE_FORWARDING6,
  HOST_IF_FORWARDING4,
  HOST_IF_LOOPBACK,
  HOST_IF_MTU,
  HOST_IF_MTU6,
  HOST_IF_NO_L2_MULTICAST4,
  HOST_IF_NO_L2_MULTICAST6,
  HOST_IF_ROUTE_LOCALNET,
  HOST_IF_RP_FILTER,
  HOST_IF_SEND_REDIRECTS,
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
  HOST_SIZE,
  HOST_TABLE4,
  HOST_TABLE4_COUNT,
  HOST_TABLE6_LOCAL,
  HOST_TABLE6_LOCAL_COUNT,
  HOST_TABLE6_MAIN,
  HOST_TABLE6_MAIN_COUNT,
  HOST_VERSION,
  HOST_VERSION_AT,
  OWN_BYTES,
  ROUTE_BYTES,
  ROUTE_FLAG_ADDRESS,
  ROUTE_FLAG_GATEWAY,
  ROUTE_FLAGS,
  ROUTE_INTERFACE,
  ROUTE_LENGTH,
  ROUTE_METRIC,
  ROUTE_NEXT,
  ROUTE_PREFIX,
  ROUTE_REALM,
  ROUTE_TYPE,
  SPAN4_BYTES,
  SPAN4_FIRST,
  SPAN4_ROUTE,
  SPAN6_BYTES,
  SPAN6_FIRST,
  SPAN6_ROUTE,
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
import type { InterfaceUniverse } from '../ir/ir.ts';
import { addressWords } from '../net/address.ts';
import { listenedGroups } from './fib.ts';
import { type Host, type HostInterface, LOOPBACK, type RouteType } from './host.ts';
import { ownAddresses, writeOwnAddresses } from './own.ts';
import { cutTable, type RankedRoute, type Span } from './spans.ts';
import { forwards, forwards6, ipv4Setting, ipv6Mtu, ipv6Setting } from './sysctl.ts';

/** Index that no interface has. */
const NO_INTERFACE = 0xffffffff;

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
  const table4 = cutTable(
    host.routes.filter((r) => r.family === 4),
    32,
    1,
  );
  const local6 = cutTable(
    host.routes.filter((r) => r.family === 6 && r.table === 'local'),
    128,
    1 + table4.ranked.length,
  );
  const next = 1 + table4.ranked.length + local6.ranked.length;
  const main6 = cutTable(
    host.routes.filter((r) => r.family === 6 && r.table === 'main'),
    128,
    next,
  );
  const ranked = [...table4.ranked, ...local6.ranked, ...main6.ranked];
  const groups = host.interfaces.flatMap((device) =>
    listenedGroups(device, host.sysctl).map((address): Group => ({ device: numbers.get(device.name)!, address })),
  );
  const groups4 = groups.filter(({ address }) => address.length === 4);
  const groups6 = groups.filter(({ address }) => address.length === 16);

  const own4 = ownAddresses(host, 4);
  const own6 = ownAddresses(host, 6);
  const image = new ImageWriter();
  image.section(HOST_INTERFACES, HOST_INTERFACE_COUNT, universe.names.length, HOST_IF_BYTES);
  image.section(HOST_TABLE4, HOST_TABLE4_COUNT, table4.spans.length, SPAN4_BYTES);
  image.section(HOST_TABLE6_LOCAL, HOST_TABLE6_LOCAL_COUNT, local6.spans.length, SPAN6_BYTES);
  image.section(HOST_TABLE6_MAIN, HOST_TABLE6_MAIN_COUNT, main6.spans.length, SPAN6_BYTES);
  image.section(HOST_ROUTES, HOST_ROUTE_COUNT, ranked.length + 1, ROUTE_BYTES);
  image.section(HOST_OWN4, HOST_OWN4_COUNT, own4.length, OWN_BYTES);
  image.section(HOST_OWN6, HOST_OWN6_COUNT, own6.length, OWN_BYTES);
  image.section(HOST_GROUPS4, HOST_GROUPS4_COUNT, groups4.length, GROUP4_BYTES);
  image.section(HOST_GROUPS6, HOST_GROUPS6_COUNT, groups6.length, GROUP6_BYTES);
  const bytes = image.allocate();
  const view = new DataView(bytes.buffer);
  writeHeader(view, host, numbers.get(LOOPBACK) ?? NO_INTERFACE);
  for (const device of host.interfaces) writeInterface(view, host, device, numbers);
  writeSpans4(view, table4.spans);
  writeSpans6(view, HOST_TABLE6_LOCAL, local6.spans);
  writeSpans6(view, HOST_TABLE6_MAIN, main6.spans);
  writeRoutes(view, ranked, numbers);
  writeOwnAddresses(view, HOST_OWN4, own4, numbers);
  writeOwnAddresses(view, HOST_OWN6, own6, numbers);
  writeGroups(view, HOST_GROUPS4, GROUP4_BYTES, groups4);
  writeGroups(view, HOST_GROUPS6, GROUP6_BYTES, groups6);
  return bytes;
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

/** Lays sections out one behind the other. */
class ImageWriter {
  private size = HOST_HEADER_BYTES;
  private readonly words: [number, number][] = [];

  section(offsetAt: number, countAt: number, count: number, bytes: number): void {
    this.words.push([offsetAt, this.size], [countAt, count]);
    this.size += (count * bytes + 15) & ~15;
  }

  allocate(): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(this.size);
    const view = new DataView(bytes.buffer);
    for (const [at, value] of this.words) view.setUint32(at, value, true);
    view.setUint32(HOST_SIZE, this.size, true);
    return bytes;
  }
}

function writeHeader(view: DataView, host: Host, loopback: number): void {
  view.setUint32(HOST_MAGIC_AT, HOST_MAGIC, true);
  view.setUint32(HOST_VERSION_AT, HOST_VERSION, true);
  const flags =
    (host.assumed ? HOST_FLAG_ASSUMED : 0) |
    (forwards6(host.sysctl) ? HOST_FLAG_FORWARDING6 : 0) |
    (host.hasCustomLocalRoutes ? HOST_FLAG_CUSTOM_LOCAL : 0) |
    (host.routes.some(({ realm }) => realm) ? HOST_FLAG_REALMS : 0);
  view.setUint32(HOST_FLAGS, flags, true);
  view.setUint32(HOST_LOOPBACK, loopback, true);
}

function interfaceFlags(host: Host, device: HostInterface): number {
  const { name } = device;
  const is4 = (setting: string): boolean => ipv4Setting(host, name, setting) !== 0;
  const is6 = (setting: string): boolean => ipv6Setting(host.sysctl, name, setting) !== 0;
  const flags: [boolean, number][] = [
    [true, HOST_IF_EXISTS],
    [device.up, HOST_IF_UP],
    [device.loopback, HOST_IF_LOOPBACK],
    [device.addresses.some(({ family }) => family === 4), HOST_IF_ADDRESS4],
    [forwards(host.sysctl, 4, name), HOST_IF_FORWARDING4],
    [is4('route_localnet'), HOST_IF_ROUTE_LOCALNET],
    [is4('accept_local'), HOST_IF_ACCEPT_LOCAL],
    [is4('accept_source_route'), HOST_IF_ACCEPT_SOURCE_ROUTE],
    [is4('send_redirects'), HOST_IF_SEND_REDIRECTS],
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
  view.setUint32(at + HOST_IF_MTU6, ipv6Mtu(host.sysctl, device.name, device.mtu), true);
}

function writeSpans4(view: DataView, spans: readonly Span[]): void {
  let at = view.getUint32(HOST_TABLE4, true);
  for (const { first, route } of spans) {
    view.setUint32(at + SPAN4_FIRST, Number(first), true);
    view.setUint32(at + SPAN4_ROUTE, route, true);
    at += SPAN4_BYTES;
  }
}

function writeSpans6(view: DataView, offsetAt: number, spans: readonly Span[]): void {
  let at = view.getUint32(offsetAt, true);
  for (const { first, route } of spans) {
    for (let i = 0; i < 4; i++)
      view.setUint32(at + SPAN6_FIRST + i * 4, Number((first >> BigInt(96 - 32 * i)) & 0xffffffffn), true);
    view.setUint32(at + SPAN6_ROUTE, route, true);
    at += SPAN6_BYTES;
  }
}

function writeRoutes(view: DataView, ranked: readonly RankedRoute[], numbers: ReadonlyMap<string, number>): void {
  let at = view.getUint32(HOST_ROUTES, true) + ROUTE_BYTES;
  for (const { route, next } of ranked) {
    view.setUint32(at + ROUTE_TYPE, TYPE_CODES[route.type], true);
    view.setUint32(at + ROUTE_INTERFACE, route.device === undefined ? 0 : numbers.get(route.device)!, true);
    view.setUint32(at + ROUTE_METRIC, route.metric, true);
    view.setUint32(at + ROUTE_LENGTH, route.prefixLength, true);
    view.setUint32(at + ROUTE_FLAGS, (route.gateway ? ROUTE_FLAG_GATEWAY : 0) | (route.isAddress ? ROUTE_FLAG_ADDRESS : 0), true);
    view.setUint32(at + ROUTE_REALM, route.realm ?? 0, true);
    view.setUint32(at + ROUTE_NEXT, next, true);
    for (const [i, word] of addressWords(route.destination).entries()) view.setUint32(at + ROUTE_PREFIX + i * 4, word, true);
    at += ROUTE_BYTES;
  }
}

function writeGroups(view: DataView, offsetAt: number, bytes: number, groups: readonly Group[]): void {
  let at = view.getUint32(offsetAt, true);
  for (const { device, address } of groups) {
    view.setUint32(at + GROUP_INTERFACE, device, true);
    for (const [i, word] of addressWords(address).entries()) view.setUint32(at + GROUP_ADDRESS + i * 4, word, true);
    at += bytes;
  }
}
