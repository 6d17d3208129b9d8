// Times of connections in the kernel's jiffies, which begin when its clock says so.

import { expect, test } from 'vitest';
import { briefEntry, parsePacketScripts } from '../support/packet-script.ts';
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

/** What is left of the connection where the kernel's clock is ahead by so much: 0 = a jiffy begins when the connection does. */
function leftWith(clockNs: bigint): string[] {
  const { steps, sysctl } = parsePacketScripts(CLOSED)[0]!;
  const tracker = openTracker({ shards: 1, sysctl, clockNs });
  let now = 1_700_000_000_000_000_000n;
  for (const { wait, bytes, state } of steps) {
    now += BigInt(Math.round(wait * 1e9));
    expect(tracker.feed([{ bytes, time: now }])[0]!.state).toBe(state);
  }
  return tracker.text(now).split('\n').filter(Boolean).map(briefEntry);
}

test('TIME_WAIT has two minutes left until the jiffy is over in which it began', () => {
  expect(leftWith(0n)).toEqual(['tcp 20 TIME_WAIT [ASSURED]']);
  expect(leftWith(2_999_999n)).toEqual(['tcp 20 TIME_WAIT [ASSURED]']);
  expect(leftWith(3_000_000n)).toEqual(['tcp 119 TIME_WAIT [ASSURED]']);
  expect(leftWith(-1_700_000_000_000_000_000n + 3_500_000n)).toEqual(['tcp 119 TIME_WAIT [ASSURED]']);
});
