// What rules share by name: made by the first rule that names it, and there for all that come behind.
//
// The kernel looks at the rules of a table in the order of its chains, each match before the target, while what the table held
// before is still there. Ref: net/netfilter/xt_RATEEST.c:xt_rateest_tg_checkentry(), xt_rateest.c:xt_rateest_mt_checkentry(),
// xt_IDLETIMER.c:idletimer_tg_checkentry_v1()

import type { Diagnostics } from '../text/diagnostic.ts';
import type { Span } from '../text/source.ts';
import { didYouMean } from '../text/suggest.ts';
import type { Extension, SharedObject } from './extension.ts';
import type { RulesetTree } from './tree.ts';

interface KnownObject extends SharedObject {
  readonly span: Span;
}

/** By kind and name. */
export type SharedObjects = Map<string, KnownObject>;

function keyOf({ kind, name }: SharedObject): string {
  return `${kind} ${name}`;
}

/** Checks what an extension shares against what there is, and adds what it makes. */
export function shareObjects(
  objects: SharedObjects,
  extension: Extension,
  options: unknown,
  span: Span,
  diagnostics: Diagnostics,
): void {
  for (const object of extension.objects?.(options) ?? []) {
    const { kind, name, made } = object;
    const known = objects.get(keyOf(object));
    if (!known && made === undefined) {
      const names = [...objects.values()].filter((other) => other.kind === kind).map((other) => other.name);
      diagnostics.error('no-such-object', `no rule above makes the ${kind} "${name}"${didYouMean(name, names)}`, span);
    } else if (!known) {
      objects.set(keyOf(object), { ...object, span });
    } else if (made !== undefined && made !== known.made) {
      const message = `the ${kind} "${name}" is made here with ${made}, and above with ${known.made}`;
      diagnostics.error('object-differs', message, span, [{ message: 'it is made here', span: known.span }]);
    }
  }
}

/** What the rules of some rulesets share. */
export function objectsOf(trees: readonly Pick<RulesetTree, 'tables'>[]): SharedObjects {
  const objects: SharedObjects = new Map();
  const rules = trees
    .flatMap(({ tables }) => tables)
    .flatMap(({ chains }) => chains)
    .flatMap((chain) => chain.rules);
  for (const { matches, target } of rules) {
    for (const { extension, options, span } of [...matches, ...(target?.kind === 'extension' ? [target] : [])]) {
      for (const object of extension.objects?.(options) ?? []) {
        if (object.made !== undefined && !objects.has(keyOf(object))) objects.set(keyOf(object), { ...object, span });
      }
    }
  }
  return objects;
}
