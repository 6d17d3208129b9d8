// Random matches and targets that belong to connections.

import type { RuleContext } from './generate-target.ts';
import type { Random } from './random.ts';

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

/** A CT target that is more than --notrack. */
export function ctTarget(random: Random, { translating }: RuleContext): string[] {
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
