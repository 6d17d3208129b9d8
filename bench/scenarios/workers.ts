// Question: what do more worker threads bring, and is the result the same?
//
// Established connections and new ones through the gateway of the suite replay, with each number of workers in turn. The main thread reads
// and walks the capture beside them. Before anything is timed, all of them must give the same verdicts, counters and connections, byte for
// byte. It cannot show more than the machine's processors allow.

import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import type { Loaded } from '../../src/load.ts';
import { conntrackText } from '../../src/report/conntrack.ts';
import { ndjsonWriter } from '../../src/report/ndjson.ts';
import { alternate } from '../rounds.ts';
import { ratios } from '../statistics.ts';
import { cost, type Figure, gain, type Suite, sizesOf } from '../suite.ts';
import { type FlowCapture, Flows } from '../traffic/flows.ts';
import { GATEWAY_HOST, type Gateway, gateway, halves } from '../traffic/gateway.ts';
import { Firewall, loadRules } from './firewall.ts';

const WORKERS = { tiny: [1, 2], quick: [1, 2], usual: [1, 2, 4], full: [1, 2, 4] };
const RULES = 10_000;
const FLOWS = { tiny: [300], quick: [30_000], usual: [30_000, 1_000_000], full: [30_000, 1_000_000] };
const PACKETS = { tiny: 3000, quick: 200_000, usual: 800_000, full: 800_000 };
/** Packets of which everything is compared: their lines take long to write. */
const COMPARED_PACKETS = 60_000;
/** Two workers to one. */
const SPEED_UP = { bar: 1.7, aim: 1.85 };

/** A gateway, and its rules loaded. */
type Ground = Gateway & { readonly loaded: Loaded };

export const workers: Suite = {
  name: 'workers',
  title: 'the same packets with more worker threads, results compared',
  async run(run) {
    const counts = sizesOf(run, 'workers', WORKERS);
    const made = gateway(halves(run.scale === 'tiny' ? 100 : RULES), run.seed);
    const one = { ...made, loaded: loadRules(made.rules, GATEWAY_HOST) };
    run.note('comparing verdicts, counters and connections');
    await compareResults(one, counts, run.seed);
    const figures: Figure[] = [];
    for (const flows of sizesOf(run, 'flows', FLOWS)) {
      figures.push(...(await measure(one, counts, flows, PACKETS[run.scale], run)));
    }
    const notice = `${availableParallelism()} processors; the main thread reads the capture beside the workers.`;
    return { figures, notices: [`Verdicts, counters and connections are the same with ${counts.join(', ')} workers.`, notice] };
  },
};

async function measure(
  { loaded, tuple }: Ground,
  counts: readonly number[],
  flowCount: number,
  packets: number,
  run: { readonly seed: number; readonly rounds: number; note(text: string): void },
): Promise<Figure[]> {
  const firewalls: Firewall[] = [];
  const rowOf = (workers: number): string =>
    `established, ${flowCount.toLocaleString('en')} flows, ${workers} worker${workers === 1 ? '' : 's'}`;
  try {
    const contestants = [];
    for (const workers of counts) {
      const firewall = new Firewall({ loaded, connections: flowCount, workers });
      firewalls.push(firewall);
      const flows = new Flows(flowCount, run.seed, { tuple });
      await firewall.fill(flows);
      const packet = async () => ({ packet: await firewall.time(flows.data(packets), { accepted: packets }) });
      contestants.push({ name: rowOf(workers), measure: packet });
    }
    const samples = await alternate(contestants, run);
    const packet = (workers: number): readonly number[] => samples.of(rowOf(workers), 'packet');
    const first = counts[0]!;
    return counts.flatMap((workers) => [
      cost(rowOf(workers), 'packet', 'ns', packet(workers)),
      ...(workers === first
        ? []
        : [
            gain(
              rowOf(workers),
              `speed-up over ${first}`,
              'x',
              ratios(packet(first), packet(workers)),
              first === 1 && workers === 2 ? SPEED_UP : {},
            ),
          ]),
    ]);
  } finally {
    for (const firewall of firewalls) await firewall.close();
  }
}

/** Throws when results differ between numbers of workers. */
async function compareResults(one: Ground, counts: readonly number[], seed: number): Promise<void> {
  const flows = new Flows(COMPARED_PACKETS / 10, seed, { tuple: one.tuple });
  const opened = flows.handshakes(0, flows.count);
  const mixed = flows.mixed({ packets: COMPARED_PACKETS, dataToOpening: 8, firstNew: flows.count, refused: one.refused });
  const accepted = COMPARED_PACKETS - COMPARED_PACKETS / 10;
  const results: string[] = [];
  for (const workers of counts) results.push(await resultOf(one, workers, opened, mixed, accepted));
  const differs = results.findIndex((result) => result !== results[0]);
  if (differs >= 0) throw new Error(`${counts[0]} and ${counts[differs]} workers give different results`);
}

/** All that comes out of the captures, as a hash. */
async function resultOf(
  { loaded }: Ground,
  workers: number,
  opened: FlowCapture,
  mixed: FlowCapture,
  accepted: number,
): Promise<string> {
  const connections = opened.packets + mixed.packets;
  const firewall = new Firewall({ loaded, connections, workers });
  const hash = createHash('sha256');
  const { interfaces, rulesets } = firewall.loaded;
  const writer = ndjsonWriter({ names4: rulesets[0]!.program.counterNames, interfaces });
  try {
    await firewall.replay(opened, { accepted: opened.packets });
    const { latestNs } = await firewall.replay(
      mixed,
      { accepted },
      {
        trace: true,
        onBatch(batch, names) {
          for (const piece of writer.lines(batch, names)) hash.update(piece);
        },
      },
    );
    hash.update(firewall.saved());
    hash.update(conntrackText(firewall.engine.views.data, firewall.engine.map.conntrack, latestNs));
    return hash.digest('hex');
  } finally {
    await firewall.close();
  }
}
