// What the NAT targets put in place of addresses and ports: reading and printing.
//
// Ref: iptables 1.8.9, extensions/libxt_NAT.c:parse_to(), parse_ports(), sprint_range()

import type { Family, HookName } from '../ir/ir.ts';
import { compareAddresses, formatAddress, parseDotted, parseIpv6 } from '../net/address.ts';
import { scanUnsigned } from '../net/number.ts';
import { PROTOCOL_DCCP, PROTOCOL_ICMP, PROTOCOL_SCTP, PROTOCOL_TCP, PROTOCOL_UDP } from '../net/protocol.ts';
import { servicePortAnyProtocol } from '../net/service.ts';
import { type Argument, type OptionContext, type OptionSpec, part, type TargetExtension } from '../ruleset/extension.ts';
import { type Dashes, spaced } from './listing.ts';
import { flagOption } from './specs.ts';
import { type Range, reportPort, U16 } from './values.ts';

export interface NatPorts {
  readonly range: Range;
  /** `/base`: the port that goes to the first of the range. */
  readonly base?: number;
}

export interface NatOptions {
  addresses?: readonly [Uint8Array, Uint8Array];
  ports?: NatPorts;
  random?: boolean;
  randomFully?: boolean;
  persistent?: boolean;
}

const PORT_PROTOCOLS: readonly number[] = [PROTOCOL_TCP, PROTOCOL_UDP, PROTOCOL_SCTP, PROTOCOL_DCCP, PROTOCOL_ICMP];

interface Scanned {
  readonly value: number;
  /** Where the text goes on. */
  readonly end: number;
}

/** Reads a number at the start of a word, whatever follows. */
function scanPort({ text }: Argument, from: number, min = 0): Scanned | undefined {
  const scan = scanUnsigned(text.slice(from));
  if (!scan || scan.value < BigInt(min) || scan.value > BigInt(U16)) return undefined;
  return { value: Number(scan.value), end: text.length - scan.rest.length };
}

/** Reads `port`, `first-last` or `first-last/base`. A service name may stand for a single port and for the base. */
function readPorts(argument: Argument, context: OptionContext): NatPorts | undefined {
  const { protocol, diagnostics } = context;
  // Not asked: whether a `!` stands before -p.
  if (!protocol || !PORT_PROTOCOLS.includes(protocol.value)) {
    const message = 'ports need -p tcp, udp, sctp, dccp or icmp, and before them';
    diagnostics.error('needs-protocol', message, argument.span);
    return undefined;
  }
  const { text } = argument;
  const first = scanPort(argument, 0);
  if (!first) {
    const port = servicePortAnyProtocol(text);
    if (port === undefined) reportPort(argument, 'known', context);
    return port === undefined ? undefined : { range: [port, port] };
  }
  if (first.end === text.length) return { range: [first.value, first.value] };
  if (text[first.end] === '-') return readPortRange(argument, first, context);
  const message = `expected "-" and another port behind ${first.value}, found "${text.slice(first.end)}"`;
  diagnostics.error('bad-range', message, part(argument, first.end, text.length).span);
  return undefined;
}

function readPortRange(argument: Argument, first: Scanned, context: OptionContext): NatPorts | undefined {
  const { text } = argument;
  const { diagnostics } = context;
  const last = scanPort(argument, first.end + 1);
  const slash = last?.end ?? -1;
  if (!last || (slash < text.length && text[slash] !== '/')) {
    const rest = part(argument, first.end + 1, text.length);
    diagnostics.error('bad-range', `"${rest.text}" is no port: the end of a range is a number from 0 to ${U16}`, rest.span);
    return undefined;
  }
  if (last.value < first.value) {
    const message = `port range ${first.value}-${last.value} ends before it begins`;
    diagnostics.error('range-backwards', message, argument.span);
    return undefined;
  }
  const range: Range = [first.value, last.value];
  if (slash === text.length) return { range };
  const base = readBase(argument, slash + 1, context);
  return base === undefined ? undefined : { range, base };
}

function readBase(argument: Argument, from: number, context: OptionContext): number | undefined {
  const { text } = argument;
  const base = scanPort(argument, from, 1);
  if (base) {
    warnOfRest(argument, base.end, text.length, context);
    return base.value;
  }
  const name = part(argument, from, text.length);
  const port = servicePortAnyProtocol(name.text);
  if (port !== undefined) return port;
  if (name.text === '0') context.diagnostics.error('port-out-of-range', 'the first port cannot be 0', name.span);
  else reportPort(name, 'known', context);
  return undefined;
}

function warnOfRest(argument: Argument, from: number, to: number, { diagnostics }: OptionContext): void {
  if (from >= to) return;
  const { text, span } = part(argument, from, to);
  diagnostics.warning('text-ignored', `iptables passes over "${text}"`, span);
}

interface Places {
  /** Where the addresses stand. */
  readonly start: number;
  readonly end: number;
  /** The colon before the ports; -1 when there is none. */
  readonly colon: number;
}

/** Finds addresses and ports: one colon stands before ports, more are an IPv6 address, unless it is in brackets. */
function locate(argument: Argument, context: OptionContext): Places | undefined {
  const { text, span } = argument;
  const open = text.indexOf('[');
  if (open < 0) {
    const first = text.indexOf(':');
    const colon = text.indexOf(':', first + 1) < 0 || first < 0 ? first : -1;
    return { start: 0, end: colon < 0 ? text.length : colon, colon };
  }
  const close = text.indexOf(']', open);
  if (close < 0 || context.family === 4) {
    const message = context.family === 4 ? 'brackets are for IPv6 addresses' : '"]" is missing behind the address';
    context.diagnostics.error('bad-address', message, span);
    return undefined;
  }
  const colon = text.indexOf(':', close);
  warnOfRest(argument, 0, open, context);
  warnOfRest(argument, close + 1, colon < 0 ? text.length : colon, context);
  return { start: open + 1, end: close, colon };
}

function readAddress(argument: Argument, { family, diagnostics }: OptionContext): Uint8Array | undefined {
  const address = family === 4 ? parseDotted(argument.text) : parseIpv6(argument.text);
  if (!address) diagnostics.error('bad-address', `"${argument.text}" is no IPv${family} address`, argument.span);
  return address;
}

/** Reads `address`, `address-address`, each with or without `:ports`, or `:ports` alone. */
function setTo(options: NatOptions, argument: Argument, context: OptionContext): void {
  const places = locate(argument, context);
  if (!places) return;
  const { start, end, colon } = places;
  if (colon >= 0) {
    const ports = readPorts(part(argument, colon + 1, argument.text.length), context);
    if (!ports) return;
    options.ports = ports;
    // Meant for `[]:port`, but any two characters before the colon are passed over so.
    if (colon === 2) warnOfRest(argument, start, end, context);
    if (colon === 0 || colon === 2) return;
  }
  const dash = argument.text.slice(start, end).indexOf('-');
  const middle = dash < 0 ? end : start + dash;
  const first = readAddress(part(argument, start, middle), context);
  const last = dash < 0 ? first : readAddress(part(argument, middle + 1, end), context);
  if (!first || !last) return;
  options.addresses = [first, last];
  if (compareAddresses(first, last) > 0) {
    context.diagnostics.warning('range-backwards', 'the address range ends before it begins', argument.span);
  }
}

export function toOption(name: 'to-source' | 'to-destination'): OptionSpec<NatOptions> {
  return {
    name,
    argument: 'required',
    mandatory: true,
    set: (options, [argument], context) => setTo(options, argument!, context),
  };
}

export const TO_PORTS: OptionSpec<NatOptions> = {
  name: 'to-ports',
  argument: 'required',
  set(options, [argument], context) {
    const ports = readPorts(argument!, context);
    if (ports) options.ports = ports;
  },
};

export const RANDOM: OptionSpec<NatOptions> = flagOption('random', 'random');
export const RANDOM_FULLY: OptionSpec<NatOptions> = flagOption('random-fully', 'randomFully');
export const PERSISTENT: OptionSpec<NatOptions> = flagOption('persistent', 'persistent');

/**
 * What becomes of `/base` where a target has no room for it: SNAT and MASQUERADE take it and print 0 in its place, which they cannot
 * read back.
 */
export function withoutBase(spec: OptionSpec<NatOptions>): OptionSpec<NatOptions> {
  return {
    ...spec,
    set(options, values, context) {
      spec.set(options, values, context);
      if (options.ports?.base === undefined) return;
      options.ports = { range: options.ports.range, base: 0 };
      const message =
        'only DNAT has shifted port ranges: iptables takes this, but keeps and prints /0, which it cannot read back';
      context.diagnostics.warning('unreadable-print', message, values[0]!.span);
    },
  };
}

function formatPorts({ range: [first, last], base }: NatPorts): string {
  return `${first}${first === last ? '' : `-${last}`}${base === undefined ? '' : `/${base}`}`;
}

function formatRange({ addresses, ports }: NatOptions, family: Family): string {
  const [first, last] = addresses ?? [];
  const same = !first || !last || compareAddresses(first, last) === 0;
  const list = first ? formatAddress(first) + (same ? '' : `-${formatAddress(last)}`) : '';
  const shown = first && ports && family === 6 ? `[${list}]` : list;
  return ports ? `${shown}:${formatPorts(ports)}` : shown;
}

function flags({ random, randomFully, persistent }: NatOptions, dashes: Dashes): string[] {
  return [
    ...(random ? [`${dashes}random`] : []),
    ...(randomFully ? [`${dashes}random-fully`] : []),
    ...(persistent ? [`${dashes}persistent`] : []),
  ];
}

/**
 * What SNAT, DNAT, MASQUERADE and REDIRECT have in common. They stand in the nat table and have connections tracked. The first option is
 * the one with addresses or ports, `title` what these are listed behind.
 */
export function natTarget(
  name: string,
  hooks: readonly HookName[],
  title: string,
  options: readonly [OptionSpec<NatOptions>, ...OptionSpec<NatOptions>[]],
  lower: NonNullable<TargetExtension<NatOptions>['lower']>,
): TargetExtension<NatOptions> {
  const [{ name: to }] = options;
  // Ports alone stand behind a colon only where addresses could stand before it.
  const format = (set: NatOptions, family: Family): string => formatRange(set, family).slice(to === TO_PORTS.name ? 1 : 0);
  return {
    kind: 'target',
    name,
    families: [4, 6],
    tables: ['nat'],
    hooks,
    usesConntrack: true,
    options,
    create: () => ({}),
    save(set, { family }) {
      const text = format(set, family);
      return [...(text ? [`--${to}`, text] : []), ...flags(set, '--')];
    },
    print(set, { family }) {
      const text = format(set, family);
      return spaced([...(text ? [`${title}${text}`] : []), ...flags(set, '')]);
    },
    lower,
  };
}
