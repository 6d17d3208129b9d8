// What -m icmp and -m icmp6 have in common: a type and a range of codes.

import type { Test } from '../ir/ir.ts';
import { type IcmpType, icmpName, parseIcmpType } from '../net/icmp.ts';
import type { OptionSpec, PrintContext } from '../ruleset/extension.ts';
import { transport } from './transport.ts';
import { type Asked, inRange, type Range, U16 } from './values.ts';

export interface IcmpOptions {
  type?: Asked<IcmpType>;
}

/** Bytes of an ICMP or ICMPv6 header. */
const ICMP_HEADER_BYTES = 8;

/** The header must be there. */
export const ICMP_HEADER: Test = transport(ICMP_HEADER_BYTES);

/** The option that names the type. */
export function typeOption(name: string, family: 4 | 6): OptionSpec<IcmpOptions> {
  const title = family === 4 ? 'ICMP' : 'ICMPv6';
  return {
    name,
    argument: 'required',
    invertible: true,
    mandatory: true,
    set(options, [argument], context) {
      const { text, span } = argument!;
      const type = parseIcmpType(text, family);
      if (type === undefined) {
        context.diagnostics.error('unknown-icmp-type', `"${text}" is no ${title} type (a name, type, or type/code)`, span);
      } else if ('ambiguous' in type) {
        const names = type.ambiguous.slice(0, 4).join(', ');
        context.diagnostics.error(
          'ambiguous-icmp-type',
          `"${text}" may be ${names}${type.ambiguous.length > 4 ? ' …' : ''}`,
          span,
        );
      } else options.type = { value: type, invert: context.invert };
    },
  };
}

/** Prints a type; iptables prints only the first code of a range. */
export function formatType({ type, codes }: IcmpType): string {
  return codes[0] === 0 && codes[1] === 255 ? String(type) : `${type}/${codes[0]}`;
}

/** Lists a type by its name, or by its numbers, which stand right behind what is before them unless inverted. */
export function listType({ value, invert }: Asked<IcmpType>, { family, numeric }: PrintContext): string {
  const name = numeric ? undefined : icmpName(value, family);
  if (name !== undefined) return ` ${invert ? '!' : ''}${name}`;
  const [first, last] = value.codes;
  const isEvery = first === 0 && last === 255;
  const codes = first === last ? ` code ${first}` : isEvery ? '' : ` codes ${first}-${last}`;
  return `${invert ? ' !' : ''}type ${value.type}${codes}`;
}

/** Tests for the header and the type. */
export function typeTests({ value: { type, codes }, invert }: Asked<IcmpType>): Test[] {
  const range: Range = codes[0] > codes[1] ? [1, 0] : [(type << 8) | codes[0], (type << 8) | codes[1]];
  return [ICMP_HEADER, ...inRange('icmp', range, U16, invert)];
}
