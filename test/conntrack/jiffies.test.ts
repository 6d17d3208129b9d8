// Times of connections in the kernel's jiffies, which begin when its clock says so.

import { expect, test } from 'vitest';
import { parsePacketLine } from '../support/packet-line.ts';
import { briefEntry, parsePacketScripts } from '../support/packet-script.ts';
import { replayQuickly } from '../support/scenario-replay.ts';
import { openTracker } from './tracker.ts';

const CLOSED = `
# A connection in TIME_WAIT, then a FIN out of window from each side
Sysctl: nf_conntrack_tcp_timeout_unacknowledged=20
\`\`\`packets
+0     > S 100:100(0) win 1000                 => NEW
+0     < SA 500:500(0) ack 101 win 1000        => ESTABLISHED
+0     > A 101:101(0) ack 501 win 1000         => ESTABLISHED
+0     > FA 101:101(0) ack 501 win 1000        => ESTABLISHED
+0     < FA 501:501(0) ack 102 win 1000        => ESTABLISHED
+0     > A 102:102(0) ack 502 win 1000         => ESTABLISHED
+0.001 < FA 900000:900000(0) ack 102 win 1000  => INVALID
+0     > FA 900000:900000(0) ack 502 win 1000  => INVALID
\`\`\`
`;

const TALKED = `
# A datagram behind the answer, two seconds and two milliseconds after the first
\`\`\`packets
+0     > udp 5 > 6 len 4                       => NEW
+0     < udp 6 > 5 len 4                       => ESTABLISHED
+2.002 > udp 5 > 6 len 4                       => ESTABLISHED
\`\`\`
`;

const START_NS = 1_700_000_000_000_000_000n;

/** What is left of the connection where the kernel's clock is ahead by so much: 0 = a jiffy begins when the connection does. */
function leftOf(script: string, clockNs: bigint): string[] {
  const { steps, sysctl } = parsePacketScripts(script)[0]!;
  const tracker = openTracker({ shards: 1, sysctl, clockNs });
  let now = START_NS;
  for (const { wait, bytes, state } of steps) {
    now += BigInt(Math.round(wait * 1e9));
    expect(tracker.feed([{ bytes, time: now }])[0]!.state).toBe(state);
  }
  return tracker.text(now).split('\n').filter(Boolean).map(briefEntry);
}

test('TIME_WAIT has two minutes left until the jiffy is over in which it began', () => {
  expect(leftOf(CLOSED, 0n)).toEqual(['tcp 20 TIME_WAIT [ASSURED]']);
  expect(leftOf(CLOSED, 2_999_999n)).toEqual(['tcp 20 TIME_WAIT [ASSURED]']);
  expect(leftOf(CLOSED, 3_000_000n)).toEqual(['tcp 119 TIME_WAIT [ASSURED]']);
  expect(leftOf(CLOSED, -START_NS + 3_500_000n)).toEqual(['tcp 119 TIME_WAIT [ASSURED]']);
});

test('a conversation is a stream when two seconds are over, and the jiffy that they end in', () => {
  expect(leftOf(TALKED, 0n)).toEqual(['udp 30']);
  expect(leftOf(TALKED, 1_999_999n)).toEqual(['udp 30']);
  expect(leftOf(TALKED, 2_000_000n)).toEqual(['udp 120 [ASSURED]']);
  expect(leftOf(TALKED, -START_NS + 3_999_999n)).toEqual(['udp 120 [ASSURED]']);
});

/** The same conversation through a router that remembers where connections go; its table when the last datagram has come. */
async function routedWith(clockNs: bigint): Promise<string> {
  const there = parsePacketLine('eth1: 10.0.0.7 > 192.0.2.9 udp 5 > 6 len 4');
  const back = parsePacketLine('eth0: 192.0.2.9 > 10.0.0.7 udp 6 > 5 len 4');
  const { conntrack } = await replayQuickly({
    host: 'interfaces:\n  eth0: { addresses: [192.0.2.1/24] }\n  eth1: { addresses: [10.0.0.1/24] }\nsysctl: { net.ipv4.ip_forward: 1 }',
    rules: '*filter\n:INPUT ACCEPT\n:FORWARD ACCEPT\n:OUTPUT ACCEPT\n-A FORWARD -m conntrack --ctstate NEW\nCOMMIT\n',
    packets: [there, back, there, back, there],
    times: [0n, 0n, 1_000_000_000n, 2_001_000_000n, 2_002_000_000n].map((time) => START_NS + time),
    clockNs,
  });
  return conntrack;
}

test('so it is where datagrams take the short way', async () => {
  expect(await routedWith(1_999_999n)).toMatch(/^udp +17 30 .* use=1$/m);
  expect(await routedWith(1_999_999n)).not.toContain('ASSURED');
  expect(await routedWith(2_000_000n)).toMatch(/^udp +17 120 .*ASSURED/m);
});
