// -m recent: lists of addresses seen, with the times they were seen at.

import type { Family } from '../ir/ir.ts';
import { formatAddress } from '../net/address.ts';
import type { Argument, MatchExtension, OptionContext, OptionSpec, RuleContext } from '../ruleset/extension.ts';
import { readHost } from './addresses.ts';
import { spaced } from './listing.ts';
import { flagOption, numberOption, saveFlag, saveValue, valueOption } from './specs.ts';
import { atLeastOne, readFileName, readNumber, U32 } from './values.ts';

const ACTIONS = ['set', 'rcheck', 'update', 'remove'] as const;

export interface RecentOptions {
  action?: { readonly name: (typeof ACTIONS)[number]; readonly invert: boolean };
  seconds?: number;
  reap?: boolean;
  hitcount?: number;
  rttl?: boolean;
  name?: string;
  mask?: Uint8Array;
  side: 'rsource' | 'rdest';
}

/** Bytes of a list's name, less the final NUL. Ref: include/uapi/linux/netfilter/xt_recent.h XT_RECENT_NAME_LEN */
const NAME_BYTES = 199;
const NAME_DEFAULT = 'DEFAULT';
/** Ref: net/netfilter/xt_recent.c XT_RECENT_MAX_NSTAMPS */
const HITCOUNT_MAX = 65_535;

/** iptables prints them as a signed number. */
function readSeconds(argument: Argument, context: OptionContext): number | undefined {
  const seconds = readNumber(argument, context, U32, 1);
  if (seconds && seconds !== (seconds | 0)) {
    context.diagnostics.warning('unreadable-print', `iptables prints ${seconds | 0}, and cannot read that back`, argument.span);
  }
  return seconds;
}

const OPTIONS: OptionSpec<RecentOptions>[] = [
  ...ACTIONS.map(
    (name): OptionSpec<RecentOptions> => ({
      name,
      argument: 'none',
      invertible: true,
      excludes: ACTIONS.filter((other) => other !== name),
      set(options, _values, { invert }) {
        options.action = { name, invert };
      },
    }),
  ),
  valueOption('seconds', 'seconds', readSeconds),
  flagOption('reap', 'reap', { needs: ['seconds'] }),
  numberOption('hitcount', 'hitcount', { max: HITCOUNT_MAX }),
  flagOption('rttl', 'rttl', { excludes: ['set', 'remove'] }),
  valueOption('name', 'name', (argument, context) => readFileName(argument, context, NAME_BYTES)),
  valueOption('mask', 'mask', readHost),
  ...(['rsource', 'rdest'] as const).map(
    (side): OptionSpec<RecentOptions> => ({
      name: side,
      argument: 'none',
      set(options) {
        options.side = side;
      },
    }),
  ),
];

const ACTION = atLeastOne('recent', OPTIONS, ACTIONS);

/** Ref: net/netfilter/xt_recent.c:recent_mt_check() */
function finish(options: RecentOptions, context: RuleContext): void {
  ACTION.finish(options, context);
  const { action, seconds, hitcount } = options;
  if ((action?.name === 'set' || action?.name === 'remove') && (seconds || hitcount)) {
    const message = `--${action.name} asks nothing, so it cannot stand with --seconds or --hitcount`;
    context.diagnostics.error('exclusive-options', message, context.span);
  }
}

function formatMask(mask: Uint8Array | undefined, family: Family): string {
  return formatAddress(mask ?? new Uint8Array(family === 4 ? 4 : 16).fill(0xff));
}

/** Ref: net/netfilter/xt_recent.c:recent_mt() */
export const recent: MatchExtension<RecentOptions> = {
  kind: 'match',
  name: 'recent',
  families: [4, 6],
  options: ACTION.options,
  create: () => ({ side: 'rsource' }),
  finish,
  save({ action, seconds, reap, hitcount, rttl, name = NAME_DEFAULT, mask, side }, { family }) {
    return [
      ...(action ? saveFlag(`--${action.name}`, action) : []),
      ...saveValue('--seconds', seconds, (value) => String(value | 0)),
      ...saveFlag('--reap', reap),
      ...saveValue('--hitcount', hitcount || undefined),
      ...saveFlag('--rttl', rttl),
      '--name',
      name,
      '--mask',
      formatMask(mask, family),
      `--${side}`,
    ];
  },
  print({ action, seconds, reap, hitcount, rttl, name = NAME_DEFAULT, mask, side }, { family }) {
    return spaced([
      ...(action?.invert ? ['!'] : []),
      'recent:',
      ...(action ? [action.name === 'rcheck' ? 'CHECK' : action.name.toUpperCase()] : []),
      ...saveValue('seconds:', seconds, (value) => String(value | 0)),
      ...saveFlag('reap', reap),
      ...saveValue('hit_count:', hitcount || undefined),
      ...saveFlag('TTL-Match', rttl),
      `name: ${name}`,
      `side: ${side === 'rsource' ? 'source' : 'dest'}`,
      `mask: ${formatMask(mask, family)}`,
    ]);
  },
};
