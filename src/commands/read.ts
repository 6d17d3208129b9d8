// A ruleset file, whichever form it has: what iptables-save prints, or command lines.

import type { Family } from '../ir/ir.ts';
import type { ExtensionRegistry } from '../ruleset/extension.ts';
import { parseRuleset } from '../ruleset/parser.ts';
import type { RulesetTree } from '../ruleset/tree.ts';
import type { Diagnostics } from '../text/diagnostic.ts';
import type { Source } from '../text/source.ts';
import { isCommandFile, readCommandFile } from './file.ts';
import type { Surroundings } from './firewall.ts';

/**
 * Reads a ruleset file. `family` is that of iptables-save text, which does not say; command lines may make rulesets of both.
 * `around` is what the machine has besides; what the file makes is added.
 */
export function readRulesets(
  source: Source,
  family: Family,
  registry: ExtensionRegistry,
  diagnostics: Diagnostics,
  around: Surroundings = { objects: new Map() },
): RulesetTree[] {
  if (!isCommandFile(source)) return [parseRuleset(source, family, registry, diagnostics, around.objects)];
  const trees = readCommandFile(source, registry, diagnostics, around);
  return trees.length > 0 ? trees : [{ source, family, tables: [] }];
}
