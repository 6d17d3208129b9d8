// Routes as `ip route add` takes them.

import type { Family } from '../ir/ir.ts';
import { formatAddress, parseIpv4, parseIpv6 } from '../net/address.ts';
import { parseUnsigned } from '../net/number.ts';
import type { Diagnostics } from '../text/diagnostic.ts';
import type { Span } from '../text/source.ts';
import { didYouMean } from '../text/suggest.ts';
import {
  familyOf,
  network,
  type Prefix,
  REFUSING_TYPES,
  ROUTE_TYPES,
  type Route,
  type RoutePath,
  type RouteType,
  SCOPE_HOST,
  SCOPE_LINK,
  TABLE_LOCAL,
  TABLE_MAIN,
} from './host.ts';
import { parseField, parseRealms, parseScope, parseTable } from './names.ts';
import { type Word, WordReader } from './words.ts';

/** A route as written: devices may be missing, to be found by the gateways. */
export interface RouteText extends Route {
  readonly span: Span;
  readonly paths: readonly PathText[];
}

export interface PathText extends RoutePath {
  readonly onlink: boolean;
}

/** IP6_RT_PRIO_USER: what a metric of 0 becomes. */
const METRIC_USER6 = 1024;
const METRIC_MAX = 0xffffffff;
const WEIGHT_MAX = 256;
const MTU_MAX = 0xffffffff;
/** Bits of a type of service that routes may ask for. */
const ROUTED_TOS = 0x1c;

/** Types whose routes stand in table local when nothing is said. Ref: iproute2 ip/iproute.c:iproute_modify() */
const LOCAL_TYPES: ReadonlySet<RouteType> = new Set<RouteType>(['local', 'broadcast', 'anycast']);

/** Options with a value that says nothing about where packets go. */
const WITHOUT_EFFECT: ReadonlySet<string> = new Set([
  'proto',
  'protocol',
  'advmss',
  'cwnd',
  'initcwnd',
  'initrwnd',
  'rtt',
  'rttvar',
  'rto_min',
  'window',
  'ssthresh',
  'reordering',
  'quickack',
  'congctl',
  'features',
  'hoplimit',
]);

/** Options that say where packets go, or what becomes of them, in ways that are not modelled. */
const NOT_MODELLED: ReadonlySet<string> = new Set(['nhid', 'encap', 'from', 'expires', 'ttl-propagate', 'fastopen_no_cookie']);

const KEYWORDS = [
  ...[
    'via',
    'dev',
    'metric',
    'table',
    'src',
    'onlink',
    'realm',
    'realms',
    'nexthop',
    'weight',
    'scope',
    'mtu',
    'tos',
    'dsfield',
    'pref',
  ],
  ...WITHOUT_EFFECT,
  ...NOT_MODELLED,
];

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type PathDraft = Mutable<PathText>;

interface Draft
  extends Partial<Mutable<Pick<Route, 'table' | 'source' | 'metric' | 'tos' | 'scope' | 'mtu' | 'mtuLocked' | 'preference'>>> {
  type: RouteType;
  /** The route's own, then those of each `nexthop`. */
  readonly paths: PathDraft[];
}

/** Reads one route. `family` is what `default` means, and what addresses must be of. */
export function parseRoute(words: readonly Word[], whole: Span, family: Family, diagnostics: Diagnostics): RouteText | undefined {
  const reader = new WordReader(words, whole, diagnostics);
  const before = diagnostics.errorCount;
  const draft: Draft = { type: 'unicast', paths: [{ onlink: false }] };
  const first = reader.peek();
  if (first && isRouteType(first.text)) {
    draft.type = first.text;
    reader.next();
  }
  const prefixWord = reader.next();
  if (!prefixWord) {
    reader.error('missing-prefix', 'a route needs a destination: a network such as 10.0.0.0/8, or "default"');
    return undefined;
  }
  const prefix = parsePrefix(prefixWord, family, reader);
  for (let word = reader.next(); word; word = reader.next()) parseOption(word, draft, family, reader);
  if (diagnostics.errorCount === before) checkDraft(draft, prefixWord, family, reader);
  if (!prefix || diagnostics.errorCount > before) return undefined;
  return finish(draft, prefix, family, whole);
}

function finish(draft: Draft, prefix: Prefix, family: Family, span: Span): RouteText {
  const { paths: all, metric = 0, ...rest } = draft;
  const paths = all.length > 1 ? all.slice(1) : all;
  return {
    ...rest,
    family,
    table: draft.table ?? (LOCAL_TYPES.has(draft.type) ? TABLE_LOCAL : TABLE_MAIN),
    destination: prefix.address,
    prefixLength: prefix.length,
    metric: family === 6 && metric === 0 ? METRIC_USER6 : metric,
    ...(family === 4 ? { scope: draft.scope ?? scopeOf(draft.type, paths) } : {}),
    paths,
    span,
  };
}

/** Ref: iproute2 ip/iproute.c:iproute_modify() */
function scopeOf(type: RouteType, paths: readonly PathText[]): number {
  if (type === 'local') return SCOPE_HOST;
  if (type === 'broadcast' || type === 'anycast' || type === 'multicast') return SCOPE_LINK;
  return type === 'unicast' && paths.every(({ gateway }) => !gateway) ? SCOPE_LINK : 0;
}

function isRouteType(text: string): text is RouteType {
  return (ROUTE_TYPES as readonly string[]).includes(text);
}

/** Reads an address of a family; reports and gives undefined for anything else. */
export function parseAddressWord(word: Word, text: string, family: Family, reader: WordReader): Uint8Array | undefined {
  const address = family === 4 ? parseIpv4(text) : parseIpv6(text);
  if (address) return address;
  const other = family === 4 ? parseIpv6(text) : parseIpv4(text);
  if (other) {
    const where = family === 4 ? 'IPv6 routes stand under "routes6"' : 'IPv4 routes stand under "routes"';
    reader.error('wrong-family', `"${text}" is an IPv${familyOf(other)} address; ${where}`, word);
  } else {
    reader.error('bad-address', `"${text}" is no IPv${family} address`, word);
  }
  return undefined;
}

export function parsePrefix(word: Word, family: Family, reader: WordReader): Prefix | undefined {
  const bits = family === 4 ? 32 : 128;
  if (word.text === 'default') return { address: new Uint8Array(bits / 8), length: 0 };
  const [text, lengthText] = splitAt(word.text, '/');
  const address = parseAddressWord(word, text, family, reader);
  const length = lengthText === undefined ? bits : parseUnsigned(lengthText, bits);
  if (length === undefined) {
    reader.error('bad-prefix', `"${lengthText}" is no prefix length from 0 to ${bits}`, word);
    return undefined;
  }
  if (!address) return undefined;
  const net = network(address, length);
  if (net.some((byte, i) => byte !== address[i])) {
    reader.error('bad-prefix', `"${word.text}" has bits behind its prefix; the network is ${formatAddress(net)}/${length}`, word);
  }
  return { address: net, length };
}

function splitAt(text: string, mark: string): [string, string | undefined] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

function parseOption(word: Word, draft: Draft, family: Family, reader: WordReader): void {
  const path = draft.paths.at(-1)!;
  switch (word.text) {
    case 'nexthop':
      draft.paths.push({ onlink: false });
      return;
    case 'via':
      parseGateway(word, path, family, reader);
      return;
    case 'dev':
      path.device = reader.value(word, 'the name of an interface')?.text ?? '';
      return;
    case 'weight':
      path.weight = reader.number(word, 'a weight', WEIGHT_MAX) ?? 1;
      return;
    case 'onlink':
      path.onlink = true;
      return;
    case 'realm':
    case 'realms': {
      // IPv6 routes have none: the kernel does not look at it.
      const realm = reader.parsed(word, 'realms', parseRealms, 'bad-realm', 'no realm, nor two with "/" between');
      if (realm !== undefined && family === 4) path.realm = realm;
      return;
    }
  }
  if (!parseRouteOption(word, draft, family, reader)) parseOther(word, reader);
}

/** Options of the route as a whole. Gives false for what is none of them. */
function parseRouteOption(word: Word, draft: Draft, family: Family, reader: WordReader): boolean {
  switch (word.text) {
    case 'metric':
    case 'priority':
    case 'preference':
      draft.metric = reader.number(word, 'a metric', METRIC_MAX) ?? 0;
      return true;
    case 'table':
      draft.table =
        reader.parsed(word, 'a table', parseTable, 'bad-table', 'no routing table: a number, main, local or default') ?? 0;
      return true;
    case 'src': {
      const value = reader.value(word, 'an address');
      const source = value && parseAddressWord(value, value.text, family, reader);
      if (source) draft.source = source;
      return true;
    }
    case 'scope':
      draft.scope = reader.parsed(word, 'a scope', parseScope, 'bad-scope', 'no scope such as link or global') ?? 0;
      return true;
    case 'tos':
    case 'dsfield':
      draft.tos = reader.parsed(word, 'a type of service', parseField, 'bad-tos', 'no type of service such as 0x10') ?? 0;
      return true;
    case 'mtu':
      draft.mtuLocked = reader.peek()?.text === 'lock';
      if (draft.mtuLocked) reader.next();
      draft.mtu = reader.number(word, 'an MTU', MTU_MAX) ?? 0;
      return true;
    case 'pref':
      draft.preference =
        reader.parsed(word, 'a preference', parsePreference, 'bad-preference', 'none of low, medium and high') ?? 'medium';
      return true;
  }
  return false;
}

export function parsePreference(text: string): 'low' | 'medium' | 'high' | undefined {
  return text === 'low' || text === 'medium' || text === 'high' ? text : undefined;
}

function parseOther(word: Word, reader: WordReader): void {
  if (WITHOUT_EFFECT.has(word.text)) {
    reader.value(word, 'a value');
  } else if (NOT_MODELLED.has(word.text)) {
    reader.error('not-modelled', `route option "${word.text}" is not modelled yet`, word);
    while (reader.next());
  } else {
    reader.error('unknown-route-option', `"${word.text}" is no route option${didYouMean(word.text, KEYWORDS)}`, word);
  }
}

/** A gateway may be of the other family: the packets go there all the same. */
function parseGateway(word: Word, path: PathDraft, family: Family, reader: WordReader): void {
  const value = reader.value(word, 'the address of a gateway');
  if (value?.text !== 'inet' && value?.text !== 'inet6') {
    const gateway = value && parseAddressWord(value, value.text, family, reader);
    if (gateway) path.gateway = gateway;
    return;
  }
  const address = reader.value(value, 'the address of a gateway');
  const gateway = address && parseAddressWord(address, address.text, value.text === 'inet' ? 4 : 6, reader);
  if (gateway) path.gateway = gateway;
}

function checkDraft(draft: Draft, prefix: Word, family: Family, reader: WordReader): void {
  const [own, ...nexthops] = draft.paths;
  if (draft.type === 'multicast') reader.error('not-modelled', 'multicast routes are not modelled yet', prefix);
  if (draft.tos && family === 6) reader.error('bad-route', 'IPv6 routes have no type of service');
  else if (draft.tos && (draft.tos & ~ROUTED_TOS) !== 0)
    reader.error('bad-route', 'the kernel takes only a type of service of the bits 0x1c');
  if (nexthops.length > 0 && (own!.gateway || own!.device !== undefined)) {
    reader.error('bad-route', 'a route with "nexthop" has its gateways and devices behind that');
  }
  if (REFUSING_TYPES.has(draft.type)) {
    if (draft.paths.some(({ gateway }) => gateway)) reader.error('bad-route', `a route of type ${draft.type} has no gateway`);
  } else if ((nexthops.length > 0 ? nexthops : [own!]).some(({ device, gateway }) => device === undefined && !gateway)) {
    reader.error('missing-device', 'the route says neither "dev" nor "via"');
  }
}
