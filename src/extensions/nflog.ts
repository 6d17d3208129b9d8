// -j NFLOG: hands the packet to a listener outside the kernel. Neither the packet nor its way changes.

import type { TargetExtension } from '../ruleset/extension.ts';
import { numberOption } from './specs.ts';
import { quoted, readPrefix, U16, U32 } from './values.ts';

interface NflogOptions {
  prefix?: string;
  group: number;
  /** Bytes to copy; `range` is the older option that never worked. */
  size?: number;
  range: number;
  threshold: number;
}

/** Bytes of a prefix, less the final NUL. Ref: include/uapi/linux/netfilter/xt_NFLOG.h */
const NFLOG_PREFIX_BYTES = 63;

function nflogSize({ size, range }: NflogOptions): string[] {
  if (size !== undefined) return ['--nflog-size', String(size)];
  return range === 0 ? [] : ['--nflog-range', String(range)];
}

/** Ref: net/netfilter/xt_NFLOG.c:nflog_tg() */
export const nflog: TargetExtension<NflogOptions> = {
  kind: 'target',
  name: 'NFLOG',
  families: [4, 6],
  options: [
    numberOption('nflog-group', 'group', { max: U16 }),
    {
      name: 'nflog-prefix',
      argument: 'required',
      set(options, [argument], context) {
        const prefix = readPrefix(argument!, NFLOG_PREFIX_BYTES, context);
        if (prefix !== undefined) options.prefix = prefix;
      },
    },
    numberOption('nflog-range', 'range', { max: U32, excludes: ['nflog-size'] }),
    numberOption('nflog-size', 'size', { max: U32, excludes: ['nflog-range'] }),
    numberOption('nflog-threshold', 'threshold', { max: U16 }),
  ],
  create: () => ({ group: 0, range: 0, threshold: 0 }),
  save(options) {
    const { prefix, group, threshold } = options;
    return [
      ...(prefix === undefined ? [] : ['--nflog-prefix', quoted(prefix)]),
      ...(group === 0 ? [] : ['--nflog-group', String(group)]),
      ...nflogSize(options),
      ...(threshold === 0 ? [] : ['--nflog-threshold', String(threshold)]),
    ];
  },
  lower: () => ({ kind: 'continue' }),
};
