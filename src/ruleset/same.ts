// Whether two rules are the same one, as -D and -C ask.
//
// iptables compares what the kernel holds byte for byte, as far as each extension says; two rules that print the same are the same,
// but for what is not printed. Ref: iptables 1.8.9, libiptc/libip4tc.c:is_same(), libiptc/libiptc.c:target_same()

import type { Family } from '../ir/ir.ts';
import { printRule } from './print.ts';
import type { RuleTree } from './tree.ts';

/** How each rule that was compared prints: deleting from a long chain asks for the same rules again and again. */
const texts = new WeakMap<RuleTree, string>();

export function isSameRule(a: RuleTree, b: RuleTree, family: Family): boolean {
  return keyOf(a, family) === keyOf(b, family);
}

function keyOf(rule: RuleTree, family: Family): string {
  const known = texts.get(rule);
  if (known !== undefined) return known;
  const { protocol, inInterface, outInterface } = rule;
  // `! -i +` and IPv6 `-p all` do not print.
  const hidden = [protocol?.value === 0, inInterface?.invert === true, outInterface?.invert === true].map(Number).join('');
  const key = `${hidden}${printRule(rule, family)}`;
  texts.set(rule, key);
  return key;
}
