// -m connlabel: bits that rules set on connections, by number or by the name that the machine has for it.

import { TEST_CONNLABEL } from '../../assembly/abi/opcode.ts';
import type { Test } from '../ir/ir.ts';
import { parseUnsigned } from '../net/number.ts';
import type { LowerContext, MatchExtension } from '../ruleset/extension.ts';
import { UNKNOWN_LABEL } from '../ruleset/lower.ts';
import type { Span } from '../text/source.ts';
import { didYouMean } from '../text/suggest.ts';
import { listApart } from './listing.ts';
import { flagOption, saveAsked, saveFlag } from './specs.ts';
import type { Asked } from './values.ts';

interface ConnlabelOptions {
  label?: Asked<number | string> & { readonly span: Span };
  set?: boolean;
}

/** Ref: include/uapi/linux/netfilter/xt_connlabel.h XT_CONNLABEL_MAXBIT */
const LABEL_MAX = 127;

/** The number of a label that is named; undefined, reported, when the machine has none of that name. */
function numberOf(name: string, span: Span, { kernel: { labels }, refuse }: LowerContext): number | undefined {
  const label = labels.get(name);
  const hint =
    didYouMean(name, labels.keys()) || ' (labels of the host file, or connlabel.conf of a host folder, says which there are)';
  if (label === undefined) refuse(UNKNOWN_LABEL, `there is no label "${name}"${hint}`, span);
  return label;
}

/** Ref: net/netfilter/xt_connlabel.c:connlabel_mt() */
function lower({ label, set = false }: ConnlabelOptions, context: LowerContext): Test[] | undefined {
  const { value, invert, span } = label!;
  const number = typeof value === 'number' ? value : numberOf(value, span, context);
  if (number === undefined) return undefined;
  return [{ kind: 'ask', opcode: TEST_CONNLABEL, operands: [number, set ? 1 : 0], negate: invert, effect: set }];
}

export const connlabel: MatchExtension<ConnlabelOptions> = {
  kind: 'match',
  name: 'connlabel',
  families: [4, 6],
  usesConntrack: true,
  options: [
    {
      name: 'label',
      argument: 'required',
      invertible: true,
      mandatory: true,
      set(options, [argument], { diagnostics, invert }) {
        const { text, span } = argument!;
        const value = parseUnsigned(text, LABEL_MAX) ?? text;
        if (text === '' || (typeof value === 'string' && /^[0-9]/.test(text))) {
          const message = `expected a label from 0 to ${LABEL_MAX}, or the name of one, found "${text}"`;
          diagnostics.error(UNKNOWN_LABEL, message, span);
        }
        options.label = { value, invert, span };
      },
    },
    flagOption('set', 'set'),
  ],
  create: () => ({}),
  save: ({ label, set }) => [...saveAsked('--label', label, (value) => `"${value}"`), ...saveFlag('--set', set)],
  print: ({ label, set }) => ` connlabel ${label ? listApart(label) : ''}${set ? ' set' : ''}`,
  lower,
};
