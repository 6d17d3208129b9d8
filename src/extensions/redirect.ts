// -j REDIRECT: turns connections to this host itself.

import { ACTION_REDIRECT } from '../../assembly/abi/opcode.ts';
import type { TargetExtension } from '../ruleset/extension.ts';
import { lowerByHost } from './nat-lower.ts';
import { type NatOptions, natTarget, RANDOM, TO_PORTS } from './nat-range.ts';

/** Ref: net/netfilter/xt_REDIRECT.c:redirect_tg4(), redirect_tg6() */
export const redirect: TargetExtension<NatOptions> = {
  ...natTarget(
    'REDIRECT',
    ['PREROUTING', 'OUTPUT'],
    'redir ports ',
    [TO_PORTS, RANDOM],
    lowerByHost('REDIRECT', ACTION_REDIRECT),
  ),
  finish({ ports }, { diagnostics, span }) {
    if (ports?.base === undefined) return;
    diagnostics.error('bad-range', 'REDIRECT has no shifted port ranges: only DNAT takes "/port"', span);
  },
};
