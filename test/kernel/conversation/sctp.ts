// Random SCTP associations: set up, used, kept alive, shut down, aborted, restarted, and chunks that do not fit.

import type { Random } from '../random.ts';
import { type Pair, type Side, type Step, stepFrom } from './step.ts';

/** Tags of the two: what the other side puts into its packets. */
const TAGS = [11, 22] as const;

type Chunk = readonly [side: Side, tag: number, chunks: string];

const SETUP: readonly Chunk[] = [
  [0, 0, `init:${TAGS[0]}`],
  [1, TAGS[0], `initack:${TAGS[1]}`],
  [0, TAGS[1], 'cookieecho:1'],
  [1, TAGS[0], 'cookieack'],
];
const SHUTDOWN: readonly Chunk[] = [
  [0, TAGS[1], 'shutdown'],
  [1, TAGS[0], 'shutdownack'],
  [0, TAGS[1], 'shutdowncomplete'],
];
const CHUNKS = [
  'data',
  'sack',
  'heartbeat',
  'heartbeatack',
  'error',
  'shutdown',
  'shutdownack',
  'abort',
  'cookieecho:1',
  'cookieack',
];
const ODD = [
  'init:0',
  'initack:0',
  'init:9,data',
  'data,init:9',
  'abort,data',
  'cookieecho:1,data',
  'sack,data',
  'shutdowncomplete',
  'hex:c0000004',
  'hex:00030003',
  'hex:010000',
  'heartbeat,heartbeat',
  'shutdownack,shutdowncomplete',
];

export function sctpSteps(random: Random, pair: Pair, ports: readonly [number, number]): Step[] {
  return script(random).map(([side, tag, chunks]) => {
    const [from, to] = side === 0 ? ports : [ports[1], ports[0]];
    const used = random.chance(0.06) ? random.pick([0, 5, ...TAGS]) : tag;
    const sent = random.chance(0.06) ? random.pick(ODD) : chunks;
    const flaw = random.weighted([
      [20, ''],
      [1, ' badsum'],
      [0.7, ` take ${random.int(3, 15)}`],
    ]);
    return stepFrom(pair, side, `sctp ${from} > ${to} vtag ${used} chunks ${sent}${flaw}`);
  });
}

function script(random: Random): Chunk[] {
  const chunks: Chunk[] = [];
  if (random.chance(0.85)) chunks.push(...SETUP.slice(0, random.chance(0.8) ? 4 : random.int(1, 3)));
  if (random.chance(0.15)) chunks.push([1, 0, 'init:22'], [0, 22, 'initack:11']); // both begin
  for (let left = random.int(0, 6); left > 0; left--) chunks.push(use(random));
  if (random.chance(0.15)) chunks.push(...SETUP); // a peer that was restarted
  if (random.chance(0.4)) chunks.push(...SHUTDOWN.slice(0, random.int(1, 3)));
  else if (random.chance(0.3)) chunks.push([random.chance(0.5) ? 0 : 1, random.pick(TAGS), 'abort']);
  if (random.chance(0.3)) chunks.push(use(random));
  if (random.chance(0.2)) chunks.push(...SETUP);
  return chunks;
}

function use(random: Random): Chunk {
  const side: Side = random.chance(0.5) ? 0 : 1;
  return [side, TAGS[side === 0 ? 1 : 0], random.chance(0.5) ? random.pick(['data', 'sack']) : random.pick(CHUNKS)];
}
