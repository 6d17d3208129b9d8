// Question: how long does a batch of packets wait for its verdicts while others come at a fixed rate?
//
// Batches of established connections through the gateway of the suite replay, each a replay of its own as a request of the HTTP service is,
// on the calling thread and on a worker. The rate is fixed, whatever the engine does; latency counts from when a batch was due. It cannot
// show batches that come in bursts. Each batch asserts that all its packets were accepted.

import { type LoadTarget, measureLoad } from '../load/latency.ts';
import type { Figure, Suite } from '../suite.ts';
import { Flows } from '../traffic/flows.ts';
import { GATEWAY_HOST, gateway, halves } from '../traffic/gateway.ts';
import { Firewall, loadRules } from './firewall.ts';

const RULES = 1000;
const FLOWS = 30_000;
const BATCHES = { tiny: [64], quick: [1024], usual: [64, 1024, 16_384], full: [64, 1024, 16_384] };
const DURATION_MS = { tiny: 50, quick: 400, usual: 2000, full: 5000 };
/** Different batches, which come in turn. */
const CAPTURES = 50;

export const latency: Suite = {
  name: 'latency',
  title: 'batches at a fixed rate, from when they were due',
  async run({ seed, scale, rounds, note }) {
    const { rules, tuple } = gateway(halves(RULES), seed);
    const loaded = loadRules(rules, GATEWAY_HOST);
    const figures: Figure[] = [];
    for (const workers of [0, 1]) {
      const firewall = new Firewall({ loaded, connections: FLOWS, workers });
      const flows = new Flows(FLOWS, seed, { tuple });
      try {
        await firewall.fill(flows);
        const targets = BATCHES[scale].map((packets): LoadTarget => {
          const captures = Array.from({ length: CAPTURES }, () => flows.acknowledgements(packets));
          const name = `${packets.toLocaleString('en')} packets, ${workers === 0 ? 'calling thread' : `${workers} worker`}`;
          const act = async (index: number): Promise<void> => {
            await firewall.replay(captures[index % CAPTURES]!, { accepted: packets });
          };
          // Two at a time: the next is there when one is done.
          return { name, concurrency: 2, act };
        });
        figures.push(...(await measureLoad(targets, { rounds, durationMs: DURATION_MS[scale], note })).figures);
      } finally {
        await firewall.close();
      }
    }
    return {
      figures,
      notices: ['Rates are batches a second. Percentiles of one round each; the median of the rounds is shown.'],
    };
  },
};
