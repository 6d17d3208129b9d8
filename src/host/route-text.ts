// Routes as `ip route add` takes them, and rules as `ip rule add` does.

import type { Family } from '../ir/ir.ts';
import { formatAddress, parseIpv4, parseIpv6 } from '../net/address.ts';
import { parseUnsigned } from '../net/number.ts';
import type { Diagnostics } from '../text/diagnostic.ts';
import type { Span } from '../text/source.ts';
import { didYouMean } from '../text/suggest.ts';
import { familyOf, network, REFUSING_TYPES, ROUTE_TYPES, type Route, type RouteTable, type RouteType } from './host.ts';
import { type Word, WordReader } from './words.ts';

/** A route as written: its device may be missing, to be found by its gateway. */
export interface RouteText extends Route {
  readonly span: Span;
  readonly onlink: boolean;
}

/** IP6_RT_PRIO_USER: what a metric of 0 becomes. */
const METRIC_USER6 = 1024;
const METRIC_MAX = 0xffffffff;
const REALM_MAX = 255;

/** Types whose routes stand in table local when nothing is said. Ref: iproute2 ip/iproute.c:iproute_modify() */
const LOCAL_TYPES: ReadonlySet<RouteType> = new Set<RouteType>(['local', 'broadcast', 'anycast']);

const TABLES: Readonly<Record<string, RouteTable>> = { main: 'main', '254': 'main', local: 'local', '255': 'local' };

/** Options with a value that says nothing about where packets go. */
const WITHOUT_EFFECT: ReadonlySet<string> = new Set([
  'proto',
  'protocol',
  'scope',
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
const NOT_MODELLED: ReadonlySet<string> = new Set([
  'nexthop',
  'nhid',
  'encap',
  'mtu',
  'tos',
  'dsfield',
  'from',
  'pref',
  'expires',
  'ttl-propagate',
  'fastopen_no_cookie',
]);

const KEYWORDS = ['via', 'dev', 'metric', 'table', 'src', 'onlink', 'realm', 'realms', ...WITHOUT_EFFECT, ...NOT_MODELLED];

interface Draft {
  type: RouteType;
  table?: RouteTable;
  device?: string;
  gateway?: Uint8Array;
  source?: Uint8Array;
  metric?: number;
  realm?: number;
  onlink: boolean;
}

/** Reads one route. `family` is what `default` means, and what addresses must be of. */
export function parseRoute(words: readonly Word[], whole: Span, family: Family, diagnostics: Diagnostics): RouteText | undefined {
  const reader = new WordReader(words, whole, diagnostics);
  const before = diagnostics.errorCount;
  const draft: Draft = { type: 'unicast', onlink: false };
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
  if (diagnostics.errorCount === before) checkDraft(draft, prefixWord, reader);
  if (!prefix || diagnostics.errorCount > before) return undefined;
  const metric = draft.metric ?? 0;
  return {
    family,
    type: draft.type,
    table: draft.table ?? (LOCAL_TYPES.has(draft.type) ? 'local' : 'main'),
    destination: prefix.address,
    prefixLength: prefix.length,
    ...(draft.device === undefined ? {} : { device: draft.device }),
    ...(draft.gateway ? { gateway: draft.gateway } : {}),
    ...(draft.source ? { source: draft.source } : {}),
    ...(draft.realm ? { realm: draft.realm } : {}),
    metric: family === 6 && metric === 0 ? METRIC_USER6 : metric,
    onlink: draft.onlink,
    span: whole,
  };
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

function parsePrefix(word: Word, family: Family, reader: WordReader): { address: Uint8Array; length: number } | undefined {
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
  switch (word.text) {
    case 'via':
      parseGateway(word, draft, family, reader);
      return;
    case 'dev':
      draft.device = reader.value(word, 'the name of an interface')?.text ?? '';
      return;
    case 'metric':
    case 'priority':
    case 'preference':
      draft.metric = reader.number(word, 'a metric', METRIC_MAX) ?? 0;
      return;
    case 'table':
      parseTable(word, draft, reader);
      return;
    case 'src': {
      const value = reader.value(word, 'an address');
      const source = value && parseAddressWord(value, value.text, family, reader);
      if (source) draft.source = source;
      return;
    }
    case 'onlink':
      draft.onlink = true;
      return;
    case 'realm':
    case 'realms':
      parseRealms(word, draft, family, reader);
      return;
  }
  if (WITHOUT_EFFECT.has(word.text)) {
    reader.value(word, 'a value');
  } else if (NOT_MODELLED.has(word.text)) {
    const what = word.text === 'nexthop' ? 'several ways to one network (multipath) are' : `route option "${word.text}" is`;
    reader.error('not-modelled', `${what} not modelled yet`, word);
    while (reader.next());
  } else {
    reader.error('unknown-route-option', `"${word.text}" is no route option${didYouMean(word.text, KEYWORDS)}`, word);
  }
}

/** `TO`, or `FROM/TO`. IPv6 routes have none: the kernel does not look at it. Ref: iproute2 lib/rt_names.c:get_rt_realms_or_raw() */
function parseRealms(word: Word, draft: Draft, family: Family, reader: WordReader): void {
  const value = reader.value(word, 'realms');
  if (!value) return;
  const [first, second] = splitAt(value.text, '/');
  const one = (text: string, max: number): number | undefined => (text === 'cosmos' ? 0 : parseUnsigned(text, max));
  const from = second === undefined ? 0 : one(first, REALM_MAX);
  const to = second === undefined ? one(first, 0xffff_ffff) : one(second, REALM_MAX);
  if (from === undefined || to === undefined)
    reader.error('bad-realm', `"${value.text}" is no realm, nor two with "/" between`, value);
  else if (family === 4) draft.realm = ((from << 16) | to) >>> 0;
}

function parseGateway(word: Word, draft: Draft, family: Family, reader: WordReader): void {
  let value = reader.value(word, 'the address of a gateway');
  if (value?.text === 'inet' || value?.text === 'inet6') {
    if ((value.text === 'inet' ? 4 : 6) !== family) {
      reader.error('not-modelled', 'a gateway of the other address family is not modelled yet', value);
      reader.next();
      return;
    }
    value = reader.value(value, 'the address of a gateway');
  }
  const gateway = value && parseAddressWord(value, value.text, family, reader);
  if (gateway) draft.gateway = gateway;
}

function parseTable(word: Word, draft: Draft, reader: WordReader): void {
  const value = reader.value(word, 'a table');
  if (!value) return;
  const table = TABLES[value.text];
  if (table) draft.table = table;
  else reader.error('not-modelled', `table ${value.text}: tables other than main and local are not modelled yet`, value);
}

function checkDraft(draft: Draft, prefix: Word, reader: WordReader): void {
  if (draft.type === 'multicast') reader.error('not-modelled', 'multicast routes are not modelled yet', prefix);
  if (REFUSING_TYPES.has(draft.type)) {
    if (draft.gateway) reader.error('bad-route', `a route of type ${draft.type} has no gateway`);
  } else if (draft.device === undefined && !draft.gateway) {
    reader.error('missing-device', 'the route says neither "dev" nor "via"');
  }
}

/** The rules every host has. Ref: net/ipv4/fib_rules.c:fib_default_rules_init() */
const DEFAULT_RULES: ReadonlySet<string> = new Set(['0 local', '32766 main', '32767 default']);

/** Whether a routing rule is one of those every host has. */
export function isDefaultRule(priority: string, table: string): boolean {
  return DEFAULT_RULES.has(`${priority} ${table}`);
}

/** Reads one rule and accepts only the default ones: `from all lookup main pref 32766`. */
export function checkRule(words: readonly Word[], whole: Span, diagnostics: Diagnostics): void {
  const texts = words.map(({ text }) => text.replace(/:$/, ''));
  const value = (...names: string[]): string | undefined => {
    const at = texts.findIndex((text) => names.includes(text));
    return at < 0 ? undefined : texts[at + 1];
  };
  const priority = value('pref', 'priority', 'order') ?? texts[0] ?? '';
  const others = texts.filter((text) => !['from', 'all', 'lookup', 'table', 'pref', 'priority', 'order'].includes(text));
  const table = value('lookup', 'table') ?? '';
  const isPlain = others.every((text) => text === priority || text === table);
  if (isPlain && isDefaultRule(priority, table)) return;
  diagnostics.error('not-modelled', 'routing rules other than the three that every host has are not modelled yet', whole);
}
