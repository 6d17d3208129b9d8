// -m mark: the mark of the packet.

import type { MatchExtension, OptionSpec } from '../ruleset/extension.ts';
import { bang } from './listing.ts';
import { type Asked, formatValueMask, masked, option, readValueMask } from './values.ts';

/** Options of a match on a mark, be it the packet's or its connection's. */
export interface MarkOptions {
  mark?: Asked<{ readonly value: number; readonly mask: number }>;
}

export const MARK_OPTION: OptionSpec<MarkOptions> = {
  name: 'mark',
  argument: 'required',
  invertible: true,
  mandatory: true,
  set(options, [argument], context) {
    const value = readValueMask(argument!, context);
    if (value) options.mark = { value, invert: context.invert };
  },
};

/** Prints the one option. */
export function saveMark({ mark }: MarkOptions): string[] {
  return mark ? option('--mark', formatValueMask(mark.value.value, mark.value.mask), mark.invert) : [];
}

/** Lists the one option behind what the match is called. */
export function listMark({ mark }: MarkOptions): string {
  return mark ? `${bang(mark)} ${formatValueMask(mark.value.value, mark.value.mask)}` : '';
}

/** Ref: net/netfilter/xt_mark.c:mark_mt() */
export const mark: MatchExtension<MarkOptions> = {
  kind: 'match',
  name: 'mark',
  families: [4, 6],
  options: [MARK_OPTION],
  create: () => ({}),
  save: saveMark,
  print: (options) => ` mark match${options.mark?.invert ? ' ' : ''}${listMark(options)}`,
  lower: ({ mark }) => (mark ? masked('mark', mark.value.mask, mark.value.value, mark.invert) : []),
};
