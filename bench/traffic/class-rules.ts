// Rules about five fields, and headers for them: as IR, as `iptables-save` text, in ClassBench's own text and as its traces.

import { ACTION_LOG } from '../../assembly/abi/opcode.ts';
import type { Action, Family, Field, Rule, Ruleset, Test } from '../../src/ir/ir.ts';
import { random } from './random.ts';

export interface ClassRule {
  /** Words of the address, the most significant first: one for IPv4, four for IPv6. */
  readonly source: readonly number[];
  readonly sourceBits: number;
  readonly destination: readonly number[];
  readonly destinationBits: number;
  readonly sport: readonly [number, number];
  readonly dport: readonly [number, number];
  /** -1 = any. */
  readonly protocol: number;
  /** It counts, or logs, and the packet goes on. */
  readonly goesOn?: 'counts' | 'logs';
}

export interface ClassHeader {
  readonly source: readonly number[];
  readonly destination: readonly number[];
  readonly sport: number;
  readonly dport: number;
  readonly protocol: number;
}

export const ANY_PROTOCOL = -1;
export const ANY_PORT = [0, 65535] as const;

/** The mask of word `index` of an address for a prefix length. */
function wordMask(bits: number, index: number): number {
  const own = Math.min(32, Math.max(0, bits - 32 * index));
  return own === 0 ? 0 : (-1 << (32 - own)) >>> 0;
}

/** The words of an address without what is behind the prefix. */
export function prefix(words: readonly number[], bits: number): number[] {
  return words.map((word, index) => (word & wordMask(bits, index)) >>> 0);
}

/** Reads ClassBench's text; lines that are no rule are left out. */
export function readClassBench(text: string): ClassRule[] {
  const line = /^@([\d.]+)\/(\d+)\s+([\d.]+)\/(\d+)\s+(\d+) : (\d+)\s+(\d+) : (\d+)\s+0x([\da-fA-F]+)\/0x([\da-fA-F]+)/;
  const address = (dotted: string): number => dotted.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  return text.split('\n').flatMap((one): ClassRule[] => {
    const found = line.exec(one);
    if (!found) return [];
    const number = (group: number): number => Number(found[group]);
    return [
      {
        source: prefix([address(found[1]!)], number(2)),
        sourceBits: number(2),
        destination: prefix([address(found[3]!)], number(4)),
        destinationBits: number(4),
        sport: [number(5), number(6)],
        dport: [number(7), number(8)],
        protocol: Number.parseInt(found[10]!, 16) === 0 ? ANY_PROTOCOL : Number.parseInt(found[9]!, 16),
      },
    ];
  });
}

const dotted = ([word]: readonly number[]): string => [24, 16, 8, 0].map((shift) => (word! >>> shift) & 255).join('.');

/** IPv4 rules in ClassBench's text. */
export function classBenchText(rules: readonly ClassRule[]): string {
  const lines = rules.map(({ source, sourceBits, destination, destinationBits, sport, dport, protocol }) => {
    const proto = protocol === ANY_PROTOCOL ? '0x00/0x00' : `0x${protocol.toString(16).padStart(2, '0')}/0xff`;
    return `@${dotted(source)}/${sourceBits}\t${dotted(destination)}/${destinationBits}\t${sport.join(' : ')}\t${dport.join(' : ')}\t${proto}\t0x0000/0x0000\n`;
  });
  return lines.join('');
}

/** IPv4 headers as records of 16 bytes: addresses, ports, protocol. */
export function traceBytes(headers: readonly ClassHeader[]): Buffer {
  const bytes = Buffer.alloc(16 * headers.length);
  headers.forEach(({ source, destination, sport, dport, protocol }, i) => {
    bytes.writeUInt32LE(source[0]!, 16 * i);
    bytes.writeUInt32LE(destination[0]!, 16 * i + 4);
    bytes.writeUInt16LE(sport, 16 * i + 8);
    bytes.writeUInt16LE(dport, 16 * i + 10);
    bytes[16 * i + 12] = protocol;
  });
  return bytes;
}

/** The rules as a FORWARD chain of the table filter, which drops what none of them takes. */
export function rulesetOf(rules: readonly ClassRule[], family: Family): Ruleset {
  const lines = rules.map((rule, id): Rule => ({ id, number: id + 1, tests: testsOf(rule), action: actionOf(rule, id) }));
  const policy = { verdict: 'DROP', id: lines.length } as const;
  return {
    family,
    tables: [{ name: 'filter', chains: [{ name: 'FORWARD', hook: 'FORWARD', policy, rules: lines }] }],
    interfaces: { names: ['', '+'], indexOf: () => 1, range: () => [0, 1] },
    usesConntrack: false,
    countsConnections: false,
    ruleCount: lines.length,
  };
}

function actionOf({ goesOn }: ClassRule, id: number): Action {
  if (goesOn === 'counts') return { kind: 'continue' };
  if (goesOn === 'logs') return { kind: 'effect', opcode: ACTION_LOG, operands: [0], name: 'LOG', changes: [] };
  return { kind: 'verdict', verdict: id % 2 === 0 ? 'ACCEPT' : 'DROP' };
}

function testsOf({ source, sourceBits, destination, destinationBits, sport, dport, protocol }: ClassRule): Test[] {
  const address = (name: 'src' | 'dst', words: readonly number[], bits: number): Test[] =>
    words.flatMap((value, index): Test[] => {
      const mask = wordMask(bits, index);
      return mask === 0 ? [] : [{ kind: 'mask', field: `${name}${index}` as Field, mask, value, negate: false }];
    });
  const port = (field: Field, [low, high]: readonly [number, number]): Test[] =>
    low === 0 && high === 65535 ? [] : [{ kind: 'range', field, low, high, negate: false }];
  const proto: Test[] = protocol < 0 ? [] : [{ kind: 'mask', field: 'proto', mask: 0xff, value: protocol, negate: false }];
  return [
    ...address('src', source, sourceBits),
    ...address('dst', destination, destinationBits),
    ...proto,
    ...port('sport', sport),
    ...port('dport', dport),
  ];
}

/** The rules as `iptables-save` text. Ports need a protocol that has them: where it is any, there is a rule for each of TCP and UDP. */
export function rulesText(rules: readonly ClassRule[], family: Family): string {
  const lines = rules.flatMap((rule, i) => {
    const target = rule.goesOn === 'counts' ? '' : rule.goesOn === 'logs' ? ' -j LOG' : ` -j ${i % 2 === 0 ? 'ACCEPT' : 'DROP'}`;
    const addresses =
      addressOption('s', rule.source, rule.sourceBits, family) +
      addressOption('d', rule.destination, rule.destinationBits, family);
    return protocolOptions(rule).map((protocol) => `-A FORWARD${addresses}${protocol}${target}`);
  });
  return ['*filter', ':INPUT ACCEPT [0:0]', ':FORWARD DROP [0:0]', ':OUTPUT ACCEPT [0:0]', ...lines, 'COMMIT', ''].join('\n');
}

function addressOption(letter: 's' | 'd', words: readonly number[], bits: number, family: Family): string {
  if (bits === 0) return '';
  const text =
    family === 4 ? dotted(words) : words.flatMap((word) => [(word >>> 16).toString(16), (word & 0xffff).toString(16)]).join(':');
  return ` -${letter} ${text}/${bits}`;
}

function protocolOptions({ protocol, sport, dport }: ClassRule): string[] {
  const one = (option: string, [low, high]: readonly [number, number]): string =>
    low === 0 && high === 65535 ? '' : ` --${option} ${low === high ? low : `${low}:${high}`}`;
  const options = one('sport', sport) + one('dport', dport);
  if (options === '') return [protocol < 0 ? '' : ` -p ${protocol}`];
  const names = protocol === 6 ? ['tcp'] : protocol === 17 ? ['udp'] : ['tcp', 'udp'];
  return names.map((name) => ` -p ${name} -m ${name}${options}`);
}

/** Headers drawn from the rules: each from a rule of any place in the list, and within it anything. */
export function drawnHeaders(rules: readonly ClassRule[], count: number, seed: number): ClassHeader[] {
  const r = random(seed ^ 0x51ed270b);
  const within = (words: readonly number[], bits: number): number[] =>
    words.map((word, index) => (word | (r.word() & ~wordMask(bits, index))) >>> 0);
  return Array.from({ length: count }, () => {
    const rule = r.pick(rules);
    const protocol = rule.protocol < 0 ? r.pick([6, 6, 6, 17, 17, 1]) : rule.protocol;
    return {
      source: within(rule.source, rule.sourceBits),
      destination: within(rule.destination, rule.destinationBits),
      sport: rule.sport[0] + r.below(rule.sport[1] - rule.sport[0] + 1),
      dport: rule.dport[0] + r.below(rule.dport[1] - rule.dport[0] + 1),
      protocol,
    };
  });
}

/** Headers of which each field is anything. */
export function randomHeaders(family: Family, count: number, seed: number): ClassHeader[] {
  const r = random(seed ^ 0x2545f491);
  const address = (): number[] => Array.from({ length: family === 4 ? 1 : 4 }, () => r.word());
  return Array.from({ length: count }, () => ({
    source: address(),
    destination: address(),
    sport: r.below(65536),
    dport: r.below(65536),
    protocol: r.below(256),
  }));
}
