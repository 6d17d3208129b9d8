// A packet of a random conversation, and what a network does to the packets of one: loses, repeats and swaps them.

import type { Random } from '../random.ts';
import type { Place } from '../world.ts';

/** A packet: who sends it to whom, its words of the IP header, and those of its transport. */
export interface Step {
  readonly from: Place;
  readonly to: Place;
  readonly ip?: string;
  readonly words: string;
}

/** The two who talk; each packet says which of them sends it. */
export interface Pair {
  readonly client: Place;
  readonly server: Place;
}

export type Side = 0 | 1;

/** The packet that one of the two sends the other. */
export function stepFrom({ client, server }: Pair, side: Side, words: string): Step {
  return side === 0 ? { from: client, to: server, words } : { from: server, to: client, words };
}

/** The line of the packet language. */
export function stepLine(step: Step): string {
  return `${step.from.interface === '' ? 'sent' : step.from.interface}: ${stepBody(step)}`;
}

/** The line without where the packet comes in. */
export function stepBody({ from, to, ip, words }: Step): string {
  return [from.address, '>', to.address, ...(ip === undefined ? [] : [ip]), words].join(' ');
}

/** What the way between the two is like: how likely a packet is lost, comes twice, or comes behind later ones. */
interface Way {
  readonly lost: number;
  readonly repeated: number;
  readonly late: number;
}

const WAYS: readonly (readonly [number, Way])[] = [
  [4, { lost: 0, repeated: 0, late: 0 }],
  [4, { lost: 0.03, repeated: 0.04, late: 0.04 }],
  [2, { lost: 0.1, repeated: 0.02, late: 0.02 }],
  [1, { lost: 0.02, repeated: 0.3, late: 0.02 }],
  [1, { lost: 0.02, repeated: 0.02, late: 0.25 }],
];

/** Most packets that overtake a late one. */
const OVERTAKERS = 5;

/** Gives the packets as they arrive. */
export function overTheNetwork(random: Random, steps: readonly Step[]): Step[] {
  const way = random.weighted(WAYS);
  const arrived: Step[] = [];
  for (const step of steps) {
    if (random.chance(way.lost)) continue;
    arrived.push(step);
    if (random.chance(way.repeated)) arrived.push(step);
  }
  for (let i = 0; i < arrived.length; i++) {
    if (!random.chance(way.late)) continue;
    const [late] = arrived.splice(i, 1);
    arrived.splice(i + random.int(1, OVERTAKERS), 0, late!);
  }
  return arrived;
}
