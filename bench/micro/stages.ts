// Question: what does each stage of loading cost, and one batch, measured alone? In one thread, from warm code.

import { Bench } from 'tinybench';
import { compile } from '../../src/compile/compile.ts';
import { Engine } from '../../src/engine/engine.ts';
import { bytesSource } from '../../src/engine/source.ts';
import { extensions } from '../../src/extensions/index.ts';
import { load } from '../../src/load.ts';
import { parseRuleset } from '../../src/ruleset/parser.ts';
import { Diagnostics } from '../../src/text/diagnostic.ts';
import { capture } from '../traffic/capture.ts';
import { accessRules, accessTraffic, rulesText } from '../traffic/rules.ts';

const RULES = 1000;
const BATCH_PACKETS = 16384;

export interface StageRow {
  readonly stage: string;
  readonly medianMs: number;
  readonly samples: number;
}

export async function stageRows(seed: number): Promise<StageRow[]> {
  const rules = accessRules(RULES, seed);
  const source = { name: 'bench', text: rulesText(rules) };
  const loaded = load({ rules: source });
  const { ruleset } = loaded.rulesets[0]!;
  const bytes = capture(accessTraffic(rules, BATCH_PACKETS, seed), BATCH_PACKETS);
  const engine = Engine.open({ images: loaded.images, interfaceIndex: (name) => loaded.interfaces.indexOf(name), workers: 0 });
  const bench = new Bench({ time: 1000, warmupTime: 300 });
  bench
    .add(`parse ${RULES} rules`, () => parseRuleset(source, 4, extensions, new Diagnostics()))
    .add(`compile ${RULES} rules`, () => compile(ruleset))
    .add(`load ${RULES} rules (parse, lower, compile)`, () => load({ rules: source }))
    .add(`one batch of ${BATCH_PACKETS} packets`, async () => {
      const { packets } = await engine.replay([bytesSource('bench', bytes)]);
      if (packets !== BATCH_PACKETS) throw new Error(`${packets} packets instead of ${BATCH_PACKETS}`);
    });
  await bench.run();
  await engine.close();
  return bench.tasks.map(({ name, result }) => {
    if (!('latency' in result)) throw new Error(`${name}: ${result.state}`);
    return { stage: name, medianMs: result.latency.p50, samples: result.latency.samplesCount };
  });
}

export function stageTable(rows: readonly StageRow[]): string {
  const width = Math.max(...rows.map(({ stage }) => stage.length));
  return rows
    .map(({ stage, medianMs, samples }) => `${stage.padEnd(width)}  ${medianMs.toFixed(3).padStart(9)} ms  (${samples} samples)`)
    .join('\n');
}
