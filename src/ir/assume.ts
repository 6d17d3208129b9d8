// What a capture cannot tell, and what is taken for true instead: the sockets, bridges and IPsec of the machine, its processors.
//
// A small table of keys, each with a value that holds unless somebody says otherwise (--assume KEY=VALUE). Whoever evaluates a rule by one
// of them says so (`use`), so that the output can name it.

import { parseIpv4Host, parseIpv6 } from '../net/address.ts';
import { parseUnsigned } from '../net/number.ts';
import { didYouMean } from '../text/suggest.ts';

/** The process whose socket sends the packets of this host. */
export interface Sender {
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups. */
  readonly groups: readonly number[];
  /** Control group, by path (version 2) and class (version 1). */
  readonly cgroup: string;
  readonly classid: number;
}

export const SOCKETS = ['none', 'any', 'wildcard', 'transparent'] as const;
/** Whether a received TCP or UDP packet is for an open socket, and what that is bound to. */
export type SocketState = (typeof SOCKETS)[number];

export const QUEUES = ['none', 'any'] as const;
/** Which queues of NFQUEUE a program listens on. */
export type QueueState = (typeof QUEUES)[number];

export const QUOTAS = ['none', 'under', 'over'] as const;
/** Whether the counters that nfacct(8) made have a quota, and how they stand to it. */
export type QuotaState = (typeof QUOTAS)[number];

/** One IPsec transformation. */
export interface Transformation {
  readonly proto: number;
  readonly mode: 'transport' | 'tunnel';
  readonly reqid: number;
  readonly spi: number;
  readonly src?: Uint8Array;
  readonly dst?: Uint8Array;
}

/** What belongs to one assumption: its keys, and what it comes to. */
const TOPICS = {
  sender: 'packets that this host sends come from no socket (owner.uid, owner.gid, owner.groups, cgroup.path, cgroup.classid)',
  socket: 'no packet is for an open socket of this host (socket)',
  queue: 'no program takes packets from a queue (queue)',
  physdev: 'no packet comes in or goes out by a bridge port (physdev.in, physdev.out)',
  policyIn: 'no packet came through IPsec (policy.in)',
  policyOut: 'no packet goes out through IPsec (policy.out)',
  nfacct: 'the counters that rules count in by name have no quota, so that -m nfacct always matches (nfacct)',
  cpu: 'every packet is handled by processor 0 (cpu)',
  addresses:
    'an interface has the addresses that packets show: MASQUERADE leaves the source address and REDIRECT the destination address as they are (--host tells the addresses)',
  routes:
    'answers to a packet, and what TEE sends without --oif, would leave by its own interface, and no route has a realm (--host tells the routes)',
} as const;
export type Topic = keyof typeof TOPICS;

const MAX = 0xffff_ffff;
const ID_MAX = MAX - 1;
const IPSEC_PROTOCOLS: Readonly<Record<string, number>> = { esp: 50, ah: 51, ipcomp: 108 };

/** A key: what it belongs to, how a value of it reads, and how one is read; undefined = it cannot be. */
interface Key {
  readonly topic: Topic;
  readonly expected: string;
  read(text: string): unknown;
}

function numberKey(topic: Topic, max: number, none = false): Key {
  return {
    topic,
    expected: `a number from 0 to ${max}${none ? ' or none' : ''}`,
    read: (text) => (none && text === 'none' ? null : parseUnsigned(text, max)),
  };
}

function nameKey(topic: Topic): Key {
  return { topic, expected: 'the name of an interface, or none', read: (text) => (text === 'none' ? null : text || undefined) };
}

function policyKey(topic: Topic): Key {
  return {
    topic,
    expected: 'none, or transformations with a comma between, each as esp:tunnel:reqid=1:spi=0x5:src=192.0.2.1:dst=192.0.2.2',
    read: readPolicy,
  };
}

const KEYS: Readonly<Record<string, Key>> = {
  'owner.uid': numberKey('sender', ID_MAX, true),
  'owner.gid': numberKey('sender', ID_MAX, true),
  'owner.groups': { topic: 'sender', expected: 'numbers with a comma between, or none', read: readNumbers },
  'cgroup.path': {
    topic: 'sender',
    expected: 'the path of a control group',
    read: (text) => (text.startsWith('/') ? text : undefined),
  },
  'cgroup.classid': numberKey('sender', MAX),
  socket: { topic: 'socket', expected: `one of ${SOCKETS.join(', ')}`, read: (text) => SOCKETS.find((word) => word === text) },
  queue: { topic: 'queue', expected: `one of ${QUEUES.join(', ')}`, read: (text) => QUEUES.find((word) => word === text) },
  'physdev.in': nameKey('physdev'),
  'physdev.out': nameKey('physdev'),
  'policy.in': policyKey('policyIn'),
  'policy.out': policyKey('policyOut'),
  nfacct: { topic: 'nfacct', expected: `one of ${QUOTAS.join(', ')}`, read: (text) => QUOTAS.find((word) => word === text) },
  cpu: numberKey('cpu', MAX),
};

/** Names of all keys, for help. */
export const ASSUMPTION_KEYS: readonly string[] = Object.keys(KEYS);

function readNumbers(text: string): number[] | undefined {
  if (text === 'none') return [];
  const numbers = text.split(',').map((piece) => parseUnsigned(piece, ID_MAX));
  return numbers.every((number) => number !== undefined) ? (numbers as number[]) : undefined;
}

function readPolicy(text: string): Transformation[] | undefined {
  if (text === 'none') return [];
  const list = text.split(',').map(readTransformation);
  return list.every((one) => one !== undefined) ? (list as Transformation[]) : undefined;
}

/** Pieces stand between colons, but for those of an IPv6 address, which is put in brackets. */
function readTransformation(text: string): Transformation | undefined {
  const pieces = text.match(/(?:\[[^\]]*\]|[^:[\]])+/g) ?? [];
  const [proto = '', mode = '', ...rest] = pieces;
  if (!(proto in IPSEC_PROTOCOLS) || (mode !== 'transport' && mode !== 'tunnel')) return undefined;
  const made: { -readonly [K in keyof Transformation]: Transformation[K] } = {
    proto: IPSEC_PROTOCOLS[proto]!,
    mode,
    reqid: 0,
    spi: 0,
  };
  for (const piece of rest) {
    const [name, value = ''] = piece.split('=');
    if (name === 'reqid' || name === 'spi') {
      const number = parseUnsigned(value, MAX);
      if (number === undefined) return undefined;
      made[name] = number;
    } else if (name === 'src' || name === 'dst') {
      const address = parseIpv4Host(value) ?? parseIpv6(value.replace(/^\[|\]$/g, ''));
      if (!address) return undefined;
      made[name] = address;
    } else return undefined;
  }
  return made;
}

export class Assumptions {
  private readonly values = new Map<string, unknown>();
  private readonly texts = new Map<string, string>();
  private readonly used = new Set<Topic>();
  private readonly hasHost: boolean;

  /** `hasHost`: the routes of the machine are known. */
  constructor(hasHost = true) {
    this.hasHost = hasHost;
  }

  /** Takes `KEY=VALUE`. Gives what is wrong with it, undefined when nothing is. */
  set(text: string): string | undefined {
    const at = text.indexOf('=');
    const name = at < 0 ? text : text.slice(0, at);
    const key = Object.hasOwn(KEYS, name) ? KEYS[name] : undefined;
    if (!key) {
      return `there is no assumption "${name}"${didYouMean(name, ASSUMPTION_KEYS) || `, only ${ASSUMPTION_KEYS.join(', ')}`}`;
    }
    const value = at < 0 ? undefined : key.read(text.slice(at + 1));
    if (value === undefined) return `${name} needs ${key.expected}${at < 0 ? '' : `, not "${text.slice(at + 1)}"`}`;
    this.values.set(name, value);
    this.texts.set(name, text);
    return undefined;
  }

  private get<T>(topic: Topic, name: string, initial: T): T {
    this.used.add(topic);
    return this.values.has(name) ? (this.values.get(name) as T) : initial;
  }

  /** Undefined: packets of this host come from no socket. */
  get sender(): Sender | undefined {
    const uid = this.get<number | null>('sender', 'owner.uid', null);
    const gid = this.get<number | null>('sender', 'owner.gid', null);
    const groups = this.get<readonly number[]>('sender', 'owner.groups', []);
    const cgroup = this.get<string | null>('sender', 'cgroup.path', null);
    const classid = this.get<number | null>('sender', 'cgroup.classid', null);
    if ([uid, gid, cgroup, classid].every((value) => value === null) && groups.length === 0) return undefined;
    return { uid: uid ?? 0, gid: gid ?? 0, groups, cgroup: cgroup ?? '/', classid: classid ?? 0 };
  }

  get socket(): SocketState {
    return this.get<SocketState>('socket', 'socket', 'none');
  }

  get queue(): QueueState {
    return this.get<QueueState>('queue', 'queue', 'none');
  }

  /** Names of the bridge ports; undefined = none. */
  get physdev(): { readonly in: string | undefined; readonly out: string | undefined } {
    const name = (key: string): string | undefined => this.get<string | null>('physdev', key, null) ?? undefined;
    return { in: name('physdev.in'), out: name('physdev.out') };
  }

  /** IPsec transformations in the order in which the packet is transformed; [] = none. */
  policy(direction: 'in' | 'out'): readonly Transformation[] {
    return direction === 'in' ? this.get('policyIn', 'policy.in', []) : this.get('policyOut', 'policy.out', []);
  }

  /** A rule goes by the routes of the machine. */
  noteRoutes(): void {
    if (!this.hasHost) this.used.add('routes');
  }

  /** A rule goes by the addresses of the machine. */
  noteAddresses(): void {
    if (!this.hasHost) this.used.add('addresses');
  }

  get nfacct(): QuotaState {
    return this.get<QuotaState>('nfacct', 'nfacct', 'none');
  }

  get cpu(): number {
    return this.get('cpu', 'cpu', 0);
  }

  /** What was used, in sentences. */
  get sentences(): string[] {
    const given = (topic: Topic): string[] =>
      [...this.texts].filter(([name]) => KEYS[name]!.topic === topic).map(([, text]) => text);
    return (Object.keys(TOPICS) as Topic[])
      .filter((topic) => this.used.has(topic))
      .map((topic) =>
        given(topic).length > 0 ? `By --assume: ${given(topic).join(', ')}.` : `A capture does not tell, so: ${TOPICS[topic]}.`,
      );
  }
}
