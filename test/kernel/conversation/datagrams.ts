// Random conversations of protocols that the tracker knows little of the state of: UDP, UDP-Lite, ICMP queries, DCCP, GRE and others.

import type { Random } from '../random.ts';
import type { Family } from '../world.ts';
import { type Pair, type Side, type Step, stepFrom } from './step.ts';

/** Who sends each of some packets: the client first, mostly in turns. */
function turns(random: Random, most: number): Side[] {
  return Array.from({ length: random.int(1, most) }, (_, i) => (i > 0 && random.chance(0.5) ? 1 : 0));
}

/** What may be wrong with a packet with a checksum. */
function flaw(random: Random): string {
  return random.weighted([
    [20, ''],
    [1, ' badsum'],
    [0.7, ' nosum'],
    [0.7, ` take ${random.int(0, 9)}`],
  ]);
}

export function udpSteps(random: Random, pair: Pair, ports: readonly [number, number]): Step[] {
  return turns(random, 9).map((side) => {
    const [from, to] = side === 0 ? ports : [ports[1], ports[0]];
    const odd = random.chance(0.04) ? ` ulen ${random.pick([0, 7, 8, 2000])}` : '';
    return stepFrom(pair, side, `udp ${from} > ${to}${odd} len ${random.pick([0, 1, 10, 100, 1400])}${flaw(random)}`);
  });
}

export function udpLiteSteps(random: Random, pair: Pair, ports: readonly [number, number]): Step[] {
  return turns(random, 6).map((side) => {
    const [from, to] = side === 0 ? ports : [ports[1], ports[0]];
    const coverage = random.pick([0, 0, 8, 8, 12, 7, 1, 2000]);
    return stepFrom(pair, side, `udplite ${from} > ${to} cov ${coverage} len ${random.pick([0, 10, 100])}${flaw(random)}`);
  });
}

/** Request and reply types of queries. */
const QUERIES: Readonly<Record<Family, readonly (readonly [string, string])[]>> = {
  4: [
    ['8/0', '0/0'],
    ['13/0', '14/0'],
    ['15/0', '16/0'],
    ['17/0', '18/0'],
  ],
  6: [
    ['128/0', '129/0'],
    ['139/0', '140/0'],
    ['139/1', '140/1'],
  ],
};
/** Messages that belong to no query; those for neighbours carry a hop limit with which no host takes them. */
const NOTICES: Readonly<Record<Family, readonly string[]>> = {
  4: ['9/0', '10/0', '30/0', '40/0', '42/0', '0/0', '14/0', '18/0', '255/9'],
  6: ['130/0', '131/0', '132/0', '133/0', '134/0', '135/0', '136/0', '137/0', '143/0', '129/0', '140/0', '200/1', '0/0', '255/0'],
};

export function querySteps(random: Random, pair: Pair, family: Family): Step[] {
  const word = family === 4 ? 'icmp' : 'icmp6';
  const [request, reply] = random.weighted([
    [4, QUERIES[family][0]!],
    [2, random.pick(QUERIES[family])],
  ]);
  const id = random.int(0, 2);
  return turns(random, 7).map((side) => {
    const type = random.chance(0.06) ? random.pick(NOTICES[family]) : side === 0 ? request : reply;
    const used = random.chance(0.93) ? id : id + 1;
    return stepFrom(
      pair,
      side,
      `${word} ${type} id ${used} seq ${random.int(0, 2)} len ${random.pick([4, 8, 50, 1000])}${flaw(random)}`,
    );
  });
}

/** A DCCP connection as its ends would have it, with a packet here and there that does not fit. */
export function dccpSteps(random: Random, pair: Pair, ports: readonly [number, number]): Step[] {
  const script: (readonly [Side, string])[] = [
    [0, 'request'],
    [1, 'response'],
    [0, 'ack'],
    [0, 'dataack'],
    [1, 'dataack'],
    [1, 'sync'],
    [0, 'syncack'],
    [1, 'closereq'],
    [0, 'close'],
    [1, 'reset'],
    [0, 'request'],
  ];
  return script.slice(random.chance(0.8) ? 0 : random.int(1, 5), random.int(3, script.length)).map(([side, type]) => {
    const [from, to] = side === 0 ? ports : [ports[1], ports[0]];
    const sent = random.chance(0.9) ? type : random.pick(['data', 'reset', 'request', '12']);
    return stepFrom(
      pair,
      side,
      `dccp ${from} > ${to} ${sent}${random.chance(0.3) ? ' x' : ''}${random.chance(0.1) ? ' take 11' : ''}`,
    );
  });
}

/** GRE of several kinds: plain, with a key, of version 1 (PPTP) with one and the other call, and impossible ones. */
const GRE = [
  '00000800',
  '2000080000000007',
  '3000880b00040001',
  '3001880b0004000100000001',
  '2001880b00040002',
  '00070800',
  '8000',
  '3081880b00040001',
];

export function greSteps(random: Random, pair: Pair): Step[] {
  const header = random.pick(GRE);
  return turns(random, 5).map((side) => {
    const data = random.chance(0.85) ? header : random.pick(GRE);
    return stepFrom(pair, side, `proto 47 data ${data}${'00'.repeat(random.pick([0, 8, 40]))}`);
  });
}

/** Protocols that the tracker knows by their number only. */
export function otherSteps(random: Random, pair: Pair): Step[] {
  const protocol = random.pick([2, 4, 41, 50, 51, 59, 89, 103, 112, 200, 253]);
  return turns(random, 4).map((side) => stepFrom(pair, side, `proto ${protocol} len ${random.pick([0, 4, 20, 100])}`));
}
