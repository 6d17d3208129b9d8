// Random conversations between two places of the world, as lines of the packet language, with the mistakes that real ones have.

import type { Random } from './random.ts';
import { type Family, type Place, PORTS, type World } from './world.ts';

/** A packet of a conversation: who sends it, and its words behind `SRC > DST`. */
interface Step {
  readonly from: Place;
  readonly to: Place;
  readonly words: string;
}

export function conversation(random: Random, world: World, family: Family): string[] {
  const client = random.pick(world.places[family]);
  const server = random.pick(world.places[family].filter((place) => place.interface !== client.interface));
  const make = random.weighted<(random: Random, client: Place, server: Place, family: Family) => Step[]>([
    [5, tcp],
    [3, udp],
    [2, echo],
    [1, sctp],
    [0.5, other],
  ]);
  const steps = withMistakes(random, make(random, client, server, family));
  return withErrors(random, steps, family).map(line);
}

function line(step: Step): string {
  return `${step.from.interface === '' ? 'sent:' : `${step.from.interface}:`} ${body(step)}`;
}

function body(step: Step): string {
  return `${step.from.address} > ${step.to.address} ${step.words}`;
}

/** Loses, repeats and swaps packets. */
function withMistakes(random: Random, steps: Step[]): Step[] {
  const result: Step[] = [];
  for (const step of steps) {
    if (random.chance(0.04)) continue;
    result.push(step);
    if (random.chance(0.05)) result.push(step);
  }
  for (let i = 1; i < result.length; i++) {
    if (!random.chance(0.04)) continue;
    [result[i - 1], result[i]] = [result[i]!, result[i - 1]!];
  }
  return result;
}

/** Lets somebody answer some packets with an ICMP error that quotes them. */
function withErrors(random: Random, steps: Step[], family: Family): Step[] {
  const word = family === 4 ? 'icmp' : 'icmp6';
  const types = family === 4 ? ['3/3', '3/1', '3/13', '11/0', '12/0'] : ['1/4', '1/1', '3/0', '4/0'];
  return steps.flatMap((step) => {
    if (!random.chance(0.06)) return [step];
    // Mostly the receiver answers; sometimes the wrong one does, or about a packet that never was.
    const quoted = random.chance(0.85) ? body(step) : body({ ...step, words: step.words.replace(/\d+ > \d+/, '9 > 9') });
    const [from, to] = random.chance(0.9) ? [step.to, step.from] : [step.from, step.to];
    const cut = random.chance(0.2) ? ` cut ${random.pick(family === 4 ? [27, 28, 40] : [47, 48, 60])}` : '';
    const end = random.chance(0.05) && from.interface !== '' ? ' badsum' : '';
    return [step, { from, to, words: `${word} ${random.pick(types)} ( ${quoted}${cut} )${end}` }];
  });
}

function tcp(random: Random, client: Place, server: Place): Step[] {
  const steps: Step[] = [];
  const port = random.pick(PORTS.filter((p) => p >= 1000));
  const service = random.pick([22, 53, 80, 443]);
  const sequence = [random.pick([1000, 4294967200]), random.pick([5000, 4294967290])];
  const window = random.pick([65535, 1000]);
  const say = (who: 0 | 1, flags: string, length = 0, extra = ''): void => {
    const ports = who === 0 ? `${port} > ${service}` : `${service} > ${port}`;
    const ack = flags.includes('A') ? ` ack ${sequence[1 - who]}` : '';
    const words = `tcp ${ports} ${flags} seq ${sequence[who]}${ack} win ${window}${extra}${length > 0 ? ` len ${length}` : ''}`;
    steps.push(who === 0 ? { from: client, to: server, words } : { from: server, to: client, words });
    sequence[who] = (sequence[who]! + length + (/[SF]/.test(flags) ? 1 : 0)) % 4294967296;
  };
  const options = random.pick(['', ' opts mss:1460', ' opts mss:1460,sackok,nop,ws:7', ' opts mss:1460,sackok,ts:1:0,nop,ws:2']);
  if (random.chance(0.9)) say(0, 'S', 0, options);
  if (random.chance(0.95)) say(1, random.chance(0.1) ? 'RA' : 'SA', 0, options);
  if (random.chance(0.95)) say(0, 'A');
  for (let i = random.int(0, 6); i > 0; i--) {
    say(random.chance(0.5) ? 0 : 1, random.pick(['PA', 'A']), random.pick([0, 1, 100, 1000]));
    if (random.chance(0.1)) stray(random, steps, sequence, say);
  }
  if (random.chance(0.2)) say(random.chance(0.5) ? 0 : 1, random.pick(['R', 'RA']));
  else if (random.chance(0.8)) {
    const first = random.chance(0.5) ? 0 : 1;
    say(first, 'FA');
    say(first === 0 ? 1 : 0, random.chance(0.5) ? 'FA' : 'A');
    say(first, 'A');
  }
  return steps;
}

/** A segment that does not belong: out of the window, a RST from nowhere, impossible flags. The sequence goes on as if it was not. */
function stray(
  random: Random,
  steps: Step[],
  sequence: number[],
  say: (who: 0 | 1, flags: string, length?: number) => void,
): void {
  const who = random.chance(0.5) ? 0 : 1;
  const kept = sequence[who]!;
  sequence[who] = (kept + random.pick([100000, 4294867296, 1, 4294967295, 70000])) % 4294967296;
  say(who, random.pick(['A', 'R', 'RA', 'PA', 'S', 'SA', 'FPU', '-']), random.pick([0, 10]));
  sequence[who] = kept;
  if (random.chance(0.2) && steps.at(-1)!.from.interface !== '') {
    steps.push({
      ...steps.pop()!,
      words: `${steps.at(-1)?.words ?? 'tcp 1 > 2 A'} badsum`.replace(/ badsum badsum$/, ' badsum'),
    });
  }
}

function udp(random: Random, client: Place, server: Place): Step[] {
  const ports = [random.pick(PORTS), random.pick([22, 53, 80, 443])];
  return Array.from({ length: random.int(1, 6) }, (_, i) => {
    const answer = i > 0 && random.chance(0.5);
    const words = `udp ${answer ? `${ports[1]} > ${ports[0]}` : `${ports[0]} > ${ports[1]}`} len ${random.pick([0, 1, 10, 100])}`;
    return answer ? { from: server, to: client, words } : { from: client, to: server, words };
  });
}

function echo(random: Random, client: Place, server: Place, family: Family): Step[] {
  const id = random.int(1, 3);
  const [word, request, reply] = family === 4 ? ['icmp', '8/0', '0/0'] : ['icmp6', '128/0', '129/0'];
  return Array.from({ length: random.int(1, 3) }, (_, i) => [
    { from: client, to: server, words: `${word} ${request} id ${id} seq ${i} len 10` },
    { from: server, to: client, words: `${word} ${reply} id ${random.chance(0.9) ? id : id + 1} seq ${i} len 10` },
  ]).flat();
}

function sctp(random: Random, client: Place, server: Place): Step[] {
  const port = random.pick([1000, 1024, 4000]);
  const there = (tag: number, chunks: string) => ({
    from: client,
    to: server,
    words: `sctp ${port} > 80 vtag ${tag} chunks ${chunks}`,
  });
  const back = (tag: number, chunks: string) => ({
    from: server,
    to: client,
    words: `sctp 80 > ${port} vtag ${tag} chunks ${chunks}`,
  });
  return [
    there(0, 'init:11'),
    back(11, 'initack:22'),
    there(22, 'cookieecho:1'),
    back(11, 'cookieack'),
    there(random.chance(0.8) ? 22 : 23, 'data'),
    back(11, 'sack'),
    there(22, random.pick(['shutdown', 'abort', 'heartbeat'])),
    back(11, 'shutdownack'),
    there(22, 'shutdowncomplete'),
  ].slice(0, random.int(1, 9));
}

function other(random: Random, client: Place, server: Place): Step[] {
  const words = random.pick(['proto 50 len 20', 'proto 200 len 4', 'proto 47 data 00000800']);
  return [
    { from: client, to: server, words },
    { from: server, to: client, words },
  ].slice(0, random.int(1, 2));
}
