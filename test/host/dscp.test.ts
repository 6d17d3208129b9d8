// Rules that ask for a code point: iproute2 of the machine that scenarios are recorded on does not know them, the kernel does.

import { expect, test } from 'vitest';
import { parsePacketLine } from '../support/packet-line.ts';
import { replayScenario, scenarioTimes } from '../support/scenario-replay.ts';
import { readSnapshot, readYaml } from './reading.ts';

const HOST = `interfaces:
  eth0: { addresses: [192.0.2.1/24, "2001:db8:1::1/64"] }
  eth1: { addresses: [10.0.0.1/24, "2001:db8:2::1/64"] }
  eth2: { addresses: [172.16.0.1/24, "2001:db8:3::1/64"] }
routes: ["default via 192.0.2.254 dev eth0", "default via 172.16.0.254 dev eth2 table 100"]
routes6: ["default via 2001:db8:1::fe dev eth0", "default via 2001:db8:3::fe dev eth2 table 100"]
rules: [dscp 46 lookup 100, dscp 0x10/0x38 lookup 100]
rules6: [dscp 46 lookup 100]
sysctl: { net.ipv4.ip_forward: 1, net.ipv6.conf.all.forwarding: 1 }
`;

test('all six bits of a code point count, or those of the mask', async () => {
  const ends = ['10.0.0.7 > 198.51.100.7', '2001:db8:2::7 > 2001:db8:ffff::7'];
  const lines = [0xb8, 0xba, 0xa8, 0x38, 0x10, 0x40, 0x58, 0x60].map((tos) =>
    ends.map((way) => `eth1: ${way} tos ${tos} udp 1 > 2`),
  );
  const packets = lines.flat().map((line) => parsePacketLine(line));
  const { outcomes } = await replayScenario({ host: HOST, packets, times: scenarioTimes(packets) });
  const ways = outcomes.map(({ egress }) => egress[0]?.interface);
  const marked = ways.flatMap((way, i) =>
    way === 'eth2' ? lines.flat()[i]!.replace(/^eth1: (\S+) .* tos (\d+) .*/, '$1 $2') : [],
  );
  expect(marked).toEqual([
    '10.0.0.7 184',
    '2001:db8:2::7 184',
    '10.0.0.7 186',
    '2001:db8:2::7 186',
    '10.0.0.7 64',
    '10.0.0.7 88',
  ]);
});

test('a code point is a number, which a snapshot tells too', () => {
  expect(readYaml('rules: [dscp 64 lookup 100, dscp EF lookup 100, dscp 3/4 lookup 100]\n').said).toEqual(
    ['64', 'EF', '3/4'].map((text) => expect.stringContaining(`"${text}" is no number from 0 to 63`)),
  );
  const { host, messages } = readSnapshot({ 'rule.json': '[{"priority":9,"src":"all","dscp":"46","table":"100"}]' });
  expect(messages).toBe('');
  expect(host!.rules[0]).toMatchObject({ priority: 9, tos: 0xb8, tosMask: 0xfc, table: 100 });
});
