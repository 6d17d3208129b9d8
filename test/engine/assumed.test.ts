import { expect, test } from 'vitest';
import { parsePacketLine } from '../support/packet-line.ts';
import { replayScenario, scenarioTimes } from '../support/scenario-replay.ts';

const HOST = `interfaces:
  eth0: { addresses: [192.0.2.1/24] }
  eth1: { addresses: [10.0.0.1/24] }
sysctl:
  net.ipv4.ip_forward: 1
`;

/** The rules and policies that counted each packet, as numbers of the chain. */
async function numbers(chain: string, rules: string, lines: readonly string[], assume: readonly string[]): Promise<number[][]> {
  const packets = lines.map((line) => parsePacketLine(line));
  const { outcomes } = await replayScenario({ host: HOST, rules, packets, times: scenarioTimes(packets), assume });
  return outcomes.map(({ hits }) => hits.filter((hit) => hit.chain === chain).map(({ number }) => number));
}

test('with a transparent socket assumed TPROXY marks and accepts, and drops what has no header for one', async () => {
  const rules = `*mangle
-A PREROUTING -j MARK --set-mark 0xf1
-A PREROUTING -p udp -j TPROXY --on-port 9 --tproxy-mark 0x2/0xf
-A PREROUTING
-A FORWARD -m mark --mark 0xf2
COMMIT
`;
  const lines = ['eth0: 192.0.2.9 > 10.0.0.7 udp 1 > 2', 'eth0: 192.0.2.9 > 10.0.0.7 udp 1 > 2 take 7'];
  expect(await numbers('PREROUTING', rules, lines, ['socket=transparent'])).toEqual([
    [1, 2],
    [1, 2],
  ]);
  expect(await numbers('FORWARD', rules, lines, ['socket=transparent'])).toEqual([[1, 0], []]);
});

test('with a program assumed at the queues NFQUEUE --queue-bypass hands packets to it', async () => {
  const rules = '*filter\n-A FORWARD -j NFQUEUE --queue-bypass\nCOMMIT\n*mangle\n-A POSTROUTING\nCOMMIT\n';
  const lines = ['eth0: 192.0.2.9 > 10.0.0.7 udp 1 > 2'];
  expect(await numbers('POSTROUTING', rules, lines, ['queue=any'])).toEqual([[]]);
  expect(await numbers('POSTROUTING', rules, lines, ['queue=none'])).toEqual([[1, 0]]);
});
