// A whole scenario of random conversations of protocols with helpers, from a seed: many at once between a few hosts and ports, so that
// they announce what others have announced.

import { withErrors } from '../conversation/errors.ts';
import { overTheNetwork, type Pair, type Step, stepLine } from '../conversation/step.ts';
import type { GeneratedScenario } from '../generate.ts';
import { mix } from '../generate-traffic.ts';
import { Random } from '../random.ts';
import { type Family, makeWorld, type World } from '../world.ts';
import { amandaSteps, ftpSteps, ircSteps, saneSteps, type Talk, tftpSteps } from './talk.ts';

interface Helper {
  readonly name: string;
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
  readonly families: readonly Family[];
  readonly steps: (talk: Talk) => Step[];
}

const HELPERS: readonly Helper[] = [
  { name: 'ftp', protocol: 'tcp', port: 21, families: [4, 6], steps: ftpSteps },
  { name: 'irc', protocol: 'tcp', port: 6667, families: [4], steps: ircSteps },
  { name: 'tftp', protocol: 'udp', port: 69, families: [4, 6], steps: tftpSteps },
  { name: 'amanda', protocol: 'udp', port: 10080, families: [4, 6], steps: amandaSteps },
  { name: 'sane', protocol: 'tcp', port: 6566, families: [4, 6], steps: saneSteps },
];

export function generateHelpers(seed: number, packets: number): GeneratedScenario {
  const random = new Random(seed);
  const world = makeWorld(random, []);
  const families = random.weighted<Family[]>([
    [6, [4]],
    [3, [6]],
    [1, [4, 6]],
  ]);
  const streams: string[][] = [];
  for (let total = 0; total < packets; total += streams.at(-1)!.length)
    streams.push(stream(random, world, random.pick(families)));
  const rules = new Map(families.map((family) => [family, rulesText(random, family)]));
  return {
    seed,
    answers: 'none',
    host: world.host,
    rules: rules.get(4),
    rules6: rules.get(6),
    ipset: undefined,
    packets: mix(random, streams, random.pick([1, 2, 4])).slice(0, packets),
  };
}

function stream(random: Random, world: World, family: Family): string[] {
  const places = world.places[family];
  const client = random.pick(places);
  const server = random.pick(
    places.filter((place) => place.interface !== client.interface || (place.interface === '' && place !== client)),
  );
  const pair: Pair = { client, server };
  const helper = random.pick(HELPERS.filter((one) => one.families.includes(family)));
  const steps = helper.steps({ random, family, pair, places });
  return withErrors(random, random.chance(0.5) ? steps : overTheNetwork(random, steps), family, world).map(stepLine);
}

function rulesText(random: Random, family: Family): string {
  const helpers = HELPERS.filter((one) => one.families.includes(family));
  const zone = random.chance(0.2) ? ` --zone${random.pick(['', '-orig', '-reply'])} 3` : '';
  const given = helpers.filter(() => random.chance(0.9));
  const match = ({ protocol, port }: Helper): string => `-p ${protocol} -m ${protocol} --dport ${port}`;
  const raw = given.flatMap((one) =>
    ['PREROUTING', 'OUTPUT'].map(
      (chain) => `-A ${chain} ${match(one)} -j CT --helper ${one.name}${random.chance(0.8) ? zone : ''}`,
    ),
  );
  if (zone !== '' && random.chance(0.7)) raw.push(`-A PREROUTING -j CT${zone}`, `-A OUTPUT -j CT${zone}`);
  const marks = helpers.map((one, i) => `-A FORWARD ${match(one)} -j CONNMARK --set-xmark 0x${i + 1}/0xff`);
  const probes = [
    ...['NEW', 'ESTABLISHED', 'RELATED', 'INVALID'].map((state) => `-m conntrack --ctstate ${state}`),
    '-m conntrack --ctstatus EXPECTED',
    '-m connmark ! --mark 0x0',
    ...['ftp', 'tftp', 'sane-6566', ''].map((name) => `-m helper --helper "${name}"`),
    `-m helper ! --helper "${random.pick(helpers).name}"`,
  ];
  const filter = ['INPUT', 'FORWARD', 'OUTPUT'].flatMap((chain) => [
    ...random.some(probes).map((probe) => `-A ${chain} ${probe}`),
    ...(random.chance(0.15) ? [`-A ${chain} ${match(random.pick(helpers))} -m conntrack --ctstate NEW -j DROP`] : []),
  ]);
  const table = (name: string, chains: readonly string[], rules: readonly string[]): string =>
    `${[`*${name}`, ...chains.map((chain) => `:${chain} ACCEPT [0:0]`), ...rules, 'COMMIT'].join('\n')}\n`;
  return [
    table('raw', ['PREROUTING', 'OUTPUT'], raw),
    table('mangle', ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'], random.chance(0.6) ? marks : []),
    table('filter', ['INPUT', 'FORWARD', 'OUTPUT'], filter),
  ].join('');
}
