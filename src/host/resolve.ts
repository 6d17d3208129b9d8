// From routes as written to routes as the kernel would hold them: device found, gateway reachable, no two alike.

import { formatAddress } from '../net/address.ts';
import type { Diagnostics } from '../text/diagnostic.ts';
import { didYouMean } from '../text/suggest.ts';
import { type HostInterface, isWithin, LOOPBACK, REFUSING_TYPES, type Route, sameBytes } from './host.ts';
import type { RouteText } from './route-text.ts';

/** Adds routes to those that stand already, as one `ip route add` after the other; reports what the kernel would refuse. */
export function addRoutes(
  standing: readonly Route[],
  texts: readonly RouteText[],
  interfaces: readonly HostInterface[],
  diagnostics: Diagnostics,
): Route[] {
  const routes = [...standing];
  for (const text of texts) {
    const device = deviceOf(text, routes, interfaces, diagnostics);
    if (device === undefined) continue;
    const { span, onlink, ...route } = text;
    const made: Route = device === '' ? route : { ...route, device };
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
    a.table === b.table && a.metric === b.metric && a.prefixLength === b.prefixLength && sameBytes(a.destination, b.destination)
  );
}

/** The device of a route; '' for one that needs none, undefined (with a report) when there is none. */
function deviceOf(
  route: RouteText,
  routes: readonly Route[],
  interfaces: readonly HostInterface[],
  diagnostics: Diagnostics,
): string | undefined {
  if (REFUSING_TYPES.has(route.type)) return route.family === 6 ? LOOPBACK : '';
  const name = route.device ?? deviceOfGateway(route.gateway!, routes);
  if (name === undefined) {
    const gateway = formatAddress(route.gateway!);
    diagnostics.error(
      'gateway-unreachable',
      `gateway ${gateway} is in no connected network: the kernel refuses the route`,
      route.span,
    );
    return undefined;
  }
  const device = interfaces.find((i) => i.name === name);
  if (!device) {
    const hint = didYouMean(
      name,
      interfaces.map((i) => i.name),
    );
    diagnostics.error('unknown-interface', `the host has no interface "${name}"${hint}`, route.span);
    return undefined;
  }
  if (!device.up) {
    diagnostics.error('interface-down', `${name} is down: the kernel refuses the route`, route.span);
    return undefined;
  }
  if (route.gateway && !route.onlink && !isReachable(route.gateway, name, routes)) {
    const gateway = formatAddress(route.gateway);
    diagnostics.error(
      'gateway-unreachable',
      `gateway ${gateway} is in no network of ${name}: the kernel refuses the route (or say "onlink")`,
      route.span,
    );
    return undefined;
  }
  return name;
}

/** The best route to a gateway that needs no gateway itself. Ref: net/ipv4/fib_semantics.c:fib_check_nh() */
function connected(gateway: Uint8Array, routes: readonly Route[]): Route[] {
  return routes
    .filter((r) => r.type === 'unicast' && !r.gateway && r.destination.length === gateway.length)
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
