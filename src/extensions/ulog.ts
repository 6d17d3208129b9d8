// -j ULOG: hands a copy of the packet to a listener outside the kernel. Gone from the kernel since Linux 3.17; NFLOG took its place.

import type { TargetExtension } from '../ruleset/extension.ts';
import { numberOption } from './specs.ts';
import { quoted, readPrefix } from './values.ts';

interface UlogOptions {
  prefix?: string;
  group: number;
  range: number;
  threshold: number;
}

/** Bytes of a prefix, less the final NUL. Ref: iptables 1.8.9, include/linux/netfilter_ipv4/ipt_ULOG.h ULOG_PREFIX_LEN */
const PREFIX_BYTES = 31;
const GROUP_MAX = 32;
const THRESHOLD_MAX = 50;

const WORD = 2 ** 32;

/** Kept in 64 bits, printed with 32. */
function formatCopied(range: number): string {
  return String(range % WORD);
}

/** Ref: iptables 1.8.9, extensions/libipt_ULOG.c:ULOG_save() */
export const ulog: TargetExtension<UlogOptions> = {
  kind: 'target',
  name: 'ULOG',
  families: [4],
  options: [
    {
      name: 'ulog-prefix',
      argument: 'required',
      set(options, [argument], context) {
        const prefix = readPrefix(argument!, PREFIX_BYTES, context);
        if (prefix !== undefined) options.prefix = prefix;
      },
    },
    numberOption('ulog-nlgroup', 'group', { min: 1, max: GROUP_MAX }),
    numberOption('ulog-cprange', 'range', { max: Number.MAX_SAFE_INTEGER }),
    numberOption('ulog-qthreshold', 'threshold', { min: 1, max: THRESHOLD_MAX }),
  ],
  create: () => ({ group: 1, range: 0, threshold: 1 }),
  finish({ range }, { diagnostics, span }) {
    if (range < WORD) return;
    diagnostics.warning('unreadable-print', `iptables prints the size ${range} cut to 32 bits, and reads back another`, span);
  },
  save: ({ prefix, group, range, threshold }) => [
    ...(prefix === undefined ? [] : ['--ulog-prefix', quoted(prefix)]),
    ...(group === 1 ? [] : ['--ulog-nlgroup', String(group)]),
    ...(range === 0 ? [] : ['--ulog-cprange', formatCopied(range)]),
    ...(threshold === 1 ? [] : ['--ulog-qthreshold', String(threshold)]),
  ],
  print({ prefix, group, range, threshold }) {
    const quotedPrefix = prefix === undefined ? '' : ` prefix "${prefix}"`;
    return ` ULOG copy_range ${formatCopied(range)} nlgroup ${group}${quotedPrefix} queue_threshold ${threshold}`;
  },
  lower: () => ({ kind: 'continue' }),
};
