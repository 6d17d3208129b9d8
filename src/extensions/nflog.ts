// -j NFLOG: hands the packet to a listener outside the kernel. Neither the packet nor its way changes.

import type { TargetExtension } from '../ruleset/extension.ts';
import { type Dashes, spaced } from './listing.ts';
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

function wordsOf(options: NflogOptions, dashes: Dashes): string[] {
  const { prefix, group, threshold } = options;
  return [
    ...(prefix === undefined ? [] : [`${dashes}nflog-prefix`, quoted(prefix)]),
    ...(group === 0 ? [] : [`${dashes}nflog-group`, String(group)]),
    ...sizeWords(options, dashes),
    ...(threshold === 0 ? [] : [`${dashes}nflog-threshold`, String(threshold)]),
  ];
}

function sizeWords({ size, range }: NflogOptions, dashes: Dashes): string[] {
  if (size !== undefined) return [`${dashes}nflog-size`, String(size)];
  return range === 0 ? [] : [`${dashes}nflog-range`, String(range)];
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
  save: (options) => wordsOf(options, '--'),
  print: (options) => spaced(wordsOf(options, '')),
  lower({ prefix = '', group, size }, context) {
    return context.log({ kind: 'NFLOG', prefix, group, ...(size === undefined ? {} : { size }) });
  },
};
