import { expect, test } from 'vitest';
import { parsePacketLine } from '../support/packet-line.ts';
import { replayScenario, scenarioTimes } from '../support/scenario-replay.ts';

const RULES = `*mangle
-A PREROUTING -p udp -m udp --dport 53 -j SECMARK --selctx system_u:object_r:dns_t:s0
-A PREROUTING -p udp -m udp --dport 54 -j SECMARK --selctx system_u:object_r:other_t:s0
-A PREROUTING -j CONNSECMARK --save
-A POSTROUTING -p udp -m udp --sport 53 -j CONNSECMARK --restore
COMMIT
`;
const HOST = 'interfaces:\n  eth0: { addresses: [192.0.2.1/24] }\n';
const LINES = [
  'eth0: 192.0.2.9 > 192.0.2.1 udp 1000 > 53',
  'eth0: 192.0.2.9 > 192.0.2.1 udp 1000 > 54',
  'eth0: 192.0.2.9 > 192.0.2.1 udp 1000 > 55',
];

test('the table shows the security context that a connection got first', async () => {
  const packets = LINES.map((line) => parsePacketLine(line));
  const { conntrack } = await replayScenario({ host: HOST, rules: RULES, packets, times: scenarioTimes(packets) });
  expect(conntrack.split('\n').map((line) => /mark=0 (.*)use=1/.exec(line)?.[1])).toEqual([
    'secctx=system_u:object_r:dns_t:s0 ',
    'secctx=system_u:object_r:other_t:s0 ',
    '',
    undefined,
  ]);
});
