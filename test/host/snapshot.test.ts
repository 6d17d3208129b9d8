import { expect, test } from 'vitest';
import { readSnapshot, routeLines } from './reading.ts';

const ADDR = JSON.stringify([
  {
    ifname: 'lo',
    flags: ['LOOPBACK', 'UP', 'LOWER_UP'],
    mtu: 65536,
    addr_info: [
      { family: 'inet', local: '127.0.0.1', prefixlen: 8, scope: 'host' },
      { family: 'inet6', local: '::1', prefixlen: 128, scope: 'host' },
    ],
  },
  {
    ifname: 'eth0',
    flags: ['BROADCAST', 'MULTICAST', 'UP', 'LOWER_UP'],
    mtu: 1400,
    addr_info: [
      { family: 'inet', local: '192.0.2.1', prefixlen: 24, broadcast: '192.0.2.255', scope: 'global' },
      { family: 'inet6', local: 'fe80::1', prefixlen: 64, scope: 'link' },
    ],
  },
  {
    ifname: 'tun0',
    flags: ['POINTOPOINT', 'NOARP'],
    mtu: 1500,
    addr_info: [{ family: 'inet', local: '10.0.0.1', address: '10.0.0.2', prefixlen: 32 }],
  },
]);

test('an empty snapshot is a host with nothing but lo', () => {
  const { host, messages } = readSnapshot({});
  expect(messages).toBe('');
  expect(host!.interfaces.map(({ name }) => name)).toEqual(['lo']);
});

test('interfaces come from addr.json; without route.json the routes come from their addresses', () => {
  const { host, messages } = readSnapshot({ 'addr.json': ADDR });
  expect(messages).toBe('');
  expect(host!.interfaces.map(({ name, up, arp, mtu }) => ({ name, up, arp, mtu }))).toEqual([
    { name: 'lo', up: true, arp: false, mtu: 65536 },
    { name: 'eth0', up: true, arp: true, mtu: 1400 },
    { name: 'tun0', up: false, arp: false, mtu: 1500 },
  ]);
  expect(routeLines(host!, 4)).toEqual([
    'local 127.0.0.1/32 dev lo table local',
    'local 127.0.0.0/8 dev lo table local',
    'broadcast 127.255.255.255/32 dev lo table local',
    'local 192.0.2.1/32 dev eth0 table local',
    'broadcast 192.0.2.255/32 dev eth0 table local',
    '192.0.2.0/24 dev eth0',
    'local 10.0.0.1/32 dev tun0 table local',
  ]);
});

const ROUTES = [
  { dst: 'default', gateway: '192.0.2.254', dev: 'eth0', flags: [] },
  { dst: '192.0.2.0/24', dev: 'eth0', protocol: 'kernel', scope: 'link', prefsrc: '192.0.2.1', flags: [] },
  { type: 'blackhole', dst: '198.18.0.0/15', flags: [] },
  { dst: '10.5.0.0/16', dev: 'tun0', flags: ['dead', 'linkdown'] },
  { dst: '10.6.0.0/16', dev: 'eth0', table: '100', flags: [] },
  {
    type: 'local',
    dst: '192.0.2.1',
    dev: 'eth0',
    table: 'local',
    protocol: 'kernel',
    scope: 'host',
    prefsrc: '192.0.2.1',
    flags: [],
  },
];

test('routes come from route.json as they are: table local is not derived, dead routes and other tables are left out', () => {
  const { host, messages } = readSnapshot({ 'addr.json': ADDR, 'route.json': JSON.stringify(ROUTES) });
  expect(messages).toBe('');
  expect(routeLines(host!, 4)).toEqual([
    '0.0.0.0/0 via 192.0.2.254 dev eth0',
    '192.0.2.0/24 dev eth0',
    'blackhole 198.18.0.0/15',
    'local 192.0.2.1/32 dev eth0 table local',
  ]);
  expect(host!.hasCustomLocalRoutes).toBe(false);
});

test('route.json without a family has the IPv6 routes too, unless route6.json does', () => {
  const six = [{ dst: 'default', gateway: 'fe80::9', dev: 'eth0', metric: 1024, flags: [], pref: 'medium' }];
  const both = readSnapshot({ 'addr.json': ADDR, 'route.json': JSON.stringify([...ROUTES, ...six]) });
  expect(routeLines(both.host!, 6).at(-1)).toBe('::/0 via fe80::9 dev eth0 metric 1024');
  const apart = readSnapshot({ 'addr.json': ADDR, 'route.json': JSON.stringify([...ROUTES, ...six]), 'route6.json': '[]' });
  expect(routeLines(apart.host!, 6).some((line) => line.startsWith('::/0'))).toBe(false);
});

test('local routes added by hand are noticed', () => {
  const custom = [...ROUTES, { type: 'local', dst: '10.1.0.0/16', dev: 'lo', table: 'local', scope: 'host', flags: [] }];
  expect(readSnapshot({ 'addr.json': ADDR, 'route.json': JSON.stringify(custom) }).host!.hasCustomLocalRoutes).toBe(true);
});

test('what is not modelled is pointed at', () => {
  const route = '[{"dst":"default","flags":[],"nexthops":[{"gateway":"192.0.2.2","dev":"eth0","weight":1,"flags":[]}]}]';
  expect(
    readSnapshot({ 'addr.json': ADDR, 'route.json': route }).messages,
  ).toBe(`route.json:1:2: error: a route with "nexthops" is not modelled yet [not-modelled]
    1 | ${route}
      |  ^${'~'.repeat(route.length - 3)}
`);
  expect(
    readSnapshot({
      'rule.json': '[{"priority":0,"src":"all","table":"local"},{"priority":9,"src":"all","fwmark":"0x1","table":"100"}]',
    }).said,
  ).toEqual(['error: routing rules other than the three that every host has are not modelled yet [not-modelled]']);
});

test('what is no JSON is refused at its place', () => {
  expect(readSnapshot({ 'addr.json': '[{"ifname": }' }).messages).toMatch(
    /^addr\.json:1:\d+: error: this is no JSON \[bad-snapshot\]/,
  );
  expect(readSnapshot({ 'addr.json': '{}' }).said).toEqual(['error: expected a JSON list [bad-snapshot]']);
});

test('sysctl.txt is read line by line', () => {
  const { host, said } = readSnapshot({
    'sysctl.txt':
      "net.ipv4.ip_forward = 1\nsysctl: permission denied on key 'x'\nnet.ipv4.conf.eth0.rp_filter = 7\nkernel.hostname = a b\n",
  });
  expect(host!.sysctl['net.ipv4.ip_forward']).toBe('1');
  expect(host!.sysctl['kernel.hostname']).toBe('a b');
  expect(said).toEqual([
    'error: net.ipv4.conf.eth0.rp_filter is a number from 0 to 2, not "7" [bad-sysctl]',
    'note: kernel.hostname is kept but not used: no influence on packets is modelled [sysctl-not-used]',
  ]);
});
