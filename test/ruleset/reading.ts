// Short ways to read a ruleset in a test.

import type { Family } from '../../src/ir/ir.ts';
import type { ExtensionRegistry } from '../../src/ruleset/extension.ts';
import { parseRuleset } from '../../src/ruleset/parser.ts';
import { printRule } from '../../src/ruleset/print.ts';
import type { RulesetTree, RuleTree } from '../../src/ruleset/tree.ts';
import { type Diagnostic, Diagnostics } from '../../src/text/diagnostic.ts';
import { renderDiagnostics } from '../../src/text/render.ts';
import { registry as fake } from './registry.ts';

export interface Read {
  readonly tree: RulesetTree;
  readonly list: readonly Diagnostic[];
  readonly codes: readonly string[];
  /** The diagnostics as people see them. */
  readonly text: string;
}

export interface ReadOptions {
  readonly family?: Family;
  readonly registry?: ExtensionRegistry;
}

/** Parses a whole file. */
export function read(text: string, { family = 4, registry = fake }: ReadOptions = {}): Read {
  const diagnostics = new Diagnostics();
  const tree = parseRuleset({ name: 'test.rules', text }, family, registry, diagnostics);
  const { list } = diagnostics;
  return { tree, list, codes: list.map(({ code }) => code), text: renderDiagnostics(list) };
}

/** Parses lines of a table that has the user chains `one` and `two`. */
export function readTable(lines: string | readonly string[], options: ReadOptions & { table?: string } = {}): Read {
  const body = typeof lines === 'string' ? [lines] : lines;
  return read([`*${options.table ?? 'filter'}`, ':one - [0:0]', ':two - [0:0]', ...body, 'COMMIT', ''].join('\n'), options);
}

export function rulesOf(tree: RulesetTree, chain: string, table = 0): readonly RuleTree[] {
  return tree.tables[table]?.chains.find(({ name }) => name === chain)?.rules ?? [];
}

/** The rules of a chain as they print, behind `-A CHAIN`. Throws when something was reported. */
export function printed(
  lines: string | readonly string[],
  options: ReadOptions & { table?: string; chain?: string } = {},
): string[] {
  const { tree, text } = readTable(lines, options);
  if (text !== '') throw new Error(text);
  return rulesOf(tree, options.chain ?? 'INPUT').map((rule) => printRule(rule, tree.family).trimStart());
}
