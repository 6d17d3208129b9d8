// Damaged packets and damaged captures through the whole engine: whatever they are, the same comes out with any number of workers,
// in batches of any size, and of the decision tables as of the linear walk.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { concat } from '../../src/packet/bytes.ts';
import { pcapng } from '../../src/packet/captures.ts';
import { icmp, icmpv6, ipv4, ipv6, tcp, udp } from '../../src/packet/packets.ts';
import { malformedPacket } from '../support/malformed.ts';
import { type ReplayInput, replayText } from '../support/replay.ts';
import { conversations } from '../support/traffic.ts';

const START = 1_700_000_000_000_000_000n;
const LINKTYPE_RAW = 101;
const NANOSECONDS = 9;

/** Every kind of test that looks at bytes of the packet, with and without a verdict, in calls and out of them. */
const FILTER = (icmpName: string): string => `*raw
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A PREROUTING -p udp -m udp --sport 4000 -j NOTRACK
COMMIT
*mangle
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A PREROUTING -i eth1 -m length --length 0:60 -j MARK --set-xmark 0x1/0xff
-A PREROUTING -m conntrack --ctstate NEW -j CONNMARK --set-xmark 0x2/0xffffffff
COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:transport - [0:0]
:states - [0:0]
-A INPUT -m conntrack --ctstate INVALID
-A INPUT -m conntrack --ctstate RELATED
-A INPUT -g transport
-A FORWARD -j states
-A FORWARD -j transport
-A OUTPUT -m mark --mark 0x1/0x1
-A OUTPUT -j transport
-A states -m connmark --mark 0x2
-A states -m conntrack --ctstate ESTABLISHED -j RETURN
-A states -m conntrack --ctstate UNTRACKED -j ACCEPT
-A transport -p tcp -m tcp --tcp-option 3
-A transport -p tcp -m tcp --sport 1:4000 --tcp-flags SYN,ACK SYN -j REJECT --reject-with tcp-reset
-A transport -p udp -m multiport --dports 53,80,4000:4100
-A transport -p ${icmpName} -m ${icmpName === 'icmp' ? 'icmp --icmp-type 3' : 'icmp6 --icmpv6-type 1'} -j ACCEPT
-A transport -p sctp -m sctp --dport 0:1000 -j RETURN
-A transport -p 132 -j ACCEPT
-A transport -p tcp -m conntrack --ctstate ESTABLISHED -j ACCEPT
COMMIT
`;

const HOST = `interfaces:
  eth0: { addresses: [10.0.0.1/24, "2001:db8::1/64"] }
  eth1: { addresses: [10.0.0.100/28] }
routes: ["default via 10.0.0.102 dev eth1"]
routes6: ["default via 2001:db8::fe dev eth0"]
sysctl: { net.ipv4.ip_forward: 1, net.ipv6.conf.all.forwarding: 1, net.netfilter.nf_conntrack_acct: 1 }
`;

const RULESETS = { rules: FILTER('icmp'), rules6: FILTER('ipv6-icmp') };

/** Numbers from 0 up to, not including, `below`: the same for the same seed, and each apart from the ones before. */
function drawsFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x9e3779b9) | 0;
    let word = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    word = Math.imul(word ^ (word >>> 15), 0x735a2d97);
    return ((word ^ (word >>> 15)) >>> 0) % below;
  };
}

/** A packet of a conversation, an error or redirect that quotes one, all with some bytes changed, or cut. */
function damagedPacket(pick: (below: number) => number): Uint8Array {
  const [a, b] = [1 + pick(4), 100 + pick(2)];
  const isReply = pick(2) === 1;
  const ends = (one: number, two: number, prefix: string) =>
    isReply ? { src: prefix + two, dst: prefix + one } : { src: prefix + one, dst: prefix + two };
  const ports = isReply ? { sport: 53, dport: 4000 + pick(3) } : { sport: 4000 + pick(3), dport: 53 };
  const payload =
    pick(3) === 0
      ? udp(ports)
      : tcp({
          ...ports,
          flags: (isReply ? ['SA', 'A', 'A', 'FA', 'R'] : ['S', 'S', 'A', 'A', 'FA'])[pick(5)]!,
          seq: pick(3),
          ack: pick(3),
        });
  const [four, six] = [ipv4({ ...ends(a, b, '10.0.0.'), payload }), ipv6({ ...ends(a, b, '2001:db8::'), payload })];
  const redirected = concat(new Uint8Array(32), Uint8Array.of(4, 1 + (six.length >> 3), 0, 0, 0, 0, 0, 0), six);
  const whole = [
    four,
    six,
    ipv4({ ...ends(b, a, '10.0.0.'), payload: icmp({ type: [3, 5, 11][pick(3)]!, payload: four }) }),
    ipv6({ ...ends(b, a, '2001:db8::'), payload: icmpv6({ type: 1 + pick(4), payload: six }) }),
    ipv6({
      src: 'fe80::1',
      dst: ends(a, b, '2001:db8::').src,
      hopLimit: 255,
      payload: icmpv6({ type: 137, payload: redirected }),
    }),
  ][pick(5)]!;
  const data = whole.slice(0, pick(12) === 0 ? 1 + pick(whole.length) : whole.length);
  for (let changes = pick(5) - 2; changes > 0; changes--) data[pick(data.length)] = pick(256);
  return data;
}

function damagedPackets(seed: number, count: number): Uint8Array {
  const pick = drawsFrom(seed);
  const malformed = fc.sample(malformedPacket, { seed, numRuns: count / 4 });
  const blocks = pcapng();
  const describe = (name: string): Uint8Array => blocks.describe({ name, linktype: LINKTYPE_RAW, resolution: NANOSECONDS });
  let time = START;
  const packets = Array.from({ length: count }, () => {
    // Now and then backwards, now and then past every timeout.
    time += pick(200) === 0 ? BigInt(pick(1000)) * 1_000_000_000n : BigInt(pick(1_000_000)) - 1000n;
    const data = pick(6) === 0 ? malformed[pick(malformed.length)]! : damagedPacket(pick);
    return blocks.enhanced({ data, time, interface: pick(2), direction: pick(4) === 0 ? 'out' : 'in' });
  });
  return concat(blocks.section(), describe('eth0'), describe('eth1'), ...packets);
}

async function outputs(input: ReplayInput) {
  const { ndjson, counters, conntrack, result } = await replayText(input);
  return { ndjson, counters, conntrack, damage: result.damage, packets: result.packets, tally: result.tally };
}

async function expectSame(input: ReplayInput, others: readonly Partial<ReplayInput>[]): Promise<void> {
  const { ndjson, ...rest } = await outputs(input);
  for (const other of others) {
    const { ndjson: lines, ...same } = await outputs({ ...input, ...other });
    expect(same).toEqual(rest);
    expect(lines === ndjson).toBe(true);
  }
}

test.each([1, 2, 3])('damaged packets: the same from 1 and 3 workers, and from the linear walk (seed %i)', async (seed) => {
  await expectSame({ ...RULESETS, ...(seed === 1 ? {} : { host: HOST }), captures: [damagedPackets(seed, 2000)] }, [
    { workers: 1, batchPackets: 100 },
    { workers: 3, batchPackets: 77 },
    { linear: true },
    { shards: 1 },
    { linear: true, shards: 64, batchPackets: 7 },
  ]);
});

test('a full connection table: the same from 1 and 3 workers', async () => {
  const flows = Array.from({ length: 6 }, (_, seed) => conversations(100 + seed, 400));
  const few = { 'net.netfilter.nf_conntrack_max': 64 };
  await expectSame({ ...RULESETS, captures: flows, sysctl: few }, [
    { sysctl: few, workers: 1, batchPackets: 50 },
    { sysctl: few, workers: 3, batchPackets: 50 },
  ]);
});

test('captures with bytes changed or missing: whatever is read of them is the same in batches of any size', async () => {
  const whole = conversations(9, 200);
  for (let seed = 1; seed <= 12; seed++) {
    const pick = drawsFrom(seed * 7919);
    const capture = whole.slice(0, whole.length - (pick(3) === 0 ? pick(whole.length) : 0));
    for (let changes = 1 + pick(6); changes > 0; changes--) capture[pick(capture.length)] = pick(256);
    await expectSame({ ...RULESETS, captures: [capture, whole] }, [{ batchPackets: 1 + pick(50), linear: true }]);
  }
});
