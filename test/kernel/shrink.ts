// Makes a scenario that shows a difference as small as it gets while it still shows one.

import type { GeneratedScenario } from './generate.ts';

/** Runs a scenario on both sides: whether they still differ. A scenario that cannot be loaded does not. */
export type Differs = (scenario: GeneratedScenario) => Promise<boolean>;

/** Most times that both sides are run. */
const BUDGET = 150;

/** `packet` is the index of the first packet with a difference, where there is one. */
export async function shrink(
  scenario: GeneratedScenario,
  packet: number | undefined,
  differs: Differs,
): Promise<GeneratedScenario> {
  let left = BUDGET;
  const check: Differs = (candidate) => (left-- > 0 ? differs(candidate) : Promise.resolve(false));
  let best = scenario;
  if (packet !== undefined) {
    const upTo = { ...scenario, packets: scenario.packets.slice(0, packet + 1) };
    const alone = { ...scenario, packets: scenario.packets.slice(packet, packet + 1) };
    best = (await check(alone)) ? alone : (await check(upTo)) ? upTo : scenario;
  }
  for (const part of ['rules', 'rules6'] as const) {
    if (best[part] === undefined) continue;
    const without = { ...best, [part]: undefined };
    if (await check(without)) best = without;
  }
  for (let round = 0; round < 2; round++) {
    best = { ...best, packets: await reduce(best.packets, (packets) => check({ ...best, packets })) };
    for (const part of ['rules', 'rules6'] as const) best = await shrinkRules(best, part, check);
    if (best.ipset !== undefined) {
      const lines = best.ipset.split('\n').filter((line) => line !== '');
      const kept = await reduce(lines, (some) => check({ ...best, ipset: `${some.join('\n')}\n` }));
      best = { ...best, ipset: `${kept.join('\n')}\n` };
    }
  }
  return best;
}

async function shrinkRules(scenario: GeneratedScenario, part: 'rules' | 'rules6', check: Differs): Promise<GeneratedScenario> {
  const text = scenario[part];
  if (text === undefined) return scenario;
  const withLines = (lines: readonly string[]) => ({ ...scenario, [part]: `${lines.join('\n')}\n` });
  // Whole tables first, then rules and user chains.
  const tables = text.split(/(?<=^COMMIT\n)/m).map((table) => table.trimEnd());
  const kept = tables.length > 1 ? await reduce(tables, (some) => check(withLines(some))) : tables;
  const lines = kept.join('\n').split('\n');
  const isFixed = (line: string) => !line.startsWith('-A') && !line.endsWith('- [0:0]');
  const loose = lines.map((_, i) => i).filter((i) => !isFixed(lines[i]!));
  const select = (some: readonly number[]) => lines.filter((line, i) => isFixed(line) || some.includes(i));
  const rest = await reduce(loose, (some) => check(withLines(select(some))));
  return withLines(select(rest));
}

/** Drops ever smaller runs of items as long as the rest still shows the difference. */
async function reduce<T>(items: readonly T[], check: (items: readonly T[]) => Promise<boolean>): Promise<readonly T[]> {
  let kept = items;
  for (let size = Math.ceil(kept.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    // From the end: what comes later matters least.
    for (let end = kept.length; end > 0; end -= size) {
      const candidate = [...kept.slice(0, Math.max(0, end - size)), ...kept.slice(end)];
      if (candidate.length > 0 && candidate.length < kept.length && (await check(candidate))) kept = candidate;
    }
  }
  return kept;
}
