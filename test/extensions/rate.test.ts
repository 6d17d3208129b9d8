// What rules that count over time share, and what they come to where the live kernel is not asked: its settings, and long times.

import { expect, test } from 'vitest';
import { parsePacketLine } from '../support/packet-line.ts';
import { replayScenario } from '../support/scenario-replay.ts';

const HOST = 'interfaces: { eth0: { addresses: [192.0.2.1/24] } }\n';
const START = 1_700_000_000_000_000_000n;

/** The numbers of the rules in INPUT that count each packet. */
async function hits(
  rules: readonly string[],
  packets: readonly { at: number; line: string }[],
  host = HOST,
): Promise<number[][]> {
  const run = await replayScenario({
    host,
    rules: `*filter\n${rules.map((rule) => `-A INPUT ${rule}\n`).join('')}COMMIT\n`,
    packets: packets.map(({ line }) => parsePacketLine(`eth0: ${line}`)),
    times: packets.map(({ at }) => START + BigInt(Math.round(at * 1000)) * 1_000_000n),
    loadedNs: START,
  });
  return run.outcomes.map((outcome) => outcome.hits.filter(({ number }) => number > 0).map(({ number }) => number));
}

const from = (address: string, at = 0) => ({ at, line: `${address} > 192.0.2.1 udp 1 > 2` });

test('a recent list has as many addresses as the module parameter says', async () => {
  const rules = ['-m recent --rcheck', '-m recent --set'];
  const packets = ['192.0.2.7', '192.0.2.8', '192.0.2.9', '192.0.2.8', '192.0.2.7'].map((address) => from(address));
  const host = `${HOST}modules: { xt_recent: { ip_list_tot: 2 } }\n`;
  expect(await hits(rules, packets, host)).toEqual([[2], [2], [2], [1, 2], [2]]);
});

test('ip_pkt_list_tot sets how many times a list keeps, rounded up, unless a rule asks for more', async () => {
  const rules = ['-m recent --rcheck --seconds 10 --hitcount 2', '-m recent --set'];
  const packets = [0, 1, 2, 3].map((at) => from('192.0.2.7', at));
  expect(await hits(rules, packets)).toEqual([[2], [2], [1, 2], [1, 2]]);
  const host = `${HOST}modules: { xt_recent: { ip_pkt_list_tot: 3 } }\n`;
  expect(await hits(rules, packets, host)).toEqual([[2], [2], [1, 2], [1, 2]]);
});

test('credit of limit wraps when nobody asks for longer than 32 bits of it last', async () => {
  // 2^32 / 128 ticks of 4 ms: what was gained by then is nothing, and a little later little.
  const wrap = (2 ** 32 / 128) * 0.004;
  const rule = ['-m limit --limit 1/hour --limit-burst 1'];
  const packets = [0, wrap, wrap + 1800, wrap + 3600].map((at) => from('192.0.2.7', at));
  expect(await hits(rule, packets)).toEqual([[1], [], [], [1]]);
});

test('an estimate of long ago is gone, however long ago', async () => {
  const rules = [
    '-p udp -j RATEEST --rateest-name e --rateest-interval 250ms --rateest-ewmalog 500ms',
    '-p icmp -m rateest --rateest e --rateest-eq --rateest-bps 0',
  ];
  const icmp = (at: number) => ({ at, line: '192.0.2.7 > 192.0.2.1 icmp 8/0' });
  const packets = [...Array.from({ length: 20 }, () => from('192.0.2.7')), icmp(0.3), icmp(1), icmp(2_000_000_000)];
  expect((await hits(rules, packets)).slice(-3)).toEqual([[], [], [2]]);
});

test('rules that share a hashlimit table all match rates over an interval, or none', async () => {
  const limit = '--hashlimit-upto 1/sec --hashlimit-name h';
  await expect(hits([`-m hashlimit ${limit}`, `-m hashlimit ${limit} --hashlimit-rate-match`], [])).rejects.toThrow(
    'other-table',
  );
});

test('an estimator of a rule that is gone again stays at 0', async () => {
  const run = await replayScenario({
    host: HOST,
    rules: [
      '*filter\n-A INPUT -j RATEEST --rateest-name e --rateest-interval 250ms --rateest-ewmalog 500ms\nCOMMIT\n',
      '*filter\n-A INPUT -m rateest --rateest e --rateest-eq --rateest-bps 0\nCOMMIT\n',
    ].join(''),
    packets: [0, 1].map(() => parsePacketLine('eth0: 192.0.2.7 > 192.0.2.1 udp 1 > 2 len 1000')),
    times: [START, START + 1_000_000_000n],
  });
  expect(run.outcomes.map((outcome) => outcome.hits.map(({ number }) => number))).toEqual([
    [1, 0],
    [1, 0],
  ]);
});
