// Question: what does a packet cost as the ruleset grows, through the decision tables and through the linear walk?
//
// One chain of an access list, no conntrack, so that every packet is looked up; small packets from memory, so that the rest of
// the path (reading, dissecting, hooks, counting) is the same in every row. It cannot show what remembered flows save, nor real
// rulesets' chains and jumps. Each row asserts how many packets were accepted, against a plain first-match search.

import { availableParallelism } from 'node:os';
import { VERDICT_ACCEPT } from '../../assembly/abi/verdict.ts';
import { Engine } from '../../src/engine/engine.ts';
import { bytesSource } from '../../src/engine/source.ts';
import { load } from '../../src/load.ts';
import { median } from '../machine.ts';
import { capture } from '../traffic/capture.ts';
import { accessRules, accessTraffic, firstMatch, rulesText } from '../traffic/rules.ts';

const SIZES = [10, 100, 1000, 10_000];
const WORKERS = [1, 2];
const HEADERS = 8192;
const ROUNDS = 5;
/** Rule visits that one linear measurement may cost; bounds its number of packets. */
const LINEAR_VISITS = 200_000_000;
const TABLE_PACKETS = 400_000;

export interface LookupRow {
  readonly rules: number;
  readonly lookup: 'table' | 'linear';
  readonly workers: number;
  readonly packets: number;
  readonly accepted: number;
  readonly nsPerPacket: number;
  readonly packetsPerSecond: number;
}

interface Setup extends Omit<LookupRow, 'nsPerPacket' | 'packetsPerSecond'> {
  readonly engine: Engine;
  readonly bytes: Uint8Array;
}

/** Measures every row, round by round so that a noisy moment does not fall on one of them alone. */
export async function lookupRows(seed: number, note: (text: string) => void): Promise<LookupRow[]> {
  const setups = SIZES.flatMap((size) => openSetups(size, seed, note));
  const times = new Map<Setup, number[]>(setups.map((setup) => [setup, []]));
  try {
    for (let round = -1; round < ROUNDS; round++) {
      note(round < 0 ? 'warm-up' : `round ${round + 1} of ${ROUNDS}`);
      for (const setup of setups) {
        const elapsedMs = await measure(setup);
        if (round >= 0) times.get(setup)!.push(elapsedMs);
      }
    }
  } finally {
    for (const { engine } of setups) await engine.close();
  }
  return setups.map(({ engine: _engine, bytes: _bytes, ...row }, i) => {
    const ms = median(times.get(setups[i]!)!);
    return { ...row, nsPerPacket: (ms * 1e6) / row.packets, packetsPerSecond: (row.packets / ms) * 1000 };
  });
}

function openSetups(size: number, seed: number, note: (text: string) => void): Setup[] {
  const rules = accessRules(size, seed);
  const headers = accessTraffic(rules, HEADERS, seed);
  const accepts = headers.map((header) => rules[firstMatch(rules, header)]?.accept ?? false);
  const started = performance.now();
  const loaded = load({ rules: { name: `${size} rules`, text: rulesText(rules) } });
  note(
    `${size} rules: loaded in ${Math.round(performance.now() - started)} ms, image of ${loaded.images.program4!.byteLength} bytes`,
  );
  return (['table', 'linear'] as const).flatMap((lookup) => {
    const packets = lookup === 'table' ? TABLE_PACKETS : Math.min(TABLE_PACKETS, Math.max(HEADERS, LINEAR_VISITS / size));
    const bytes = capture(headers, packets);
    const accepted = Array.from({ length: packets }, (_, i) => accepts[i % HEADERS]!).filter(Boolean).length;
    return WORKERS.map((workers) => {
      const engine = Engine.open({
        images: loaded.images,
        interfaceIndex: (name) => loaded.interfaces.indexOf(name),
        workers,
        linear: lookup === 'linear',
      });
      return { rules: size, lookup, workers, packets, accepted, engine, bytes };
    });
  });
}

async function measure({ engine, bytes, packets, accepted, rules, lookup }: Setup): Promise<number> {
  const { tally, elapsedMs } = await engine.replay([bytesSource('bench', bytes)]);
  const got = tally.packets[VERDICT_ACCEPT] ?? 0;
  if (got !== accepted) {
    throw new Error(
      `${rules} rules, ${lookup}: ${got} of ${packets} packets accepted, the first-match search accepts ${accepted}`,
    );
  }
  return elapsedMs;
}

/** The rows as a table, with the ratio that the size of the ruleset costs. */
export function lookupTable(rows: readonly LookupRow[]): string {
  const lines = rows.map(({ rules, lookup, workers, packetsPerSecond, nsPerPacket, accepted, packets }) =>
    [
      String(rules).padStart(6),
      lookup.padEnd(6),
      String(workers).padStart(7),
      Math.round(packetsPerSecond).toLocaleString('en').padStart(12),
      nsPerPacket.toFixed(0).padStart(9),
      `${accepted} of ${packets}`.padStart(18),
    ].join('  '),
  );
  const ratios = WORKERS.map((workers) => {
    const cost = (rules: number): number =>
      rows.find((r) => r.rules === rules && r.lookup === 'table' && r.workers === workers)!.nsPerPacket;
    return `table, ${workers} worker${workers === 1 ? '' : 's'}: a packet at ${SIZES.at(-1)} rules costs ${(cost(SIZES.at(-1)!) / cost(SIZES[0]!)).toFixed(2)}x that at ${SIZES[0]}`;
  });
  return [
    ' rules  lookup  workers     packets/s  ns/packet            accepted',
    ...lines,
    '',
    ...ratios,
    `(${availableParallelism()} processors; the main thread reads the capture beside the workers)`,
  ].join('\n');
}
