// Question: what does a packet cost as the ruleset, the number of connections and the packets grow?
//
// One worker, a gateway with rules at all hooks (traffic/gateway.ts), captures from memory; beside each figure the floor of the same bytes in
// the same round. Three kinds of traffic: segments of connections that are open; the first packet of new ones, each round into an empty
// table; and both mixed with packets that the rules drop. It cannot show reading from a disk, nor rules that keep something from packet to
// packet. Each capture asserts how many packets are accepted and how many dropped, known from how it was made.

import type { Loaded } from '../../src/load.ts';
import { Floor } from '../floor/floor.ts';
import { alternate, type Contestant, type Samples } from '../rounds.ts';
import { ratios } from '../statistics.ts';
import { type BenchRun, cost, type Figure, reference, type Suite, type SuiteResult, sizesOf } from '../suite.ts';
import { type FlowCapture, Flows, SNAP_BYTES, SNAP_FULL } from '../traffic/flows.ts';
import { GATEWAY_HOST, type Gateway, gateway, halves } from '../traffic/gateway.ts';
import { type Expected, Firewall, loadRules } from './firewall.ts';

const RULES = { tiny: [10], quick: [10, 10_000], usual: [10, 1000, 10_000, 100_000], full: [10, 100, 1000, 10_000, 100_000] };
const FLOWS = { tiny: [500], quick: [30_000], usual: [1000, 30_000, 1_000_000], full: [1000, 30_000, 1_000_000] };
const SNAPS = { tiny: [SNAP_BYTES], quick: [SNAP_BYTES], usual: [SNAP_BYTES, SNAP_FULL], full: [SNAP_BYTES, SNAP_FULL] };
const KINDS = ['established', 'new', 'mixed'] as const;
/** Fewer openings are over before a clock can tell. */
const NEW_FLOWS_LEAST = 10_000;
/** Packets of a capture, by snap length: whole packets are large. */
const PACKETS = { tiny: 3000, quick: 200_000, usual: 400_000, full: 400_000 };
const WHOLE_PACKETS_PART = 4;
/** In mixed traffic, segments of open connections to each new connection and each packet that is dropped. */
const DATA_TO_OPENING = 18;

type Kind = (typeof KINDS)[number];

/** One group of rows, measured in turn: they differ in the number of rules only. */
interface Group {
  readonly kind: Kind;
  readonly flows: number;
  readonly snapBytes: number;
}

interface Traffic {
  readonly capture: FlowCapture;
  readonly expected: Expected;
}

export const replay: Suite = {
  name: 'replay',
  title: 'packets through a gateway with rules at all hooks, one worker, beside the floor of the same capture',
  async run(run): Promise<SuiteResult> {
    const floor = await Floor.open();
    const gateways = new Map(sizesOf(run, 'rules', RULES).map((rules) => [rules, loadGateway(rules, run)]));
    const figures: Figure[] = [];
    for (const group of groups(run)) {
      const samples = await measureGroup(group, gateways, floor, run);
      figures.push(...[...gateways.keys()].flatMap((rules) => rowFigures(group, rules, samples)));
      figures.push(...growth(group, [...gateways.keys()], samples));
    }
    return {
      figures,
      notices: [
        `Half of the rules are asked of every packet, half of what opens a connection. Times floor: to reading, walking, parsing and hashing the same capture.`,
        `Mixed: ${DATA_TO_OPENING} packets of open connections to one that opens one and one that is dropped.`,
      ],
    };
  },
};

/** A gateway, and its rules loaded. */
type Ground = Gateway & { readonly loaded: Loaded };

function loadGateway(rules: number, { seed, note }: BenchRun): Ground {
  const one = gateway(halves(rules), seed);
  const started = performance.now();
  const loaded = loadRules(one.rules, GATEWAY_HOST);
  note(`${rules.toLocaleString('en')} rules: loaded in ${Math.round(performance.now() - started)} ms`);
  return { ...one, loaded };
}

/** The usual run leaves out what the other rows tell: whole packets at one number of flows, mixed traffic likewise. */
function groups(run: BenchRun): Group[] {
  const [flowCounts, snaps] = [sizesOf(run, 'flows', FLOWS), sizesOf(run, 'snap', SNAPS)];
  const middle = flowCounts[(flowCounts.length - 1) >> 1]!;
  const all = KINDS.flatMap((kind) => flowCounts.flatMap((flows) => snaps.map((snapBytes) => ({ kind, flows, snapBytes }))));
  return all.filter(({ kind, flows, snapBytes }) => {
    if (kind === 'new') return snapBytes === snaps[0] && (flows >= NEW_FLOWS_LEAST || run.scale === 'tiny');
    return run.scale === 'full' || flows === middle || (kind === 'established' && snapBytes === snaps[0]);
  });
}

function packetCount({ snapBytes }: Group, { scale }: BenchRun): number {
  return snapBytes === SNAP_FULL ? PACKETS[scale] / WHOLE_PACKETS_PART : PACKETS[scale];
}

async function measureGroup(group: Group, gateways: ReadonlyMap<number, Ground>, floor: Floor, run: BenchRun): Promise<Samples> {
  const open: Firewall[] = [];
  try {
    const contestants: Contestant[] = [];
    for (const [rules, one] of gateways) {
      run.note(`${rowName(group, rules)}: prepared`);
      contestants.push(await contestant(group, rules, one, floor, run, open));
    }
    return await alternate(contestants, { rounds: run.rounds, note: (text) => run.note(`${groupName(group)}: ${text}`) });
  } finally {
    for (const firewall of open) await firewall.close();
  }
}

async function contestant(
  group: Group,
  rules: number,
  { loaded, tuple, refused }: Ground,
  floor: Floor,
  run: BenchRun,
  open: Firewall[],
): Promise<Contestant> {
  const { kind, snapBytes } = group;
  const packets = packetCount(group, run);
  const flows = new Flows(group.flows, run.seed, { tuple, snapBytes });
  const openings = kind === 'mixed' ? Math.ceil(packets / (DATA_TO_OPENING + 2)) : 0;
  const connections = group.flows + openings * (run.rounds + 1);
  const setup = { loaded, connections, workers: 1 };
  const firewall = new Firewall(setup);
  open.push(firewall);
  if (kind !== 'new') await firewall.fill(flows);
  let firstNew = group.flows;
  const next = (): Traffic => {
    if (kind === 'new') return { capture: flows.openings(), expected: { accepted: group.flows } };
    if (kind === 'established') return { capture: flows.data(packets), expected: { accepted: packets } };
    const capture = flows.mixed({ packets, dataToOpening: DATA_TO_OPENING, firstNew, refused });
    firstNew += openings;
    return { capture, expected: { accepted: packets - Math.floor(packets / (DATA_TO_OPENING + 2)) } };
  };
  return {
    name: rowName(group, rules),
    async measure() {
      const { capture, expected } = next();
      const floorNs = floor.measure(capture.bytes, capture.packets);
      // The first engine stays, so that the core is compiled well by now.
      const fresh = kind === 'new' ? new Firewall(setup) : undefined;
      try {
        await fresh?.start();
        return { floor: floorNs, packet: await (fresh ?? firewall).time(capture, expected) };
      } finally {
        await fresh?.close();
      }
    },
  };
}

function rowFigures(group: Group, rules: number, samples: Samples): Figure[] {
  const of = rowName(group, rules);
  const [packet, floor] = [samples.of(of, 'packet'), samples.of(of, 'floor')];
  return [
    cost(
      of,
      'packet',
      'ns',
      packet,
      group.kind === 'new' && rules === 10_000 && group.flows === 1_000_000 ? { bar: 400, aim: 250 } : {},
    ),
    reference(of, 'floor', 'ns', floor),
    cost(of, 'times floor', 'x', ratios(packet, floor), floorLimits(group)),
  ];
}

function floorLimits({ kind, flows, snapBytes }: Group): { bar?: number; aim?: number } {
  if (kind !== 'established' || snapBytes !== SNAP_BYTES) return {};
  if (flows <= 30_000) return { bar: 4, aim: 3 };
  return flows <= 1_000_000 ? { bar: 8, aim: 5 } : {};
}

/** What established traffic costs at a size of the ruleset, to the smallest. */
const GROWTH_BARS: Readonly<Record<number, number>> = { 10000: 1.1, 100000: 1.25 };

function growth(group: Group, sizes: readonly number[], samples: Samples): Figure[] {
  const [smallest, ...others] = sizes;
  if (group.kind !== 'established' || smallest === undefined) return [];
  const packet = (rules: number): readonly number[] => samples.of(rowName(group, rules), 'packet');
  return others.map((rules) => {
    const bar = smallest === 10 && group.snapBytes === SNAP_BYTES && group.flows <= 30_000 ? GROWTH_BARS[rules] : undefined;
    const what = `times ${smallest.toLocaleString('en')} rules`;
    return cost(rowName(group, rules), what, 'x', ratios(packet(rules), packet(smallest)), bar === undefined ? {} : { bar });
  });
}

function groupName({ kind, flows, snapBytes }: Group): string {
  return `${kind}, ${flows.toLocaleString('en')} flows, ${snapBytes === SNAP_FULL ? 'whole packets' : `snap ${snapBytes}`}`;
}

function rowName(group: Group, rules: number): string {
  return `${groupName(group)}, ${rules.toLocaleString('en')} rules`;
}
