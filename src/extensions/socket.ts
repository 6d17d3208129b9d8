// -m socket: whether this host has an open socket that the packet is for.

import type { MatchExtension } from '../ruleset/extension.ts';
import { spaced } from './listing.ts';
import { flagOption, saveFlag } from './specs.ts';

const FLAGS = ['transparent', 'nowildcard', 'restore-skmark'] as const;

type SocketOptions = { [Flag in (typeof FLAGS)[number]]?: boolean };

function save(options: SocketOptions): string[] {
  return FLAGS.flatMap((flag) => saveFlag(`--${flag}`, options[flag]));
}

/** Ref: net/netfilter/xt_socket.c:socket_mt4_v1_v2_v3() */
export const socket: MatchExtension<SocketOptions> = {
  kind: 'match',
  name: 'socket',
  families: [4, 6],
  hooks: ['PREROUTING', 'INPUT'],
  options: FLAGS.map((flag) => flagOption(flag, flag)),
  create: () => ({}),
  save,
  print: (options) => spaced(['socket', ...save(options)]),
};
