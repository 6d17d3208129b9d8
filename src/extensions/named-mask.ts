// A number with a mask that iproute2 has names for: groups of interfaces, realms of routes.

import { parseUnsigned } from '../net/number.ts';
import type { Argument, OptionContext } from '../ruleset/extension.ts';
import { formatValueMask, split, U32 } from './values.ts';

export interface ValueMask {
  readonly value: number;
  readonly mask: number;
}

/** The one name in the table of a system where nobody has added any. */
export interface NamedZero {
  readonly what: string;
  readonly name: string;
}

/** Reads a number, a number and a mask, or the name. Ref: iptables xtables_parse_val_mask() */
export function readNamedMask(
  argument: Argument,
  { diagnostics }: OptionContext,
  { what, name }: NamedZero,
): ValueMask | undefined {
  if (argument.text === name) return { value: 0, mask: U32 };
  const [first, second] = split(argument, '/', 2);
  const value = parseUnsigned(first!.text, U32);
  const mask = second ? parseUnsigned(second.text, U32) : U32;
  if (value !== undefined && mask !== undefined) return { value, mask };
  const message = `expected the number of a ${what}, or number/mask, found "${argument.text}" (other names than "${name}" are not known here)`;
  diagnostics.error(`unknown-${what}`, message, argument.span);
  return undefined;
}

/** Prints it; the name, where one is wanted, only without a mask. Ref: iptables xtables_print_val_mask() */
export function formatNamedMask({ value, mask }: ValueMask, zero: NamedZero | undefined): string {
  return zero && value === 0 && mask === U32 ? zero.name : formatValueMask(value, mask);
}
