// Makers of options that take one plain value: a number, a flag, a text.

import type { OptionSpec } from '../ruleset/extension.ts';
import { cutBytes, readNumber } from './values.ts';

/** What a spec says besides its name and how its value is read. */
type More = Pick<OptionSpec<object>, 'mandatory' | 'excludes' | 'needs' | 'repeatable'>;

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
      if (bare && (kept === '' || /[\s"'\\]/.test(kept))) {
        diagnostics.warning('unreadable-print', `iptables prints "${kept}" without quotes, and cannot read that back`, span);
      }
    },
  };
}
