// Random matches and targets that count over time, with numbers that no tick of the clock within a run decides: credit that hardly grows,
// times that are all within the seconds asked for.

import type { RuleContext } from './generate-target.ts';
import type { Random } from './random.ts';

type MakeWords = (random: Random, context: RuleContext) => string[];

function invert(random: Random, probability = 0.25): string[] {
  return random.chance(probability) ? ['!'] : [];
}

function limit(random: Random): string[] {
  return ['-m', 'limit', '--limit', random.pick(['1/hour', '2/hour', '9/hour']), '--limit-burst', `${random.int(1, 30)}`];
}

function quota(random: Random): string[] {
  return ['-m', 'quota', ...invert(random), '--quota', random.pick(['0', '100', '1000', '5000', '20000', '4294967296'])];
}

function time(random: Random): string[] {
  const option = random.pick([
    [...invert(random), '--weekdays', random.some(['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']).join(',')],
    [...invert(random), '--monthdays', random.some(Array.from({ length: 31 }, (_, i) => i + 1)).join(',')],
    ['--datestart', random.pick(['2020-01-01', '2037-12-31T23:59:59'])],
    ['--datestop', random.pick(['2020-01-01', '2037-12-31T23:59:59'])],
    ['--timestart', '12:00', '--timestop', '23:59:59'],
    ['--timestart', '18:00', '--timestop', '06:00', ...(random.chance(0.5) ? ['--contiguous', '--weekdays', 'Sat,Sun'] : [])],
    ['--kerneltz'],
  ]);
  return ['-m', 'time', ...option];
}

const MODES = ['srcip', 'dstip', 'srcport', 'dstport'];

/**
 * Of one name all rules match rates over an interval, or none; and all count bytes, or none. A table made for packets has credit by the
 * clock's ticks, and one tick gives it more than all the bytes of a packet cost: whether a rule for bytes there matches again hangs on a tick
 * between two packets, which nobody can say (test/scenarios/match/hashlimit-units.md).
 */
function hashlimit(random: Random, { family }: RuleContext): string[] {
  const isRateMatch = random.chance(0.25);
  const rate = random.chance(0.8)
    ? [random.pick(['1/hour', '5/hour', '2/min']), '--hashlimit-burst', `${random.int(1, 12)}`]
    : [random.pick(['1mb/s', '2mb/s']), ...(random.chance(0.5) ? ['--hashlimit-burst', '3mb'] : [])];
  const words = ['-m', 'hashlimit', ...invert(random, 0.1), random.pick(['--hashlimit-upto', '--hashlimit-above']), ...rate];
  if (random.chance(0.85)) words.push('--hashlimit-mode', random.some(MODES).join(','));
  const kind = isRateMatch ? 'rate' : rate[0]!.endsWith('b/s') ? 'bytes' : 'plain';
  words.push('--hashlimit-name', `${kind}${random.int(0, 3)}`);
  if (random.chance(0.1)) words.push('--hashlimit-htable-size', '3', '--hashlimit-htable-max', '6');
  words.push('--hashlimit-htable-expire', '600000');
  const bits = family === 4 ? [0, 8, 24, 31] : [0, 32, 64, 65, 127];
  if (random.chance(0.3)) words.push('--hashlimit-srcmask', `${random.pick(bits)}`);
  if (random.chance(0.3)) words.push('--hashlimit-dstmask', `${random.pick(bits)}`);
  if (isRateMatch) words.push('--hashlimit-rate-match', '--hashlimit-rate-interval', '600');
  return words;
}

const MASKS = { 4: ['255.255.255.0', '255.0.0.255'], 6: ['ffff:ffff:ffff::', '::ffff'] } as const;

function recent(random: Random, { family }: RuleContext): string[] {
  const action = random.weighted([
    [3, 'set'],
    [3, 'rcheck'],
    [3, 'update'],
    [1, 'remove'],
  ]);
  const words = ['-m', 'recent', ...invert(random), `--${action}`];
  if (action === 'rcheck' || action === 'update') {
    if (random.chance(0.4)) words.push('--seconds', '3600', ...(random.chance(0.4) ? ['--reap'] : []));
    if (random.chance(0.5)) words.push('--hitcount', `${random.pick([1, 2, 3, 5, 8, 33])}`);
    if (random.chance(0.2)) words.push('--rttl');
  }
  if (random.chance(0.9)) words.push('--name', `list${random.int(0, 2)}`);
  if (random.chance(0.2)) words.push('--mask', random.pick(MASKS[family]));
  if (random.chance(0.4)) words.push(random.pick(['--rsource', '--rdest']));
  return words;
}

const ESTIMATORS = ['est0', 'est1'];

/** Nothing is estimated before the first tick. */
function rateestTarget(name: string): string[] {
  return ['-j', 'RATEEST', '--rateest-name', name, '--rateest-interval', '8s', '--rateest-ewmalog', '60s'];
}

function rateest(random: Random): string[] {
  const mode = [...invert(random), `--rateest-${random.pick(['lt', 'gt', 'eq'])}`];
  const unit = random.pick(['bps', 'pps']);
  const number = random.pick(['0', '1', '1000']);
  const [one, other] = [random.pick(ESTIMATORS), random.pick(ESTIMATORS)];
  const options = random.pick([
    ['--rateest', one, ...mode, `--rateest-${unit}`, number],
    ['--rateest1', one, ...mode, `--rateest-${unit}`, '--rateest2', other],
    ['--rateest-delta', '--rateest', one, `--rateest-${unit}1`, '1000', ...mode, `--rateest-${unit}2`, number],
  ]);
  return ['-m', 'rateest', ...options];
}

/** A RATEEST target. */
export function setRateest(random: Random): string[] {
  return rateestTarget(random.pick(ESTIMATORS));
}

/** Rules for the chain that the kernel checks first, without which it knows no estimators. */
export function estimatorRules(chain: string): string[] {
  return ESTIMATORS.map((name) => ['-A', chain, ...rateestTarget(name)].join(' '));
}

/** Matches that count over time. */
export const rateMatches: readonly MakeWords[] = [limit, quota, time, hashlimit, hashlimit, recent, recent, recent, rateest];
