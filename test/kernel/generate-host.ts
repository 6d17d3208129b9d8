// Random hosts: the devices of the small world, with routes, rules and settings of routing drawn anew.
//
// What the bench cannot tell the kernel of packets that the host sends, rules do not ask of them: their ports before OUTPUT.

import type { Random } from './random.ts';

const DEVICES = ['eth0', 'eth1', 'eth2', 'eth3'] as const;
type Device = (typeof DEVICES)[number];

const ADDRESSES: Readonly<Record<Device, string>> = {
  eth0: '192.0.2.1/24, "2001:db8:1::1/64"',
  eth1: '10.0.0.1/24, "2001:db8:2::1/64"',
  eth2: '172.16.0.1/24, "2001:db8:3::1/64"',
  eth3: '172.17.0.1/24, 172.17.0.2/24, "2001:db8:4::1/64"',
};
const GATEWAYS: Readonly<Record<4 | 6, Readonly<Record<Device, string>>>> = {
  4: { eth0: '192.0.2.254', eth1: '10.0.0.254', eth2: '172.16.0.254', eth3: '172.17.0.254' },
  6: { eth0: '2001:db8:1::fe', eth1: '2001:db8:2::fe', eth2: '2001:db8:3::fe', eth3: '2001:db8:4::fe' },
};
const PREFIXES: Readonly<Record<4 | 6, readonly string[]>> = {
  4: [
    'default',
    '10.9.0.0/16',
    '10.9.1.0/24',
    '10.9.1.1',
    '198.51.100.0/24',
    '203.0.113.0/24',
    '10.10.0.0/16',
    '192.0.2.128/25',
    '8.0.0.0/5',
  ],
  6: [
    'default',
    '2001:db8:9::/48',
    '2001:db8:9::1',
    '2001:db8:ffff::/48',
    '2001:db8:10::/48',
    '2001:db8::/32',
    '2001:db8:1:0:8000::/66',
  ],
};
const SOURCES: Readonly<Record<4 | 6, readonly string[]>> = {
  4: ['10.0.0.0/24', '10.0.0.7', '192.0.2.0/25', '192.0.2.9', '10.9.1.1', '172.16.0.5', '10.0.0.1', '0.0.0.0/1'],
  6: ['2001:db8:2::/64', '2001:db8:2::7', '2001:db8:1::9', '2001:db8:9::1', '2001:db8:3::5', '2001:db8:2::1', '::/1'],
};
const TABLES = ['100', '101', '102'];
const REFUSALS = ['blackhole', 'unreachable', 'prohibit', 'throw'];
const MARKS = ['1', '2', '0x10', '1/1', '0/1', '0x10/0xf0', '0/0xffff', '5/7'];
const PRIORITIES = [100, 200, 300, 400, 32766];

function hop(family: 4 | 6, device: Device): string {
  return `via ${GATEWAYS[family][device]} dev ${device}`;
}

/** One route. */
function route(random: Random, family: 4 | 6, up: readonly Device[]): string {
  const prefix = random.pick(PREFIXES[family]);
  const table = random.chance(0.5) ? ` table ${random.pick(TABLES)}` : '';
  if (random.chance(0.2)) return `${random.pick(REFUSALS)} ${prefix}${table}`;
  const end = `${family === 4 && random.chance(0.15) ? ` tos ${random.pick(['0x10', '0x08', '0x04'])}` : ''}${
    random.chance(0.3) ? ` metric ${random.int(1, 3)}` : ''
  }${table}`;
  if (random.chance(0.3)) {
    const hops = random.some(up, 3).map((device) => `nexthop ${hop(family, device)} weight ${random.int(1, 4)}`);
    if (hops.length > 1) return `${prefix}${end} ${hops.join(' ')}`;
  }
  const device = random.pick(up);
  const way = random.chance(0.75) ? hop(family, device) : `dev ${device}`;
  const options = [
    random.chance(0.1) ? ` mtu ${random.pick(['', 'lock '])}${random.pick([1000, 1300, 1400])}` : '',
    family === 4 && random.chance(0.15) ? ` realm ${random.pick(['3', '4/5'])}` : '',
    family === 6 && random.chance(0.1) ? ` pref ${random.pick(['low', 'high'])}` : '',
  ];
  return `${prefix} ${way}${end}${options.join('')}`;
}

/** Routes that the kernel takes one after the other: no two of one key. */
function routes(random: Random, family: 4 | 6, up: readonly Device[]): string[] {
  const keys = new Set<string>();
  return Array.from({ length: random.int(2, 12) }, () => route(random, family, up)).filter((text) => {
    const word = (name: string): string => new RegExp(`\\b${name} (\\S+)`).exec(text)?.[1] ?? '';
    const prefix = text.split(' ').find((part) => !REFUSALS.includes(part));
    const key = [prefix, word('table'), word('metric'), word('tos')].join(' ');
    if (keys.has(key)) return false;
    keys.add(key);
    return true;
  });
}

function rule(random: Random, family: 4 | 6, index: number): string {
  const words: string[] = [];
  const add = (chance: number, text: () => string): void => {
    if (random.chance(chance)) words.push(text());
  };
  add(0.1, () => 'not');
  add(0.35, () => `from ${random.pick(SOURCES[family])}`);
  add(0.25, () => `to ${random.pick([...PREFIXES[family].slice(1), ...SOURCES[family]])}`);
  add(0.35, () => `fwmark ${random.pick(MARKS)}`);
  add(0.15, () => `tos ${random.pick(family === 4 ? ['0x10', '0x08'] : ['0x10', '0xb8'])}`);
  add(0.1, () => `ipproto ${random.pick(['tcp', 'udp', family === 4 ? 'icmp' : 'ipv6-icmp'])}`);
  const iif = random.chance(0.2) ? random.pick(['lo', ...DEVICES, 'ppp0']) : undefined;
  const received = iif !== undefined && iif !== 'lo';
  if (iif !== undefined) words.push(`iif ${iif}`);
  if (received && !words.includes('not')) {
    add(0.4, () => `${random.pick(['sport', 'dport'])} ${random.pick(['53', '80', '1-1024', '443-4000'])}`);
  }
  const priority = random.pick(PRIORITIES.slice(0, -1)) + index;
  const table = random.pick([...TABLES, 'main']);
  const action = random.weighted([
    [8, `lookup ${table}`],
    [2, `lookup ${table} suppress_prefixlength ${random.pick([0, 16, 24])}`],
    [1, `lookup ${table} suppress_ifgroup 5`],
    [1, random.pick(['blackhole', 'unreachable', 'prohibit', 'nop'])],
    [1, `goto ${random.pick(PRIORITIES.filter((other) => other > priority))}`],
  ]);
  return `${words.length > 0 ? words.join(' ') : 'from all'} ${action} pref ${priority}`;
}

function settings(random: Random): string[] {
  const lines = [
    `net.ipv4.ip_forward: ${random.chance(0.9) ? 1 : 0}`,
    `net.ipv6.conf.all.forwarding: ${random.chance(0.9) ? 1 : 0}`,
    `net.ipv4.fib_multipath_hash_seed: ${random.int(1, 0xffff_ffff)}`,
    `net.ipv4.fib_multipath_hash_policy: ${random.pick([0, 2, 3])}`,
    `net.ipv6.fib_multipath_hash_policy: ${random.pick([0, 2, 3])}`,
    // Ports of what the host sends are not told; no field at all is refused.
    `net.ipv4.fib_multipath_hash_fields: ${random.int(1, 0xfff) & ~0x38 || 1}`,
    `net.ipv6.fib_multipath_hash_fields: ${random.int(1, 0xfff) & ~0x38 || 1}`,
  ];
  const device = random.pick(DEVICES);
  const others = [
    `net.ipv4.conf.${device}.rp_filter: ${random.int(1, 2)}`,
    `net.ipv4.conf.all.rp_filter: ${random.int(0, 2)}`,
    `net.ipv4.conf.${device}.src_valid_mark: 1`,
    `net.ipv4.conf.${device}.accept_local: 1`,
    `net.ipv4.conf.${device}.route_localnet: 1`,
    `net.ipv4.conf.${device}.forwarding: 0`,
    `net.ipv4.conf.all.send_redirects: 0`,
    `net.ipv4.conf.all.bc_forwarding: 1`,
    `net.ipv4.conf.${device}.bc_forwarding: 1`,
    `net.ipv4.conf.${device}.ignore_routes_with_linkdown: 1`,
    `net.ipv6.conf.${device}.ignore_routes_with_linkdown: 1`,
  ];
  return [...lines, ...random.some(others, 4)];
}

/**
 * For the raw sockets of the bench a route without a gateway is one of the whole address, which no `suppress_prefixlength` is about.
 * Ref: net/ipv6/route.c:ip6_pol_route(), net/ipv6/raw.c:rawv6_sendmsg()
 */
function withoutShortened(rules6: readonly string[], routes6: readonly string[]): readonly string[] {
  if (routes6.every((text) => text.includes('via '))) return rules6;
  return rules6.map((text) => text.replace(/ suppress_prefixlength \d+/, ''));
}

/** Gives a host file. */
export function randomHost(random: Random): string {
  const down = random.chance(0.15) ? random.pick(DEVICES.slice(2)) : undefined;
  const noLink = random.chance(0.2) ? random.pick(DEVICES.slice(1)) : undefined;
  const up = DEVICES.filter((device) => device !== down);
  const lines = settings(random);
  // IPv6 refuses routes by a device whose lack of a carrier counts.
  const up6 = up.filter((device) => device !== noLink || !lines.some((line) => line.includes(`ipv6.conf.${device}.ignore_`)));
  const devices = DEVICES.map((device) => {
    const words = [
      `addresses: [${ADDRESSES[device]}]`,
      ...(device === down ? ['up: false'] : device === noLink ? ['carrier: false'] : []),
      ...(random.chance(0.15) ? ['group: 5'] : []),
      ...(random.chance(0.1) ? ['mtu: 1400'] : []),
    ];
    return `  ${device}: { ${words.join(', ')} }`;
  });
  const list = (key: string, texts: readonly string[]): string[] =>
    texts.length > 0 ? [`${key}:`, ...texts.map((text) => `  - ${text}`)] : [];
  const rules = (family: 4 | 6): string[] =>
    random.chance(0.75) ? Array.from({ length: random.int(1, 8) }, (_, i) => rule(random, family, i)) : [];
  const [routes4, routes6, rules4, rules6] = [routes(random, 4, up), routes(random, 6, up6), rules(4), rules(6)];
  return `${[
    'interfaces:',
    ...devices,
    ...list('routes', routes4),
    ...list('routes6', routes6),
    ...list('rules', rules4),
    ...list('rules6', withoutShortened(rules6, routes6)),
    'sysctl:',
    ...lines.map((line) => `  ${line}`),
  ].join('\n')}\n`;
}
