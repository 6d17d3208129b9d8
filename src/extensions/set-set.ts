// -j SET: puts into an IP set what the packet has, takes it out, or marks the packet with what the set has of it.

import { ACTION_SET } from '../../assembly/abi/opcode.ts';
import { ASK_EXIST, ASK_MAPS_MARK, SET_NO_TIMEOUT, SET_NONE } from '../../assembly/abi/set.ts';
import type { Action } from '../ir/ir.ts';
import type { LowerContext, OptionContext, OptionSpec, RuleContext, TargetExtension } from '../ruleset/extension.ts';
import { type Dashes, spaced } from './listing.ts';
import { refuseHooks } from './place.ts';
import { askWords, readSet, type SetReference } from './set.ts';
import { atLeastOne, readNumber, U32 } from './values.ts';

interface SetOptions {
  readonly sets: Partial<Record<(typeof CHANGES)[number], SetReference>>;
  exist?: boolean;
  /** Seconds. */
  timeout?: number;
  readonly maps: Set<(typeof MAPS)[number]>;
}

const CHANGES = ['add-set', 'del-set', 'map-set'] as const;
const MAPS = ['map-mark', 'map-prio', 'map-queue'] as const;

/** The largest value stands for "none". */
const TIMEOUT_MAX = U32 - 1;
/** What the kernel makes of larger ones. Ref: include/linux/netfilter/ipset/ip_set.h IPSET_MAX_TIMEOUT */
const TIMEOUT_KEPT_MAX = 2147483;

const INTERFACES =
  'of interfaces that neither a rule nor the host names, the set holds one for all: packets that come by them are told apart no further';

/** iptables passes over a `!` before any of the options, where there is nothing to negate. */
function warnOfNegation({ invert, diagnostics, option }: OptionContext): void {
  if (invert) diagnostics.warning('negation-ignored', `iptables takes ${option.text} as if no "!" stood before it`, option.span);
}

function changeOption(name: (typeof CHANGES)[number]): OptionSpec<SetOptions> {
  return {
    name,
    argument: 2,
    invertible: true,
    set({ sets }, [set, list], context) {
      warnOfNegation(context);
      const reference = readSet(set!, list!, context);
      if (reference) sets[name] = reference;
    },
  };
}

function plainOption(
  name: string,
  needs: (typeof CHANGES)[number],
  store: (options: SetOptions) => void,
): OptionSpec<SetOptions> {
  return {
    name,
    argument: 'none',
    invertible: true,
    repeatable: true,
    needs: [needs],
    set(options, _values, context) {
      warnOfNegation(context);
      store(options);
    },
  };
}

const TIMEOUT: OptionSpec<SetOptions> = {
  name: 'timeout',
  argument: 'required',
  invertible: true,
  repeatable: true,
  needs: ['add-set'],
  set(options, [argument], context) {
    warnOfNegation(context);
    const timeout = readNumber(argument!, context, TIMEOUT_MAX);
    if (timeout !== undefined) options.timeout = timeout;
  },
};

const BASE = atLeastOne<SetOptions>(
  'SET',
  [
    ...CHANGES.map(changeOption),
    plainOption('exist', 'add-set', (options) => {
      options.exist = true;
    }),
    TIMEOUT,
    ...MAPS.map((name) => plainOption(name, 'map-set', ({ maps }) => maps.add(name))),
  ],
  CHANGES,
);

/** Ref: net/netfilter/xt_set.c:set_target_v3_checkentry() */
function checkMap({ sets, maps }: SetOptions, context: RuleContext): void {
  const { table, diagnostics, span } = context;
  if (!sets['map-set']) return;
  if (maps.size === 0) {
    diagnostics.error('missing-option', 'SET --map-set needs one of --map-mark, --map-prio, --map-queue', span);
  } else if (table !== 'mangle') {
    diagnostics.error('wrong-table', `SET --map-set can only stand in the table mangle, this is ${table}`, span);
  } else if (maps.has('map-prio') || maps.has('map-queue')) {
    refuseHooks('SET --map-prio or --map-queue', ['PREROUTING', 'INPUT'], context);
  }
}

function wordsOf({ sets, exist, timeout, maps }: SetOptions, dashes: Dashes): string[] {
  const words = (name: (typeof CHANGES)[number]): string[] => {
    const set = sets[name];
    return set ? [`${dashes}${name}`, set.name, set.directions.join(',')] : [];
  };
  return [
    ...words('add-set'),
    ...(exist ? [`${dashes}exist`] : []),
    ...(timeout === undefined ? [] : [`${dashes}timeout`, String(timeout)]),
    ...words('del-set'),
    ...words('map-set'),
    ...MAPS.filter((name) => maps.has(name)).map((name) => `${dashes}${name}`),
  ];
}

/** Ref: net/netfilter/xt_set.c:set_target_v3() */
function lower({ sets, exist, timeout, maps }: SetOptions, context: LowerContext): Action {
  const words = (name: (typeof CHANGES)[number], flags: number): number[] => {
    const reference = sets[name];
    if (!reference) return [SET_NONE, 0, 0, 0];
    const place = context.set(reference.name);
    if (name === 'add-set' && place?.takesInterfaces && reference.directions.length > 1) context.warn(INTERFACES);
    return [place?.offset ?? SET_NONE, ...askWords(reference, flags)];
  };
  const operands = [
    ...words('add-set', exist ? ASK_EXIST : 0),
    ...words('del-set', 0),
    ...words('map-set', maps.has('map-mark') ? ASK_MAPS_MARK : 0),
    timeout === undefined ? SET_NO_TIMEOUT : Math.min(timeout, TIMEOUT_KEPT_MAX),
  ];
  return { kind: 'effect', opcode: ACTION_SET, operands, name: 'SET', changes: maps.has('map-mark') ? ['mark'] : [] };
}

/** That there are such sets, and for this family, is a matter of what was loaded before. Ref: net/netfilter/xt_set.c:set_target_v3() */
export const setSet: TargetExtension<SetOptions> = {
  kind: 'target',
  name: 'SET',
  families: [4, 6],
  changes: ['mark'],
  options: BASE.options,
  create: () => ({ sets: {}, maps: new Set() }),
  sets: ({ sets }) =>
    CHANGES.flatMap((change) => {
      const set = sets[change];
      return set ? [{ name: set.name, changes: change !== 'map-set', compares: false }] : [];
    }),
  lower,
  finish(options, context) {
    BASE.finish(options, context);
    checkMap(options, context);
  },
  save: (options) => wordsOf(options, '--'),
  print: (options) => spaced(wordsOf(options, '')),
};
