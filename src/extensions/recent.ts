// -m recent: lists of addresses seen, with the times they were seen at.

import { TEST_RECENT } from '../../assembly/abi/opcode.ts';
import { POOL_ENTRY_BYTES } from '../../assembly/abi/pool.ts';
import {
  RECENT_BYTES,
  RECENT_CHECK,
  RECENT_DESTINATION,
  RECENT_ENTRY_STAMPS,
  RECENT_INVERT,
  RECENT_KEY_WORDS,
  RECENT_MASK,
  RECENT_REAP,
  RECENT_REMOVE,
  RECENT_SET,
  RECENT_STAMP_MASK,
  RECENT_TTL,
  RECENT_UPDATE,
} from '../../assembly/abi/recent.ts';
import type { Family, Test } from '../ir/ir.ts';
import type { KernelSettings } from '../ir/kernel.ts';
import { formatAddress } from '../net/address.ts';
import type { Argument, LowerContext, MatchExtension, OptionContext, OptionSpec, RuleContext } from '../ruleset/extension.ts';
import { readHost } from './addresses.ts';
import { spaced } from './listing.ts';
import { poolRoom, writePool } from './pool.ts';
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

/** Key of a list's state; both families share the lists. */
export const RECENT_STATE = 'recent ';
/** Times kept of an address where neither a module parameter nor a rule says more. */
const STAMPS_DEFAULT = 32;
const STAMP_BYTES = 8;

const ACTION_BITS = { set: RECENT_SET, rcheck: RECENT_CHECK, update: RECENT_UPDATE, remove: RECENT_REMOVE } as const;

/** Times that a list keeps of an address for this rule's sake. Ref: net/netfilter/xt_recent.c:recent_mt_check() */
function stampCount(hitcount: number, { ip_pkt_list_tot: packets }: KernelSettings['recent']): number {
  const wanted = packets > hitcount ? packets : hitcount || STAMPS_DEFAULT;
  return 2 ** Math.ceil(Math.log2(wanted));
}

function poolOf(stamps: number, { ip_list_tot: entries }: KernelSettings['recent']) {
  return { entries, entryBytes: RECENT_ENTRY_STAMPS + stamps * STAMP_BYTES, keyWords: RECENT_KEY_WORDS };
}

/** A list without entries, of which a rule's mask and times are the first. */
function emptyList(mask: Uint8Array | undefined, stamps: number, { recent }: KernelSettings): Uint8Array {
  const list = new Uint8Array(RECENT_BYTES);
  const view = new DataView(list.buffer);
  writePool(view, poolOf(stamps, recent));
  const bytes = new DataView(new ArrayBuffer(16));
  // Without --mask everything counts; an IPv4 mask leaves nothing of the rest of an IPv6 address.
  for (let i = 0; i < 16; i++) bytes.setUint8(i, mask ? (mask[i] ?? 0) : 0xff);
  for (let at = 0; at < 16; at += 4) view.setUint32(RECENT_MASK + at, bytes.getUint32(at), true);
  view.setUint32(RECENT_STAMP_MASK, stamps - 1, true);
  return list;
}

/** Lets a list that a rule before has made keep as many times as this one asks for. */
function raiseStamps(list: Uint8Array, stamps: number, { recent }: KernelSettings): void {
  const view = new DataView(list.buffer);
  if (view.getUint32(RECENT_STAMP_MASK, true) >= stamps - 1) return;
  view.setUint32(RECENT_STAMP_MASK, stamps - 1, true);
  view.setUint32(POOL_ENTRY_BYTES, poolOf(stamps, recent).entryBytes, true);
}

function lower(options: RecentOptions, context: LowerContext): Test[] {
  const { action, seconds = 0, reap, hitcount = 0, rttl, name = NAME_DEFAULT, mask, side } = options;
  const { kernel } = context;
  const stamps = stampCount(hitcount, kernel.recent);
  const key = `${RECENT_STATE}${name}`;
  const there = context.findState(key);
  if (there) raiseStamps(there.initial!, stamps, kernel);
  const state = context.state({
    bytes: RECENT_BYTES,
    initial: emptyList(mask, stamps, kernel),
    room: poolRoom(poolOf(stamps, kernel.recent)),
    key,
    spansFlows: true,
  });
  const asked =
    ACTION_BITS[action!.name] |
    (action!.invert ? RECENT_INVERT : 0) |
    (rttl ? RECENT_TTL : 0) |
    (reap ? RECENT_REAP : 0) |
    (side === 'rdest' ? RECENT_DESTINATION : 0);
  return [{ kind: 'ask', opcode: TEST_RECENT, operands: [state, asked, seconds, hitcount], negate: false, effect: true }];
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
  lower,
};
