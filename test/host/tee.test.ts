import { expect, test } from 'vitest';
import { ipv4, ipv6, udp } from '../../src/packet/packets.ts';
import { openHostBench } from '../support/host-bench.ts';

const HOST = `
interfaces:
  eth0: { addresses: [10.0.0.1/24, "2001:db8:a::1/64"] }
  eth1: { addresses: [192.0.2.1/24, "2001:db8:b::1/64"] }
sysctl: { net.ipv4.ip_forward: 1, net.ipv6.conf.all.forwarding: 1 }
`;
const rules = (tee: string) =>
  `*mangle\n:PREROUTING ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n-A PREROUTING -j TEE ${tee}\nCOMMIT\n`;
const bytes = ipv4({ src: '10.0.0.9', dst: '192.0.2.9', payload: udp() });

test('without a host a copy leaves by the interface of the capture, or by the one that --oif names', () => {
  for (const tee of ['--gateway 10.0.0.77', '--gateway 10.0.0.77 --oif eth7']) {
    const outcome = openHostBench({ rules: rules(tee), interfaces: ['eth0'] }).run({ bytes, interface: 'eth0' });
    expect([outcome.delivered, outcome.left.length]).toEqual([true, 1]);
    expect(outcome.left[0]![6]).toBe(0x40);
  }
});

test.each(['10.0.0.1', '127.0.0.1', '10.0.0.255', '255.255.255.255 --oif eth0'])(
  'a copy that would come back to this host is said not to be modelled: %s',
  (gateway) => {
    const outcome = openHostBench({ host: HOST, rules: rules(`--gateway ${gateway}`) }).run({
      bytes,
      interface: 'eth0',
    });
    expect([outcome.why, outcome.left]).toEqual(['NOT_MODELLED', []]);
  },
);

test('so is the copy of an IPv6 multicast whose group this host listens to where the copy leaves', () => {
  const multicast = ipv6({ src: '2001:db8:a::9', dst: 'ff02::1', payload: udp() });
  const bench = openHostBench({ host: HOST, rules6: rules('--gateway 2001:db8:b::77') });
  expect(bench.run({ bytes: multicast, interface: 'eth0' }).why).toBe('NOT_MODELLED');
});

test('nothing is sent to a gateway of network 0, nor where there is no route', () => {
  for (const tee of ['--gateway 0.0.0.9 --oif eth1', '--gateway 203.0.113.9']) {
    const outcome = openHostBench({ host: HOST, rules: rules(tee) }).run({ bytes, interface: 'eth0' });
    expect([outcome.out, outcome.left.length]).toEqual(['eth1', 1]);
  }
});
