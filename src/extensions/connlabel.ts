// -m connlabel: bits that rules set on connections. Their names are the machine's own, so only numbers are read.

import { TEST_CONNLABEL } from '../../assembly/abi/opcode.ts';
import { parseUnsigned } from '../net/number.ts';
import type { Argument, MatchExtension, OptionContext } from '../ruleset/extension.ts';
import { listApart } from './listing.ts';
import { askedOption, flagOption, saveAsked, saveFlag } from './specs.ts';
import type { Asked } from './values.ts';

interface ConnlabelOptions {
  label?: Asked<number>;
  set?: boolean;
}

/** Ref: include/uapi/linux/netfilter/xt_connlabel.h XT_CONNLABEL_MAXBIT */
const LABEL_MAX = 127;

function readLabel({ text, span }: Argument, { diagnostics }: OptionContext): number | undefined {
  const label = parseUnsigned(text, LABEL_MAX);
  if (label === undefined) {
    const message = `expected a label from 0 to ${LABEL_MAX}, found "${text}" (names of labels are not known here)`;
    diagnostics.error('unknown-label', message, span);
  }
  return label;
}

/** Ref: net/netfilter/xt_connlabel.c:connlabel_mt() */
export const connlabel: MatchExtension<ConnlabelOptions> = {
  kind: 'match',
  name: 'connlabel',
  families: [4, 6],
  usesConntrack: true,
  options: [askedOption('label', 'label', readLabel, { mandatory: true }), flagOption('set', 'set')],
  create: () => ({}),
  save: ({ label, set }) => [...saveAsked('--label', label, (value) => `"${value}"`), ...saveFlag('--set', set)],
  print: ({ label, set }) => ` connlabel ${label ? listApart(label) : ''}${set ? ' set' : ''}`,
  lower({ label, set = false }) {
    const { value, invert } = label!;
    return [{ kind: 'ask', opcode: TEST_CONNLABEL, operands: [value, set ? 1 : 0], negate: invert, effect: set }];
  },
};
