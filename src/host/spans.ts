// A routing table cut into spans of addresses with the same candidates, so that the longest prefix is found by bisection.

import { pathsOf, type Route, TABLE_LOCAL } from './host.ts';

/** The addresses from `first` to the next span's have `route` as their best: its index in the list, from 1; 0 = none. */
export interface Span {
  readonly first: bigint;
  readonly route: number;
}

/** A path of a route, with the index of the next candidate for the same address (0 = none). */
export interface RankedRoute {
  readonly route: Route;
  /** Which of its paths. */
  readonly path: number;
  readonly next: number;
}

/** Routes to one prefix, best first. */
interface Group {
  readonly first: bigint;
  readonly last: bigint;
  readonly length: number;
  readonly routes: Route[];
}

export function addressNumber(bytes: Uint8Array): bigint {
  return bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

/**
 * Order of candidates of one prefix: table local first, then the higher type of service, then the lower metric; then the one added first.
 * Ref: net/ipv4/fib_trie.c:fib_insert_alias(), net/ipv6/ip6_fib.c:fib6_add_rt2node()
 */
function compareCandidates(a: Route, b: Route): number {
  const rank = (route: Route): number => (route.table === TABLE_LOCAL ? 0 : 1);
  return rank(a) - rank(b) || (b.tos ?? 0) - (a.tos ?? 0) || a.metric - b.metric;
}

function groupsOf(routes: readonly Route[], bits: number): Group[] {
  const groups = new Map<string, Group>();
  for (const route of routes) {
    const first = addressNumber(route.destination);
    const key = `${first}/${route.prefixLength}`;
    const group = groups.get(key);
    if (group) group.routes.push(route);
    else
      groups.set(key, {
        first,
        last: first + (1n << BigInt(bits - route.prefixLength)) - 1n,
        length: route.prefixLength,
        routes: [route],
      });
  }
  for (const group of groups.values()) group.routes.sort(compareCandidates);
  return [...groups.values()].sort((a, b) => (a.first === b.first ? a.length - b.length : a.first < b.first ? -1 : 1));
}

/**
 * Ranks the routes of a table of addresses of `bits` bits and cuts it into spans, the first of which starts at 0.
 * The routes get indexes from `index` on.
 */
export function cutTable(routes: readonly Route[], bits: number, index: number): { spans: Span[]; ranked: RankedRoute[] } {
  const spans: Span[] = [{ first: 0n, route: 0 }];
  const ranked: RankedRoute[] = [];
  const open: { group: Group; head: number }[] = [];
  const headOf = (at: number): number => open[at]?.head ?? 0;
  const begin = (first: bigint, route: number): void => {
    const last = spans.at(-1)!;
    if (last.first === first) spans[spans.length - 1] = { first, route };
    else if (last.route !== route) spans.push({ first, route });
  };
  const close = (): void => {
    const { group } = open.pop()!;
    if (group.last + 1n < 1n << BigInt(bits)) begin(group.last + 1n, headOf(open.length - 1));
  };
  for (const group of groupsOf(routes, bits)) {
    while (open.length > 0 && open.at(-1)!.group.last < group.first) close();
    const covering = headOf(open.length - 1);
    const head = index + ranked.length;
    const paths = group.routes.flatMap((route) => pathsOf(route).map((_, path) => ({ route, path })));
    for (const [i, entry] of paths.entries()) ranked.push({ ...entry, next: i + 1 < paths.length ? head + i + 1 : covering });
    begin(group.first, head);
    open.push({ group, head });
  }
  while (open.length > 0) close();
  return { spans, ranked };
}
