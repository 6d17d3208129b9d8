// Question: what does a packet of a tracked connection cost as the table grows, and what one that opens a connection?
//
// One worker, a short stateful ruleset, TCP segments from memory with a snap length of 96; beside each figure the floor of the same
// bytes in the same round (bench/floor). It cannot show what rulesets cost (see replay). Each capture asserts that every packet is accepted,
// which only packets of connections are.

import { conntrackEntryBytes } from '../../src/core/conntrack.ts';
import { enginePlan } from '../../src/engine/engine.ts';
import { type Loaded, load } from '../../src/load.ts';
import { Floor } from '../floor/floor.ts';
import { alternate, type Contestant } from '../rounds.ts';
import { ratios } from '../statistics.ts';
import { type BenchRun, cost, type Figure, reference, type Scale, type Suite, sizesOf } from '../suite.ts';
import { Flows } from '../traffic/flows.ts';
import { Firewall } from './firewall.ts';

const LARGEST = 10_000_000;
const ESTABLISHED = {
  tiny: [500],
  quick: [1000, 30_000],
  usual: [1000, 30_000, 1_000_000],
  full: [1000, 30_000, 1_000_000, LARGEST],
};
const NEW: Readonly<Record<Scale, number>> = { tiny: 500, quick: 100_000, usual: 1_000_000, full: 1_000_000 };
const PACKETS: Readonly<Record<Scale, number>> = { tiny: 3000, quick: 400_000, usual: 1_000_000, full: 1_000_000 };
const WORKERS = 1;

const RULES = `*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A INPUT -m conntrack --ctstate INVALID -j DROP
-A INPUT -p tcp -m tcp --dport 80 -m conntrack --ctstate NEW -j ACCEPT
COMMIT
`;

export const conntrack: Suite = {
  name: 'conntrack',
  title: 'packets of tracked connections through three rules, one worker',
  async run(run) {
    const floor = await Floor.open();
    const loaded = load({ rules: { name: 'bench', text: RULES } });
    const figures: Figure[] = [];
    for (const flows of sizesOf(run, 'flows', ESTABLISHED)) figures.push(...(await established(loaded, floor, flows, run)));
    figures.push(...(await opened(loaded, floor, NEW[run.scale], run)));
    const notices =
      run.scale === 'full' || run.sizes.flows ? [] : [`With --full or --flows ${LARGEST}: ten million connections.`];
    return { figures, notices };
  },
};

/** Segments of connections that are open. */
async function established(loaded: Loaded, floor: Floor, count: number, run: BenchRun): Promise<Figure[]> {
  const flows = new Flows(count, run.seed);
  const packets = PACKETS[run.scale];
  const firewall = new Firewall({ loaded, connections: count, workers: WORKERS });
  const aim = count <= 30_000 ? 4 : count <= 1_000_000 ? 8 : undefined;
  try {
    await firewall.fill(flows);
    const name = `established, ${count.toLocaleString('en')} flows`;
    return await measure(name, count, loaded, run, aim === undefined ? {} : { floors: aim }, async () => {
      const capture = flows.data(packets);
      return { floor: floor.measure(capture.bytes, packets), packet: await firewall.time(capture, { accepted: packets }) };
    });
  } finally {
    await firewall.close();
  }
}

/** The first segment of each connection, each round into an empty table. */
async function opened(loaded: Loaded, floor: Floor, count: number, run: BenchRun): Promise<Figure[]> {
  const capture = new Flows(count, run.seed).openings();
  const setup = { loaded, connections: count, workers: WORKERS };
  // It stays, so that the core is compiled well by the time that counts.
  const first = new Firewall(setup);
  try {
    await first.time(capture, { accepted: count });
    return await measure(`new, ${count.toLocaleString('en')} flows`, count, loaded, run, { ns: 250 }, async () => {
      const firewall = new Firewall(setup);
      try {
        await firewall.start();
        return { floor: floor.measure(capture.bytes, count), packet: await firewall.time(capture, { accepted: count }) };
      } finally {
        await firewall.close();
      }
    });
  } finally {
    await first.close();
  }
}

/** The figures of a row. `aims`: nanoseconds of a packet, or times the floor. */
async function measure(
  name: string,
  connections: number,
  { images }: Loaded,
  { rounds, note }: BenchRun,
  aims: { readonly ns?: number; readonly floors?: number },
  sample: Contestant['measure'],
): Promise<Figure[]> {
  const samples = await alternate([{ name, measure: sample }], { rounds, note: (text) => note(`${name}: ${text}`) });
  const [packet, floor] = [samples.of(name, 'packet'), samples.of(name, 'floor')];
  const { shards } = enginePlan({ images, workers: WORKERS });
  return [
    cost(name, 'packet', 'ns', packet, aims.ns === undefined ? {} : { aim: aims.ns }),
    reference(name, 'floor', 'ns', floor),
    cost(name, 'times floor', 'x', ratios(packet, floor), aims.floors === undefined ? {} : { aim: aims.floors }),
    cost(name, 'memory of an entry', 'bytes', [conntrackEntryBytes({ shards, capacity: Firewall.capacity(connections) })]),
  ];
}
