import { expect, test } from 'vitest';
import { replayText } from '../support/replay.ts';
import { readScenarios } from '../support/scenario.ts';
import { hostInterfaces, scenarioCapture, scenarioTimes } from '../support/scenario-replay.ts';
import { conversations } from '../support/traffic.ts';

const RULES = `*raw
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A PREROUTING -p udp -m udp --dport 53 -j CT --notrack
COMMIT
*mangle
:PREROUTING ACCEPT [0:0]
-A PREROUTING -i eth1 -j MARK --set-xmark 0x1/0xffffffff
COMMIT
*filter
:INPUT DROP [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:services - [0:0]
-A INPUT -m conntrack --ctstate INVALID -j DROP
-A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
-A INPUT
-A INPUT -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j services
-A INPUT -p icmp -j ACCEPT
-A INPUT -m mark --mark 0x1 -j REJECT --reject-with icmp-port-unreachable
-A services -p tcp -m multiport --dports 22,80 -j ACCEPT
-A services -s 10.0.0.8/29 -j ACCEPT
COMMIT
`;
const RULES6 = `*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -m conntrack --ctstate NEW -p tcp -m tcp --dport 443 -j DROP
-A OUTPUT -m conntrack --ctstate ESTABLISHED
COMMIT
`;

const HOST = `interfaces:
  eth0: { addresses: [10.0.0.100/24, "2001:db8::100/64"] }
  eth1: { addresses: [10.0.0.1/28] }
routes: ["default via 10.0.0.102 dev eth0"]
sysctl: { net.ipv4.ip_forward: 1, net.ipv6.conf.all.forwarding: 1, net.netfilter.nf_conntrack_udp_timeout: 3 }
`;

const INPUT = {
  rules: RULES,
  rules6: RULES6,
  captures: [conversations(1, 3000), conversations(2, 500)],
  answers: 'host',
} as const;

const reference = replayText(INPUT);

test('a replay says something about every packet', async () => {
  const { ndjson, result, conntrack, counters } = await reference;
  expect(result).toMatchObject({ packets: 3500, captures: 2, damage: [] });
  expect(ndjson.trimEnd().split('\n').length).toBe(3500);
  expect(new Set(ndjson.match(/"verdict":"[A-Z]+"/g))).toEqual(
    new Set(['"verdict":"ACCEPT"', '"verdict":"DROP"', '"verdict":"REJECT"']),
  );
  expect(new Set(ndjson.match(/"ctstate":"[A-Z]+"/g)).size).toBeGreaterThan(3);
  expect(conntrack).toMatch(/^tcp +6 /m);
  expect(counters).toMatch(/^\[[1-9]\d*:\d+\] -A services/m);
});

test('on a host that forwards, the output is the same as well', async () => {
  const forwarding = { ...INPUT, host: HOST };
  const [one, two, four] = await Promise.all(
    [1, 2, 4].map((workers) => replayText({ ...forwarding, workers, batchPackets: 50 * workers })),
  );
  expect(one!.ndjson).toMatch(/"out":"eth0".*"egress":\[\{"out":"eth0"/);
  expect(one!.counters).toMatch(/^:FORWARD ACCEPT \[[1-9]/m);
  for (const other of [two!, four!]) {
    expect(other.counters).toBe(one!.counters);
    expect(other.conntrack).toBe(one!.conntrack);
    expect(other.ndjson === one!.ndjson).toBe(true);
  }
});

test.each([
  { workers: 1 },
  { workers: 2 },
  { workers: 4 },
  { workers: 2, batchPackets: 64 },
  { workers: 4, batchPackets: 33 },
  { workers: 0, batchPackets: 1 },
  { workers: 2, shards: 1, batchPackets: 128 },
  { workers: 3, shards: 64, batchPackets: 128 },
  { workers: 2, linear: true, batchPackets: 256 },
])('the output is the same, byte for byte, with %o', async (options) => {
  const { ndjson, counters, conntrack } = await reference;
  const other = await replayText({ ...INPUT, ...options });
  expect(other.counters).toBe(counters);
  expect(other.conntrack).toBe(conntrack);
  expect(other.ndjson === ndjson).toBe(true);
});

test.each(['conntrack/fragments.md', 'conntrack/fragments-of-errors.md'])(
  '%s comes together across batches, shards and workers',
  async (name) => {
    const scenario = readScenarios().find((one) => one.name === name)!;
    const packets = scenario.packets.map(({ packet }) => packet);
    const captures = [scenarioCapture(hostInterfaces(scenario.host), packets, scenarioTimes(packets))];
    const input = {
      rules: scenario.rules!,
      ...(scenario.rules6 ? { rules6: scenario.rules6 } : {}),
      host: scenario.host,
      captures,
    };
    const one = await replayText(input);
    expect(one.ndjson).toMatch(/"egress":\[\{[^}]*\},\{[^}]*\},\{/);
    for (const options of [
      { shards: 1 },
      { batchPackets: 1 },
      { workers: 1, batchPackets: 4 },
      { workers: 2, batchPackets: 3 },
      { workers: 2, shards: 1, batchPackets: 2 },
      { workers: 3, shards: 64, batchPackets: 1 },
    ]) {
      const other = await replayText({ ...input, ...options });
      expect(other.ndjson === one.ndjson).toBe(true);
      expect(other.counters).toBe(one.counters);
    }
  },
);
