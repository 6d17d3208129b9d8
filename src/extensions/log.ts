// -j LOG: writes a line about the packet to the kernel's log. Neither the packet nor its way changes.

import type { LogEntry } from '../ir/log.ts';
import { parseUnsigned } from '../net/number.ts';
import type { OptionSpec, TargetExtension } from '../ruleset/extension.ts';
import { spaced } from './listing.ts';
import { quoted, readPrefix } from './values.ts';

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
/** The names that levels are listed by. Ref: sys/syslog.h prioritynames[] */
const LEVEL_NAMES = ['emerg', 'alert', 'crit', 'err', 'warn', 'notice', 'info', 'debug'];
/** In the order they are printed. */
const LOG_FLAGS = ['log-tcp-sequence', 'log-tcp-options', 'log-ip-options', 'log-uid', 'log-macdecode'] as const;
/** Ref: include/uapi/linux/netfilter/xt_LOG.h XT_LOG_TCPSEQ … */
const LOG_FLAG_BITS: Readonly<Record<(typeof LOG_FLAGS)[number], number>> = {
  'log-tcp-sequence': 0x01,
  'log-tcp-options': 0x02,
  'log-ip-options': 0x04,
  'log-uid': 0x08,
  'log-macdecode': 0x20,
};

function entryOf({ prefix = '', level, flags }: LogOptions): LogEntry {
  return {
    kind: 'LOG',
    prefix,
    level,
    tcpSequence: flags.has('log-tcp-sequence'),
    tcpOptions: flags.has('log-tcp-options'),
    ipOptions: flags.has('log-ip-options'),
    uid: flags.has('log-uid'),
    macDecode: flags.has('log-macdecode'),
  };
}

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
  print({ prefix, level, flags }, { numeric }) {
    const set = LOG_FLAGS.filter((name) => flags.has(name));
    const bits = set.reduce((sum, name) => sum | LOG_FLAG_BITS[name], 0);
    const names = [`level ${LEVEL_NAMES[level]}`, ...set.map((name) => name.replace('log-', ''))];
    return spaced([
      'LOG',
      ...(numeric ? [`flags ${bits} level ${level}`] : names),
      ...(prefix === undefined ? [] : [`prefix "${prefix}"`]),
    ]);
  },
  lower: (options, context) => context.log(entryOf(options)),
};
