// Reading option values for extensions: numbers, ranges, masks, ports, lists of names. What is wrong becomes a diagnostic, and the
// reader answers undefined. Also the words that saving and lowering have in common.

import type { Field, Test } from '../ir/ir.ts';
import { hex, parseUnsigned, scanUnsigned } from '../net/number.ts';
import { formatPorts, parsePort, parsePortAnyProtocol } from '../net/service.ts';
import { checkBare } from '../ruleset/bare.ts';
import { type Argument, type OptionContext, type OptionSpec, part, type RuleContext } from '../ruleset/extension.ts';

export const U8 = 0xff;
export const U16 = 0xffff;
export const U32 = 0xffff_ffff;
export const U64 = 0xffff_ffff_ffff_ffffn;

/** An inclusive range. Its ends may stand the wrong way round: then nothing is in it. */
export type Range = readonly [number, number];

/** A value that `!` may have stood in front of. */
export interface Asked<T> {
  readonly value: T;
  readonly invert: boolean;
}

/** The pieces of an argument between separators. */
export function split(argument: Argument, separator: string, limit = Number.POSITIVE_INFINITY): Argument[] {
  const pieces: Argument[] = [];
  let start = 0;
  for (;;) {
    const found = pieces.length + 1 < limit ? argument.text.indexOf(separator, start) : -1;
    pieces.push(part(argument, start, found < 0 ? argument.text.length : found));
    if (found < 0) return pieces;
    start = found + separator.length;
  }
}

/** Reads one number from `min` to `max`. */
export function readNumber(argument: Argument, context: OptionContext, max: number, min = 0): number | undefined {
  const value = parseUnsigned(argument.text, max, min);
  if (value !== undefined) return value;
  if (parseUnsigned(argument.text, Number.MAX_SAFE_INTEGER) !== undefined) {
    context.diagnostics.error('number-out-of-range', `${argument.text} is out of range (${min} to ${max})`, argument.span);
  } else {
    context.diagnostics.error('bad-number', `expected a number from ${min} to ${max}, found "${argument.text}"`, argument.span);
  }
  return undefined;
}

/** Reads one number of up to 64 bits. */
export function readNumber64(argument: Argument, context: OptionContext, max: bigint = U64): bigint | undefined {
  const scan = scanUnsigned(argument.text);
  if (scan && scan.rest === '' && scan.value <= max) return scan.value;
  const message = `expected a number from 0 to ${max}, found "${argument.text}"`;
  context.diagnostics.error('bad-number', message, argument.span);
  return undefined;
}

/** Reads one of a few words, as they are. */
export function readWord<W extends string>(argument: Argument, context: OptionContext, words: readonly W[]): W | undefined {
  const word = words.find((known) => known === argument.text);
  if (word === undefined) {
    context.diagnostics.error('unknown-word', `"${argument.text}" is not one of ${words.join(', ')}`, argument.span);
  }
  return word;
}

/** Reads `low`, `low:high`, `low:` or `:high`. One number stands for both ends. */
function readEnds(argument: Argument, context: OptionContext, max: number): Range | undefined {
  const parts = split(argument, ':');
  if (parts.length > 2) {
    const message = `expected one number or two with ":" between, found "${argument.text}"`;
    context.diagnostics.error('bad-range', message, argument.span);
    return undefined;
  }
  const ends = parts.map((end, i) => (end.text === '' ? (i === 0 ? 0 : max) : readNumber(end, context, max)));
  const [low, high = low] = ends;
  return low === undefined || high === undefined ? undefined : [low, high];
}

/** Reads a range. Its ends may stand the wrong way round, which iptables takes and which then never matches: worth a warning. */
export function readRange(argument: Argument, context: OptionContext, max: number): Range | undefined {
  const range = readEnds(argument, context, max);
  if (range) warnBackwards(range, argument, context);
  return range;
}

function warnBackwards([low, high]: Range, argument: Argument, context: OptionContext): void {
  if (low > high) {
    context.diagnostics.warning('range-backwards', `range ${low}:${high} is empty, so it holds nothing`, argument.span);
  }
}

/** Reads a range whose ends must not stand the wrong way round. */
export function readOrderedRange(argument: Argument, context: OptionContext, max: number): Range | undefined {
  const range = readEnds(argument, context, max);
  if (!range || range[0] <= range[1]) return range;
  const message = `range ${range[0]}:${range[1]} ends before it begins`;
  context.diagnostics.error('range-backwards', message, argument.span);
  return undefined;
}

/** Reads `value` or `value/mask`; without a mask it is all ones. Ref: iptables xtables_parse_val_mask() */
export function readValueMask(argument: Argument, context: OptionContext): { value: number; mask: number } | undefined {
  const parts = split(argument, '/', 2);
  const value = readNumber(parts[0]!, context, U32);
  const mask = parts[1] ? readNumber(parts[1], context, U32) : U32;
  return value === undefined || mask === undefined ? undefined : { value, mask };
}

/** Reports what is no port. `protocol`: whose services were looked up. */
export function reportPort(argument: Argument, protocol: string, context: OptionContext): void {
  const number = scanUnsigned(argument.text);
  if (number?.rest === '' && number.value > BigInt(U16)) {
    context.diagnostics.error('port-out-of-range', `port ${argument.text} is out of range (0 to 65535)`, argument.span);
  } else {
    const what = argument.text === '' ? 'expected a port' : `no ${protocol} service is named "${argument.text}"`;
    context.diagnostics.error('unknown-port', `${what} (write a number from 0 to 65535)`, argument.span);
  }
}

/** Reads a port, by number or by the name it has for a transport protocol. */
export function readPort(argument: Argument, protocol: string, context: OptionContext): number | undefined {
  const port = parsePort(argument.text, protocol);
  if (port === undefined) reportPort(argument, protocol, context);
  return port;
}

/** Reads a port range as tcp and sctp do: `a`, `a:b`, `a:`, `:b`; the ends must not stand the wrong way round. */
export function readPorts(argument: Argument, protocol: string, context: OptionContext): Range | undefined {
  const parts = split(argument, ':', 2);
  const ends = parts.map((end, i) =>
    parts.length === 2 && end.text === '' ? (i === 0 ? 0 : U16) : readPort(end, protocol, context),
  );
  const [low, high = low] = ends;
  if (low === undefined || high === undefined) return undefined;
  if (low > high) {
    context.diagnostics.error('range-backwards', `port range ${low}:${high} ends before it begins`, argument.span);
    return undefined;
  }
  return [low, high];
}

/** Reads a port as getaddrinfo() does: a number, of which 16 bits are kept, or the service of any transport protocol. */
export function readPortAnyProtocol(argument: Argument, context: OptionContext): number | undefined {
  const found = parsePortAnyProtocol(argument.text);
  if (!found) reportPort(argument, 'known', context);
  else if (found.wrapped) {
    const message = `port ${argument.text} is out of range (0 to 65535); iptables takes it as ${found.port}`;
    context.diagnostics.warning('port-out-of-range', message, argument.span);
  }
  return found?.port;
}

/**
 * Reads a port range as iptables' newer options do (udp, conntrack): names of any transport protocol, numbers cut to 16 bits, ends
 * in any order. Ref: iptables xtopt_parse_mport()
 */
export function readPortsAnyProtocol(argument: Argument, context: OptionContext): Range | undefined {
  const parts = split(argument, ':');
  if (parts.length > 2) {
    context.diagnostics.error('bad-range', `expected one port or two with ":" between, found "${argument.text}"`, argument.span);
    return undefined;
  }
  const ends = parts.map((end, i) => {
    if (end.text === '') return i === 0 ? 0 : U16;
    return readPortAnyProtocol(end, context);
  });
  const [low, high = low] = ends;
  if (low === undefined || high === undefined) return undefined;
  warnBackwards([low, high], argument, context);
  return [low, high];
}

/**
 * Reads a comma list of names into a bit set. A name may be cut short, and is taken for the first in the table that begins with it
 * (any case), as strncasecmp() over the table does.
 */
export function readNames(
  argument: Argument,
  context: OptionContext,
  what: string,
  table: readonly (readonly [string, number])[],
): number | undefined {
  let bits = 0;
  for (const part of split(argument, ',')) {
    const wanted = part.text.toUpperCase();
    const found = wanted === '' ? undefined : table.find(([name]) => name.startsWith(wanted));
    if (!found) {
      const names = table.map(([name]) => name).join(', ');
      context.diagnostics.error(`unknown-${what}`, `"${part.text}" is not one of ${names}`, part.span);
      return undefined;
    }
    bits |= found[1];
  }
  return bits;
}

/** The names of the bits that are set, in the order of the table. */
export function namesOf(bits: number, table: readonly (readonly [string, number])[]): string {
  return table
    .filter(([, bit]) => (bits & bit) !== 0)
    .map(([name]) => name)
    .join(',');
}

/** `!` where it applies, the option, its value. */
export function option(name: string, value: string, invert = false): string[] {
  return invert ? ['!', name, value] : [name, value];
}

/** A value and its mask, which is left out when it is all ones. Ref: iptables xtables_print_val_mask() */
export function formatValueMask(value: number, mask: number): string {
  return mask === U32 ? hex(value) : `${hex(value)}/${hex(mask)}`;
}

/** A port option; none for the whole range, which iptables drops even where it was inverted. */
export function portOption(name: string, ports: Asked<Range> | undefined): string[] {
  if (!ports || (ports.value[0] === 0 && ports.value[1] === U16)) return [];
  return option(name, formatPorts(...ports.value), ports.invert);
}

/** A string as iptables-save prints it: in quotes unless it is all letters, digits, `_` and `-`. */
export function quoted(text: string): string {
  return /^[-_0-9a-zA-Z]+$/.test(text) ? text : `"${text.replace(/["\\']/g, '\\$&')}"`;
}

/** Most bytes of a character that a string counts as one. */
const UTF8_MAX = 3;

/** Cuts a string to a number of UTF-8 bytes, never inside a character. */
export function cutBytes(text: string, bytes: number): string {
  if (text.length * UTF8_MAX <= bytes) return text;
  const encoded = new TextEncoder().encode(text);
  if (encoded.length <= bytes) return text;
  let end = bytes;
  while (end > 0 && (encoded[end]! & 0xc0) === 0x80) end--;
  return new TextDecoder().decode(encoded.subarray(0, end));
}

/** Reads a name that iptables keeps a number of bytes of. */
export function readText(argument: Argument, context: OptionContext, bytes: number): string {
  const text = cutBytes(argument.text, bytes);
  if (text !== argument.text) context.diagnostics.warning('text-cut', `iptables keeps ${bytes} bytes of this`, argument.span);
  return text;
}

/** Reads a text that iptables prints without quotes, so that blanks in it print as what cannot be read back. */
export function readBareText(argument: Argument, context: OptionContext, bytes: number): string {
  const text = readText(argument, context, bytes);
  checkBare({ text, span: argument.span }, context.diagnostics);
  return text;
}

/**
 * Reads the name of a list that the kernel shows as a file under /proc. iptables prints such names without quotes.
 * Ref: net/netfilter/x_tables.c:xt_check_proc_name()
 */
export function readFileName(argument: Argument, context: OptionContext, bytes: number): string | undefined {
  const { text } = argument;
  if (text !== '' && text !== '.' && text !== '..' && !text.includes('/')) return readBareText(argument, context, bytes);
  context.diagnostics.error('bad-name', `"${text}" cannot be the name of a file, which the kernel makes for it`, argument.span);
  return undefined;
}

/** Reads the prefix of a log line: not empty, no line ends, cut to what the kernel keeps. */
export function readPrefix(argument: Argument, bytes: number, context: OptionContext): string | undefined {
  const { text, span } = argument;
  if (text === '' || text.includes('\n')) {
    context.diagnostics.error('bad-prefix', `the prefix must ${text === '' ? 'not be empty' : 'stand on one line'}`, span);
    return undefined;
  }
  const prefix = cutBytes(text, bytes);
  if (prefix !== text) context.diagnostics.warning('text-cut', `iptables keeps ${bytes} bytes of this prefix`, span);
  return prefix;
}

/** A test that no packet passes. */
export function never(field: Field): Test {
  return { kind: 'mask', field, mask: 0, value: 1, negate: false };
}

/** The field is in the range. An empty range holds nothing; the whole range of the field's width asks nothing. */
export function inRange(field: Field, [low, high]: Range, max: number, negate: boolean): Test[] {
  const all = low === 0 && high === max;
  const none = low > high;
  if (all || none) return all === negate ? [never(field)] : [];
  return [{ kind: 'range', field, low, high, negate }];
}

/** (field & mask) == value; a value with bits beyond the mask is never met. */
export function masked(field: Field, mask: number, value: number, negate: boolean): Test[] {
  const none = (value & ~mask) !== 0;
  const all = mask === 0 && value === 0;
  if (all || none) return all === negate ? [never(field)] : [];
  return [{ kind: 'mask', field, mask: mask >>> 0, value: value >>> 0, negate }];
}

/**
 * Options of which at least one must be given, and the check of that. `names`: the options that count, all when absent.
 * An option that was given with a bad value counts, so that one fault makes one diagnostic.
 */
export function atLeastOne<O extends object>(
  extension: string,
  options: readonly OptionSpec<O>[],
  names: readonly string[] = options.map((spec) => spec.name),
): { options: readonly OptionSpec<O>[]; finish(options: O, context: RuleContext): void } {
  const given = new WeakSet<object>();
  return {
    options: options.map((spec) => ({
      ...spec,
      set(target, values, context) {
        if (names.includes(spec.name)) given.add(target);
        spec.set(target, values, context);
      },
    })),
    finish(target, context) {
      if (given.has(target)) return;
      const list = names.map((name) => `--${name}`).join(', ');
      context.diagnostics.error(
        'missing-option',
        `${extension} needs ${names.length === 1 ? list : `one of ${list}`}`,
        context.span,
      );
    },
  };
}
