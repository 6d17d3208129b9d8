// Question: what does translation add to a packet?
//
// One worker, a gateway of two filter rules, with SNAT, MASQUERADE or DNAT of every connection, beside the same gateway without. Segments of
// open connections of both sides, and first packets into an empty table. It cannot show ports running out, nor ranges of addresses. Asserted:
// everything is accepted (replies are so only when they are translated back), and the rule counts each connection once.

import { alternate, type Contestant } from '../rounds.ts';
import { ratios } from '../statistics.ts';
import { type BenchRun, cost, type Figure, type Suite, sizesOf } from '../suite.ts';
import { Flows } from '../traffic/flows.ts';
import { GATEWAY_HOST } from '../traffic/gateway.ts';
import { TRANSLATIONS, type Translation, translatedTuple, translatingChain, translatingRules } from '../traffic/translated.ts';
import { Firewall, type FirewallSetup, loadRules } from './firewall.ts';

const FLOWS = { tiny: [300], quick: [30_000], usual: [30_000, 1_000_000], full: [1000, 30_000, 1_000_000] };
const PACKETS = { tiny: 3000, quick: 200_000, usual: 400_000, full: 400_000 };

type Kind = 'established' | 'new';

export const nat: Suite = {
  name: 'nat',
  title: 'packets of translated connections, one worker',
  async run(run) {
    const figures: Figure[] = [];
    for (const flows of sizesOf(run, 'flows', FLOWS)) {
      for (const kind of ['established', 'new'] as const) figures.push(...(await measure(kind, flows, run)));
    }
    return { figures, notices: [] };
  },
};

async function measure(kind: Kind, flowCount: number, run: BenchRun): Promise<Figure[]> {
  const open: Firewall[] = [];
  const rowOf = (translation: Translation): string =>
    `${kind}, ${flowCount.toLocaleString('en')} flows, ${translation === 'none' ? 'no translation' : translation}`;
  try {
    const contestants: Contestant[] = [];
    for (const translation of TRANSLATIONS) {
      const measured =
        kind === 'new' ? opening(translation, flowCount, run) : await established(translation, flowCount, run, open);
      contestants.push({ name: rowOf(translation), measure: measured });
    }
    const samples = await alternate(contestants, {
      rounds: run.rounds,
      note: (text) => run.note(`${kind}, ${flowCount}: ${text}`),
    });
    const packet = (translation: Translation): readonly number[] => samples.of(rowOf(translation), 'packet');
    return TRANSLATIONS.flatMap((translation) => [
      cost(rowOf(translation), 'packet', 'ns', packet(translation)),
      ...(translation === 'none'
        ? []
        : [cost(rowOf(translation), 'times no translation', 'x', ratios(packet(translation), packet('none')))]),
    ]);
  } finally {
    for (const firewall of open) await firewall.close();
  }
}

function setup(translation: Translation, connections: number): FirewallSetup {
  return { loaded: loadRules(translatingRules(translation), GATEWAY_HOST), connections, workers: 1 };
}

async function established(
  translation: Translation,
  flowCount: number,
  { seed, scale }: BenchRun,
  open: Firewall[],
): Promise<Contestant['measure']> {
  const firewall = new Firewall(setup(translation, flowCount));
  open.push(firewall);
  const flows = new Flows(flowCount, seed, { tuple: translatedTuple(translation) });
  await firewall.fill(flows);
  assertTranslated(firewall, translation, flowCount);
  const packets = PACKETS[scale];
  return async () => ({ packet: await firewall.time(flows.data(packets), { accepted: packets }) });
}

/** Each round into a table of its own. */
function opening(translation: Translation, flowCount: number, { seed }: BenchRun): Contestant['measure'] {
  const capture = new Flows(flowCount, seed, { tuple: translatedTuple(translation) }).openings();
  return async () => {
    const firewall = new Firewall(setup(translation, flowCount));
    try {
      await firewall.start();
      const packet = await firewall.time(capture, { accepted: flowCount });
      assertTranslated(firewall, translation, flowCount);
      return { packet };
    } finally {
      await firewall.close();
    }
  };
}

function assertTranslated(firewall: Firewall, translation: Translation, flowCount: number): void {
  const counted = firewall.counted('nat', translatingChain(translation), 1);
  const expected = translation === 'none' ? 0 : flowCount;
  if (counted !== expected) throw new Error(`${translation}: the rule counted ${counted} of ${expected} connections`);
}
