// -m time at any time, against the calendar of JavaScript.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parsePacketLine } from '../support/packet-line.ts';
import { replayScenario } from '../support/scenario-replay.ts';

const HOST = 'interfaces: { eth0: { addresses: [192.0.2.1/24] } }\n';
const LAST = 0x7fff_ffff;

/** The numbers of the rules that match at each time, in seconds since 1970. */
async function matching(rules: readonly string[], seconds: readonly number[], host = HOST): Promise<number[][]> {
  const times = [...seconds].sort((a, b) => a - b);
  const packet = parsePacketLine('eth0: 192.0.2.9 > 192.0.2.1 udp 1 > 2');
  const run = await replayScenario({
    host,
    rules: `*filter\n${rules.map((rule) => `-A INPUT -m time ${rule}\n`).join('')}COMMIT\n`,
    packets: times.map(() => packet),
    times: times.map((time) => BigInt(time) * 1_000_000_000n + 999_999_999n),
  });
  return run.outcomes.map(({ hits }) => hits.filter(({ number }) => number > 0).map(({ number }) => number));
}

test('every day since 1970 has its day of the week and of the month', async () => {
  const days = Array.from({ length: Math.floor(LAST / 86400) }, (_, day) => day * 86400 + (day % 86400));
  const weekdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'].map((name) => `--weekdays ${name}`);
  const monthdays = Array.from({ length: 31 }, (_, day) => `--monthdays ${day + 1}`);
  const found = await matching([...weekdays, ...monthdays], days);
  const expected = days.map((seconds) => {
    const date = new Date(seconds * 1000);
    return [date.getUTCDay() || 7, 7 + date.getUTCDate()];
  });
  expect(found).toEqual(expected);
});

test('a time of day lies between two others, past midnight too', async () => {
  const clock = fc.integer({ min: 0, max: 86399 });
  const text = (time: number) => new Date(time * 1000).toISOString().slice(11, 19);
  const time = fc.integer({ min: 86400, max: LAST });
  await fc.assert(
    fc.asyncProperty(clock, clock, fc.array(time, { minLength: 20, maxLength: 20 }), async (start, stop, times) => {
      const found = await matching([`--timestart ${text(start)} --timestop ${text(stop)}`], times);
      const expected = times
        .sort((a, b) => a - b)
        .map((now) => now % 86400)
        .map((now) => (start < stop ? start <= now && now <= stop : start <= now || now <= stop));
      expect(found.map((rules) => rules.length === 1)).toEqual(expected);
    }),
    { seed: 1, numRuns: 20 },
  );
});

test('the second before 1970, and the first after the last date, are outside', async () => {
  expect(await matching(['--kerneltz', ''], [0, LAST, LAST + 1], `${HOST}kernel: { minuteswest: 1 }\n`)).toEqual([
    [2],
    [1, 2],
    [1],
  ]);
});

test('a span of the first day of 1970 that began the day before counts as no weekday that day has', async () => {
  const rules = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'].map(
    (name) => `--timestart 23:00 --timestop 01:00 --contiguous --weekdays ${name}`,
  );
  // The kernel divides the negative time as an unsigned one: 2^64 / 86400 days later, of which 32 bits are kept.
  expect(await matching(rules, [0])).toEqual([[((4 + Number(((2n ** 64n - 86400n) / 86400n) & 0xffff_ffffn) - 1) % 7) + 1]]);
});

test('the time zone of the kernel counts where the rule says so', async () => {
  const noon = Date.UTC(2026, 10, 21, 12) / 1000;
  const rules = ['--timestart 12:00 --timestop 12:01', '--kerneltz --timestart 13:00 --timestop 13:01'];
  expect(await matching(rules, [noon], `${HOST}kernel: { minuteswest: -60 }\n`)).toEqual([[1, 2]]);
  expect(await matching(rules, [noon])).toEqual([[1]]);
});
