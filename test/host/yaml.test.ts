import { expect, test } from 'vitest';
import { readYaml, routeLines } from './reading.ts';

test('an empty file is a host with nothing but lo', () => {
  const { host, messages } = readYaml('# nothing\n');
  expect(messages).toBe('');
  expect(host!.interfaces.map(({ name }) => name)).toEqual(['lo']);
});

test('routes are taken as ip route add takes them', () => {
  const { host, messages } = readYaml(`
interfaces:
  eth0: { addresses: [192.0.2.1/24, "2001:db8::1/64"], mtu: 1400 }
  eth1: { addresses: [10.0.0.1/24] }
routes:
  - default via 192.0.2.254
  - 10.9/16 via 10.0.0.254 dev eth1 proto static metric 7 src 10.0.0.1
  - blackhole 198.18.0.0/24
  - local 10.1.0.0/16 dev lo
  - 203.0.113.9 dev eth1 scope link
routes6:
  - default via fe80::9 dev eth0
  - unreachable 2001:db8:1::/48
`);
  expect(messages).toBe('');
  expect(routeLines(host!, 4).slice(9)).toEqual([
    '0.0.0.0/0 via 192.0.2.254 dev eth0',
    '10.9.0.0/16 via 10.0.0.254 dev eth1 metric 7',
    'blackhole 198.18.0.0/24',
    'local 10.1.0.0/16 dev lo table local',
    '203.0.113.9/32 dev eth1',
  ]);
  expect(routeLines(host!, 6).slice(-2)).toEqual([
    '::/0 via fe80::9 dev eth0 metric 1024',
    'unreachable 2001:db8:1::/48 dev lo metric 1024',
  ]);
  expect(host!.hasCustomLocalRoutes).toBe(true);
  expect(host!.interfaces.map(({ name, mtu }) => [name, mtu])).toEqual([
    ['lo', 65536],
    ['eth0', 1400],
    ['eth1', 1500],
  ]);
});

test('an unknown key is refused at its place, with the one that is meant', () => {
  const { messages } = readYaml('interfaces:\n  eth0: { adresses: [10.0.0.1/24] }\nroute: []\n');
  expect(messages).toBe(`host.yaml:3:1: error: a host file has no key "route" (did you mean "routes"?) [unknown-key]
    3 | route: []
      | ^~~~~
host.yaml:2:11: error: an interface has no key "adresses" (did you mean "addresses"?) [unknown-key]
    2 |   eth0: { adresses: [10.0.0.1/24] }
      |           ^~~~~~~~
`);
});

test('a word within a route is pointed at', () => {
  const { messages } = readYaml(
    'interfaces: {eth0: {addresses: [10.0.0.1/24]}}\nroutes: ["10.9.0.0/16 vai 10.0.0.2 dev eth0"]\n',
  );
  expect(messages).toBe(`host.yaml:2:23: error: "vai" is no route option (did you mean "via"?) [unknown-route-option]
    2 | routes: ["10.9.0.0/16 vai 10.0.0.2 dev eth0"]
      |                       ^~~
host.yaml:2:27: error: "10.0.0.2" is no route option [unknown-route-option]
    2 | routes: ["10.9.0.0/16 vai 10.0.0.2 dev eth0"]
      |                           ^~~~~~~~
`);
});

test('faults of the YAML itself have their place', () => {
  const { host, messages } = readYaml('interfaces: { eth0: {\n');
  expect(host).toBeUndefined();
  expect(messages).toMatch(/^host\.yaml:2:1: error: Flow map in block collection must .*\[yaml-syntax\]\n/);
});

const HOST = 'interfaces: { eth0: { addresses: [192.0.2.1/24] }, eth1: { up: false } }';

test.each([
  ['an encapsulation', '10.0.0.0/8 encap mpls 5 via 192.0.2.2', 'route option "encap" is not modelled yet [not-modelled]'],
  [
    'another table',
    'default via 192.0.2.2 table uplink',
    '"uplink" is no routing table: a number, main, local or default [bad-table]',
  ],
  [
    'a type of service that cannot be',
    'default via 192.0.2.2 tos 0xb8',
    'the kernel takes only a type of service of the bits 0x1c [bad-route]',
  ],
  [
    'a gateway besides several',
    'default via 192.0.2.2 nexthop via 192.0.2.3',
    'a route with "nexthop" has its gateways and devices behind that [bad-route]',
  ],
  ['multicast', 'multicast 239.0.0.0/8 dev eth0', 'multicast routes are not modelled yet [not-modelled]'],
  ['an unknown interface', '10.0.0.0/8 dev eth2', 'the host has no interface "eth2" (did you mean "eth0"?) [unknown-interface]'],
  ['an interface that is down', '10.0.0.0/8 dev eth1', 'eth1 is down: the kernel refuses the route [interface-down]'],
  [
    'a gateway that is not there',
    'default via 10.1.1.1 dev eth0',
    'gateway 10.1.1.1 is in no network of eth0: the kernel refuses the route (or say "onlink") [gateway-unreachable]',
  ],
  [
    'a gateway without a device',
    'default via 10.1.1.1',
    'gateway 10.1.1.1 is in no connected network: the kernel refuses the route [gateway-unreachable]',
  ],
  ['neither device nor gateway', '10.0.0.0/8', 'the route says neither "dev" nor "via" [missing-device]'],
  [
    'bits behind the prefix',
    '10.0.0.1/8 dev eth0',
    '"10.0.0.1/8" has bits behind its prefix; the network is 10.0.0.0/8 [bad-prefix]',
  ],
  [
    'the other family',
    '2001:db8::/32 dev eth0',
    '"2001:db8::" is an IPv6 address; IPv6 routes stand under "routes6" [wrong-family]',
  ],
  ['no address', 'nonsense dev eth0', '"nonsense" is no IPv4 address [bad-address]'],
  ['a missing value', 'default dev eth0 via', '"via" needs the address of a gateway behind it [missing-value]'],
  ['a bad metric', 'default dev eth0 metric x', 'expected a metric from 0 to 4294967295, not "x" [bad-number]'],
])('a route with %s is refused', (_, route, message) => {
  expect(readYaml(`${HOST}\nroutes: ["${route}"]`).said).toEqual([`error: ${message}`]);
});

test('a second route of the same prefix and metric is refused, as the kernel does', () => {
  const { said } = readYaml(
    `${HOST}\nroutes: [10.0.0.0/8 dev eth0, 10.0.0.0/8 via 192.0.2.2 dev eth0, 10.0.0.0/8 dev eth0 metric 5]`,
  );
  expect(said).toEqual([
    'error: there is a route to 10.0.0.0/8 with metric 0 already: the kernel refuses a second [route-exists]',
  ]);
});

test('routes of several paths, other tables, types of service and MTUs are read', () => {
  const { host, said } = readYaml(
    `${HOST}\nroutes:\n  - 10.0.0.0/8 nexthop via 192.0.2.2 weight 3 nexthop via 192.0.2.3 dev eth0 onlink\n  - default via inet6 fe80::1 dev eth0 onlink table 100 tos 10 mtu lock 1400`,
  );
  expect(said).toEqual([]);
  const [several, other] = host!.routes.slice(-2);
  expect(several!.paths).toEqual([
    { device: 'eth0', gateway: Uint8Array.of(192, 0, 2, 2), weight: 3 },
    { device: 'eth0', gateway: Uint8Array.of(192, 0, 2, 3) },
  ]);
  expect(other).toMatchObject({ table: 100, tos: 0x10, mtu: 1400, mtuLocked: true, device: 'eth0' });
});

test('rules stand by their priority, those that every host has among them; without one before the others', () => {
  const rules = (text: string) => readYaml(`${HOST}\nrules: [${text}]`);
  expect(
    rules('from all lookup local pref 0, "32766: from all lookup main"').host!.rules.filter((r) => r.family === 4),
  ).toHaveLength(3);
  const { host, said } = rules(
    'fwmark 1/0xff lookup 100, not from 10.0.0.0/8 iif eth0 goto 32766, from all sport 5-7 ipproto tcp prohibit pref 9',
  );
  expect(said).toEqual([]);
  expect(host!.rules.filter(({ family }) => family === 4).map(({ priority, action }) => `${priority} ${action}`)).toEqual([
    '0 lookup',
    '9 prohibit',
    '32764 goto',
    '32765 lookup',
    '32766 lookup',
    '32767 lookup',
  ]);
});

test.each([
  ['fwmark 1', 'the rule says neither "lookup" nor what else is done [bad-rule]'],
  ['fwmark x lookup 5', '"x" is no mark, nor one with a mask behind "/" [bad-mark]'],
  ['form 10.0.0.0/8 lookup 5', '"form" is no option of a rule (did you mean "from"?) [unknown-rule-option]'],
  ['from 2001:db8::/32 lookup 5', '"2001:db8::" is an IPv6 address; IPv6 routes stand under "routes6" [wrong-family]'],
  ['tos 0xb8 lookup 5', 'the kernel takes only a type of service of the bits 0x1c here [bad-tos]'],
  ['sport 0 lookup 5', '"0" is no port from 1 to 65534, nor two with "-" between [bad-port]'],
  ['uidrange 0-5 lookup 5', 'rule option "uidrange" is not modelled yet [not-modelled]'],
])('the rule "%s" is refused', (rule, message) => {
  expect(readYaml(`${HOST}\nrules: ["${rule}"]`).said[0]).toBe(`error: ${message}`);
});

test.each([
  ['eth0: { addresses: [10.0.0.1/33] }', '"33" is no prefix length from 0 to 32 [bad-prefix]'],
  ['eth0: { addresses: [10.0.0/24] }', '"10.0.0" is no IPv4 or IPv6 address [bad-address]'],
  [
    'eth0: { addresses: [10.0.0.1/24 scop link] }',
    '"scop" is no address option (did you mean "scope"?) [unknown-address-option]',
  ],
  ['eth0: { addresses: [10.0.0.1/24, 10.0.0.1/24] }', '10.0.0.1 is given twice [duplicate-address]'],
  ['eth0: { addresses: 10.0.0.1/24 }', '"addresses" is a list of texts [bad-host]'],
  ['eth0: { mtu: 12 }', '"mtu" is a number from 68 to 65536 [bad-host]'],
  ['eth0: { up: maybe }', '"up" is true or false [bad-host]'],
  ['eth0: { groups: [10.0.0.1] }', '"10.0.0.1" is no multicast group [bad-address]'],
  [
    'averyveryverylongname: {}',
    '"averyveryverylongname" has 21 characters; an interface name has at most 15 [bad-interface-name]',
  ],
])('an interface such as %s is refused', (text, message) => {
  expect(readYaml(`interfaces: { ${text} }`).said[0]).toBe(`error: ${message}`);
});

test('settings that are not used are kept and named in one note', () => {
  const { host, said } = readYaml('sysctl: { net.core.somaxconn: 4096, net.ipv4.ip_forward: 1, vm.swappiness: 10, a: 1, b: 2 }');
  expect(said).toEqual([
    'note: net.core.somaxconn, vm.swappiness, a and 1 more are kept but not used: no influence on packets is modelled [sysctl-not-used]',
  ]);
  expect(host!.sysctl['net.core.somaxconn']).toBe('4096');
});

test('settings of connection tracking are passed on', () => {
  const { host, said } = readYaml('sysctl: { net.netfilter.nf_conntrack_udp_timeout: 10 }');
  expect(said).toEqual([]);
  expect(host!.sysctl['net.netfilter.nf_conntrack_udp_timeout']).toBe('10');
});

test.each([
  ['net.ipv4.conf.all.rp_filter: 3', 'net.ipv4.conf.all.rp_filter is a number from 0 to 2, not "3" [bad-sysctl]'],
  ['net.ipv4.ip_forward: on', 'net.ipv4.ip_forward is a number from 0 to 1, not "on" [bad-sysctl]'],
  [
    'net.ipv4.conf.eth0.mc_forwarding: 1',
    'net.ipv4.conf.eth0.mc_forwarding = 1 changes where packets go, which is not modelled yet; only 0 is [not-modelled]',
  ],
  [
    'net.ipv4.ip_forward: 1, net.ipv4.conf.all.forwarding: 0',
    'net.ipv4.ip_forward and net.ipv4.conf.all.forwarding are one setting, with two values here [sysctl-conflict]',
  ],
  [
    'net.netfilter.nf_conntrack_max: many',
    'net.netfilter.nf_conntrack_max is a number from 0 to 2147483647, not "many" [bad-sysctl]',
  ],
  [
    'net.netfilter.nf_conntrack_buckets: 0',
    'net.netfilter.nf_conntrack_buckets is a number from 1 to 2147483647, not "0" [bad-sysctl]',
  ],
  [
    'net.netfilter.nf_conntrack_max: 1000, net.nf_conntrack_max: 2000',
    'net.netfilter.nf_conntrack_max and net.nf_conntrack_max are one setting, with two values here [sysctl-conflict]',
  ],
])('the setting %s is refused', (text, message) => {
  expect(readYaml(`sysctl: { ${text} }`).said).toEqual([`error: ${message}`]);
});

test('a name with slashes means the same setting', () => {
  const { host } = readYaml('{interfaces: {eth0.100: {}}, sysctl: {net/ipv4/conf/eth0.100/rp_filter: 1}}');
  expect(host!.sysctl['net.ipv4.conf.eth0/100.rp_filter']).toBe('1');
});

test("the kernel's clock, time zone and module parameters are read exactly", () => {
  const { host, messages } = readYaml(`
kernel: { minuteswest: -60, jiffies: 4297756534, time: 1700000000.250000001 }
modules: { xt_recent: { ip_list_tot: 5000, ip_pkt_list_tot: 20 } }
`);
  expect(messages).toBe('');
  expect(host!.kernel).toMatchObject({ minutesWest: -60, recent: { ip_list_tot: 5000, ip_pkt_list_tot: 20 } });
  expect(host!.clockNs).toBe(4297756534n * 4_000_000n - 1_700_000_000_250_000_001n);
});

test('a kernel that counts other ticks is warned of', () => {
  expect(readYaml('kernel: { hz: 250 }').said).toEqual([]);
  expect(readYaml('kernel: { hz: 1000 }').said[0]).toMatch(/^warning: the kernel counts 1000 ticks a second; /);
});

test('parameters of helper modules are read as modprobe takes them', () => {
  const { host, messages } = readYaml(
    'modules: { nf_conntrack_ftp: { loose: Y }, nf_conntrack_irc: { max_dcc_channels: 2, dcc_timeout: 60 } }',
  );
  expect(messages).toBe('');
  expect(host!.kernel.helpers).toEqual({
    nf_conntrack_ftp: { loose: 1 },
    nf_conntrack_irc: { max_dcc_channels: 2, dcc_timeout: 60 },
  });
});

test.each([
  ['modules: { nf_conntrack_ftp: { loose: maybe } }', '"loose" is a number from 0 to 1'],
  ['modules: { nf_conntrack_irc: { max_dcc_channels: 0 } }', '"max_dcc_channels" is a number from 1 to 255'],
  ['kernel: { jiffies: 5 }', '"jiffies" and "time" (when the kernel had counted so many) go together'],
  ['kernel: { jiffies: many, time: 1 }', '"jiffies" is the number that /proc/timer_list shows'],
  ['kernel: { jiffies: 5, time: noon }', '"time" is a number of seconds since 1970'],
  ['kernel: { minuteswest: 1000 }', '"minuteswest" is a number from -900 to 900: minutes west of UTC'],
  ['kernel: 5', 'kernel is a mapping with minuteswest, jiffies, time, hz'],
  ['modules: 5', 'modules is a mapping from modules to their parameters'],
  ['modules: { xt_recent: { ip_list_tot: 0 } }', '"ip_list_tot" is a number from 1 to 4294967295'],
])('%s is refused', (text, message) => {
  expect(readYaml(text).said).toEqual([`error: ${message} [bad-host]`]);
});
