// Packets of translated connections: those that open them, and those that either side then sends, addressed to what it saw of the other.

import type { Random } from '../random.ts';
import type { Family, Place, World } from '../world.ts';

/** A connection as `conntrack -L` shows it: what its first packet was like, and what answers it. */
export interface Entry {
  readonly family: Family;
  readonly protocol: string;
  readonly original: Side;
  readonly reply: Side;
}

export interface Side {
  readonly src: string;
  readonly dst: string;
  readonly sport: string;
  readonly dport: string;
}

const LINE =
  /^(\S+)\s.*?src=(\S+) dst=(\S+)(?: sport=(\d+) dport=(\d+)| type=\d+ code=\d+ id=(\d+)| srckey=\S+ dstkey=\S+)? (?:\[UNREPLIED\] )?src=(\S+) dst=(\S+)(?: sport=(\d+) dport=(\d+)| type=\d+ code=\d+ id=(\d+)| srckey=\S+ dstkey=\S+)?/;

export function parseEntries(text: string): Entry[] {
  return text.split('\n').flatMap((line) => {
    const found = LINE.exec(line);
    if (!found) return [];
    const [, protocol, src, dst, sport, dport, id, rsrc, rdst, rsport, rdport, rid] = found;
    const side = (...[s, d, a, b]: [string, string, string, string]): Side => ({ src: s, dst: d, sport: a, dport: b });
    return [
      {
        family: src!.includes(':') ? 6 : 4,
        protocol: protocol!,
        original: side(src!, dst!, sport ?? id ?? '', dport ?? ''),
        reply: side(rsrc!, rdst!, rsport ?? rid ?? '', rdport ?? ''),
      },
    ];
  });
}

const CLIENT_PORTS = ['1000', '4000', '40', '600', '65535'];
const SERVER_PORTS = ['80', '53', '1000', '4000'];

/** Where a packet of somebody comes in: `sent:` for the host itself; who is nowhere is outside. */
export function origin(world: World, family: Family, address: string): string {
  if (address === '127.0.0.1' || address === '::1') return 'sent:';
  const place = world.places[family].find((known) => known.address === address);
  if (place) return place.interface === '' ? 'sent:' : `${place.interface}:`;
  return 'eth0:';
}

/** A packet that may open a connection. */
export function opener(random: Random, world: World, family: Family): string {
  const from = random.pick(world.places[family]);
  const others = world.places[family].filter((place) => place !== from);
  const to: Place = random.pick(others);
  const address = random.chance(0.15) ? random.pick(nowhere(family)) : to.address;
  const ttl = random.chance(0.03) ? `ttl ${random.int(1, 2)} ` : '';
  return `${origin(world, family, from.address)} ${from.address} > ${address} ${ttl}${words(random, family, from.interface === '')}`;
}

/** Addresses that are nobody's, but that rules may send elsewhere. */
export function nowhere(family: Family): string[] {
  return family === 4 ? ['192.0.2.77', '198.51.100.99', '10.0.0.77'] : ['2001:db8:1::77', '2001:db8:ffff::99', '2001:db8:2::77'];
}

function words(random: Random, family: Family, isSent: boolean): string {
  const ports = `${random.pick(CLIENT_PORTS)} > ${random.pick(SERVER_PORTS)}`;
  const nosum = family === 4 && random.chance(0.1) && !isSent ? ' nosum' : '';
  const echo = family === 4 ? 'icmp 8/0' : 'icmp6 128/0';
  return random.weighted<() => string>([
    [5, () => `tcp ${ports} S seq 1000 win 64240 opts mss:1460`],
    [5, () => `udp ${ports} len ${random.chance(0.03) && !isSent ? random.int(1350, 1472) : random.int(0, 40)}${nosum}`],
    [3, () => `${echo} id ${random.int(1, 3)} seq 1 len 8`],
    [1, () => `sctp ${ports} vtag 0 chunks init:5`],
    [0.5, () => `proto 50 len 20`],
    [0.5, () => `proto 47 data 0000080000000000`],
    [0.3, () => `dccp ${ports} request off 5`],
  ])();
}

/** What answers a side; an id stays. */
const inverse = ({ src, dst, sport, dport }: Side): Side =>
  dport === '' ? { src: dst, dst: src, sport, dport } : { src: dst, dst: src, sport: dport, dport: sport };

/** What follows the first packet of a connection, in one of its directions. */
function body(random: Random, { protocol }: Entry, side: Side, isReply: boolean): string {
  const ports = `${side.sport} > ${side.dport}`;
  const [seq, ack] = isReply ? [5000, 1001] : [1001, 5001];
  switch (protocol) {
    case 'tcp': {
      const flags = isReply ? ['SA', 'SA', 'SA', 'A', 'PA', 'FA', 'RA'] : ['A', 'A', 'PA', 'S', 'FA', 'R'];
      const picked = random.pick(flags);
      const first = picked === 'S' ? 1000 : picked === 'SA' ? 5000 : isReply ? 5001 : seq;
      const data = picked === 'PA' ? ' text hello' : '';
      return `tcp ${ports} ${picked} seq ${first} ack ${picked === 'S' ? 0 : ack} win 65535${data}`;
    }
    case 'udp':
      return `udp ${ports} len ${random.int(0, 30)}`;
    case 'icmp':
      return `icmp ${isReply ? '0/0' : '8/0'} id ${side.sport} seq 2 len 8`;
    case 'icmpv6':
      return `icmp6 ${isReply ? '129/0' : '128/0'} id ${side.sport} seq 2 len 8`;
    case 'sctp':
      return isReply ? `sctp ${ports} vtag 5 chunks initack:8` : `sctp ${ports} vtag 8 chunks data`;
    case 'gre':
      return 'proto 47 data 00000800000000000000';
    default:
      return 'proto 50 len 24';
  }
}

/** A packet of a connection in one direction. */
export function follower(random: Random, world: World, entry: Entry): string {
  const isReply = random.chance(0.65);
  const side = isReply ? entry.reply : entry.original;
  return `${origin(world, entry.family, side.src)} ${side.src} > ${side.dst} ${body(random, entry, side, isReply)}`;
}

/**
 * An ICMP error about a packet of a connection: from whom it came to, or from somebody on the way, to whom it is known to have come from.
 */
export function errorAbout(random: Random, world: World, entry: Entry): string {
  const { family } = entry;
  const aboutReply = random.chance(0.4);
  // The quoted packet as its receiver saw it.
  const seen = aboutReply ? inverse(entry.original) : inverse(entry.reply);
  const quoted = `${seen.src} > ${seen.dst} ${body(random, entry, seen, aboutReply)}`;
  const somebody = random.pick(world.places[family]).address;
  const from = random.chance(0.6) ? seen.dst : somebody;
  const type = random.pick(
    family === 4 ? ['3/3', '3/1', '11/0', '3/4 rest 1500', '5/0'] : ['1/4', '1/1', '3/0', '2/0 rest 1500'],
  );
  const start = origin(world, family, from);
  const cut = random.chance(0.3) ? ` cut ${family === 4 ? random.pick([28, 36, 40, 48]) : random.pick([48, 60])}` : '';
  const badsum = random.chance(0.06) && start !== 'sent:' ? ' badsum' : '';
  return `${start} ${from} > ${seen.src} ${family === 4 ? 'icmp' : 'icmp6'} ${type} ( ${quoted}${cut} )${badsum}`;
}
