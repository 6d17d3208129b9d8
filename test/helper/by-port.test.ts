import { expect, test } from 'vitest';
import { parsePacketLine } from '../support/packet-line.ts';
import { replayScenario, scenarioTimes } from '../support/scenario-replay.ts';

const RULES = `*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -m conntrack --ctstate RELATED
COMMIT
`;

const host = (setting: string): string => `interfaces: { eth0: { addresses: [192.0.2.1/24, "2001:db8::1/64"] } }\n${setting}\n`;

/** What conntrack -L says of helpers after the packets, and how many were RELATED. */
async function run(setting: string, lines: readonly string[]): Promise<{ helpers: string[]; related: number }> {
  const packets = lines.map((line) => parsePacketLine(line));
  const times = scenarioTimes(packets);
  const { conntrack, outcomes } = await replayScenario({ host: host(setting), rules: RULES, rules6: RULES, packets, times });
  const helpers = conntrack.split('\n').flatMap((line) => /dport=(\d+) .*(?:helper=(\S+))/.exec(line)?.slice(1).join(' ') ?? []);
  const related = outcomes.filter(({ hits }) => hits.some(({ number }) => number === 1)).length;
  return { helpers, related };
}

const LINES = [
  'eth0: 192.0.2.9 > 192.0.2.1 tcp 4000 > 21 S seq 1',
  'eth0: 192.0.2.9 > 192.0.2.1 udp 4000 > 21',
  'eth0: 192.0.2.9 > 192.0.2.1 tcp 4000 > 2121 S seq 1',
  'eth0: 192.0.2.9 > 192.0.2.1 udp 3000 > 69 data 00016100',
  'sent: 192.0.2.1 > 192.0.2.9 udp 5000 > 3000 data 00030001',
  'eth0: 192.0.2.9 > 192.0.2.1 udp 4001 > 137',
  'eth0: 2001:db8::9 > 2001:db8::1 tcp 4000 > 21 S seq 1',
  'eth0: 2001:db8::9 > 2001:db8::1 udp 4001 > 137',
  'eth0: 2001:db8::9 > 2001:db8::1 udp 4001 > 5060',
  'eth0: 192.0.2.9 > 192.0.2.1 proto 47',
];

test('with nf_conntrack_helper connections get the helpers of their servers’ ports', async () => {
  const { helpers } = await run('sysctl: { net.netfilter.nf_conntrack_helper: 1 }', LINES);
  expect(helpers).toEqual(['21 ftp', '69 tftp', '137 netbios-ns', '21 ftp', '5060 sip']);
});

test('without it no connection has a helper that no rule gives it', async () => {
  expect((await run('', LINES)).helpers).toEqual([]);
});
