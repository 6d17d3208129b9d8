// What the host answers with, beside what scenarios of test/scenarios/answer show: without a host, and spread over shards.

import { describe, expect, test } from 'vitest';
import { toHex } from '../../src/packet/bytes.ts';
import { generateTranslations } from '../kernel/nat/generate.ts';
import { openHostBench } from '../support/host-bench.ts';
import { parsePacketLine } from '../support/packet-line.ts';
import { replayText } from '../support/replay.ts';
import { hostInterfaces, scenarioCapture, scenarioTimes } from '../support/scenario-replay.ts';

const RULES = `*filter
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -p udp -j REJECT
-A INPUT -p tcp -m tcp --dport 1 -j REJECT --reject-with tcp-reset
-A OUTPUT -p icmp -m icmp --icmp-type 3
-A OUTPUT -p udp -m udp --dport 53 -j REJECT
COMMIT
`;

const ADDRESSES = 'c0000201c0000209';

describe('with no host given', () => {
  const bench = openHostBench({ rules: RULES, interfaces: ['eth0'], answers: 'host' });
  const run = (line: string) => {
    const { bytes, interface: name, sent } = parsePacketLine(line);
    const { left, hits } = bench.run({ bytes, interface: name === '' ? 'eth0' : name, sent });
    return { left: left.map((packet) => toHex(packet)), hits: hits.map(({ chain, rule }) => `${chain} ${rule ?? 'policy'}`) };
  };

  test('what came in is answered by its interface, from the address that it was sent to', () => {
    const { left, hits } = run('eth0: 192.0.2.9 > 192.0.2.1 udp 1 > 9');
    expect(left).toEqual([expect.stringMatching(new RegExp(`^45c00038.{16}${ADDRESSES}0303.{12}4500`))]);
    expect(hits).toEqual(['INPUT 1', 'OUTPUT 1', 'OUTPUT policy']);
  });

  test('a reset and an echo reply leave likewise', () => {
    expect(run('eth0: 192.0.2.9 > 192.0.2.1 tcp 4000 > 1 S').left).toEqual([expect.stringContaining(ADDRESSES)]);
    expect(run('eth0: 192.0.2.9 > 192.0.2.1 icmp 8/0 id 7 seq 1').left).toEqual([
      expect.stringContaining(`${ADDRESSES}0000fff700070001`),
    ]);
  });

  test('a request for the time is answered with that of the packet', () => {
    const { bytes } = parsePacketLine('eth0: 192.0.2.9 > 192.0.2.1 icmp 13/0 id 7 seq 1 data 00000005');
    const { left } = bench.run({ bytes, interface: 'eth0', time: 1_700_006_400_123_456_789n });
    expect(left.map((packet) => toHex(packet).slice(40))).toEqual(['0e00f0fc00070001000000050000007b0000007b']);
  });

  test('what the host sends and rejects comes back over lo', () => {
    const { left, hits } = run('sent: 192.0.2.1 > 192.0.2.9 udp 1 > 53');
    expect(left).toEqual([]);
    expect(hits).toEqual(['OUTPUT 2', 'OUTPUT 1', 'OUTPUT policy', 'INPUT policy']);
  });
});

test.each([3, 9, 15])('shards and workers tell the same of answers to translated connections, seed %i', async (seed) => {
  const { host, rules, rules6, packets: lines } = await generateTranslations(seed, 120);
  const packets = lines.map((line) => parsePacketLine(line));
  const input = {
    host,
    ...(rules === undefined ? {} : { rules }),
    ...(rules6 === undefined ? {} : { rules6 }),
    captures: [scenarioCapture(hostInterfaces(host), packets, scenarioTimes(packets))],
    answers: 'host' as const,
    batchPackets: 16,
  };
  const { result: _, ...one } = await replayText({ ...input, shards: 1 });
  for (const spread of [{ shards: 16 }, { shards: 64, workers: 3 }]) {
    const { result: __, ...other } = await replayText({ ...input, ...spread });
    expect(other).toEqual(one);
  }
});
