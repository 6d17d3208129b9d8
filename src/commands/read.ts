// A ruleset file, whichever form it has: what iptables-save prints, or command lines.

import type { Family } from '../ir/ir.ts';
import type { ExtensionRegistry } from '../ruleset/extension.ts';
import type { SharedObjects } from '../ruleset/objects.ts';
import { parseRuleset } from '../ruleset/parser.ts';
import type { RulesetTree } from '../ruleset/tree.ts';
import type { Diagnostics } from '../text/diagnostic.ts';
import type { Source } from '../text/source.ts';
import { isCommandFile, readCommandFile } from './file.ts';

/**
 * Reads a ruleset file. `family` is that of iptables-save text, which does not say; command lines may make rulesets of both.
 * `objects` is what files read before have made.
 */
export function readRulesets(
  source: Source,
  family: Family,
  registry: ExtensionRegistry,
  diagnostics: Diagnostics,
  objects: SharedObjects = new Map(),
): RulesetTree[] {
  if (!isCommandFile(source)) return [parseRuleset(source, family, registry, diagnostics, objects)];
  const trees = readCommandFile(source, registry, diagnostics, objects);
  return trees.length > 0 ? trees : [{ source, family, tables: [] }];
}
