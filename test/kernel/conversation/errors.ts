// Random ICMP errors about the packets of conversations: right ones, and ones about packets that never were.

import type { Random } from '../random.ts';
import type { Family, Place, World } from '../world.ts';
import { type Step, stepBody } from './step.ts';

/**
 * Types and codes, with what stands behind them. No error here makes a host that takes it change a route: an MTU is that of every
 * device, a redirect names no gateway.
 */
const ERRORS: Readonly<Record<Family, readonly string[]>> = {
  4: ['3/3', '3/3', '3/1', '3/13', '3/4 rest 1500', '3/200', '4/0', '5/1 rest 0', '11/0', '11/1', '12/0'],
  6: ['1/4', '1/4', '1/1', '1/200', '2/0 rest 1500', '3/0', '3/1', '4/0', '4/2', '127/0', '101/0'],
};

/** Bytes of a packet that an error quotes at most. Ref: RFC 1812, 4.3.2.3; RFC 4443, 3.1 */
const MOST_QUOTED: Readonly<Record<Family, number>> = { 4: 548, 6: 1232 };

/** Answers some of the packets with an error, soon or late. */
export function withErrors(random: Random, steps: readonly Step[], family: Family, world: World): Step[] {
  const rate = random.pick([0, 0.05, 0.05, 0.3]);
  const result: Step[] = [];
  const late: Step[] = [];
  for (const step of steps) {
    result.push(step);
    if (random.chance(rate)) (random.chance(0.8) ? result : late).push(errorAbout(random, step, family, world));
    if (late.length > 0 && random.chance(0.3)) result.push(late.shift()!);
  }
  return [...result, ...late];
}

function errorAbout(random: Random, step: Step, family: Family, world: World): Step {
  const word = family === 4 ? 'icmp' : 'icmp6';
  const quoted = misquoted(random, step, family);
  const length = ` cut ${random.chance(0.25) ? random.pick(cuts(family)) : MOST_QUOTED[family]}`;
  const quote = random.chance(0.03)
    ? nested(quoted, word, random.pick(ERRORS[family]), length)
    : `( ${stepBody(quoted)}${length} )`;
  const [from, to] = random.chance(0.92) ? [step.to, step.from] : [step.from, step.to];
  const teller = random.chance(0.7) ? from : onTheWay(random, from, family, world);
  const end = random.chance(0.05) ? random.pick([' badsum', ' nosum', ` take ${random.int(4, 60)}`]) : '';
  return {
    from: teller,
    to: random.chance(0.95) ? to : onTheWay(random, to, family, world),
    words: `${word} ${random.pick(ERRORS[family])} ${quote}${end}`,
  };
}

/** Lengths to which a quoted packet is cut: within its IP header, and within the transport behind it. */
function cuts(family: Family): readonly number[] {
  return family === 4 ? [0, 19, 20, 23, 24, 27, 28, 32, 40] : [0, 39, 40, 43, 44, 47, 48, 52, 60];
}

/** An error about an error. */
function nested(step: Step, word: string, type: string, length: string): string {
  const inner: Step = { from: step.to, to: step.from, words: `${word} ${type} ( ${stepBody(step)}${length} )` };
  return `( ${stepBody(inner)} )`;
}

/** The packet as the error quotes it: mostly as it was. */
function misquoted(random: Random, step: Step, family: Family): Step {
  if (random.chance(0.75)) return step;
  const ip = (words: string): Step => ({ ...step, ip: words });
  const changes: (() => Step)[] = [
    () => ({ ...step, words: step.words.replace(/\d+ > \d+/, '9 > 9') }),
    () => ({ ...step, from: step.to, to: step.from }),
    () => ({ ...step, words: step.words.replace(/(\d+) > (\d+)/, '$2 > $1') }),
    () => ({ ...step, words: step.words.replace(/^(tcp|udp|udplite|sctp|icmp6?) .*/, 'proto 50 len 20') }),
    () => ({
      ...step,
      words: `${step.words.replace(/ (badsum|nosum)$/, '')}${/ take | badsum| nosum/.test(step.words) ? '' : ' badsum'}`,
    }),
    () => ip('ttl 1'),
    () => ip('frag 0+'),
    () => ip('frag 8'),
    () => ip(family === 4 ? 'ipopt 01010100' : 'hbh 010400000000'),
    () => ip('iplen 2000'),
    () => ip(family === 4 ? 'ihl 4' : 'version 4'),
    () => ip(family === 4 ? 'ipsum 1' : 'dstopt 010400000000'),
  ];
  const changed = random.pick(changes)();
  return changed.words.startsWith('proto') && / badsum$/.test(changed.words) ? step : changed;
}

/** Somebody else on the same side of the firewall, as a router would be. */
function onTheWay(random: Random, place: Place, family: Family, world: World): Place {
  return random.pick(world.places[family].filter((other) => other.interface === place.interface));
}
