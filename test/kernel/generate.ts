// A whole random scenario from a seed: a world, rules for one or both families, traffic.

import type { Answers } from '../support/scenario.ts';
import { wantedMatches } from './generate-bytes.ts';
import { timeoutPolicies } from './generate-connection.ts';
import { generateRules } from './generate-rules.ts';
import { generateSets } from './generate-set.ts';
import { generateTraffic } from './generate-traffic.ts';
import { Random } from './random.ts';
import { type Family, makeWorld } from './world.ts';

/** A scenario as text, so that it can be shrunk and written to a file. */
export interface GeneratedScenario {
  readonly seed: number;
  readonly host: string;
  /** What the host answers with. */
  readonly answers: Answers;
  readonly rules: string | undefined;
  readonly rules6: string | undefined;
  readonly ipset: string | undefined;
  /** Lines of the packet language. */
  readonly packets: readonly string[];
}

/** In one scenario of three the host may answer. */
export function isAnswered(seed: number): boolean {
  return seed % 3 === 0;
}

export function generateScenario(seed: number, packets: number): GeneratedScenario {
  const random = new Random(seed);
  const world = makeWorld(random, undefined, isAnswered(seed));
  const families = random.weighted<Family[]>([
    [5, [4]],
    [3, [6]],
    [2, [4, 6]],
  ]);
  const tracking = random.chance(0.7);
  const { sets, text: ipset } = generateSets(random, world, families);
  const rules = new Map(families.map((family) => [family, generateRules(random, family, world, { tracking, sets })]));
  const texts = [...rules.values()].map(({ text }) => text).join('');
  const wanted = wantedMatches(texts);
  // In POSTROUTING sets of hardware addresses go by the device that the packet leaves by, of which a capture does not tell the kind.
  // A copy that TEE sends has bytes of others where a link-layer header would be, which LOG shows.
  const frames = !/^create \S+ \S*mac/m.test(ipset ?? '') && !texts.includes('-j TEE');
  const lines = generateTraffic(random, world, { families, packets, wanted, frames });
  return {
    seed,
    // What SYNPROXY answers is not modelled.
    answers: texts.includes('-j SYNPROXY') ? 'none' : world.answers,
    host: withoutRedirects(world.host, lines) + timeoutPolicies({ 4: rules.get(4)?.text ?? '', 6: rules.get(6)?.text ?? '' }),
    rules: rules.get(4)?.text,
    rules6: rules.get(6)?.text,
    ipset,
    packets: lines,
  };
}

/** A host that redirects nobody (IPv6) where packets come in frames: what it told of link-layer addresses, no capture says. */
function withoutRedirects(host: string, lines: readonly string[]): string {
  return lines.some((line) => /: from \S\S:/.test(line)) ? host.replace(', "fe80::1/64"', '') : host;
}
