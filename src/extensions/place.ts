// Where in the hooks a match or target may stand, when that depends on its options.

import type { HookName } from '../ir/ir.ts';
import type { RuleContext } from '../ruleset/extension.ts';

/** Reports when the rule can be reached from one of these hooks. `what`: the option that cannot. */
export function refuseHooks(what: string, hooks: readonly HookName[], context: RuleContext): void {
  const found = hooks.filter((hook) => context.hooks.has(hook));
  if (found.length === 0) return;
  context.diagnostics.error('wrong-hook', `${what} cannot be asked where packets come from ${found.join(', ')}`, context.span);
}
