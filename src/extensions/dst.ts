// -m dst: the destination options header of an IPv6 packet. The match on the hop-by-hop options differs in its names alone.

import { TEST_IPV6_OPTIONS } from '../../assembly/abi/opcode.ts';
import { HEADER_ASK_LENGTH, HEADER_ASK_LIST, HEADER_INVERT_LENGTH, OPTION_ANY_LENGTH } from '../../assembly/abi/operand.ts';
import { scanUnsigned } from '../net/number.ts';
import type { Argument, MatchExtension, OptionContext } from '../ruleset/extension.ts';
import { askOrDrop, flagsOf } from './asks.ts';
import { listAsked, spaced } from './listing.ts';
import { askedNumber, saveAsked, saveValue, valueOption } from './specs.ts';
import { type Asked, split, U8, U32 } from './values.ts';

/** An option in the header; of any length when that is 255. */
interface HeaderOption {
  readonly type: number;
  readonly length: number;
}

export interface OptionsHeaderOptions {
  length?: Asked<number>;
  options?: readonly HeaderOption[];
}

/** Ref: include/uapi/linux/netfilter_ipv6/ip6t_opts.h IP6T_OPTS_OPTSNR */
const OPTIONS_MAX = 16;

/** Reads a number, of which 8 bits are kept. Ref: iptables libip6t_dst.c:parse_opts_num() */
function readByte(argument: Argument, { diagnostics }: OptionContext): number | undefined {
  const negative = /^\s*-/.test(argument.text);
  const scan = scanUnsigned(argument.text.replace(/^(\s*)-/, '$1'));
  if (scan?.rest !== '') {
    diagnostics.error('bad-number', `expected a number from 0 to ${U8}, found "${argument.text}"`, argument.span);
    return undefined;
  }
  const value = negative ? -scan.value : scan.value;
  const kept = Number(BigInt.asUintN(8, value));
  if (BigInt(kept) !== value) diagnostics.warning('number-cut', `iptables reads this as ${kept}`, argument.span);
  return kept;
}

/** Reads `type` or `type:length`. Ref: iptables libip6t_dst.c:parse_options() */
function readOption(argument: Argument, index: number, context: OptionContext): HeaderOption | undefined {
  const [first, second] = split(argument, ':', 2);
  const type = readByte(first!, context);
  if (!second || type === undefined) return type === undefined ? undefined : { type, length: OPTION_ANY_LENGTH };
  if (index === OPTIONS_MAX - 1) {
    context.diagnostics.error('too-many-options', `iptables takes no length for option ${OPTIONS_MAX}`, second.span);
    return undefined;
  }
  if (type === 0) {
    context.diagnostics.error('bad-option', 'the option 0 is one byte of padding: it has no length', second.span);
    return undefined;
  }
  const length = readByte(second, context);
  return length === undefined ? undefined : { type, length };
}

function readOptions(argument: Argument, context: OptionContext): readonly HeaderOption[] | undefined {
  const parts = split(argument, ',');
  const tooMany = parts[OPTIONS_MAX];
  if (tooMany) {
    context.diagnostics.error('too-many-options', `more than ${OPTIONS_MAX} options`, tooMany.span);
    return undefined;
  }
  const options: HeaderOption[] = [];
  for (const [index, part] of parts.entries()) {
    const option = readOption(part, index, context);
    if (!option) return undefined;
    options.push(option);
  }
  return options;
}

function formatOptions(options: readonly HeaderOption[]): string {
  return options.map(({ type, length }) => (length === OPTION_ANY_LENGTH ? String(type) : `${type}:${length}`)).join(',');
}

/** What the two headers are called in the header ahead of them. */
const KINDS = { hbh: 0, dst: 60 } as const;

/** Makes `dst` or `hbh`. Ref: net/ipv6/netfilter/ip6t_hbh.c:hbh_mt6() */
export function optionsHeader(name: 'dst' | 'hbh'): MatchExtension<OptionsHeaderOptions> {
  return {
    kind: 'match',
    name,
    families: [6],
    options: [askedNumber(`${name}-len`, 'length', { max: U32 }), valueOption(`${name}-opts`, 'options', readOptions)],
    create: () => ({}),
    save({ length, options }) {
      return [...saveAsked(`--${name}-len`, length), ...saveValue(`--${name}-opts`, options, formatOptions)];
    },
    lower({ length, options }) {
      const flags = flagsOf(
        [length !== undefined, HEADER_ASK_LENGTH],
        [length?.invert, HEADER_INVERT_LENGTH],
        [options !== undefined, HEADER_ASK_LIST],
      );
      const list = (options ?? []).map((option) => option.type | (option.length << 8));
      return [askOrDrop(TEST_IPV6_OPTIONS, [KINDS[name], flags, length?.value ?? 0, list.length, ...list])];
    },
    print: ({ length, options }) =>
      spaced([name, ...(length ? [`length:${listAsked(length)}`] : []), ...saveValue('opts', options, formatOptions)]),
  };
}

export const dst = optionsHeader('dst');
