import fc from 'fast-check';
import { expect, test } from 'vitest';
import { listenedGroups } from '../../src/host/fib.ts';
import { isWithin, network, type Route, TABLE_LOCAL, TABLE_MAIN } from '../../src/host/host.ts';
import { addressNumber, cutTable } from '../../src/host/spans.ts';
import { formatAddress } from '../../src/net/address.ts';
import { readYaml, routeLines } from './reading.ts';

// The expectations of this file are what `ip route show table all` and `ip maddr` print of such a host.

test('each IPv4 address brings its local route, its network and the broadcast address of that', () => {
  const { host } = readYaml('interfaces: { eth0: { addresses: [10.0.0.1/24] } }');
  expect(routeLines(host!, 4)).toEqual([
    'local 127.0.0.1/32 dev lo table local',
    'local 127.0.0.0/8 dev lo table local',
    'broadcast 127.255.255.255/32 dev lo table local',
    'local 10.0.0.1/32 dev eth0 table local',
    '10.0.0.0/24 dev eth0',
    'broadcast 10.0.0.255/32 dev eth0 table local',
  ]);
});

test('a second address of a network adds only itself', () => {
  const { host } = readYaml('interfaces: { eth0: { addresses: [10.0.0.1/24, 10.0.0.2/24] } }');
  expect(routeLines(host!, 4).slice(6)).toEqual(['local 10.0.0.2/32 dev eth0 table local']);
});

test('networks of one or two addresses have no broadcast address, and a lone address no network', () => {
  const { host } = readYaml('interfaces: { a: { addresses: [192.0.2.1/31] }, b: { addresses: [192.0.2.9/32] } }');
  expect(routeLines(host!, 4).slice(3)).toEqual([
    'local 192.0.2.1/32 dev a table local',
    '192.0.2.0/31 dev a',
    'local 192.0.2.9/32 dev b table local',
  ]);
});

test('the network of an address with a peer is that of the peer', () => {
  const { host } = readYaml('interfaces: { ppp0: { addresses: ["10.0.0.1 peer 10.5.0.0/16", "10.0.9.1 peer 10.0.9.2"] } }');
  expect(routeLines(host!, 4).slice(3)).toEqual([
    'local 10.0.0.1/32 dev ppp0 table local',
    '10.5.0.0/16 dev ppp0',
    'broadcast 10.5.255.255/32 dev ppp0 table local',
    'local 10.0.9.1/32 dev ppp0 table local',
    '10.0.9.2/32 dev ppp0',
  ]);
});

test('an interface that is down keeps its addresses and loses its networks', () => {
  const { host } = readYaml('interfaces: { eth0: { up: false, addresses: [10.0.0.1/24, "2001:db8::1/64"] } }');
  expect(routeLines(host!, 4).slice(3)).toEqual(['local 10.0.0.1/32 dev eth0 table local']);
  expect(routeLines(host!, 6).slice(1)).toEqual(['local 2001:db8::1/128 dev eth0 table local']);
});

test('each interface that is up has the IPv6 link-local network and multicast', () => {
  const { host } = readYaml('interfaces: { eth0: { addresses: ["2001:db8::1/64"] }, eth1: {} }');
  expect(routeLines(host!, 6)).toEqual([
    'local ::1/128 dev lo table local',
    'local 2001:db8::1/128 dev eth0 table local',
    '2001:db8::/64 dev eth0 metric 256',
    'fe80::/64 dev eth0 metric 256',
    'multicast ff00::/8 dev eth0 table local metric 256',
    'fe80::/64 dev eth1 metric 256',
    'multicast ff00::/8 dev eth1 table local metric 256',
  ]);
});

test('a router answers to the first address of each of its IPv6 networks', () => {
  const { host } = readYaml('{interfaces: {eth0: {addresses: ["2001:db8::1/64"]}}, sysctl: {net.ipv6.conf.all.forwarding: 1}}');
  expect(routeLines(host!, 6).filter((line) => line.startsWith('anycast'))).toEqual([
    'anycast 2001:db8::/128 dev eth0 table local',
    'anycast fe80::/128 dev eth0 table local',
  ]);
});

test('an interface without IPv6 has none of its routes', () => {
  const { host } = readYaml(
    '{interfaces: {eth0: {addresses: ["2001:db8::1/64"]}}, sysctl: {net.ipv6.conf.eth0.disable_ipv6: 1}}',
  );
  expect(routeLines(host!, 6)).toEqual(['local ::1/128 dev lo table local']);
});

test('the kernel listens to its own groups, and on a link with neighbours to those of its addresses', () => {
  const text = (arp: boolean, forwarding: number) =>
    `{interfaces: {eth0: {arp: ${arp}, addresses: ["2001:db8::12:3456/64"], groups: [224.0.0.251]}}, sysctl: {net.ipv6.conf.all.forwarding: ${forwarding}}}`;
  const groups = (arp: boolean, forwarding: number): string[] => {
    const { host } = readYaml(text(arp, forwarding));
    return listenedGroups(host!.interfaces[1]!, host!.sysctl).map(formatAddress);
  };
  expect(groups(false, 0)).toEqual(['224.0.0.1', '224.0.0.251', 'ff01::1', 'ff02::1']);
  expect(groups(true, 0)).toContain('ff02::1:ff12:3456');
  expect(groups(false, 1)).toEqual(['224.0.0.1', '224.0.0.251', 'ff01::1', 'ff02::1', 'ff01::2', 'ff02::2', 'ff05::2']);
});

/** Prefixes out of a small space, so that they nest and collide. */
const routes = fc.array(
  fc
    .record({
      byte: fc.integer({ min: 0, max: 255 }),
      length: fc.integer({ min: 0, max: 8 }),
      metric: fc.integer({ min: 0, max: 3 }),
      local: fc.boolean(),
    })
    .map(
      ({ byte, length, metric, local }): Route => ({
        family: 4,
        type: 'unicast',
        table: local ? TABLE_LOCAL : TABLE_MAIN,
        destination: network(Uint8Array.of(byte), length),
        prefixLength: length,
        metric,
      }),
    ),
  { maxLength: 24 },
);

test('the spans of a table lead to the same candidates in the same order as asking every route', () => {
  fc.assert(
    fc.property(routes, (all) => {
      const { spans, ranked } = cutTable(all, 8, 1);
      for (let address = 0; address < 256; address++) {
        const wanted = all
          .filter((r) => isWithin(Uint8Array.of(address), r.destination, r.prefixLength))
          .map((route, i) => ({ route, i }))
          .sort((a, b) => b.route.prefixLength - a.route.prefixLength || rank(a.route) - rank(b.route) || a.i - b.i)
          .map(({ route }) => route);
        const found: Route[] = [];
        let index = spans.findLast((span) => span.first <= BigInt(address))!.route;
        while (index !== 0) {
          const { route, next } = ranked[index - 1]!;
          found.push(route);
          index = next;
        }
        expect(found).toEqual(wanted);
      }
    }),
    { seed: 1, numRuns: 200 },
  );
});

function rank({ table, metric }: Route): number {
  return (table === TABLE_LOCAL ? 0 : 10) + metric;
}

test('addresses as numbers keep their order', () => {
  expect(addressNumber(Uint8Array.of(1, 2, 3, 4))).toBe(0x01020304n);
});
