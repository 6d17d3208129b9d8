// -j LOG and -j NFLOG: write a line about the packet, or hand it to a listener. Neither changes the packet or its way.

import { parseUnsigned } from '../net/number.ts';
import type { Argument, OptionContext, OptionSpec, TargetExtension } from '../ruleset/extension.ts';
import { cutBytes, quoted, readNumber, U16, U32 } from './values.ts';

/** Reads a prefix: not empty, no line ends, cut to what the kernel keeps. */
function readPrefix(argument: Argument, bytes: number, context: OptionContext): string | undefined {
  const { text, span } = argument;
  if (text === '' || text.includes('\n')) {
    context.diagnostics.error('bad-prefix', `the prefix must ${text === '' ? 'not be empty' : 'stand on one line'}`, span);
    return undefined;
  }
  const prefix = cutBytes(text, bytes);
  if (prefix !== text) context.diagnostics.warning('text-cut', `iptables keeps ${bytes} bytes of this prefix`, span);
  return prefix;
}

interface LogOptions {
  prefix?: string;
  level: number;
  readonly flags: Set<string>;
}

/** Bytes of a prefix, less the final NUL. Ref: include/uapi/linux/netfilter/xt_LOG.h */
const LOG_PREFIX_BYTES = 29;
const LOG_LEVEL_WARNING = 4;
const LOG_LEVEL_MAX = 7;
const LOG_LEVELS: ReadonlyMap<string, number> = new Map([
  ['emerg', 0],
  ['panic', 0],
  ['alert', 1],
  ['crit', 2],
  ['error', 3],
  ['warning', 4],
  ['notice', 5],
  ['info', 6],
  ['debug', 7],
]);
/** In the order they are printed. */
const LOG_FLAGS = ['log-tcp-sequence', 'log-tcp-options', 'log-ip-options', 'log-uid', 'log-macdecode'] as const;

/** Ref: net/netfilter/xt_LOG.c:log_tg() */
export const log: TargetExtension<LogOptions> = {
  kind: 'target',
  name: 'LOG',
  families: [4, 6],
  options: [
    {
      name: 'log-level',
      argument: 'required',
      set(options, [argument], context) {
        const { text, span } = argument!;
        const level = parseUnsigned(text, LOG_LEVEL_MAX) ?? LOG_LEVELS.get(text);
        const names = [...LOG_LEVELS.keys()].join(', ');
        if (level !== undefined) options.level = level;
        else
          context.diagnostics.error('unknown-log-level', `"${text}" is neither 0 to ${LOG_LEVEL_MAX} nor one of ${names}`, span);
      },
    },
    {
      name: 'log-prefix',
      argument: 'required',
      set(options, [argument], context) {
        const prefix = readPrefix(argument!, LOG_PREFIX_BYTES, context);
        if (prefix !== undefined) options.prefix = prefix;
      },
    },
    ...LOG_FLAGS.map(
      (name): OptionSpec<LogOptions> => ({
        name,
        argument: 'none',
        set: (options) => void options.flags.add(name),
      }),
    ),
  ],
  create: () => ({ level: LOG_LEVEL_WARNING, flags: new Set() }),
  save({ prefix, level, flags }) {
    return [
      ...(prefix === undefined ? [] : ['--log-prefix', quoted(prefix)]),
      ...(level === LOG_LEVEL_WARNING ? [] : ['--log-level', String(level)]),
      ...LOG_FLAGS.filter((name) => flags.has(name)).map((name) => `--${name}`),
    ];
  },
  lower: () => ({ kind: 'continue' }),
};

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

function numberOption(
  name: string,
  field: 'group' | 'size' | 'range' | 'threshold',
  max: number,
  excludes: readonly string[] = [],
): OptionSpec<NflogOptions> {
  return {
    name,
    argument: 'required',
    excludes,
    set(options, [argument], context) {
      const value = readNumber(argument!, context, max);
      if (value !== undefined) options[field] = value;
    },
  };
}

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
    numberOption('nflog-group', 'group', U16),
    {
      name: 'nflog-prefix',
      argument: 'required',
      set(options, [argument], context) {
        const prefix = readPrefix(argument!, NFLOG_PREFIX_BYTES, context);
        if (prefix !== undefined) options.prefix = prefix;
      },
    },
    numberOption('nflog-range', 'range', U32, ['nflog-size']),
    numberOption('nflog-size', 'size', U32, ['nflog-range']),
    numberOption('nflog-threshold', 'threshold', U16),
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
