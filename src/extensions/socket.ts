// -m socket: whether this host has an open socket that the packet is for.

import { SOCKET_RESTORE_MARK, TEST_SOCKET } from '../../assembly/abi/opcode.ts';
import type { Test } from '../ir/ir.ts';
import type { LowerContext, MatchExtension } from '../ruleset/extension.ts';
import { spaced } from './listing.ts';
import { flagOption, saveFlag } from './specs.ts';
import { never } from './values.ts';

const FLAGS = ['transparent', 'nowildcard', 'restore-skmark'] as const;

type SocketOptions = { [Flag in (typeof FLAGS)[number]]?: boolean };

function save(options: SocketOptions): string[] {
  return FLAGS.flatMap((flag) => saveFlag(`--${flag}`, options[flag]));
}

/** The mark that a socket gives back is 0 unless its program has set one; no program is assumed to. */
function lower(options: SocketOptions, { assume }: LowerContext): Test[] {
  const state = assume.socket;
  const isLeftOut = state === 'wildcard' && !options.nowildcard;
  if (state === 'none' || isLeftOut || (options.transparent && state !== 'transparent')) return [never('flags')];
  const restores = options['restore-skmark'] === true;
  const operands = [restores ? SOCKET_RESTORE_MARK : 0];
  const changes = restores ? { changes: ['mark'] as const } : {};
  return [{ kind: 'ask', opcode: TEST_SOCKET, operands, negate: false, effect: restores, ...changes }];
}

/** Ref: net/netfilter/xt_socket.c:socket_mt4_v1_v2_v3() */
export const socket: MatchExtension<SocketOptions> = {
  kind: 'match',
  name: 'socket',
  families: [4, 6],
  hooks: ['PREROUTING', 'INPUT'],
  defragments: true,
  options: FLAGS.map((flag) => flagOption(flag, flag)),
  create: () => ({}),
  save,
  print: (options) => spaced(['socket', ...save(options)]),
  lower,
};
