// -j CONNSECMARK: copies the security mark between packet and connection.

import { ACTION_CONNSECMARK } from '../../assembly/abi/opcode.ts';
import type { OptionSpec, TargetExtension } from '../ruleset/extension.ts';
import { atLeastOne } from './values.ts';

interface ConnsecmarkOptions {
  mode?: 'save' | 'restore';
}

function modeOption(mode: 'save' | 'restore', other: 'save' | 'restore'): OptionSpec<ConnsecmarkOptions> {
  return {
    name: mode,
    argument: 'none',
    excludes: [other],
    set(options) {
      options.mode = mode;
    },
  };
}

/** Ref: net/netfilter/xt_CONNSECMARK.c:connsecmark_tg_check() */
export const connsecmark: TargetExtension<ConnsecmarkOptions> = {
  kind: 'target',
  name: 'CONNSECMARK',
  families: [4, 6],
  tables: ['mangle', 'security'],
  usesConntrack: true,
  ...atLeastOne('CONNSECMARK', [modeOption('save', 'restore'), modeOption('restore', 'save')]),
  create: () => ({}),
  save: ({ mode }) => (mode ? [`--${mode}`] : []),
  print: ({ mode }) => ` CONNSECMARK ${mode}`,
  lower({ mode }) {
    const operands = [mode === 'restore' ? 1 : 0];
    return { kind: 'effect', opcode: ACTION_CONNSECMARK, operands, name: 'CONNSECMARK', changes: [] };
  },
};
