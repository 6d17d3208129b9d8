// Random conversations that announce others: ftp, tftp, irc and amanda, with the connections they tell of, and mistakes in what they tell.

import type { Random } from '../random.ts';
import { type Pair, type Step, stepFrom } from './step.ts';
import { TcpTalk, tcpSteps } from './tcp.ts';

/** The ports at which rules look for each. */
export const HELPER_PORTS = { ftp: 21, tftp: 69, irc: 6667, amanda: 10080 } as const;

const DATA_PORTS = [1000, 1024, 4000, 40000];

/** An ftp control connection, and data connections as it announces them. */
export function ftpSteps(random: Random, pair: Pair, port: number): Step[] {
  const talk = new TcpTalk(random, pair, [port, HELPER_PORTS.ftp]);
  openLine(talk);
  const steps = [...talk.steps];
  for (let left = random.int(1, 3); left > 0; left--) {
    const from = talk.steps.length;
    const dataPort = random.pick(DATA_PORTS);
    const passive = random.chance(0.5);
    if (passive) {
      talk.say(0, 'PA', { text: random.pick(['PASV\r\n', 'EPSV\r\n']) });
      talk.say(1, 'PA', { text: spoilt(random, passiveAnswer(random, pair, dataPort)) });
    } else {
      talk.say(0, 'PA', { text: spoilt(random, activeCommand(random, pair, dataPort)) });
      if (random.chance(0.2)) talk.repeat();
      talk.say(1, 'PA', { text: '200 ok\r\n' });
    }
    talk.say(0, 'A');
    steps.push(...talk.steps.slice(from));
    const told = random.chance(0.9) ? dataPort : dataPort + 1;
    const { client, server } = pair;
    if (random.chance(0.85)) {
      const data = passive ? { client, server } : { client: server, server: client };
      steps.push(...tcpSteps(random, data, passive ? [random.pick(DATA_PORTS), told] : [20, told]).slice(0, random.int(2, 8)));
    }
  }
  return steps;
}

function openLine(talk: TcpTalk): void {
  talk.say(0, 'S');
  talk.say(1, 'SA');
  talk.say(0, 'A');
  if (talk.random.chance(0.8)) talk.say(1, 'PA', { text: '220 here\r\n' });
}

function activeCommand(random: Random, { client }: Pair, port: number): string {
  const isIpv6 = client.address.includes(':');
  if (isIpv6 || random.chance(0.4)) return `EPRT |${isIpv6 ? 2 : 1}|${client.address}|${port}|\r\n`;
  return `PORT ${client.address.replaceAll('.', ',')},${port >> 8},${port & 255}\r\n`;
}

function passiveAnswer(random: Random, { server }: Pair, port: number): string {
  if (server.address.includes(':') || random.chance(0.4)) return `229 Entering Extended Passive Mode (|||${port}|)\r\n`;
  return `227 Entering Passive Mode (${server.address.replaceAll('.', ',')},${port >> 8},${port & 255})\r\n`;
}

/** An announcement that was cut, or says something else. */
function spoilt(random: Random, text: string): string {
  return random.weighted<() => string>([
    [10, () => text],
    [0.7, () => text.slice(0, random.int(1, text.length - 1))],
    [0.5, () => text.replace(/\d/, '9')],
    [0.5, () => text.toLowerCase()],
    [0.5, () => `200 before\r\n${text}`],
    [0.3, () => text.replaceAll(',', '.')],
  ])();
}

/** A tftp transfer: the answer comes from another port. */
export function tftpSteps(random: Random, pair: Pair, port: number): Step[] {
  const from = random.pick(DATA_PORTS);
  const request = random.pick(['0001', '0001', '0002', '0003', '00']);
  const data = hexOf('name\0octet\0');
  const steps = [stepFrom(pair, 0, `udp ${port} > ${HELPER_PORTS.tftp} data ${request}${data}`)];
  for (let left = random.int(0, 4); left > 0; left--) {
    const back = random.chance(0.6);
    steps.push(stepFrom(pair, back ? 1 : 0, back ? `udp ${from} > ${port} len 20` : `udp ${port} > ${from} len 4`));
  }
  return steps;
}

/** An irc connection on which the client offers another (DCC), and the one who takes it. */
export function ircSteps(random: Random, pair: Pair, port: number): Step[] {
  const talk = new TcpTalk(random, pair, [port, HELPER_PORTS.irc]);
  openLine(talk);
  const dataPort = random.pick(DATA_PORTS);
  const number = pair.client.address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0);
  const what = random.pick(['SEND file', 'CHAT chat', 'SEND', 'MOVE file', 'ACCEPT file']);
  talk.say(0, 'PA', { text: spoilt(random, `PRIVMSG other :\u0001DCC ${what} ${number || 1} ${dataPort}\u0001\r\n`) });
  talk.say(1, 'A');
  const taker = { client: pair.server, server: pair.client };
  return [...talk.steps, ...tcpSteps(random, taker, [random.pick(DATA_PORTS), dataPort]).slice(0, random.int(1, 6))];
}

/** Amanda: the answer says where the client is to connect. */
export function amandaSteps(random: Random, pair: Pair, port: number): Step[] {
  const dataPort = random.pick(DATA_PORTS);
  const answer = spoilt(random, `Amanda 2.6 REP\nCONNECT DATA ${dataPort} MESG ${dataPort + 1} INDEX ${dataPort + 2}\n`);
  const there = (text: string) => stepFrom(pair, 0, `udp ${port} > ${HELPER_PORTS.amanda} data ${hexOf(text)}`);
  const back = (text: string) => stepFrom(pair, 1, `udp ${HELPER_PORTS.amanda} > ${port} data ${hexOf(text)}`);
  const stream = tcpSteps(random, pair, [random.pick(DATA_PORTS), dataPort + random.int(0, 2)]);
  return [there('Amanda 2.6 REQ\n'), back(answer), there('ACK\n'), ...stream.slice(0, random.int(1, 6))];
}

function hexOf(text: string): string {
  return Buffer.from(text, 'latin1').toString('hex');
}
