// -j CHECKSUM: fills in checksums that were left to the network card. Packets that came over a wire have theirs.

import type { TargetExtension } from '../ruleset/extension.ts';
import { flagOption } from './specs.ts';

interface ChecksumOptions {
  fill?: boolean;
}

/** Ref: net/netfilter/xt_CHECKSUM.c:checksum_tg() */
export const checksum: TargetExtension<ChecksumOptions> = {
  kind: 'target',
  name: 'CHECKSUM',
  families: [4, 6],
  tables: ['mangle'],
  options: [flagOption('checksum-fill', 'fill', { mandatory: true })],
  create: () => ({}),
  save: ({ fill }) => (fill ? ['--checksum-fill'] : []),
  print: ({ fill }) => ` CHECKSUM${fill ? ' fill' : ''}`,
  lower: () => ({ kind: 'continue' }),
};
