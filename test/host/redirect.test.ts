import { expect, test } from 'vitest';
import { ipv4, ipv6, udp } from '../../src/packet/packets.ts';
import { openHostBench } from '../support/host-bench.ts';

// What the expectations say is what the live kernel (Linux 6.18) answers with redirects.

const HOST = `
interfaces:
  eth0: { addresses: [192.0.2.1/24, "2001:db8:1::1/64"] }
  eth1: { addresses: [10.0.0.1/24, 10.1.0.1/24, "2001:db8:2::1/64", "fe80::b/64"] }
routes:
  - default via 192.0.2.254 dev eth0
  - 10.9.0.0/16 via 10.0.0.254 dev eth1
  - 10.8.0.0/16 via 10.1.0.254 dev eth1
routes6:
  - 2001:db8:9::/48 via fe80::fe dev eth1
  - 2001:db8:8::/48 via 2001:db8:2::fe dev eth1
`;

function redirects(...sysctl: string[]) {
  const settings = ['net.ipv4.ip_forward: 1', 'net.ipv6.conf.all.forwarding: 1', ...sysctl];
  const bench = openHostBench({ host: `${HOST}sysctl: { ${settings.join(', ')} }\n` });
  const run = (bytes: Uint8Array): boolean => bench.run({ bytes, interface: 'eth1' }).redirected;
  return {
    v4: (src: string, dst: string, ttl = 64, options = new Uint8Array(0)) =>
      run(ipv4({ src, dst, ttl, options, payload: udp() })),
    v6: (src: string, dst: string) => run(ipv6({ src, dst, payload: udp() })),
  };
}

test('a neighbour whose packet goes back to its network is told of a better gateway', () => {
  const { v4, v6 } = redirects();
  expect(v4('10.0.0.7', '10.9.0.1')).toBe(true);
  expect(v4('10.0.0.7', '10.0.0.8')).toBe(true);
  expect(v4('10.0.0.7', '10.8.0.1')).toBe(true); // all who share a medium
  expect(v4('10.0.0.7', '8.8.8.8')).toBe(false);
  expect(v4('10.9.5.5', '10.0.0.8')).toBe(false); // no neighbour
  expect(v4('10.0.0.7', '10.9.0.1', 1)).toBe(false);
  expect(v4('10.0.0.7', '10.0.0.1')).toBe(false);
  expect(v6('2001:db8:2::7', '2001:db8:9::1')).toBe(true);
  expect(v6('2001:db8:2::7', '2001:db8:2::8')).toBe(true);
  expect(v6('2001:db8:2::7', '2001:db8:8::1')).toBe(false); // no link-local address of its gateway is known
  expect(v6('fe80::7', '2001:db8:9::1')).toBe(true);
  expect(v6('2001:db8:2::7', '2001:db8:1::9')).toBe(false);
});

test('send_redirects, of all and of the device, shared_media, and source routes say when not', () => {
  expect(redirects('net.ipv4.conf.all.send_redirects: 0').v4('10.0.0.7', '10.9.0.1')).toBe(true);
  const never = redirects('net.ipv4.conf.all.send_redirects: 0', 'net.ipv4.conf.eth1.send_redirects: 0');
  expect(never.v4('10.0.0.7', '10.9.0.1')).toBe(false);
  expect(never.v6('2001:db8:2::7', '2001:db8:9::1')).toBe(true);
  const apart = redirects('net.ipv4.conf.all.shared_media: 0', 'net.ipv4.conf.eth1.shared_media: 0');
  expect(apart.v4('10.0.0.7', '10.9.0.1')).toBe(true);
  expect(apart.v4('10.0.0.7', '10.8.0.1')).toBe(false); // its gateway is in another network
  const routed = redirects('net.ipv4.conf.all.accept_source_route: 1');
  expect(routed.v4('10.0.0.7', '10.9.0.1', 64, Uint8Array.of(1, 131, 7, 8, 1, 2, 3, 4))).toBe(false);
});
