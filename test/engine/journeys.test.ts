// What connections remember of where their packets go changes nothing: whatever the rules ask and do, and whatever changes within a flow,
// outcomes, counters, connections, sets and sums are those of asking the rules about every packet.

import { expect, test } from 'vitest';
import {
  OUTCOME_BY,
  OUTCOME_CT,
  OUTCOME_CTSTATE,
  OUTCOME_FAMILY,
  OUTCOME_FLAGS,
  OUTCOME_OUT,
  OUTCOME_VERDICT,
  OUTCOME_WHY,
} from '../../assembly/abi/batch.ts';
import { JOURNEY_BYTES, JOURNEY_PACKETS, JOURNEYS_BYTES, JOURNEYS_COUNT, JOURNEYS_FIRST } from '../../assembly/abi/journey.ts';
import { setsText } from '../../src/cli/sets.ts';
import { ruleCounters } from '../../src/compile/compile.ts';
import { outcomeWord } from '../../src/core/batch.ts';
import { Engine } from '../../src/engine/engine.ts';
import { bytesSource } from '../../src/engine/source.ts';
import type { Loaded } from '../../src/load.ts';
import { concat } from '../../src/packet/bytes.ts';
import { pcapng } from '../../src/packet/captures.ts';
import { ethernet, icmp, ipv4, ipv6, tcp, udp } from '../../src/packet/packets.ts';
import { conntrackText } from '../../src/report/conntrack.ts';
import { savedRuleset } from '../../src/report/counters.ts';
import { loadTexts } from '../support/replay.ts';
import { numbersFrom } from '../support/traffic.ts';

type Pick = (below: number) => number;

const START_NS = 1_700_000_000_000_000_000n;

const HOST = `interfaces:
  eth0: { addresses: [10.0.0.1/24, "2001:db8::1/64"], mtu: 1400 }
  eth1: { addresses: [10.0.1.1/24, "2001:db8:1::1/64"] }
routes: ["default via 10.0.1.102 dev eth1"]
rules: ["fwmark 0x2 lookup 100", "tos 0x10 lookup 100"]
sysctl: { net.ipv4.ip_forward: 1, net.netfilter.nf_conntrack_acct: 1 }
`;

const SETS = `create seen hash:ip family inet hashsize 64 maxelem 1024
create brief hash:ip,port family inet hashsize 64 maxelem 1024 timeout 2
add seen 10.0.0.3
`;

const TESTS = [
  '-m conntrack --ctstate ESTABLISHED,RELATED',
  '-m conntrack --ctstate ESTABLISHED',
  '-m conntrack --ctstate NEW',
  '-m conntrack --ctstate INVALID',
  '-m conntrack --ctstatus ASSURED',
  '-m conntrack --ctexpire 1:100',
  '-m connbytes --connbytes 4 --connbytes-dir both --connbytes-mode packets',
  '-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK ACK',
  '-p tcp -m tcp --tcp-flags PSH PSH',
  '-p tcp -m tcp --dport 80',
  '-p tcp -m tcp --sport 80',
  '-p udp -m udp --dport 53',
  '-p tcp -m multiport --dports 22,80,443',
  '-p tcp -m tcp --tcp-option 8',
  '-m length --length 0:100',
  '-m length --length 41:1200',
  '-m length ! --length 60:1000',
  '-m ttl --ttl-lt 10',
  '-m ttl --ttl-eq 63',
  '-m ttl --ttl-gt 63',
  '-m tos --tos 0x10/0x3f',
  '-m dscp --dscp 0x04',
  '-m mark --mark 0x1/0x1',
  '-m mark ! --mark 0x2',
  '-m connmark --mark 0x1',
  '-m connmark ! --mark 0x0/0x3',
  '-m limit --limit 5/second --limit-burst 3',
  '-m statistic --mode nth --every 3 --packet 0',
  '-m statistic --mode random --probability 0.5',
  '-m set --match-set seen src',
  '-m set --match-set brief dst,dst',
  '-m recent --rcheck --seconds 2 --name lately --rsource',
  '-m addrtype --dst-type LOCAL',
  '-m pkttype --pkt-type unicast',
  '-m u32 --u32 "0>>16&0xff=0x45"',
  '-s 10.0.0.0/30',
  '-d 10.0.1.0/25',
  '-m iprange --src-range 10.0.0.2-10.0.0.4',
  '-m quota --quota 3000',
  '-f',
  '',
] as const;

const TARGETS = [
  '',
  '-j ACCEPT',
  '-j DROP',
  '-j RETURN',
  '-j MARK --set-xmark 0x1/0x3',
  '-j MARK --set-xmark 0x2/0xffffffff',
  '-j CONNMARK --set-xmark 0x1/0xffffffff',
  '-j CONNMARK --save-mark',
  '-j CONNMARK --restore-mark',
  '-j SET --add-set seen src',
  '-j SET --add-set brief dst,dst',
  '-j SET --del-set seen src',
  '-j LOG',
  '-j REJECT',
  '-j REJECT --reject-with icmp-port-unreachable',
  '-j step',
  '-g step',
];

/** Tests and targets that only some places take. */
const MANGLE_TARGETS = ['-j TOS --set-tos 0x10/0x3f', '-j TTL --ttl-dec 1', '-j TTL --ttl-set 9', '-j DSCP --set-dscp 0x04'];
const RAW_TARGETS = ['-j NOTRACK', '-j CT --zone 1', '-j CT --notrack'];

const TRANSLATIONS = [
  '-A PREROUTING -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.0.1.9:8080',
  '-A PREROUTING -p udp -m udp --dport 53 -j REDIRECT --to-ports 5353',
  '-A OUTPUT -p tcp -m tcp --dport 22 -j DNAT --to-destination 10.0.1.10',
  '-A POSTROUTING -o eth1 -p tcp -m tcp --dport 443 -j MASQUERADE',
  '-A POSTROUTING -o eth1 -j SNAT --to-source 10.0.1.50',
];

const TABLES: Readonly<Record<string, readonly string[]>> = {
  raw: ['PREROUTING', 'OUTPUT'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
};

const one = <T>(pick: Pick, from: readonly T[]): T => from[pick(from.length)]!;

/** What no journey that asks or does it is remembered by. */
const SPOILS = /ctstatus|ctexpire|connbytes|tcp-option|limit|statistic|set|recent|addrtype|u32|quota|SET|NOTRACK|CT|TOS|TTL|DSCP/;

/** Of half of the rulesets, few rules ask for what spoils memory. */
function isLeftOut(pick: Pick, isMild: boolean, text: string): boolean {
  return isMild && SPOILS.test(text) && pick(40) !== 0;
}

/** Matches of `table` that the kernel takes there. */
function testText(pick: Pick, table: string, isMild: boolean): string {
  const text = one(pick, TESTS);
  if (isLeftOut(pick, isMild, text)) return testText(pick, table, isMild);
  return table === 'raw' && /ct(state|status|expire)|connbytes|connmark/.test(text) ? '-p tcp' : text;
}

function targetText(pick: Pick, table: string, isMild: boolean): string {
  const text = anyTarget(pick, table);
  return isLeftOut(pick, isMild, text.replace('CONNMARK', '')) ? targetText(pick, table, isMild) : text;
}

function anyTarget(pick: Pick, table: string): string {
  if (table === 'mangle' && pick(6) === 0) return one(pick, MANGLE_TARGETS);
  if (table === 'raw' && pick(4) === 0) return one(pick, RAW_TARGETS);
  const text = one(pick, pick(3) === 0 ? ['-j ACCEPT', ''] : TARGETS);
  if (/REJECT/.test(text) && table !== 'filter') return '-j ACCEPT';
  const isMangleOnly = /MARK --set|CONNMARK/.test(text) && table !== 'mangle';
  return isMangleOnly || (table === 'nat' && text === '-j DROP') ? '-j ACCEPT' : text;
}

/** Rules of all tables; `many`: enough of them for decision trees. */
function rulesText(pick: Pick, many: boolean, isMild: boolean): string {
  const lines: string[] = [];
  for (const [table, hooks] of Object.entries(TABLES)) {
    if (table !== 'filter' && pick(3) === 0) continue;
    lines.push(
      `*${table}`,
      ...hooks.map((hook) => `:${hook} ${one(pick, ['ACCEPT', 'ACCEPT', table === 'nat' ? 'ACCEPT' : 'DROP'])} [0:0]`),
      ':step - [0:0]',
    );
    if (table === 'filter' && pick(2) === 0)
      for (const hook of hooks) lines.push(`-A ${hook} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`);
    for (const chain of [...hooks, 'step']) {
      const count = pick(many ? 60 : 4);
      for (let i = 0; i < count; i++) {
        const target = targetText(pick, table, isMild);
        const tests = many && pick(2) === 0 ? `-p tcp -m tcp --dport ${1000 + pick(500)}` : testText(pick, table, isMild);
        if (chain === 'step' && /step/.test(target)) continue;
        const isTcp = /^-p tcp/.test(tests) && target === '-j REJECT';
        lines.push(`-A ${chain} ${tests} ${target}${isTcp ? ' --reject-with tcp-reset' : ''}`);
      }
    }
    if (table === 'nat') for (const rule of TRANSLATIONS) if (pick(2) === 0) lines.push(rule);
    lines.push('COMMIT');
  }
  return `${lines.join('\n')}\n`;
}

/** A few flows whose segments differ in all that may differ within a flow, with errors about them and strangers among them. */
function traffic(pick: Pick, count: number): Uint8Array {
  const blocks = pcapng();
  const parts = [
    blocks.section(),
    blocks.describe({ name: 'eth0', linktype: 1, resolution: 9 }),
    blocks.describe({ name: 'eth1', linktype: 1, resolution: 9 }),
  ];
  const flows = Array.from({ length: 10 }, (_, i) => ({
    a: `10.0.0.${2 + pick(4)}`,
    b: one(pick, ['10.0.0.1', '10.0.1.1', '10.0.1.77', '10.0.1.200', '192.0.2.9']),
    sport: 4000 + i,
    dport: one(pick, [22, 80, 443, 53, 1234]),
    isUdp: pick(4) === 0,
    isFar: pick(2) === 0,
    isMapped: pick(2) === 0,
    step: 0,
    seq: [100, 9000],
  }));
  let time = START_NS;
  for (let i = 0; i < count; i++) {
    time += pick(300) === 0 ? BigInt(pick(200)) * 1_000_000_000n : BigInt(pick(30_000_000));
    const flow = one(pick, flows);
    const step = flow.step++;
    const isReply = step === 1 || (step > 2 && pick(2) === 0);
    const size = step < 3 ? 0 : one(pick, [0, 0, 1, 20, 60, 500, 1200, 1380]);
    const side = isReply ? 1 : 0;
    // Answers to what was translated come from there, and go there.
    const isFar = isReply && flow.dport === 80 && flow.isFar;
    const isMapped = isReply && flow.isMapped;
    const ports = isFar
      ? { sport: 8080, dport: flow.sport }
      : isReply
        ? { sport: flow.dport, dport: flow.sport }
        : { sport: flow.sport, dport: flow.dport };
    const flags =
      step === 0
        ? 'S'
        : step === 1
          ? 'SA'
          : pick(40) === 0
            ? one(pick, ['FA', 'R', 'S', 'SA', 'RA'])
            : one(pick, ['A', 'A', 'A', 'PA']);
    const seq = flow.seq[side]!;
    const payload = new Uint8Array(size);
    const segment = flow.isUdp
      ? udp({ ...ports, payload })
      : tcp({ ...ports, flags, seq, ack: flow.seq[1 - side]!, payload, ...(pick(60) === 0 ? { checksum: 7 } : {}) });
    flow.seq[side] = seq + size + (flags.includes('S') || flags.includes('F') ? 1 : 0);
    if (flags.includes('S') && step > 2) flow.step = pick(2) === 0 ? 1 : flow.step;
    const [src, dst] = isReply ? [isFar ? '10.0.1.9' : flow.b, isMapped ? '10.0.1.50' : flow.a] : [flow.a, flow.b];
    let ip = ipv4({
      src,
      dst,
      payload: segment,
      ttl: one(pick, [64, 64, 64, 63, 10, 2, 1]),
      tos: one(pick, [0, 0, 0, 0x10]),
      ...(pick(3) === 0 ? { df: true } : {}),
    });
    if (pick(50) === 0) ip = ipv4({ src: '10.0.0.99', dst: src, payload: icmp({ type: 3, code: 1, payload: ip }) });
    if (pick(50) === 0) ip = ipv6({ src: '2001:db8::9', dst: '2001:db8::1', payload: segment });
    if (pick(80) === 0) ip[10] = pick(256);
    const frame = ethernet({ payload: ip, ...(pick(40) === 0 ? { dst: '01:00:5e:00:00:01' } : {}) });
    const captured = pick(4) === 0 ? frame.slice(0, Math.min(frame.length, 60 + pick(80))) : frame;
    const local = !isReply && !flow.b.startsWith('10.0.0.1');
    const face = pick(40) === 0 ? pick(2) : isReply && local ? 1 : 0;
    const isSent = isReply && (flow.b === '10.0.0.1' || flow.b === '10.0.1.1');
    parts.push(
      blocks.enhanced({ data: captured, length: frame.length, time, interface: face, direction: isSent ? 'out' : 'in' }),
    );
  }
  return concat(...parts);
}

interface Mode {
  readonly forgetful?: boolean;
  readonly workers?: number;
  readonly linear?: boolean;
  readonly brief?: boolean;
  readonly answers?: 'none' | 'rules' | 'host';
}

const WORDS = [OUTCOME_VERDICT, OUTCOME_WHY, OUTCOME_BY, OUTCOME_CTSTATE, OUTCOME_OUT, OUTCOME_FAMILY, OUTCOME_FLAGS];

/** All that a replay of captures tells, and how many packets were spared the rules. */
async function told(loaded: Loaded, captures: readonly Uint8Array[], { brief = false, workers = 0, ...setup }: Mode) {
  const engine = Engine.open({
    images: loaded.images,
    interfaceIndex: (name) => loaded.interfaces.indexOf(name),
    sysctl: loaded.host.sysctl,
    workers,
    batchPackets: 100,
    ...setup,
  });
  try {
    const outcomes: number[][] = [];
    let latestNs = 0n;
    const tallies: unknown[] = [];
    for (const capture of captures) {
      const result = await engine.replay(
        [bytesSource('capture', capture)],
        brief
          ? {}
          : {
              onBatch(batch) {
                for (let i = 0; i < batch.count; i++) {
                  outcomes.push([
                    ...WORDS.map((word) => outcomeWord(batch, i, word)),
                    outcomeWord(batch, i, OUTCOME_CT) === 0 ? 0 : 1,
                  ]);
                }
              },
            },
      );
      latestNs = result.latestNs;
      tallies.push(result.tally);
    }
    const counters = loaded.rulesets.map(({ tree, ruleset, program, family }) =>
      savedRuleset(tree, ruleset, ruleCounters(program, engine.counters(family))),
    );
    return {
      outcomes,
      rest: {
        counters,
        conntrack: conntrackText(engine.views.data, engine.map.conntrack, latestNs),
        sets: setsText(engine, loaded, latestNs),
        tallies,
      },
      spared: sparedPackets(engine),
    };
  } finally {
    await engine.close();
  }
}

function sparedPackets({ map, views }: Engine): number {
  let sum = 0;
  for (let shard = 0; map.journeys !== 0 && shard < map.shards; shard++) {
    const journeys = map.journeys + shard * JOURNEYS_BYTES;
    for (let i = 0; i < views.u32[(journeys + JOURNEYS_COUNT) >>> 2]!; i++) {
      sum += Number(views.u64[(journeys + JOURNEYS_FIRST + i * JOURNEY_BYTES + JOURNEY_PACKETS) >>> 3]!);
    }
  }
  return sum;
}

const SEEDS = Number(process.env.SEEDS ?? 8);
const FIRST_SEED = Number(process.env.SEED ?? 1);
const PACKETS = 1500;

test('with and without memory of journeys, all that is told of random rules and traffic is the same', {
  timeout: 600_000,
}, async () => {
  let spared = 0;
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
    const pick = numbersFrom(seed * 7919);
    const rules = rulesText(pick, seed % 3 === 0, seed % 2 === 0);
    const loaded = loadTexts({ rules, ...(seed % 4 === 1 ? {} : { host: HOST }), ipset: SETS });
    const captures = [traffic(pick, PACKETS), traffic(pick, PACKETS)];
    const answers = (['none', 'none', 'host'] as const)[seed % 3]!;
    const plain = await told(loaded, captures, { forgetful: true, answers });
    expect(plain.spared).toBe(0);
    const modes: Mode[] = [{}, { linear: true }, { brief: true }, { brief: true, forgetful: true }];
    if (seed % 6 === 0) modes.push({ workers: 2 }, { brief: true, workers: 2 });
    for (const mode of modes) {
      const same = await told(loaded, captures, { ...mode, answers });
      const about = { seed, mode, rules };
      expect({ about, ...same.rest }).toEqual({ about, ...plain.rest });
      if (!mode.brief) {
        const at = same.outcomes.findIndex((words, i) => words.join() !== plain.outcomes[i]!.join());
        expect({ about, at, words: same.outcomes[at] }).toEqual({ about, at: -1, words: undefined });
        spared += same.spared;
      }
    }
  }
  // Else nothing was shown.
  expect(spared).toBeGreaterThan(SEEDS * PACKETS * 0.2);
});

test('a mark that changes within a flow changes the journeys of the packets behind it', async () => {
  const rules = `*mangle
:PREROUTING ACCEPT [0:0]
-A PREROUTING -m length --length 500:599 -j CONNMARK --set-xmark 0x1/0xffffffff
-A PREROUTING -m length --length 700:799 -j CONNMARK --set-xmark 0x0/0xffffffff
COMMIT
*filter
:INPUT ACCEPT [0:0]
-A INPUT -m connmark --mark 0x1 -j DROP
-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT
COMMIT
`;
  const blocks = pcapng();
  const packet = (i: number, isReply: boolean, size: number): Uint8Array => {
    const [src, dst, sport, dport] = isReply ? ['10.0.0.1', '10.0.0.2', 53, 4000] : ['10.0.0.2', '10.0.0.1', 4000, 53];
    const data = ethernet({ payload: ipv4({ src, dst, payload: udp({ sport, dport, payload: new Uint8Array(size) }) }) });
    return blocks.enhanced({ data, time: START_NS + BigInt(i) * 1_000_000n });
  };
  const pick = numbersFrom(5);
  const packets = Array.from({ length: 600 }, (_, i) => packet(i, i % 2 === 1, pick(10) < 8 ? 10 : one(pick, [520, 720])));
  const capture = concat(blocks.section(), blocks.describe({ name: 'eth0', linktype: 1, resolution: 9 }), ...packets);
  const loaded = loadTexts({ rules });
  const plain = await told(loaded, [capture], { forgetful: true });
  const same = await told(loaded, [capture], {});
  expect(same.rest).toEqual(plain.rest);
  expect(same.outcomes).toEqual(plain.outcomes);
  expect(same.spared).toBeGreaterThan(300);
  expect(new Set(plain.outcomes.map(([verdict]) => verdict)).size).toBe(2);
});
