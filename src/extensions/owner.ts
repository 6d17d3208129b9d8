// -m owner: whose process sent the packet.

import type { Sender } from '../ir/assume.ts';
import type { Test } from '../ir/ir.ts';
import { groupName, groupNumber, userName, userNumber } from '../net/account.ts';
import { parseUnsigned } from '../net/number.ts';
import type { Argument, LowerContext, MatchExtension, OptionContext } from '../ruleset/extension.ts';
import { spaced } from './listing.ts';
import { bySender } from './sender.ts';
import { type AskedFlag, askedFlag, askedOption, saveAsked, saveFlag } from './specs.ts';
import { type Asked, atLeastOne, type Range, U32 } from './values.ts';

interface OwnerOptions {
  socket?: AskedFlag;
  user?: Asked<Range>;
  group?: Asked<Range>;
  /** Supplementary groups count too. */
  supplementary?: boolean;
}

/** -1 is nobody's number. */
const ID_MAX = U32 - 1;

/** Reads a name, a number, or two numbers with `-` or `:` between. */
function readIds(
  argument: Argument,
  context: OptionContext,
  what: string,
  numberOf: (name: string) => number | undefined,
): Range | undefined {
  const { text, span } = argument;
  const named = numberOf(text);
  if (named !== undefined) return [named, named];
  const [first, second] = /^([^-:]+)(?:[-:](.*))?$/s.exec(text)?.slice(1) ?? [];
  const low = parseUnsigned(first ?? '', Number.MAX_SAFE_INTEGER);
  const high = second === undefined ? low : parseUnsigned(second, Number.MAX_SAFE_INTEGER);
  if (low === undefined || high === undefined) {
    const message = `"${text}" is no ${what} that every machine has: write its number, or two with "-" between`;
    context.diagnostics.error(`unknown-${what}`, message, span);
    return undefined;
  }
  if (low > ID_MAX || high > ID_MAX) {
    context.diagnostics.error('number-out-of-range', `${text} is out of range (0 to ${ID_MAX})`, span);
    return undefined;
  }
  if (low > high) {
    context.diagnostics.error('range-backwards', `range ${low}-${high} ends before it begins`, span);
    return undefined;
  }
  return [low, high];
}

function formatIds([low, high]: Range): string {
  return low === high ? String(low) : `${low}-${high}`;
}

/** Without a socket all that is asked must be asked with `!`; that supplementary groups count cannot be. */
function lower({ socket, user, group, supplementary }: OwnerOptions, context: LowerContext): Test[] {
  const holds = (sender: Sender): boolean => {
    const within = ([low, high]: Range, id: number): boolean => low <= id && id <= high;
    const groups = [sender.gid, ...(supplementary ? sender.groups : [])];
    return (
      socket?.invert !== true &&
      (!user || within(user.value, sender.uid) !== user.invert) &&
      (!group || groups.some((id) => within(group.value, id)) !== group.invert)
    );
  };
  const isAllInverted = [socket, user, group].every((asked) => asked?.invert !== false);
  return bySender(context, {
    ofSender: holds,
    // Which no program has: only that it is there can be asked of it.
    ofKernel: socket?.invert !== true && [user, group].every((asked) => asked?.invert !== false),
    otherwise: isAllInverted && !supplementary,
  });
}

/** Ref: net/netfilter/xt_owner.c:owner_mt() */
export const owner: MatchExtension<OwnerOptions> = {
  kind: 'match',
  name: 'owner',
  families: [4, 6],
  hooks: ['OUTPUT', 'POSTROUTING'],
  ...atLeastOne<OwnerOptions>('owner', [
    askedOption('uid-owner', 'user', (argument, context) => readIds(argument, context, 'user', userNumber)),
    askedOption('gid-owner', 'group', (argument, context) => readIds(argument, context, 'group', groupNumber)),
    askedFlag('socket-exists', 'socket'),
    {
      name: 'suppl-groups',
      argument: 'none',
      set(options, _values, { diagnostics, option }) {
        if (options.group) options.supplementary = true;
        else diagnostics.error('missing-option', '--suppl-groups needs --gid-owner before it', option.span);
      },
    },
  ]),
  create: () => ({}),
  save({ socket, user, group, supplementary }) {
    return [
      ...saveFlag('--socket-exists', socket),
      ...saveAsked('--uid-owner', user, formatIds),
      ...saveAsked('--gid-owner', group, formatIds),
      ...saveFlag('--suppl-groups', supplementary),
    ];
  },
  print({ socket, user, group, supplementary }, { numeric }) {
    const list = (nameOf: (id: number) => string | undefined) => (ids: Range) =>
      (numeric || ids[0] !== ids[1] ? undefined : nameOf(ids[0])) ?? formatIds(ids);
    return spaced([
      ...saveFlag('owner socket exists', socket),
      ...saveAsked('owner UID match', user, list(userName)),
      ...saveAsked('owner GID match', group, list(groupName)),
      ...saveFlag('incl. suppl. groups', supplementary),
    ]);
  },
  lower,
};
