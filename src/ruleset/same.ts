// Whether two rules are the same one, as -D and -C ask.
//
// iptables compares what the kernel holds byte for byte, as far as each extension says; two rules that print the same are the same,
// but for what is not printed. Ref: iptables 1.8.9, libiptc/libip4tc.c:is_same(), libiptc/libiptc.c:target_same()

import { Diagnostics } from '../text/diagnostic.ts';
import type { RuleContext } from './extension.ts';
import { printRule } from './print.ts';
import type { RuleTree } from './tree.ts';

/** How each rule that was compared prints: deleting from a long chain asks for the same rules again and again. */
const texts = new WeakMap<RuleTree, string>();

export function isSameRule(a: RuleTree, b: RuleTree, place: Pick<RuleContext, 'family' | 'table'>): boolean {
  return keyOf(a, place) === keyOf(b, place);
}

function keyOf(rule: RuleTree, place: Pick<RuleContext, 'family' | 'table'>): string {
  const known = texts.get(rule);
  if (known !== undefined) return known;
  finish(rule, place);
  const { protocol, inInterface, outInterface } = rule;
  // `! -i +` and IPv6 `-p all` do not print.
  const hidden = [protocol?.value === 0, inInterface?.invert === true, outInterface?.invert === true].map(Number).join('');
  const key = `${hidden}${printRule(rule, place.family)}`;
  texts.set(rule, key);
  return key;
}

/** Fills in what no option gave, which otherwise is done once the table is read. What is wrong is said there. */
function finish(rule: RuleTree, place: Pick<RuleContext, 'family' | 'table'>): void {
  const { matches, target, protocol } = rule;
  for (const { extension, options, span } of [...matches, ...(target?.kind === 'extension' ? [target] : [])]) {
    const context = { ...place, hooks: new Set<never>(), rule, span, diagnostics: new Diagnostics() };
    extension.finish?.(options, { ...context, ...(protocol ? { protocol } : {}) });
  }
}
