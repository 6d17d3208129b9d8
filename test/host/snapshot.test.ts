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

test('routes come from route.json as they are: table local is not derived, dead ones and other tables with the others', () => {
  const { host, messages } = readSnapshot({ 'addr.json': ADDR, 'route.json': JSON.stringify(ROUTES) });
  expect(messages).toBe('');
  expect(routeLines(host!, 4)).toEqual([
    '0.0.0.0/0 via 192.0.2.254 dev eth0',
    '192.0.2.0/24 dev eth0',
    'blackhole 198.18.0.0/15',
    '10.5.0.0/16 dev tun0 dead',
    '10.6.0.0/16 dev eth0 table 100',
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
  const route = '[{"dst":"default","flags":[],"encap":"mpls","dev":"eth0"}]';
  expect(
    readSnapshot({ 'addr.json': ADDR, 'route.json': route }).messages,
  ).toBe(`route.json:1:2: error: a route with "encap" is not modelled yet [not-modelled]
    1 | ${route}
      |  ^${'~'.repeat(route.length - 3)}
`);
  expect(readSnapshot({ 'rule.json': '[{"priority":9,"src":"all","uid_start":0,"uid_end":9,"table":"100"}]' }).said).toEqual([
    'error: rule option "uidrange" is not modelled yet [not-modelled]',
  ]);
});

test('several paths, also dead ones, are read', () => {
  const hops = [
    { gateway: '192.0.2.2', dev: 'eth0', weight: 2, flags: ['linkdown'] },
    { via: { family: 'inet6', host: 'fe80::1' }, dev: 'tun0', weight: 1, flags: ['dead', 'linkdown'] },
  ];
  const route = { dst: '10.0.0.0/8', tos: '0x10', table: '77', metric: 7, flags: [], nexthops: hops, metrics: [{ mtu: 1400 }] };
  const { host, messages } = readSnapshot({ 'addr.json': ADDR, 'route.json': JSON.stringify([...ROUTES, route]) });
  expect(messages).toBe('');
  const read = host!.routes.find(({ table }) => table === 77)!;
  expect(read).toMatchObject({ tos: 0x10, metric: 7, mtu: 1400 });
  expect(read.paths!.map(({ device, weight, dead, linkdown }) => [device, weight, dead, linkdown])).toEqual([
    ['eth0', 2, undefined, true],
    ['tun0', 1, true, true],
  ]);
});

test('rules are read as the tool prints them, by name or by number', () => {
  const { host, messages } = readSnapshot({
    'rule.json': `[{"priority":0,"src":"all","table":"255"},{"priority":4,"src":"5.5.5.5","action":"prohibit"},
      {"priority":7,"not":null,"src":"1.2.3.4","goto":32766},{"priority":8,"src":"all","oif":"d1","oif_detached":null,"action":"6"},
      {"priority":9,"src":"1.2.3.0","srclen":24,"tos":"0x10","fwmark":"0x1","fwmask":"0x3","ipproto":"ipproto-6","sport_start":1,"sport_end":2,
       "dport":80,"table":"77","suppress_prefixlen":0,"suppress_ifgroup":"3","flow_from":"3","flow_to":"4"},
      {"priority":32766,"src":"all","table":"main"},{"priority":32767,"src":"all","table":"default"}]`,
  });
  expect(messages).toBe('');
  const rules = host!.rules.filter(({ family }) => family === 4);
  expect(rules.map(({ priority, action }) => `${priority} ${action}`).slice(0, 4)).toEqual([
    '0 lookup',
    '4 prohibit',
    '7 goto',
    '8 blackhole',
  ]);
  expect(rules[4]).toEqual({
    family: 4,
    priority: 9,
    from: { address: Uint8Array.of(1, 2, 3, 0), length: 24 },
    tos: 0x10,
    tosMask: 0x1c,
    mark: 1,
    markMask: 3,
    protocol: 6,
    sport: [1, 2],
    dport: [80, 80],
    action: 'lookup',
    table: 77,
    suppressLength: 0,
    suppressGroup: 3,
    realm: 0x30004,
  });
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
