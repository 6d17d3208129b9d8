// From routes as written to routes as the kernel would hold them: device found, gateway reachable, no two alike.

import { formatAddress } from '../net/address.ts';
import type { Diagnostics } from '../text/diagnostic.ts';
import { didYouMean } from '../text/suggest.ts';
import { type HostInterface, isWithin, LOOPBACK, REFUSING_TYPES, type Route, type RoutePath, sameBytes } from './host.ts';
import type { PathText, RouteText } from './route-text.ts';

/** Adds routes to those that stand already, as one `ip route add` after the other; reports what the kernel would refuse. */
export function addRoutes(
  standing: readonly Route[],
  texts: readonly RouteText[],
  interfaces: readonly HostInterface[],
  diagnostics: Diagnostics,
): Route[] {
  const routes = [...standing];
  for (const text of texts) {
    const paths = text.paths.map((path) => resolvePath(path, text, routes, interfaces, diagnostics));
    if (paths.includes(undefined)) continue;
    const { span, paths: _, ...route } = text;
    const made: Route = paths.length === 1 ? { ...route, ...paths[0]! } : { ...route, paths: paths as RoutePath[] };
    if (routes.some((r) => isSameKey(r, made))) {
      const name = `${formatAddress(made.destination)}/${made.prefixLength}`;
      diagnostics.error(
        'route-exists',
        `there is a route to ${name} with metric ${made.metric} already: the kernel refuses a second`,
        span,
      );
    } else {
      routes.push(made);
    }
  }
  return routes;
}

/** What makes the kernel answer "File exists". Ref: net/ipv4/fib_trie.c:fib_table_insert(), net/ipv6/ip6_fib.c:fib6_add_rt2node() */
function isSameKey(a: Route, b: Route): boolean {
  return (
    a.table === b.table &&
    a.metric === b.metric &&
    (a.tos ?? 0) === (b.tos ?? 0) &&
    a.prefixLength === b.prefixLength &&
    sameBytes(a.destination, b.destination)
  );
}

/** A path with its device; undefined (with a report) when there is none. */
function resolvePath(
  path: PathText,
  route: RouteText,
  routes: readonly Route[],
  interfaces: readonly HostInterface[],
  diagnostics: Diagnostics,
): RoutePath | undefined {
  const { onlink: _, ...rest } = path;
  const name = deviceOf(path, route, routes, interfaces, diagnostics);
  if (name === undefined) return undefined;
  const hasNoLink = interfaces.some((device) => device.name === name && device.noCarrier) && route.type !== 'local';
  return { ...rest, ...(name === '' ? {} : { device: name }), ...(hasNoLink ? { linkdown: true } : {}) };
}

/** The device of a path; '' for one that needs none, undefined (with a report) when there is none. */
function deviceOf(
  path: PathText,
  { type, family, span }: RouteText,
  routes: readonly Route[],
  interfaces: readonly HostInterface[],
  diagnostics: Diagnostics,
): string | undefined {
  if (REFUSING_TYPES.has(type)) return family === 6 ? LOOPBACK : '';
  const name = path.device ?? deviceOfGateway(path.gateway!, routes);
  const gateway = path.gateway && formatAddress(path.gateway);
  if (name === undefined) {
    diagnostics.error('gateway-unreachable', `gateway ${gateway} is in no connected network: the kernel refuses the route`, span);
    return undefined;
  }
  const device = interfaces.find((i) => i.name === name);
  if (!device) {
    const hint = didYouMean(
      name,
      interfaces.map((i) => i.name),
    );
    diagnostics.error('unknown-interface', `the host has no interface "${name}"${hint}`, span);
    return undefined;
  }
  if (!device.up) {
    diagnostics.error('interface-down', `${name} is down: the kernel refuses the route`, span);
    return undefined;
  }
  if (path.gateway && !path.onlink && !isReachable(path.gateway, name, routes)) {
    diagnostics.error(
      'gateway-unreachable',
      `gateway ${gateway} is in no network of ${name}: the kernel refuses the route (or say "onlink")`,
      span,
    );
    return undefined;
  }
  return name;
}

/** The best route to a gateway that needs no gateway itself. Ref: net/ipv4/fib_semantics.c:fib_check_nh() */
function connected(gateway: Uint8Array, routes: readonly Route[]): Route[] {
  return routes
    .filter((r) => r.type === 'unicast' && !r.gateway && !r.paths && r.destination.length === gateway.length)
    .filter((r) => isWithin(gateway, r.destination, r.prefixLength))
    .sort((a, b) => b.prefixLength - a.prefixLength || a.metric - b.metric);
}

function deviceOfGateway(gateway: Uint8Array, routes: readonly Route[]): string | undefined {
  const [best, second] = connected(gateway, routes);
  const isAmbiguous = gateway.length === 16 && best?.prefixLength === second?.prefixLength;
  return isAmbiguous ? undefined : best?.device;
}

function isReachable(gateway: Uint8Array, device: string, routes: readonly Route[]): boolean {
  return connected(gateway, routes).some((r) => r.device === device);
}
