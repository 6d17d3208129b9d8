// Makers of options that keep one plain value, or that they were given: a number, a flag, a text; and the words they print as.

import type { Argument, OptionContext, OptionSpec } from '../ruleset/extension.ts';
import { type Asked, cutBytes, readNumber } from './values.ts';

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
  return {
    name,
    argument: 'required',
    ...more,
    set(options, [argument], { diagnostics }) {
      const { text, span } = argument!;
      const kept = cutBytes(text, bytes);
      options[field] = kept;
      if (kept !== text) diagnostics.warning('text-cut', `iptables keeps ${bytes} bytes of --${name}`, span);
      if (bare && /[\s"]/.test(kept)) {
        diagnostics.warning('unreadable-print', `iptables prints "${kept}" without quotes, and cannot read that back`, span);
      }
    },
  };
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
