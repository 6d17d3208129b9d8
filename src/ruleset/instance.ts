// A match or target as one rule has it: which of its options were given, and what they may and must be given with.
//
// Ref: iptables 1.8.9, libxtables/xtoptions.c:xtables_option_parse(), xtables_options_fcheck()

import type { Family } from '../ir/ir.ts';
import type { Diagnostics } from '../text/diagnostic.ts';
import type { Span } from '../text/source.ts';
import type { Argument, Extension, MatchExtension, OptionSpec, TargetExtension } from './extension.ts';
import type { Invertible } from './tree.ts';

export interface Instance<E extends Extension = Extension> {
  readonly extension: E;
  readonly options: unknown;
  /** The name behind -m or -j; for a match that `-p` implies, the option that made it load. */
  readonly span: Span;
  /** Where each option was given last. */
  readonly given: Map<OptionSpec<any>, Span>;
  /** Something about it was reported: it is no part of the rule. */
  faulty: boolean;
}

export type MatchInstance = Instance<MatchExtension>;
export type TargetInstance = Instance<TargetExtension>;

export function createInstance<E extends Extension>(extension: E, family: Family, span: Span): Instance<E> {
  return { extension, options: extension.create(family), span, given: new Map(), faulty: false };
}

/** An option as it was met in a line. */
export interface GivenOption {
  readonly spec: OptionSpec<any>;
  /** As written, with its dashes. */
  readonly option: Argument;
  readonly values: readonly Argument[];
  readonly invert: boolean;
}

/** Sets one option, reporting what speaks against it. */
export function setOption(
  instance: Instance,
  given: GivenOption,
  rule: { readonly family: Family; readonly protocol?: Invertible<number> | undefined },
  diagnostics: Diagnostics,
): void {
  const { spec, option, values, invert } = given;
  const errorsBefore = diagnostics.errorCount;
  const earlier = instance.given.get(spec);
  instance.given.set(spec, option.span);
  if (invert && !spec.invertible) {
    diagnostics.error('not-invertible', `"!" cannot stand before --${spec.name}`, option.span);
  } else if (earlier && !spec.repeatable) {
    diagnostics.error('duplicate-option', `--${spec.name} is given twice`, option.span, [
      { message: 'first given here', span: earlier },
    ]);
  } else {
    const { family, protocol } = rule;
    spec.set(instance.options, values, { family, diagnostics, option, invert, ...(protocol ? { protocol } : {}) });
  }
  if (diagnostics.errorCount > errorsBefore) instance.faulty = true;
}

/** Notes an option that was given without what must follow it. */
export function setFaulty(instance: Instance, spec: OptionSpec<any>, option: Argument): void {
  instance.given.set(spec, option.span);
  instance.faulty = true;
}

/** Checks the options of a match or target against each other, once the whole line was read. */
export function checkConstraints(instance: Instance, diagnostics: Diagnostics): void {
  const { extension, given } = instance;
  const bound = boundOptions(extension);
  if (bound.length === 0) return;
  const errorsBefore = diagnostics.errorCount;
  const specs = extension.options as readonly OptionSpec<any>[];
  const spanOf = (name: string): Span | undefined => {
    const spec = specs.find((s) => s.name === name || s.aliases?.includes(name));
    return spec && given.get(spec);
  };
  for (const spec of bound) {
    const span = given.get(spec);
    if (!span) {
      if (spec.mandatory) diagnostics.error('missing-option', `${title(extension)} needs --${spec.name}`, instance.span);
      continue;
    }
    for (const other of spec.needs ?? []) {
      if (!spanOf(other)) diagnostics.error('missing-option', `--${spec.name} needs --${other} beside it`, span);
    }
    for (const other of spec.excludes ?? []) {
      const otherSpan = spanOf(other);
      // Where both exclude each other, the one that stands second is the one to point at.
      if (!otherSpan || (span.start < otherSpan.start && excludes(specs, other, spec.name))) continue;
      diagnostics.error('exclusive-options', `--${spec.name} cannot stand with --${other}`, span, [
        { message: `--${other} is given here`, span: otherSpan },
      ]);
    }
  }
  if (diagnostics.errorCount > errorsBefore) instance.faulty = true;
}

/** Options that must be given, or that others must or must not be given with. Found once for each extension. */
const knownBound = new WeakMap<Extension, readonly OptionSpec<any>[]>();

function boundOptions(extension: Extension): readonly OptionSpec<any>[] {
  const known = knownBound.get(extension);
  if (known) return known;
  const specs = extension.options as readonly OptionSpec<any>[];
  const bound = specs.filter(({ mandatory, needs, excludes }) => mandatory || needs || excludes);
  knownBound.set(extension, bound);
  return bound;
}

function excludes(specs: readonly OptionSpec<any>[], name: string, other: string): boolean {
  return specs.some((spec) => spec.name === name && spec.excludes?.includes(other));
}

/** An extension as people call it. */
export function title(extension: Extension): string {
  return extension.kind === 'match' ? `match "${extension.name}"` : `target ${extension.name}`;
}
