import { expect, test } from 'vitest';
import { type Ipv4Fields, type Ipv6Fields, ipv4, ipv6, udp } from '../../src/packet/packets.ts';
import { type HostBenchOptions, openHostBench } from '../support/host-bench.ts';
import { endOf } from './journey.ts';

// What the expectations say was seen in the live kernel (Linux 6.18).

const ROUTER = `
interfaces:
  eth0: { addresses: [10.0.0.1/24, "2001:db8:a::1/64", "fe80::a/64"] }
  eth1: { addresses: [192.0.2.1/24, "2001:db8:b::1/64", "fe80::b/64"] }
  eth2: { addresses: [172.16.0.1/24] }
  eth3: { up: false, addresses: [172.17.0.1/24, "2001:db8:d::1/64"] }
routes:
  - default via 192.0.2.254 dev eth1
  - blackhole 198.18.0.0/24
  - unreachable 198.18.1.0/24
  - prohibit 198.18.2.0/24
  - throw 198.18.3.0/24
  - 10.1.2.0/24 dev eth2
routes6:
  - default via 2001:db8:b::fe dev eth1
  - blackhole 2001:db8:f0::/48
  - unreachable 2001:db8:f1::/48
  - prohibit 2001:db8:f2::/48
`;
const FORWARDING = 'sysctl: { net.ipv4.ip_forward: 1, net.ipv6.conf.all.forwarding: 1 }\n';

function ends(host: string, options: HostBenchOptions = {}) {
  const bench = openHostBench({ host, ...options });
  const run = (bytes: Uint8Array, name: string, sent: boolean): string => endOf(bench.run({ bytes, interface: name, sent }));
  return {
    v4: (src: string, dst: string, name = 'eth0', fields: Ipv4Fields = {}) =>
      run(ipv4({ src, dst, payload: udp(), ...fields }), name, false),
    v6: (src: string, dst: string, name = 'eth0', fields: Ipv6Fields = {}) =>
      run(ipv6({ src, dst, payload: udp(), ...fields }), name, false),
    sent4: (src: string, dst: string, name = '', fields: Ipv4Fields = {}) =>
      run(ipv4({ src, dst, payload: udp(), ...fields }), name, true),
    sent6: (src: string, dst: string, name = '', fields: Ipv6Fields = {}) =>
      run(ipv6({ src, dst, payload: udp(), ...fields }), name, true),
  };
}

const router = ends(ROUTER + FORWARDING);
const server = ends(ROUTER);

test.each([
  ['10.0.0.1', 'delivered'],
  ['192.0.2.1', 'delivered'],
  ['172.17.0.1', 'delivered'], // of an interface that is down
  ['10.0.0.255', 'delivered'],
  ['192.0.2.255', 'delivered'],
  ['255.255.255.255', 'delivered'],
  ['224.0.0.1', 'delivered'],
  ['224.0.0.5', 'multicast'],
  ['239.1.1.1', 'multicast'],
  ['8.8.8.8', 'out by eth1'],
  ['10.0.0.77', 'out by eth0'],
  ['10.0.0.0', 'out by eth0'],
  ['172.17.0.9', 'out by eth1'], // the network of an interface that is down is not there
  ['240.1.1.1', 'out by eth1'],
  ['0.0.0.9', 'out by eth1'],
  ['0.0.0.0', 'martian'],
  ['127.0.0.1', 'martian'],
  ['198.18.0.1', 'blackhole'],
  ['198.18.1.1', 'unreachable'],
  ['198.18.2.1', 'prohibit'],
  ['198.18.3.1', 'no-route'],
])('an IPv4 packet to %s: %s', (destination, end) => {
  expect(router.v4('10.0.0.9', destination)).toBe(end);
});

test.each([
  ['172.16.0.9', 'out by eth1'],
  ['10.0.0.1', 'martian'],
  ['192.0.2.1', 'martian'],
  ['172.17.0.1', 'martian'],
  ['10.0.0.255', 'out by eth1'], // rp_filter is off and it goes on by another interface: only our own addresses are refused
  ['127.0.0.1', 'martian'],
  ['224.0.0.9', 'martian'],
  ['255.255.255.255', 'martian'],
  ['0.0.0.0', 'martian'],
  ['0.0.0.5', 'out by eth1'],
  ['198.18.0.1', 'out by eth1'],
])('an IPv4 packet from %s, to be forwarded: %s', (source, end) => {
  expect(router.v4(source, '8.8.8.8')).toBe(end);
});

test('a broadcast from nowhere is for this host, any other packet from nowhere a martian', () => {
  expect(router.v4('0.0.0.0', '255.255.255.255')).toBe('delivered');
  expect(router.v4('0.0.0.0', '0.0.0.0')).toBe('delivered');
  expect(router.v4('0.0.0.0', '224.0.0.1')).toBe('delivered');
  expect(router.v4('0.0.0.0', '10.0.0.1')).toBe('martian');
});

test('a packet that goes back where it came from has its source looked up in full', () => {
  expect(router.v4('10.0.0.9', '10.0.0.77')).toBe('out by eth0');
  expect(router.v4('10.0.0.255', '10.0.0.77')).toBe('martian');
});

test('table local and table main are one: the longer prefix wins', () => {
  const { v4 } = ends(ROUTER.replace('  - 10.1.2.0/24', '  - local 10.1.0.0/16 dev lo\n  - 10.1.2.0/24') + FORWARDING);
  expect(v4('10.0.0.9', '10.1.3.3')).toBe('delivered');
  expect(v4('10.0.0.9', '10.1.2.3')).toBe('out by eth2');
});

test.each([
  ['strict', 1, 'rp-filter', 'out by eth1'],
  ['loose', 2, 'out by eth1', 'out by eth1'],
])('rp_filter, %s: a source of another interface, and one of this', (_, value, wrong, right) => {
  const { v4 } = ends(`${ROUTER}sysctl: { net.ipv4.ip_forward: 1, net.ipv4.conf.eth0.rp_filter: ${value} }\n`);
  expect(v4('172.16.0.9', '8.8.8.8')).toBe(wrong);
  expect(v4('10.0.0.9', '8.8.8.8')).toBe(right);
  expect(v4('198.18.0.1', '8.8.8.8')).toBe('rp-filter'); // under a blackhole
});

test('route_localnet lets loopback addresses in, accept_local our own', () => {
  const { v4 } = ends(`${ROUTER}sysctl: { net.ipv4.conf.eth0.route_localnet: 1, net.ipv4.conf.eth0.accept_local: 1 }\n`);
  expect(v4('10.0.0.9', '127.0.0.1')).toBe('delivered');
  expect(v4('192.0.2.1', '10.0.0.1')).toBe('delivered');
});

test('nothing is forwarded while forwarding is off; delivery goes on', () => {
  expect(server.v4('10.0.0.9', '8.8.8.8')).toBe('not-forwarding');
  expect(server.v4('10.0.0.9', '10.0.0.1')).toBe('delivered');
  expect(server.v6('2001:db8:a::9', '2001:db8:c::9')).toBe('not-forwarding');
  expect(server.v6('2001:db8:a::9', '2001:db8:a::1')).toBe('delivered');
});

test('IPv4 forwarding is that of the interface a packet came in by, IPv6 forwarding that of all', () => {
  const { v4, v6 } = ends(`${ROUTER}sysctl: { net.ipv4.conf.eth0.forwarding: 1, net.ipv6.conf.eth0.forwarding: 1 }\n`);
  expect(v4('10.0.0.9', '8.8.8.8')).toBe('out by eth1');
  expect(v4('192.0.2.9', '10.0.0.9', 'eth1')).toBe('not-forwarding');
  expect(v6('2001:db8:a::9', '2001:db8:c::9')).toBe('not-forwarding');
});

test('time to live runs out at a router and not on delivery', () => {
  for (const ttl of [0, 1]) {
    expect(router.v4('10.0.0.9', '8.8.8.8', 'eth0', { ttl })).toBe('ttl');
    expect(router.v4('10.0.0.9', '10.0.0.1', 'eth0', { ttl })).toBe('delivered');
    expect(router.v6('2001:db8:a::9', '2001:db8:c::9', 'eth0', { hopLimit: ttl })).toBe('ttl');
    expect(router.v6('2001:db8:a::9', '2001:db8:a::1', 'eth0', { hopLimit: ttl })).toBe('delivered');
  }
});

test('what is longer than the way out: refused if it may not be fragmented, else it leaves', () => {
  const { v4, v6 } = ends(ROUTER.replace('eth1: {', 'eth1: { mtu: 1300,') + FORWARDING);
  const payload = udp({ payload: new Uint8Array(1400) });
  expect(v4('10.0.0.9', '8.8.8.8', 'eth0', { df: true, payload })).toBe('too-big');
  expect(v4('10.0.0.9', '8.8.8.8', 'eth0', { payload })).toBe('out by eth1');
  expect(v6('2001:db8:a::9', '2001:db8:c::9', 'eth0', { payload })).toBe('too-big');
});

test.each([
  ['2001:db8:a::1', 'delivered'],
  ['2001:db8:b::1', 'delivered'],
  ['2001:db8:d::1', 'delivered'], // of an interface that is down
  ['2001:db8:a::', 'delivered'], // a router's anycast address
  ['fe80::', 'delivered'],
  ['fe80::a', 'delivered'],
  ['fe80::b', 'out by eth0'], // of another interface, so not ours on this one
  ['fe80::77', 'out by eth0'],
  ['2001:db8:c::9', 'out by eth1'],
  ['2001:db8:a::77', 'out by eth0'],
  ['::', 'out by eth1'],
  ['ff02::1', 'delivered'],
  ['ff02::2', 'delivered'],
  ['ff05::2', 'delivered'],
  ['ff02::1:ff00:1', 'delivered'],
  ['ff02::5', 'multicast'],
  ['ff0e::5', 'multicast'],
  ['ff01::1', 'ipv6-address'],
  ['::1', 'ipv6-address'],
  ['2001:db8:f0::1', 'blackhole'],
  ['2001:db8:f1::1', 'unreachable'],
  ['2001:db8:f2::1', 'prohibit'],
])('an IPv6 packet to %s: %s', (destination, end) => {
  expect(router.v6('2001:db8:a::9', destination)).toBe(end);
});

test('IPv6 sources that mean nothing elsewhere are not forwarded, but may be delivered', () => {
  for (const source of ['fe80::77', '::']) {
    expect(router.v6(source, '2001:db8:c::9')).toBe('source-scope');
    expect(router.v6(source, '2001:db8:a::1')).toBe('delivered');
  }
  expect(router.v6('2001:db8:a::1', '2001:db8:c::9')).toBe('out by eth1');
});

test('a host that is no router has neither anycast addresses nor the routers’ groups', () => {
  expect(server.v6('2001:db8:a::9', '2001:db8:a::')).toBe('not-forwarding');
  expect(server.v6('2001:db8:a::9', 'ff02::2')).toBe('multicast');
});

test('what is sent goes by its route, to this host itself over lo', () => {
  expect(router.sent4('10.0.0.1', '10.0.0.9')).toBe('out by eth0');
  expect(router.sent4('192.0.2.1', '8.8.8.8', 'eth0')).toBe('out by eth1');
  expect(router.sent4('10.0.0.1', '192.0.2.1')).toBe('delivered, out by lo');
  expect(router.sent4('10.0.0.1', '198.18.0.5')).toBe('blackhole');
  expect(router.sent6('2001:db8:a::1', '2001:db8:c::9')).toBe('out by eth1');
  expect(router.sent6('2001:db8:a::1', '2001:db8:b::1')).toBe('delivered, out by lo');
  expect(router.sent6('2001:db8:a::1', '2001:db8:f0::1')).toBe('blackhole');
});

test('broadcasts and multicasts that are sent come back as a copy where the host listens', () => {
  expect(router.sent4('10.0.0.1', '10.0.0.255')).toBe('delivered, out by eth0');
  expect(router.sent4('10.0.0.1', '255.255.255.255', 'eth2')).toBe('delivered, out by eth2');
  expect(router.sent4('10.0.0.1', '224.0.0.1', 'eth0')).toBe('delivered, out by eth0');
  expect(router.sent4('10.0.0.1', '224.0.0.5', 'eth0')).toBe('out by eth0');
  expect(router.sent6('fe80::a', 'ff02::1', 'eth0')).toBe('delivered, out by eth0');
  expect(router.sent6('fe80::a', 'ff02::5', 'eth0')).toBe('out by eth0');
  expect(router.sent6('fe80::b', 'fe80::77', 'eth1')).toBe('out by eth1');
});

test('IPv4 options that are malformed, and source routes that are refused, end behind PREROUTING', () => {
  const options = (...bytes: number[]): string => router.v4('10.0.0.9', '10.0.0.1', 'eth0', { options: Uint8Array.from(bytes) });
  expect(options(1, 1, 1, 0)).toBe('delivered');
  expect(options(7, 7, 4, 0, 0, 0, 0, 0)).toBe('delivered');
  expect(options(7, 2, 1, 0)).toBe('ip-options');
  expect(options(0x83, 7, 4, 1, 2, 3, 4, 0)).toBe('ip-options');
  const accepting = ends(`${ROUTER}sysctl: { net.ipv4.conf.all.accept_source_route: 1 }\n`);
  const route = (...bytes: number[]): string => accepting.v4('10.0.0.9', '10.0.0.1', 'eth0', { options: Uint8Array.from(bytes) });
  expect(route(0x83, 7, 8, 1, 2, 3, 4, 0)).toBe('delivered'); // no hop left
  expect(route(0x83, 7, 4, 1, 2, 3, 4, 0)).toBe('ip-options'); // this host forwards nothing
  const forwarding = ends(`${ROUTER}sysctl: { net.ipv4.conf.all.accept_source_route: 1, net.ipv4.ip_forward: 1 }\n`);
  expect(forwarding.v4('10.0.0.9', '10.0.0.1', 'eth0', { options: Uint8Array.of(0x83, 7, 4, 1, 2, 3, 4, 0) })).toBe(
    'out by eth1',
  );
});

test('an interface that is down, not there, or without IPv6 takes nothing', () => {
  expect(router.v4('10.0.0.9', '10.0.0.1', 'eth3')).toBe('interface');
  expect(router.v4('10.0.0.9', '10.0.0.1', 'wlan0')).toBe('interface');
  expect(ends(`${ROUTER}sysctl: { net.ipv6.conf.eth0.disable_ipv6: 1 }\n`).v6('2001:db8:a::9', '2001:db8:b::1')).toBe(
    'ipv6-disabled',
  );
});
