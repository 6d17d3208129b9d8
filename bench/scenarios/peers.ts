// Question: what do others take for the same packets under the same rules?
//
// One gateway (traffic/gateway.ts) whose list BLOCKED every packet has to be asked, segments of open connections without data, one worker. The
// peers: Hookline's own linear walk; the live kernel through TUN, with iptables-legacy and with the same rules in nft; a naive matcher in
// TypeScript; json-rules-engine. What asks one rule after the other gets fewer packets where there are many rules. The kernel also makes
// packets ready to leave, which the others do not; what it takes a program to write them is measured apart and left out of the ratio. It must
// count for every rule what Hookline counts. The other peers must accept what it accepts.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Loaded } from '../../src/load.ts';
import { findRulesEngine, JsonRulesFirewall } from '../peers/json-rules.ts';
import { KernelPeer, type KernelProgram, type RuleCounts, ruleCounts, rulesByTable, whyNoKernel } from '../peers/kernel.ts';
import { NaiveFirewall } from '../peers/naive.ts';
import { alternate, type Contestant, type Samples } from '../rounds.ts';
import { ratios } from '../statistics.ts';
import { type BenchRun, cost, type Figure, gain, reference, type Suite, sizesOf } from '../suite.ts';
import { type FlowCapture, Flows } from '../traffic/flows.ts';
import { GATEWAY_HOST, type Gateway, gateway } from '../traffic/gateway.ts';
import { Firewall, loadRules } from './firewall.ts';

const RULES = { tiny: [10], quick: [10, 10_000], usual: [10, 1000, 10_000], full: [10, 100, 1000, 10_000] };
/** Rules of the other list, which only openings are asked. */
const SERVICES = 5;
const FLOWS = { tiny: 100, quick: 3000, usual: 10_000, full: 10_000 };
const PACKETS = { tiny: 500, quick: 100_000, usual: 400_000, full: 400_000 };
/** Rules that one measurement may ask, all packets together, where they are asked one after the other. */
const VISITS = { hookline: 50_000_000, kernel: 40_000_000, naive: 20_000_000, json: 20_000 };
const JSON_FLOWS = 20;
const JSON_RULES_MOST = 1000;
const PACKETS_LEAST = 100;
/** Packets whose counters are compared. */
const COMPARED_PACKETS = 2000;
const KERNEL_BARS: Readonly<Record<number, number>> = { 10: 15, 10000: 300 };
const ESTABLISHED_RULE = '-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT';

/** What one number of rules is measured with. */
interface Ground {
  readonly rules: number;
  readonly gateway: Gateway;
  readonly loaded: Loaded;
  readonly run: BenchRun;
  readonly folder: string;
  readonly flows: Flows;
  /** The captures that open the flows, and one more; what Hookline counts for them. */
  readonly first: readonly FlowCapture[];
  readonly counts: RuleCounts;
  /** To be closed in the end. */
  readonly open: { close(): unknown }[];
}

const HOOKLINE = 'Hookline';

export const peers: Suite = {
  name: 'peers',
  title: 'established packets, each asked so many rules, one worker, beside others',
  async run(run) {
    const folder = mkdtempSync(join(tmpdir(), 'hookline-bench-'));
    const figures: Figure[] = [];
    const notices = new Set<string>();
    try {
      for (const rules of sizesOf(run, 'rules', RULES)) figures.push(...(await measure(rules, run, folder, notices)));
    } finally {
      rmSync(folder, { recursive: true });
    }
    return { figures, notices: [...notices] };
  },
};

async function measure(rules: number, run: BenchRun, folder: string, notices: Set<string>): Promise<Figure[]> {
  const open: { close(): unknown }[] = [];
  try {
    const { firewall, ground } = await prepare(rules, run, folder, open);
    const contestants = [hookline(ground, firewall), await linear(ground), naive(ground)];
    for (const program of ['iptables-legacy', 'nft'] as const) {
      const why = whyNoKernel(program);
      if (why === undefined) contestants.push(await kernel(ground, program));
      else notices.add(`The kernel with ${program} was left out: ${why}.`);
    }
    const json = await jsonRules(ground);
    if (typeof json === 'string') notices.add(json);
    else contestants.push(json);
    const samples = await alternate(contestants, {
      rounds: run.rounds,
      note: (text) => run.note(`${rules.toLocaleString('en')} rules: ${text}`),
    });
    return contestants.flatMap(({ name }) => contestantFigures(name, rules, samples));
  } finally {
    for (const one of open) await one.close();
  }
}

async function prepare(
  rules: number,
  run: BenchRun,
  folder: string,
  open: Ground['open'],
): Promise<{ readonly firewall: Firewall; readonly ground: Ground }> {
  const one = gateway({ blocked: rules, services: SERVICES }, run.seed);
  const flows = new Flows(FLOWS[run.scale], run.seed, { tuple: one.tuple });
  const first = [flows.handshakes(0, flows.count), flows.acknowledgements(COMPARED_PACKETS)];
  const loaded = loadRules(one.rules, GATEWAY_HOST);
  const firewall = await openHookline(loaded, first, false);
  open.push(firewall);
  const counts = ruleCounts(firewall.saved());
  return { firewall, ground: { rules, gateway: one, loaded, run, folder, flows, first, counts, open } };
}

async function openHookline(loaded: Loaded, first: readonly FlowCapture[], isLinear: boolean): Promise<Firewall> {
  const connections = first.reduce((sum, { packets }) => sum + packets, 0);
  const firewall = new Firewall({ loaded, connections, workers: 1, linear: isLinear });
  await firewall.start();
  for (const capture of first) await firewall.replay(capture, { accepted: capture.packets });
  return firewall;
}

function hookline({ flows, run }: Ground, firewall: Firewall): Contestant {
  const packets = PACKETS[run.scale];
  const capture = flows.acknowledgements(packets);
  return { name: HOOKLINE, measure: async () => ({ packet: await firewall.time(capture, { accepted: packets }) }) };
}

async function linear({ loaded, first, flows, open, rules, run }: Ground): Promise<Contestant> {
  const firewall = await openHookline(loaded, first, true);
  open.push(firewall);
  const packets = within(VISITS.hookline, rules, run);
  const capture = flows.acknowledgements(packets);
  return {
    name: `${HOOKLINE}, linear walk`,
    measure: async () => ({ packet: await firewall.time(capture, { accepted: packets }) }),
  };
}

function naive({ gateway, first, flows, rules, run }: Ground): Contestant {
  const firewall = new NaiveFirewall(gateway);
  for (const { bytes, packets } of first) assertAccepted('the naive matcher', firewall.accepted(bytes), packets);
  const packets = within(VISITS.naive, rules, run);
  const { bytes } = flows.acknowledgements(packets);
  return {
    name: 'naive TypeScript',
    async measure() {
      const started = performance.now();
      const accepted = firewall.accepted(bytes);
      const elapsedMs = performance.now() - started;
      assertAccepted('the naive matcher', accepted, packets);
      return { packet: (elapsedMs * 1e6) / packets };
    },
  };
}

async function kernel(ground: Ground, program: KernelProgram): Promise<Contestant> {
  const { gateway, first, flows, folder, open, rules, run, counts } = ground;
  const peer = await KernelPeer.open(program, gateway.rules, GATEWAY_HOST, folder);
  open.push(peer);
  for (const capture of first) await peer.write(capture);
  assertSameCounts(program, gateway.rules, counts, await peer.counters());
  const packets = within(VISITS.kernel, rules, run);
  const capture = flows.acknowledgements(packets);
  const established = rulesByTable(gateway.rules).filter!.indexOf(ESTABLISHED_RULE);
  const counted = async () => (await peer.counters()).filter![established]![0];
  return {
    name: `kernel, ${program}`,
    async measure() {
      const before = await counted();
      const { grossNs, netNs } = await peer.write(capture);
      assertAccepted(`the kernel with ${program}`, (await counted()) - before, packets);
      return { packet: netNs, 'packet, with writing': grossNs };
    },
  };
}

/** The contestant, or why there is none. */
async function jsonRules({ gateway, run, rules }: Ground): Promise<Contestant | string> {
  const Engine = await findRulesEngine();
  if (!Engine) return 'json-rules-engine was left out: it is not installed.';
  if (rules > JSON_RULES_MOST) return `json-rules-engine was left out beyond ${JSON_RULES_MOST.toLocaleString('en')} rules.`;
  const firewall = new JsonRulesFirewall(Engine, gateway);
  const flows = new Flows(JSON_FLOWS, run.seed, { tuple: gateway.tuple });
  const opened = flows.handshakes(0, flows.count);
  assertAccepted('json-rules-engine', await firewall.accepted(opened.bytes), opened.packets);
  const packets = within(VISITS.json, rules, run);
  const { bytes } = flows.acknowledgements(packets);
  return {
    name: `json-rules-engine, ${JSON_FLOWS} flows`,
    async measure() {
      const started = performance.now();
      const accepted = await firewall.accepted(bytes);
      const elapsedMs = performance.now() - started;
      assertAccepted('json-rules-engine', accepted, packets);
      return { packet: (elapsedMs * 1e6) / packets };
    },
  };
}

/** Packets of which so many rules are asked in all; not too few, and no more than anybody gets. */
function within(visits: number, rules: number, { scale }: BenchRun): number {
  return Math.max(PACKETS_LEAST, Math.min(PACKETS[scale], Math.floor(visits / rules)));
}

function assertAccepted(who: string, accepted: number, packets: number): void {
  if (accepted !== packets) throw new Error(`${who} accepted ${accepted} of ${packets} packets`);
}

function assertSameCounts(program: KernelProgram, rules: string, ours: RuleCounts, theirs: RuleCounts): void {
  for (const [table, lines] of Object.entries(rulesByTable(rules))) {
    const [our, their] = [ours[table] ?? [], theirs[table] ?? []];
    if (our.length !== lines.length || their.length !== lines.length) {
      throw new Error(
        `${program}: ${lines.length} rules in ${table}, of which Hookline counts for ${our.length}, the kernel for ${their.length}`,
      );
    }
    lines.forEach((line, i) => {
      if (String(our[i]) !== String(their[i])) {
        throw new Error(`${program}: ${table} ${line}: Hookline counts ${our[i]}, the kernel ${their[i]}`);
      }
    });
  }
}

function contestantFigures(name: string, rules: number, samples: Samples): Figure[] {
  const of = `${rules.toLocaleString('en')} rules, ${name}`;
  const packet = samples.of(name, 'packet');
  if (name === HOOKLINE) return [cost(of, 'packet', 'ns', packet)];
  const bar = name === 'kernel, iptables-legacy' ? KERNEL_BARS[rules] : undefined;
  const isKernel = name.startsWith('kernel');
  return [
    (name.startsWith(HOOKLINE) ? cost : reference)(of, 'packet', 'ns', packet),
    gain(of, `times ${HOOKLINE}`, 'x', ratios(packet, samples.of(HOOKLINE, 'packet')), bar === undefined ? {} : { bar }),
    ...(isKernel ? [reference(of, 'with writing', 'ns', samples.of(name, 'packet, with writing'))] : []),
  ];
}
