// -j TCPMSS: changes the maximum segment size that a SYN announces.

import { ACTION_TCPMSS, TCPMSS_PATH } from '../../assembly/abi/opcode.ts';
import type { Family } from '../ir/ir.ts';
import { PROTOCOL_TCP } from '../net/protocol.ts';
import type { RuleContext, TargetExtension } from '../ruleset/extension.ts';
import { asksForSyn } from './tcp.ts';
import { atLeastOne, readNumber, U16 } from './values.ts';

interface TcpmssOptions {
  mss?: number | 'path-mtu';
}

/** The largest size that fits into a packet with the smallest IP header. */
const MSS_MAX: Readonly<Record<Family, number>> = { 4: U16 - 20, 6: U16 - 40 };

const BASE = atLeastOne<TcpmssOptions>('TCPMSS', [
  {
    name: 'set-mss',
    argument: 'required',
    set(options, [argument], context) {
      const mss = readNumber(argument!, context, MSS_MAX[context.family]);
      if (mss !== undefined) options.mss = mss;
    },
  },
  {
    name: 'clamp-mss-to-pmtu',
    argument: 'none',
    set(options) {
      options.mss = 'path-mtu';
    },
  },
]);

/** Ref: net/netfilter/xt_TCPMSS.c:tcpmss_tg4_check() */
function check({ mss }: TcpmssOptions, { hooks, rule, diagnostics, span }: RuleContext): void {
  const early = (['PREROUTING', 'INPUT'] as const).filter((hook) => hooks.has(hook));
  if (mss === 'path-mtu' && early.length > 0) {
    const message = `TCPMSS --clamp-mss-to-pmtu needs to know the way out: this rule is reached from ${early.join(', ')}`;
    diagnostics.error('wrong-hook', message, span);
  } else if (!rule.matches.some(asksForSyn)) {
    diagnostics.error(
      'needs-syn',
      'TCPMSS needs a match for SYN packets in its rule: -m tcp --syn, or --tcp-flags with SYN set',
      span,
    );
  }
}

/** Of the two options the one given last counts. Ref: net/netfilter/xt_TCPMSS.c:tcpmss_mangle_packet() */
export const setTcpmss: TargetExtension<TcpmssOptions> = {
  kind: 'target',
  name: 'TCPMSS',
  families: [4, 6],
  protocols: [PROTOCOL_TCP],
  changes: ['length'],
  options: BASE.options,
  create: () => ({}),
  finish(options, context) {
    BASE.finish(options, context);
    if (options.mss !== undefined) check(options, context);
  },
  save: ({ mss }) => (mss === undefined ? [] : mss === 'path-mtu' ? ['--clamp-mss-to-pmtu'] : ['--set-mss', String(mss)]),
  print: ({ mss }) => ` TCPMSS ${mss === 'path-mtu' ? 'clamp to PMTU' : `set ${mss}`}`,
  lower({ mss = MSS_MAX[4] }) {
    const operands = [mss === 'path-mtu' ? TCPMSS_PATH : mss];
    return { kind: 'effect', opcode: ACTION_TCPMSS, operands, name: 'TCPMSS', changes: ['length'] };
  },
};
