// Makers of options that keep one plain value, or that they were given: a number, a flag, a text; and the words they print as.

import { formatPorts } from '../net/service.ts';
import type { Argument, OptionContext, OptionSpec } from '../ruleset/extension.ts';
import { type Asked, type Range, readBareText, readNumber, readRange, readText, U32 } from './values.ts';

/** What a spec says besides its name and how its value is read. */
type More = Pick<OptionSpec<object>, 'aliases' | 'mandatory' | 'excludes' | 'needs' | 'repeatable'>;

type Read<T> = (argument: Argument, context: OptionContext) => T | undefined;

/** An option that stores a number from `min` (0 unless said) to `max` in a field. */
export function numberOption<Key extends string>(
  name: string,
  field: Key,
  { max, min = 0, ...more }: More & { readonly max: number; readonly min?: number },
): OptionSpec<{ [key in Key]?: number }> {
  return {
    name,
    argument: 'required',
    ...more,
    set(options, [argument], context) {
      const value = readNumber(argument!, context, max, min);
      if (value !== undefined) options[field] = value;
    },
  };
}

/** An option without a value: it sets a field. */
export function flagOption<Key extends string>(
  name: string,
  field: Key,
  more: More = {},
): OptionSpec<{ [key in Key]?: boolean }> {
  return {
    name,
    argument: 'none',
    ...more,
    set(options) {
      options[field] = true;
    },
  };
}

/**
 * An option that keeps a text, cut to the bytes that iptables has room for. `bare`: iptables prints it without quotes, so that
 * blanks in it print as what cannot be read back.
 */
export function textOption<Key extends string>(
  name: string,
  field: Key,
  { bytes, bare = false, ...more }: More & { readonly bytes: number; readonly bare?: boolean },
): OptionSpec<{ [key in Key]?: string }> {
  const read = bare ? readBareText : readText;
  return valueOption(name, field, (argument, context) => read(argument, context, bytes), more);
}

/** An option with one value, kept with the `!` that may stand before it. */
export function askedOption<Key extends string, T>(
  name: string,
  field: Key,
  read: Read<T>,
  more: More = {},
): OptionSpec<{ [key in Key]?: Asked<T> }> {
  return {
    name,
    argument: 'required',
    invertible: true,
    ...more,
    set(options, [argument], context) {
      const value = read(argument!, context);
      if (value !== undefined) Object.assign(options, { [field]: { value, invert: context.invert } });
    },
  };
}

/** An option with one value, which `!` cannot stand before. */
export function valueOption<Key extends string, T>(
  name: string,
  field: Key,
  read: Read<T>,
  more: More = {},
): OptionSpec<{ [key in Key]?: T }> {
  return {
    name,
    argument: 'required',
    ...more,
    set(options, [argument], context) {
      const value = read(argument!, context);
      if (value !== undefined) Object.assign(options, { [field]: value });
    },
  };
}

/** An option without a value that `!` may stand before. */
export interface AskedFlag {
  readonly invert: boolean;
}

/** Makes such an option. */
export function askedFlag<Key extends string>(
  name: string,
  field: Key,
  more: More = {},
): OptionSpec<{ [key in Key]?: AskedFlag }> {
  return {
    name,
    argument: 'none',
    invertible: true,
    ...more,
    set(options, _values, { invert }) {
      Object.assign(options, { [field]: { invert } });
    },
  };
}

/** The words of an option with one value; none when it was not given. */
export function saveAsked<T>(name: string, asked: Asked<T> | undefined, format: (value: T) => string = String): string[] {
  return asked ? [...(asked.invert ? ['!'] : []), name, format(asked.value)] : [];
}

/** The words of an option with one value and no `!`. */
export function saveValue<T>(name: string, value: T | undefined, format: (value: T) => string = String): string[] {
  return value === undefined ? [] : [name, format(value)];
}

/** The words of an option without a value. */
export function saveFlag(name: string, flag: AskedFlag | boolean | undefined): string[] {
  if (!flag) return [];
  return flag !== true && flag.invert ? ['!', name] : [name];
}

/** The words of an option with a range; none where it holds everything, which iptables does not print, not even inverted. */
export function saveRange(name: string, asked: Asked<Range> | undefined, max: number = U32): string[] {
  const isEvery = asked && asked.value[0] === 0 && asked.value[1] === max;
  return isEvery ? [] : saveAsked(name, asked, (range) => formatPorts(...range));
}

/** An option with a range of 32-bit numbers (`5`, `5:9`, `5:`, `:9`), which `!` may stand before. */
export function rangeOption<Key extends string>(name: string, field: Key): OptionSpec<{ [key in Key]?: Asked<Range> }> {
  return askedOption(name, field, (argument, context) => readRange(argument, context, U32));
}

/** An option with one number, which `!` may stand before. */
export function askedNumber<Key extends string>(
  name: string,
  field: Key,
  { max, min = 0, ...more }: More & { readonly max: number; readonly min?: number },
): OptionSpec<{ [key in Key]?: Asked<number> }> {
  return askedOption(name, field, (argument, context) => readNumber(argument, context, max, min), more);
}
