// Ways to end a TCP connection, and what still comes when it has ended.

import { eitherSide, otherSide, type TcpTalk } from './tcp.ts';

export function closeTalk(talk: TcpTalk): void {
  const { random } = talk;
  const side = eitherSide(random);
  const peer = otherSide(side);
  const way = random.weighted<() => void>([
    [4, () => orderly(talk)],
    [1, () => talk.say(side, 'FA')],
    [
      1.5,
      () => {
        // Half closed: the other side goes on for a while.
        talk.say(side, 'FA', { length: random.pick([0, 100]) });
        talk.say(peer, 'A');
        talk.say(peer, 'PA', { length: 1000 });
        talk.say(side, 'A');
        if (random.chance(0.7)) talk.say(peer, 'FA');
        if (random.chance(0.7)) talk.say(side, 'A');
      },
    ],
    [
      1,
      () => {
        // Both at the same time: neither acknowledges the other's FIN with its own.
        talk.say(side, 'FA');
        talk.say(peer, 'FA', { ackOff: -1 });
        talk.say(side, 'A');
        talk.say(peer, 'A');
      },
    ],
    [2, () => talk.say(side, random.pick(['R', 'RA']))],
    [
      1,
      () => {
        talk.say(side, 'FA');
        talk.say(random.chance(0.5) ? peer : side, random.pick(['R', 'RA']), { ackOff: random.pick([0, -1]) });
      },
    ],
    [0.5, () => talk.say(side, 'FRA')],
  ]);
  way();
}

function orderly(talk: TcpTalk): void {
  const { random } = talk;
  const side = eitherSide(random);
  const peer = otherSide(side);
  talk.say(side, 'FA');
  if (random.chance(0.2)) talk.repeat(random.int(1, 4));
  if (random.chance(0.4)) talk.say(peer, 'A');
  talk.say(peer, 'FA');
  if (random.chance(0.2)) talk.repeat(random.int(1, 4));
  talk.say(side, 'A');
}

/** Segments of an ended connection: late ones, and SYNs that reuse its ports, in either direction. */
export function outliveTalk(talk: TcpTalk): void {
  const { random } = talk;
  for (let left = random.int(1, 4); left > 0; left--) {
    const side = eitherSide(random);
    const peer = otherSide(side);
    const happen = random.weighted<() => void>([
      [
        3,
        () =>
          talk.say(side, random.pick(['A', 'FA', 'PA']), {
            seqOff: random.pick([0, -1, -100, 1000]),
            length: random.pick([0, 10]),
          }),
      ],
      [2, () => talk.say(side, random.pick(['R', 'RA']), { seqOff: random.pick([0, -1, 1, 5000]) })],
      [1, () => talk.say(side, 'SA', { forgotten: true })],
      [
        3,
        () => {
          talk.renew(side);
          if (random.chance(0.5)) talk.renew(peer);
          talk.say(side, 'S');
          if (random.chance(0.7)) talk.say(peer, random.pick(['SA', 'SA', 'RA', 'A']));
          if (random.chance(0.7)) talk.say(side, 'A');
        },
      ],
    ]);
    happen();
  }
}
