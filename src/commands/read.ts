// A ruleset file, whichever form it has: what iptables-save prints, or command lines.

import type { Family } from '../ir/ir.ts';
import type { ExtensionRegistry } from '../ruleset/extension.ts';
import type { SharedObjects } from '../ruleset/objects.ts';
import { parseRuleset } from '../ruleset/parser.ts';
import type { Diagnostics } from '../text/diagnostic.ts';
import type { Source } from '../text/source.ts';
import { isCommandFile, type RulesetFile, readCommandFile } from './file.ts';

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
): RulesetFile {
  if (!isCommandFile(source)) return { rulesets: [parseRuleset(source, family, registry, diagnostics, objects)] };
  const file = readCommandFile(source, registry, diagnostics, objects);
  return file.rulesets.length > 0 ? file : { ...file, rulesets: [{ source, family, tables: [] }] };
}
