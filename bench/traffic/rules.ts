// Rulesets of any size in the manner of an access list: prefixes of mixed length, ports and port ranges, TCP, UDP and ICMP.
//
// The rules exist as values too, with a plain first-match search, so that a benchmark knows the right answer of each packet
// without asking the code that it measures.

import { type Random, random } from './random.ts';

export interface AccessRule {
  readonly source: number;
  readonly sourceBits: number;
  readonly destination: number;
  readonly destinationBits: number;
  /** 6, 17, 1, or 0 for any. */
  readonly protocol: number;
  readonly portLow: number;
  readonly portHigh: number;
  readonly accept: boolean;
}

export interface Header {
  readonly source: number;
  readonly destination: number;
  readonly protocol: number;
  readonly sport: number;
  readonly dport: number;
}

const SERVICE_PORTS = [22, 25, 53, 80, 110, 123, 143, 389, 443, 445, 993, 1433, 3306, 3389, 5432, 6379, 8080, 8443, 9090, 9200];

const prefixMask = (bits: number): number => (bits === 0 ? 0 : (0xffffffff << (32 - bits)) >>> 0);
const inPrefix = (address: number, prefix: number, bits: number): boolean => ((address ^ prefix) & prefixMask(bits)) === 0;

/** What rules are drawn from. */
export interface AccessPlan {
  /** Network that all sources are of, and the lengths of their prefixes. */
  readonly within: { readonly address: number; readonly bits: number };
  readonly sourceBits: readonly number[];
  /** What the rules do; each either when absent. */
  readonly accept?: boolean;
}

const ANY_CLIENT: AccessPlan = { within: { address: 0x0a000000, bits: 8 }, sourceBits: [8, 16, 24, 24, 28, 32, 32, 32] };

/** `count` rules about sources of the plan and destinations of 172.16.0.0/12; the first is about TCP. */
export function accessRules(
  count: number,
  seed: number,
  { within, sourceBits: bits, accept }: AccessPlan = ANY_CLIENT,
): AccessRule[] {
  const r = random(seed);
  return Array.from({ length: count }, (_, i) => {
    const sourceBits = r.pick(bits);
    const destinationBits = r.pick([16, 20, 24, 24, 32, 32, 32, 32]);
    const protocol = i === 0 ? 6 : r.pick([6, 6, 6, 6, 17, 17, 1]);
    const low = r.below(10) < 8 ? r.pick(SERVICE_PORTS) : 1024 + r.below(60000);
    const high = protocol === 1 ? 0 : r.below(10) < 8 ? low : Math.min(65535, low + (1 << r.below(10)));
    return {
      source: ((within.address | (r.word() & ~prefixMask(within.bits))) & prefixMask(sourceBits)) >>> 0,
      sourceBits,
      destination: ((0xac100000 | (r.word() & 0x000fffff)) & prefixMask(destinationBits)) >>> 0,
      destinationBits,
      protocol,
      portLow: protocol === 1 ? 0 : low,
      portHigh: high,
      accept: accept ?? r.below(2) === 0,
    };
  });
}

export const dotted = (address: number): string => [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');

/** A rule as a line of an `iptables-save` text. */
export function ruleLine(chain: string, rule: AccessRule): string {
  const ports = rule.portLow === rule.portHigh ? `${rule.portLow}` : `${rule.portLow}:${rule.portHigh}`;
  const name = rule.protocol === 6 ? 'tcp' : 'udp';
  const transport = rule.protocol === 1 ? '-p icmp' : `-p ${name} -m ${name} --dport ${ports}`;
  const target = rule.accept ? 'ACCEPT' : 'DROP';
  return `-A ${chain} -s ${dotted(rule.source)}/${rule.sourceBits} -d ${dotted(rule.destination)}/${rule.destinationBits} ${transport} -j ${target}`;
}

/** The rules as the INPUT chain of an `iptables-save` text with policy DROP. */
export function rulesText(rules: readonly AccessRule[]): string {
  const lines = rules.map((rule) => ruleLine('INPUT', rule));
  return ['*filter', ':INPUT DROP [0:0]', ':FORWARD ACCEPT [0:0]', ':OUTPUT ACCEPT [0:0]', ...lines, 'COMMIT', ''].join('\n');
}

/** Index of the first rule that matches, -1 for the policy. */
export function firstMatch(rules: readonly AccessRule[], header: Header): number {
  return rules.findIndex(
    (rule) =>
      inPrefix(header.source, rule.source, rule.sourceBits) &&
      inPrefix(header.destination, rule.destination, rule.destinationBits) &&
      header.protocol === rule.protocol &&
      (rule.protocol === 1 || (header.dport >= rule.portLow && header.dport <= rule.portHigh)),
  );
}

/** Headers, nine in ten drawn from a random rule, the rest from the whole address plan (they mostly reach the policy). */
export function accessTraffic(rules: readonly AccessRule[], count: number, seed: number): Header[] {
  const r = random(seed ^ 0x5bd1e995);
  return Array.from({ length: count }, () => (r.below(10) === 0 ? strayHeader(r) : headerOf(r.pick(rules), r)));
}

function headerOf(rule: AccessRule, r: Random): Header {
  const hostBits = (bits: number): number => (r.word() & ~prefixMask(bits)) >>> 0;
  return {
    source: (rule.source | hostBits(rule.sourceBits)) >>> 0,
    destination: (rule.destination | hostBits(rule.destinationBits)) >>> 0,
    protocol: rule.protocol,
    sport: rule.protocol === 1 ? 0 : 1024 + r.below(64000),
    dport: rule.protocol === 1 ? 0 : rule.portLow + r.below(rule.portHigh - rule.portLow + 1),
  };
}

function strayHeader(r: Random): Header {
  const protocol = r.pick([6, 17]);
  return {
    source: (0x0a000000 | (r.word() & 0xffffff)) >>> 0,
    destination: (0xac100000 | (r.word() & 0xfffff)) >>> 0,
    protocol,
    sport: 1024 + r.below(64000),
    dport: 1 + r.below(65535),
  };
}
