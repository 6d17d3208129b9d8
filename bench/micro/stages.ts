// Question: what does each stage of loading cost, and one batch, measured alone? In one thread, from warm code.

import { Bench } from 'tinybench';
import { compile } from '../../src/compile/compile.ts';
import { Engine } from '../../src/engine/engine.ts';
import { bytesSource } from '../../src/engine/source.ts';
import { extensions } from '../../src/extensions/index.ts';
import { load } from '../../src/load.ts';
import { parseRuleset } from '../../src/ruleset/parser.ts';
import { Diagnostics } from '../../src/text/diagnostic.ts';
import { median } from '../statistics.ts';
import { cost, type Figure, type Scale, type Suite } from '../suite.ts';
import { capture } from '../traffic/capture.ts';
import { accessRules, accessTraffic, rulesText } from '../traffic/rules.ts';

const RULES = { tiny: 100, quick: 1000, usual: 1000, full: 1000 };
const BATCH_PACKETS = 16384;
/** How long each stage is measured, in milliseconds, and how often at least. */
const TIMES = {
  tiny: { time: 0, iterations: 1, warmup: false },
  quick: { time: 300, iterations: 5, warmupTime: 300, warmupIterations: 1 },
  usual: { time: 2000, iterations: 10, warmupTime: 500, warmupIterations: 2 },
  full: { time: 2000, iterations: 10, warmupTime: 500, warmupIterations: 2 },
};

export const stages: Suite = {
  name: 'micro',
  title: 'the stages of loading, and one batch, in one thread',
  run: async ({ seed, scale, rounds }) => ({ figures: await stageFigures(seed, scale, rounds), notices: [] }),
};

async function stageFigures(seed: number, scale: Scale, rounds: number): Promise<Figure[]> {
  const count = RULES[scale];
  const rules = accessRules(count, seed);
  const source = { name: 'bench', text: rulesText(rules) };
  const loaded = load({ rules: source });
  const { ruleset } = loaded.rulesets[0]!;
  const bytes = capture(accessTraffic(rules, BATCH_PACKETS, seed), BATCH_PACKETS);
  const engine = Engine.open({ images: loaded.images, interfaceIndex: (name) => loaded.interfaces.indexOf(name), workers: 0 });
  const bench = new Bench({ ...TIMES[scale], retainSamples: true });
  bench
    .add(`parse ${count} rules`, () => parseRuleset(source, 4, extensions, new Diagnostics()))
    .add(`compile ${count} rules`, () => compile(ruleset))
    .add(`load ${count} rules (parse, lower, compile)`, () => load({ rules: source }))
    .add(`one batch of ${BATCH_PACKETS} packets`, async () => {
      const { packets } = await engine.replay([bytesSource('bench', bytes)]);
      if (packets !== BATCH_PACKETS) throw new Error(`${packets} packets instead of ${BATCH_PACKETS}`);
    });
  await bench.run();
  await engine.close();
  return bench.tasks.map(({ name, result }) => {
    if (!('latency' in result)) throw new Error(`${name}: ${result.state}`);
    return cost(name, 'time', 'ms', parts(result.latency.samples ?? [], rounds).map(median));
  });
}

/** Cuts a list into so many parts, one after the other; fewer where there are not so many values. */
function parts(samples: readonly number[], count: number): (readonly number[])[] {
  const size = Math.ceil(samples.length / count);
  return Array.from({ length: Math.ceil(samples.length / size) }, (_, i) => samples.slice(i * size, (i + 1) * size));
}
