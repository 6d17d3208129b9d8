// What happens on an open TCP connection: data, windows, probes, losses told by SACK, and segments that do not belong.

import { eitherSide, otherSide, type TcpTalk } from './tcp.ts';

const LENGTHS = [0, 1, 10, 100, 1000, 1400];

/** Lets both sides talk for a while. */
export function useTalk(talk: TcpTalk): void {
  const { random } = talk;
  for (let left = random.int(0, 8); left > 0; left--) {
    const happen = random.weighted<(talk: TcpTalk) => void>([
      [8, data],
      [2, repeated],
      [1.5, windows],
      [1, zeroWindow],
      [1, keepAlive],
      [2, selective],
      [1.5, outside],
      [1.5, wrongAck],
      [1.5, strayReset],
      [1, restarted],
      [0.5, lateAnswer],
      [1, impossible],
      [1, broken],
      [0.7, burst],
    ]);
    happen(talk);
  }
}

function data(talk: TcpTalk): void {
  const { random } = talk;
  const side = eitherSide(random);
  const urgent = random.chance(0.05) ? 'U' : '';
  talk.say(side, `${random.pick(['A', 'PA'])}${urgent}`, { length: random.pick(LENGTHS) });
  if (random.chance(0.6)) talk.say(otherSide(side), 'A', { length: random.pick([0, 0, 50]) });
}

/** A segment comes again, as often as makes the tracker think that nobody answers. */
function repeated(talk: TcpTalk): void {
  data(talk);
  talk.repeat(talk.random.int(1, 6));
}

function windows(talk: TcpTalk): void {
  const { random } = talk;
  const side = eitherSide(random);
  talk.ends[side].window = random.pick([0, 1, 10, 500, 65535]);
  talk.say(side, 'A');
  talk.say(otherSide(side), 'PA', { length: random.pick([1, 10, 1000]) });
}

/** A closed window, and the probes that ask whether it is open again. */
function zeroWindow(talk: TcpTalk): void {
  const { random } = talk;
  const side = eitherSide(random);
  const before = talk.ends[side].window;
  talk.ends[side].window = 0;
  talk.say(side, 'A');
  for (let i = random.int(1, 5); i > 0; i--) {
    if (random.chance(0.5)) talk.say(otherSide(side), 'A', { seqOff: -1, length: random.pick([0, 1]) });
    else talk.say(otherSide(side), 'A', { length: 1, forgotten: true });
    if (random.chance(0.8)) talk.say(side, 'A');
  }
  talk.ends[side].window = random.pick([before, 1]);
  talk.say(side, 'A', { ackOff: random.pick([0, 0, 1]) });
}

function keepAlive(talk: TcpTalk): void {
  const { random } = talk;
  const side = eitherSide(random);
  for (let i = random.int(1, 5); i > 0; i--) {
    talk.say(side, 'A', { seqOff: -1, length: random.pick([0, 1]) });
    if (random.chance(0.7)) talk.say(otherSide(side), 'A');
  }
}

/** Segments get lost, and the receiver says which ones it has. */
function selective(talk: TcpTalk): void {
  const { random } = talk;
  const side = eitherSide(random);
  const { next } = talk.ends[side];
  const lost = random.pick([10, 1000]);
  for (let i = random.int(1, 3); i > 0; i--) talk.say(side, 'A', { seqOff: lost * i, length: lost });
  const block = (from: number, to: number) => `sack:${(next + from) % 2 ** 32}:${(next + to) % 2 ** 32}`;
  const sacks = random.pick([
    block(lost, 2 * lost),
    block(2 * lost, 3 * lost),
    block(-lost, 0), // a duplicate's
    block(3 * lost, lost),
    block(100_000, 200_000),
    `nop,nop,${block(lost, 2 * lost)}`,
    'hex:0512000003e8000007d000000bb800000fa00000',
    'hex:050a0000',
    'hex:0505000000000000',
  ]);
  talk.say(otherSide(side), 'A', { opts: sacks });
  talk.say(side, 'A', { length: lost });
  talk.say(otherSide(side), 'A');
}

/** A segment before or behind the window. */
function outside(talk: TcpTalk): void {
  const { random } = talk;
  const far = random.pick([-1, 1, -100, 100, 70_000, -70_000, 2 ** 31, 1_000_000, -1_000_000]);
  const side = eitherSide(random);
  talk.say(side, random.pick(['A', 'PA', 'FA']), { seqOff: far, length: random.pick(LENGTHS) });
  if (random.chance(0.4)) talk.say(otherSide(side), 'A', { ackOff: far });
}

/** Acknowledges what was long acknowledged, or never sent. */
function wrongAck(talk: TcpTalk): void {
  const { random } = talk;
  const far = random.pick([-1, 1, -1000, 1000, -66_000, -70_000, 100_000, 2 ** 31]);
  talk.say(eitherSide(random), random.pick(['A', 'PA']), { ackOff: far, length: random.pick([0, 0, 10]), forgotten: true });
}

/** A reset that may be meant for another connection, or be forged; both go on. */
function strayReset(talk: TcpTalk): void {
  const { random } = talk;
  const off = random.pick([0, 1, -1, 10, -10, 500, 70_000, -70_000, 2 ** 31]);
  const side = eitherSide(random);
  const flags = random.pick(['R', 'R', 'RA']);
  talk.say(
    side,
    flags,
    random.pick([{ seqOff: off }, { seqOff: off, ackOff: off }, { seq: 0, ack: 0 }, { seqOff: off, ack: 0 }]),
  );
  if (random.chance(0.3)) talk.repeat();
  if (random.chance(0.5)) talk.say(otherSide(side), random.pick(['A', 'R', 'RA']));
}

/** A side has forgotten the connection and opens it anew; the other's challenge makes it reset the old one. */
function restarted(talk: TcpTalk): void {
  const { random } = talk;
  const side = random.chance(0.8) ? 0 : 1;
  const peer = otherSide(side);
  const { next } = talk.ends[side];
  talk.renew(side);
  talk.say(side, 'S');
  const fresh = talk.ends[side].next;
  if (random.chance(0.2)) talk.repeat();
  if (random.chance(0.8)) {
    talk.say(peer, 'A', { ack: next }); // the challenge
    if (random.chance(0.8)) talk.say(side, 'R', { seq: random.chance(0.9) ? next : next + 1 });
  }
  talk.ends[side].next = fresh;
  if (random.chance(0.7)) {
    if (random.chance(0.6)) talk.say(side, 'S', { seqOff: -1 });
    talk.renew(peer);
    talk.say(peer, 'SA');
    talk.say(side, 'A');
  }
}

function lateAnswer(talk: TcpTalk): void {
  talk.say(eitherSide(talk.random), 'SA', { seqOff: talk.random.pick([-1, -100, 5000]) });
}

/** Flags that no TCP sends together. */
function impossible(talk: TcpTalk): void {
  const flags = talk.random.pick([
    '-',
    'F',
    'U',
    'P',
    'FPU',
    'SF',
    'SR',
    'SFA',
    'SRA',
    'FR',
    'FRA',
    'SAU',
    'RU',
    'FSRPAUEC',
    'FAU',
    'SPA',
  ]);
  talk.say(eitherSide(talk.random), flags, { length: talk.random.pick([0, 10]), forgotten: true });
}

/** A segment that was damaged or cut short on the way. */
function broken(talk: TcpTalk): void {
  const { random } = talk;
  const odd = random.pick([
    { tail: 'badsum' },
    { tail: 'badsum' },
    { tail: 'nosum' },
    { tail: `take ${random.int(4, 22)}` },
    { opts: 'hex:03020000' },
    { opts: 'hex:030407000101' },
    { opts: 'hex:02ff0000' },
    { opts: 'hex:0100000003030700' },
  ]);
  talk.say(eitherSide(random), random.pick(['A', 'PA', 'FA', 'RA', 'S']), { ...odd, length: 10, forgotten: true });
}

/** More than fits the window. */
function burst(talk: TcpTalk): void {
  const side = eitherSide(talk.random);
  for (let i = talk.random.int(2, 6); i > 0; i--) talk.say(side, 'A', { length: 1400 });
  if (talk.random.chance(0.7)) talk.say(otherSide(side), 'A');
}
