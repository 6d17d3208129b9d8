// A whole scenario of random conversations from a seed: a world, settings, stateful rules, and many connections at once between a few
// hosts and ports, so that they meet what earlier ones have left.

import { parsePacketLine } from '../../support/packet-line.ts';
import { type GeneratedScenario, isAnswered } from '../generate.ts';
import { withFragments } from '../generate-fragments.ts';
import { mix } from '../generate-traffic.ts';
import type { Random } from '../random.ts';
import { Random as SeededRandom } from '../random.ts';
import { type Family, makeWorld, type World } from '../world.ts';
import { dccpSteps, greSteps, otherSteps, querySteps, udpLiteSteps, udpSteps } from './datagrams.ts';
import { withErrors } from './errors.ts';
import { amandaSteps, ftpSteps, ircSteps, tftpSteps } from './helpers.ts';
import { conversationRules } from './rules.ts';
import { sctpSteps } from './sctp.ts';
import { drawSettings, WAIT_SECONDS } from './settings.ts';
import { overTheNetwork, type Pair, type Step, stepLine } from './step.ts';
import { tcpSteps } from './tcp.ts';

const DEVICE_MTU = 1500;
const CLIENT_PORTS = [1000, 1024, 4000, 65535];
const SERVER_PORTS = [21, 53, 69, 80, 443];

/** What the conversations of a scenario have in common. */
interface Setting {
  readonly random: Random;
  readonly world: World;
  readonly pairs: Readonly<Record<Family, readonly Pair[]>>;
  /** Most conversations announce others, and helpers are to see it. */
  readonly helped: boolean;
  /** How much of the packets comes in fragments. */
  readonly fragments: number;
}

export function generateConversations(seed: number, packets: number): GeneratedScenario {
  const random = new SeededRandom(seed);
  const { lines, waits } = drawSettings(random);
  const world = makeWorld(random, lines, isAnswered(seed));
  const families = random.weighted<Family[]>([
    [5, [4]],
    [4, [6]],
    [2, [4, 6]],
  ]);
  const ports = [...CLIENT_PORTS, ...SERVER_PORTS];
  const helped = random.chance(0.25);
  const rules = new Map(families.map((family) => [family, conversationRules(random, { family, world, ports, helped })]));
  const pairs = { 4: drawPairs(random, world, 4), 6: drawPairs(random, world, 6) };
  // What a connection announced holds on in the kernel, when its own time is up, until the kernel comes by and takes it away.
  const hasHelper = [...rules.values()].some((text) => text.includes('--helper'));
  const setting: Setting = { random, world, pairs, helped, fragments: random.pick([0, 0, 0.03, 0.2]) };
  return {
    seed,
    answers: world.answers,
    host: world.host,
    rules: rules.get(4),
    rules6: rules.get(6),
    ipset: undefined,
    packets: withWaits(random, traffic(setting, families, packets), waits && !hasHelper),
  };
}

/** A few pairs of hosts; now and then the firewall itself, talking to somebody or to itself. */
function drawPairs(random: Random, world: World, family: Family): Pair[] {
  const places = world.places[family];
  return Array.from({ length: random.int(1, 4) }, () => {
    const client = random.pick(places);
    const others = places.filter((place) => place.interface !== client.interface);
    const self = places.filter((place) => place.interface === '' && place !== client);
    const server = client.interface === '' && self.length > 0 && random.chance(0.15) ? random.pick(self) : random.pick(others);
    return { client, server };
  });
}

function traffic(setting: Setting, families: readonly Family[], packets: number): string[] {
  const streams: string[][] = [];
  for (let total = 0; total < packets; total += streams.at(-1)!.length)
    streams.push(stream(setting, setting.random.pick(families)));
  return mix(setting.random, streams, setting.random.pick([1, 3, 8])).slice(0, packets);
}

function stream({ random, world, pairs, helped, fragments }: Setting, family: Family): string[] {
  const drawn = random.pick(pairs[family]);
  const pair = random.chance(0.85) ? drawn : { client: drawn.server, server: drawn.client };
  const ports: [number, number] = random.chance(0.95) ? [random.pick(CLIENT_PORTS), random.pick(SERVER_PORTS)] : [80, 80];
  const announcing = helped ? 10 : 1;
  const steps = random.weighted<() => Step[]>([
    [10, () => tcpSteps(random, pair, ports)],
    [3, () => udpSteps(random, pair, ports)],
    [1, () => udpLiteSteps(random, pair, ports)],
    [2, () => querySteps(random, pair, family)],
    [2.5, () => sctpSteps(random, pair, ports)],
    [1, () => dccpSteps(random, pair, ports)],
    [1, () => greSteps(random, pair)],
    [0.5, () => otherSteps(random, pair)],
    [announcing, () => ftpSteps(random, pair, ports[0])],
    [0.5 * announcing, () => tftpSteps(random, pair, ports[0])],
    [family === 4 ? 0.5 * announcing : 0, () => ircSteps(random, pair, ports[0])],
    [0.4 * announcing, () => amandaSteps(random, pair, ports[0])],
  ])();
  const arrived = withErrors(random, overTheNetwork(random, steps), family, world);
  return withFragments(random, arrived.map(stepLine), family, fragments).filter((line) => fits(world, line));
}

/**
 * What is longer than its device takes no socket sends, and no capture has; a TCP packet that came in longer would be taken for several that
 * the capturing machine put together.
 */
function fits({ host }: World, line: string): boolean {
  const shortest = Math.min(DEVICE_MTU, ...[...host.matchAll(/\bmtu: (\d+)/g)].map(([, mtu]) => Number(mtu)));
  return parsePacketLine(line).bytes.length <= shortest;
}

/** Lets a packet or two wait until short timeouts have run out. */
function withWaits(random: Random, lines: readonly string[], waits: boolean): string[] {
  const late = new Set(waits ? Array.from({ length: random.int(1, 2) }, () => random.int(0, lines.length - 1)) : []);
  return lines.map((line, i) => (late.has(i) ? `+${WAIT_SECONDS} ${line}` : line));
}
