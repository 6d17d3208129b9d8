// Random matches and targets that belong to connections.

import type { Protocol, RuleContext } from './generate-target.ts';
import type { Random } from './random.ts';
import type { Family } from './world.ts';

type MakeWords = (random: Random, context: RuleContext) => string[];

const invert = (random: Random): string[] => (random.chance(0.2) ? ['!'] : []);

function connbytes(random: Random): string[] {
  const low = random.pick([0, 1, 2, 3, 5, 40, 60, 100, 500]);
  const range = random.pick([`${low}`, `${low}:`, `${low}:${low + random.pick([0, 1, 3, 50, 1000])}`, '4294967296']);
  const mode = random.pick(['packets', 'bytes', 'avgpkt']);
  const direction = random.pick(['original', 'reply', 'both']);
  return ['-m', 'connbytes', ...invert(random), '--connbytes', range, '--connbytes-mode', mode, '--connbytes-dir', direction];
}

function connlabel(random: Random): string[] {
  const label = random.pick([0, 1, 31, 32, 63, 64, 127]);
  return ['-m', 'connlabel', ...invert(random), '--label', `${label}`, ...(random.chance(0.4) ? ['--set'] : [])];
}

function cluster(random: Random): string[] {
  const nodes = random.pick([1, 2, 3, 5, 32]);
  const local =
    random.chance(0.7) || nodes < 3
      ? ['--cluster-local-node', `${random.int(1, Math.min(nodes, 2))}`]
      : ['--cluster-local-nodemask', `${random.int(1, 7)}`];
  const seed = ['--cluster-hash-seed', random.pick(['0x0', '0x1', '0xdeadbeef'])];
  return ['-m', 'cluster', '--cluster-total-nodes', `${nodes}`, ...invert(random), ...local, ...seed];
}

/**
 * How many there are depends on the jiffy in which the kernel looks which are gone. Certain is that there is one, that of the packet, as long
 * as it is not assured: then it is not counted anew, and may be gone.
 */
function connlimit(random: Random): string[] {
  const limit = [random.pick(['--connlimit-above', '--connlimit-upto']), random.pick(['0', '1000000'])];
  return ['-m', 'conntrack', '!', '--ctstatus', 'ASSURED', '-m', 'connlimit', ...limit, '--connlimit-mask', '0'];
}

/** Nothing in random traffic is a helper's connection. */
function helper(random: Random): string[] {
  return ['-m', 'helper', ...(random.chance(0.7) ? ['!'] : []), '--helper', random.pick(['ftp', 'tftp-69'])];
}

/** Timeout policies by the `-p` they are for; others take the generic one. States are taken together with their seconds, far from any run's length. */
const POLICIES: Readonly<Record<string, { readonly name: string; readonly text: string }>> = {
  tcp: {
    name: 't',
    text: 'l4proto: tcp, syn_sent: 41, syn_recv: 43, established: 500, fin_wait: 45, close: 47, syn_sent2: 49, unacknowledged: 300',
  },
  udp: { name: 'u', text: 'l4proto: udp, unreplied: 51' },
  udplite: { name: 'l', text: 'l4proto: udplite, unreplied: 53, replied: 55' },
  icmp: { name: 'i', text: 'l4proto: icmp, timeout: 57' },
  'ipv6-icmp': { name: 'i', text: 'l4proto: icmpv6, timeout: 59' },
  sctp: { name: 's', text: 'l4proto: sctp, closed: 61, cookie_wait: 63, established: 65' },
  '47': { name: 'g', text: 'l4proto: gre, unreplied: 67' },
  generic: { name: 'n', text: 'l4proto: generic, timeout: 69' },
};

/** The lines of a host file that make the timeout policies which rules name. */
export function timeoutPolicies(rules: Readonly<Record<Family, string>>): string {
  const lines = ([4, 6] as const).flatMap((family) =>
    Object.entries(POLICIES).flatMap(([protocol, { name, text }]) => {
      const isOther = protocol === (family === 4 ? 'ipv6-icmp' : 'icmp');
      const isUsed = !isOther && rules[family].includes(`--timeout ${name}${family}`);
      return isUsed ? [`  ${name}${family}: { l3proto: inet${family === 4 ? '' : '6'}, ${text} }\n`] : [];
    }),
  );
  return lines.length === 0 ? '' : `timeout_policies:\n${lines.join('')}`;
}

/** A CT target that is more than --notrack. */
export function ctTarget(random: Random, { translating, family }: RuleContext, protocol: Protocol | undefined): string[] {
  if (protocol && !protocol.inverted && random.chance(0.3)) {
    return ['-j', 'CT', '--timeout', `${(POLICIES[protocol.name] ?? POLICIES.generic!).name}${family}`];
  }
  const zone = translating ? '--zone' : random.pick(['--zone', '--zone', '--zone-orig', '--zone-reply']);
  const options = random.pick([[zone, random.pick(['1', '2', 'mark'])], [], ['--ctevents', 'new,destroy']]);
  return ['-j', 'CT', ...options];
}

const HMARK_TUPLES = ['src,dst', 'src,dst,sport,dport,proto', 'sport,dport', 'ct,src,dst,sport,dport', 'spi,src', 'proto'];

/** A HMARK target; marks are few, so that rules meet them. */
export function hmarkTarget(random: Random): string[] {
  const options = random.chance(0.3) ? ['--hmark-offset', `${random.int(0, 3)}`] : [];
  const rest = ['--hmark-mod', `${random.int(1, 4)}`, ...options, '--hmark-rnd', random.pick(['0x0', '0x7', '0xdeadbeef'])];
  return ['-j', 'HMARK', '--hmark-tuple', random.pick(HMARK_TUPLES), ...rest];
}

/** Where only the machine knows its cookies, what SYNPROXY does looks the same from outside. */
export const SYNPROXY = ['-j', 'SYNPROXY', '--mss', '1460'];

/** Matches of the packet's connection. They make the kernel track connections. */
export const connectionMatches: readonly MakeWords[] = [connbytes, connlabel, cluster, connlimit, helper];
