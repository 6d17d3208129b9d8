// Which option a word of a command means: iptables' own options, then those of the extensions that the rule has loaded so far.
//
// As getopt_long() decides it: the exact name first, then the beginning of a name if it can be only one option.
// Ref: iptables 1.8.9, iptables/iptables.c:original_opts, iptables/xshared.h:IPT_OPTSTRING

import type { Extension, OptionSpec } from './extension.ts';

/** One of iptables' own options, known by its letter (`0` is --line-numbers, which has no short form). */
export interface BaseOption {
  readonly kind: 'base';
  readonly letter: string;
  /** `attached`: only `--name=value` gives it one. */
  readonly argument: 'none' | 'required' | 'attached';
}

export interface ExtensionOption {
  readonly kind: 'extension';
  readonly extension: Extension;
  readonly spec: OptionSpec<any>;
}

export type Option = BaseOption | ExtensionOption;

export type Found =
  | { readonly kind: 'option'; readonly option: Option; readonly isExact: boolean }
  | { readonly kind: 'ambiguous'; readonly names: readonly string[] }
  | { readonly kind: 'unknown' };

const UNKNOWN: Found = { kind: 'unknown' };

const NONE = '46fbnvVx0';
const ATTACHED = 'FhLSwWXZ';
const REQUIRED = 'ACcDdEgIijmMNoPpRst';

function baseOptions(letters: string, argument: BaseOption['argument']): [string, BaseOption][] {
  return [...letters].map((letter) => [letter, { kind: 'base', letter, argument }]);
}

const BY_LETTER: ReadonlyMap<string, BaseOption> = new Map([
  ...baseOptions(NONE, 'none'),
  ...baseOptions(ATTACHED, 'attached'),
  ...baseOptions(REQUIRED, 'required'),
]);

const LONG_NAMES: readonly (readonly [string, string])[] = [
  ['append', 'A'],
  ['delete', 'D'],
  ['check', 'C'],
  ['insert', 'I'],
  ['replace', 'R'],
  ['list', 'L'],
  ['list-rules', 'S'],
  ['flush', 'F'],
  ['zero', 'Z'],
  ['new-chain', 'N'],
  ['delete-chain', 'X'],
  ['rename-chain', 'E'],
  ['policy', 'P'],
  ['source', 's'],
  ['destination', 'd'],
  ['src', 's'],
  ['dst', 'd'],
  ['protocol', 'p'],
  ['in-interface', 'i'],
  ['jump', 'j'],
  ['table', 't'],
  ['match', 'm'],
  ['numeric', 'n'],
  ['out-interface', 'o'],
  ['verbose', 'v'],
  ['wait', 'w'],
  ['wait-interval', 'W'],
  ['exact', 'x'],
  ['fragments', 'f'],
  ['version', 'V'],
  ['help', 'h'],
  ['line-numbers', '0'],
  ['modprobe', 'M'],
  ['set-counters', 'c'],
  ['goto', 'g'],
  ['ipv4', '4'],
  ['ipv6', '6'],
];

const BASE: readonly (readonly [string, BaseOption])[] = LONG_NAMES.map(([name, letter]) => [name, BY_LETTER.get(letter)!]);
const BASE_BY_NAME: ReadonlyMap<string, BaseOption> = new Map(BASE);

/** Names of an extension's options, aliases too, in the order they are declared. Made once for each extension. */
const optionNames = new WeakMap<Extension, ReadonlyMap<string, ExtensionOption>>();

function namesOf(extension: Extension): ReadonlyMap<string, ExtensionOption> {
  const known = optionNames.get(extension);
  if (known) return known;
  const names = new Map<string, ExtensionOption>();
  for (const spec of extension.options as readonly OptionSpec<any>[]) {
    const option: ExtensionOption = { kind: 'extension', extension, spec };
    for (const name of [spec.name, ...(spec.aliases ?? [])]) if (!names.has(name)) names.set(name, option);
  }
  optionNames.set(extension, names);
  return names;
}

/** Gives the option of a single letter. */
export function shortOption(letter: string): BaseOption | undefined {
  return letter === '0' ? undefined : BY_LETTER.get(letter);
}

/** Gives the option of a long name (without dashes). `loaded`: the rule's extensions, the one loaded last first. */
export function longOption(name: string, loaded: readonly Extension[]): Found {
  const base = BASE_BY_NAME.get(name);
  if (base) return { kind: 'option', option: base, isExact: true };
  for (const extension of loaded) {
    const option = namesOf(extension).get(name);
    if (option) return { kind: 'option', option, isExact: true };
  }
  return abbreviated(name, loaded);
}

function abbreviated(name: string, loaded: readonly Extension[]): Found {
  const candidates = allNames(loaded).filter(([candidate]) => candidate.startsWith(name));
  const first = candidates[0];
  if (!first) return UNKNOWN;
  if (candidates.every(([, option]) => isSame(option, first[1]))) return { kind: 'option', option: first[1], isExact: false };
  return { kind: 'ambiguous', names: candidates.map(([candidate]) => candidate) };
}

function isSame(a: Option, b: Option): boolean {
  return a === b || (a.kind === 'extension' && b.kind === 'extension' && a.spec === b.spec);
}

function allNames(loaded: readonly Extension[]): (readonly [string, Option])[] {
  return [...BASE, ...loaded.flatMap((extension) => [...namesOf(extension)])];
}

/** Every long name that can stand in the rule, for suggestions. */
export function longNames(loaded: readonly Extension[]): string[] {
  return allNames(loaded).map(([name]) => name);
}

/** The long names of an extension's options, aliases too. */
export function longOptions(extension: Extension): Iterable<string> {
  return namesOf(extension).keys();
}

/** Whether an extension has an option of exactly that long name. */
export function hasOption(extension: Extension, name: string): boolean {
  return namesOf(extension).has(name);
}
