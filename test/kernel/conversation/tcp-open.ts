// Ways to open a TCP connection, the usual and the others.

import { eitherSide, type TcpTalk } from './tcp.ts';

/** Opens a connection, or not. Returns: whether both sides would now send data. */
export function openTalk(talk: TcpTalk): boolean {
  const way = talk.random.weighted<(talk: TcpTalk) => boolean>([
    [8, handshake],
    [1.5, resent],
    [1, refused],
    [1, simultaneous],
    [1, staleServer],
    [1, pickedUp],
    [0.7, halfOpen],
    [0.7, answerFirst],
    [0.7, wrongAnswer],
    [0.5, withData],
    [0.7, disturbed],
  ]);
  return way(talk);
}

function handshake(talk: TcpTalk): boolean {
  talk.say(0, talk.random.pick(['S', 'S', 'S', 'SEC', 'SP', 'SU']));
  talk.say(1, talk.random.pick(['SA', 'SA', 'SAE']));
  talk.say(0, 'A');
  return true;
}

/** SYNs and their answers come again, with the same numbers or others. */
function resent(talk: TcpTalk): boolean {
  talk.say(0, 'S');
  talk.repeat(talk.random.int(0, 2));
  if (talk.random.chance(0.5)) {
    talk.renew(0);
    talk.say(0, 'S');
  }
  talk.say(1, 'SA');
  talk.repeat(talk.random.int(0, 2));
  if (talk.random.chance(0.3)) {
    talk.renew(1);
    talk.say(1, 'SA');
  }
  talk.say(0, 'A');
  if (talk.random.chance(0.3)) talk.say(1, 'SA', { seqOff: -1 });
  return true;
}

function refused(talk: TcpTalk): boolean {
  const { random } = talk;
  talk.say(0, 'S');
  if (random.chance(0.3)) talk.say(1, 'SA');
  talk.say(1, random.pick(['RA', 'RA', 'R']), {
    ...(random.chance(0.6) ? { seq: 0 } : {}),
    ackOff: random.pick([0, 0, 0, 1, -1]),
  });
  return random.chance(0.2);
}

/** Both send a SYN before they see the other's. */
function simultaneous(talk: TcpTalk): boolean {
  const { random } = talk;
  talk.say(0, 'S');
  talk.say(1, 'S');
  if (random.chance(0.3)) talk.repeat();
  for (const side of random.chance(0.5) ? ([0, 1] as const) : ([1, 0] as const)) {
    if (random.chance(0.8)) talk.say(side, 'SA', { seqOff: -1 });
    else talk.say(side, 'A');
  }
  if (random.chance(0.5)) talk.say(eitherSide(random), 'A');
  return true;
}

/** The server still has an older connection: it answers the SYN with an ACK of that one, and the client resets it. */
function staleServer(talk: TcpTalk): boolean {
  const { random } = talk;
  talk.say(0, 'S');
  const old = random.pick([12345, 2 ** 31 + 5]);
  talk.say(1, 'A', { seq: old - 1, ack: old });
  if (random.chance(0.2)) talk.repeat();
  if (random.chance(0.8)) talk.say(0, 'R', { seq: random.chance(0.8) ? old : 1 });
  if (random.chance(0.3)) return false;
  talk.say(0, 'S', { seqOff: -1 });
  talk.say(1, 'SA');
  talk.say(0, 'A');
  return true;
}

/** Its first segments were never seen. */
function pickedUp(talk: TcpTalk): boolean {
  const { random } = talk;
  const side = eitherSide(random);
  talk.say(side, random.pick(['A', 'PA', 'FA', 'RA', 'AU']), { length: random.pick([0, 1, 100]) });
  return true;
}

function halfOpen(talk: TcpTalk): boolean {
  const { random } = talk;
  talk.say(0, 'S');
  if (random.chance(0.5)) talk.say(1, 'SA');
  if (random.chance(0.3)) talk.say(eitherSide(random), random.pick(['R', 'FA', 'A']), { length: random.pick([0, 10]) });
  return false;
}

function answerFirst(talk: TcpTalk): boolean {
  talk.say(1, 'SA');
  talk.say(0, talk.random.pick(['A', 'R', 'S']));
  return talk.random.chance(0.5);
}

/** The answer acknowledges another SYN. */
function wrongAnswer(talk: TcpTalk): boolean {
  const { random } = talk;
  talk.say(0, 'S');
  talk.say(1, 'SA', { ackOff: random.pick([1, -1, 1000, -1000, 2 ** 31]), forgotten: true });
  talk.say(0, random.pick(['R', 'A', 'S']));
  if (random.chance(0.5)) talk.say(1, 'SA');
  if (random.chance(0.5)) talk.say(0, 'A');
  return random.chance(0.6);
}

/** Data with the SYN (TCP Fast Open), acknowledged or not. */
function withData(talk: TcpTalk): boolean {
  const { random } = talk;
  talk.say(0, 'S', { length: 100 });
  talk.say(1, 'SA', { ackOff: random.pick([0, -100]), length: random.pick([0, 0, 10]) });
  talk.say(0, 'A');
  return true;
}

/** Somebody else's segments between those of the handshake. */
function disturbed(talk: TcpTalk): boolean {
  const { random } = talk;
  const stray = () => {
    if (random.chance(0.5)) return;
    const flags = random.pick(['R', 'RA', 'A', 'FA', 'S', 'SA', 'FPU', '-', 'SF', 'SR']);
    const seq = random.pick([0, 1, 999_999, 2 ** 31]);
    talk.say(eitherSide(random), flags, random.chance(0.5) ? { forgotten: true } : { seq, ack: random.pick([0, 1, 2 ** 30]) });
  };
  stray();
  talk.say(0, 'S');
  stray();
  talk.say(1, 'SA');
  stray();
  talk.say(0, 'A');
  return true;
}
