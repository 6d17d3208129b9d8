// A snapshot of a network namespace with everything in it that one can hold, taken by the script and read back.

import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { TABLE_LOCAL } from '../../src/host/host.ts';
import { readHost } from '../../src/host/read.ts';
import { snapshotScript } from '../../src/host/snapshot-files.ts';

const SETUP = `set -e
ip tuntap add d0 mode tun
ip tuntap add d1 mode tun
ip link set lo up
ip addr add 10.0.0.1/24 dev d0 label d0:1
ip addr add 10.1.0.1/24 dev d1 metric 50
ip -6 addr add 2001:db8::1/64 dev d0 nodad
ip link set d0 up
ip link set d1 up group 7
ip route add default nexthop via 10.0.0.2 dev d0 weight 2 nexthop via 10.1.0.2 dev d1
ip route add 9.1.0.0/16 tos 0x10 mtu 1400 via 10.0.0.2 src 10.1.0.1 dev d0 table 77 metric 7 realm 3
ip route add 9.2.0.0/16 via inet6 2001:db8::9 dev d0
ip route add blackhole 8.0.0.0/8
ip -6 route add 2001:db9::/64 nexthop via 2001:db8::2 dev d0 weight 3 nexthop via 2001:db8::3 dev d0
ip rule add from 1.2.3.0/24 to 4.5.6.0/24 fwmark 1/3 iif d0 tos 0x10 ipproto tcp sport 1-2 dport 80 lookup 77 suppress_prefixlength 0 suppress_ifgroup 3 realms 3/4
ip rule add not from 1.2.3.4 goto 32766
ip rule add oif d1 blackhole
ip rule add iif nonesuch prohibit
ip -6 rule add tos 0xb8 lookup 77
iptables-legacy -A FORWARD -i d0 -m recent --name seen --set -j ACCEPT
ip6tables-legacy -A FORWARD -j DROP
ipset create s hash:ip
echo 1 > /proc/sys/net/ipv4/ip_forward
`;

test('a snapshot of a namespace is the namespace', () => {
  const folder = join(mkdtempSync(join(tmpdir(), 'hookline-snapshot-')), 'taken');
  const { status, stderr } = spawnSync(
    'unshare',
    ['--net', 'sh', '-c', `${SETUP}\nset +e\n${snapshotScript()}`, 'snapshot', folder],
    {
      encoding: 'utf8',
    },
  );
  // Without an argument $1 is the folder: what stands behind the script's name.
  expect([status, stderr]).toEqual([0, '']);
  const { host, diagnostics, rules4, rules6, sets } = readHost(folder);
  expect(diagnostics.list.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(host!.interfaces.map(({ name, group, noCarrier }) => [name, group, noCarrier])).toEqual([
    ['lo', 0, undefined],
    ['d0', 0, true],
    ['d1', 7, true],
  ]);
  const routes = host!.routes.filter(({ family, table }) => family === 4 && table !== TABLE_LOCAL);
  expect(routes.map(({ type, table, metric, paths }) => [type, table, metric, paths?.length ?? 1])).toEqual([
    ['unicast', 77, 7, 1],
    ['unicast', 254, 0, 2],
    ['blackhole', 254, 0, 1],
    ['unicast', 254, 0, 1],
    ['unicast', 254, 0, 1],
    ['unicast', 254, 50, 1],
  ]);
  expect(host!.rules.map(({ family, priority, action }) => `${family} ${priority} ${action}`)).toEqual([
    '4 0 lookup',
    '4 32762 prohibit',
    '4 32763 blackhole',
    '4 32764 goto',
    '4 32765 lookup',
    '4 32766 lookup',
    '4 32767 lookup',
    '6 0 lookup',
    '6 32765 lookup',
    '6 32766 lookup',
  ]);
  expect(host!.sysctl['net.ipv4.ip_forward']).toBe('1');
  expect(host!.clockNs).not.toBe(0n);
  expect(rules4!.text).toContain('--name seen');
  expect(rules6!.text).toContain('-A FORWARD -j DROP');
  expect(sets!.text).toContain('create s hash:ip');
});
