// What must hold of every input, however broken: no crash, no hang, and what is printed reads back as the same.

import { readRulesets } from '../../src/commands/read.ts';
import { extensions } from '../../src/extensions/index.ts';
import { printSave } from '../../src/ipset/print.ts';
import { readIpsets } from '../../src/ipset/restore.ts';
import { StatePlan } from '../../src/ir/state.ts';
import { interfaceUniverse } from '../../src/ruleset/interfaces.ts';
import { lowerRuleset } from '../../src/ruleset/lower.ts';
import { parseRuleset } from '../../src/ruleset/parser.ts';
import { printRuleset } from '../../src/ruleset/print.ts';
import type { RulesetTree } from '../../src/ruleset/tree.ts';
import { Diagnostics } from '../../src/text/diagnostic.ts';
import { renderDiagnostics } from '../../src/text/render.ts';
import type { Input } from './input.ts';

/** Most processor time for one input. */
const HANG_MS = 100;

/** The warning where iptables prints what it cannot read back. */
const UNREADABLE = 'unreadable-print';

const PRINT = { counters: true, order: 'text' } as const;

/** Checks an input; throws for what does not hold. Gives whether it was taken without an error. */
export function checkInput(input: Input): boolean {
  const start = process.cpuUsage();
  const isTaken = check(input);
  const elapsed = cpuMs(start);
  if (elapsed > HANG_MS && fastest(input) > HANG_MS) throw new Error(`takes ${elapsed.toFixed(0)} ms`);
  return isTaken;
}

/** Processor time since then: the machine may have been busy with other things. */
export function cpuMs(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

/** The least of a few runs: code may have been compiled, or memory collected. */
function fastest(input: Input): number {
  const times = Array.from({ length: 5 }, () => {
    const start = process.cpuUsage();
    check(input);
    return cpuMs(start);
  });
  return Math.min(...times);
}

function check({ kind, family, text }: Input): boolean {
  const diagnostics = new Diagnostics();
  const source = { name: 'input', text };
  if (kind === 'sets') return checkSets(text);
  const trees = readRulesets(source, family, extensions, diagnostics);
  renderDiagnostics(diagnostics.list);
  if (diagnostics.hasErrors) return false;
  lower(trees, diagnostics);
  const isReadable = diagnostics.list.every(({ code }) => code !== UNREADABLE);
  if (isReadable) for (const tree of trees) checkPrint(tree);
  return true;
}

/** Lowering may refuse what cannot be evaluated. */
function lower(trees: readonly RulesetTree[], diagnostics: Diagnostics): void {
  const interfaces = interfaceUniverse(trees, []);
  const found = new Diagnostics();
  const state = new StatePlan();
  for (const tree of trees) lowerRuleset(tree, interfaces, found, { state });
  renderDiagnostics(found.list);
  diagnostics.append(found.list);
}

function checkPrint(tree: RulesetTree): void {
  const printed = printRuleset(tree, PRINT);
  const diagnostics = new Diagnostics();
  // What other rulesets make is not in this one's text.
  const again = parseRuleset({ name: 'printed', text: printed }, tree.family, extensions, diagnostics);
  const errors = diagnostics.list.filter(({ severity, code }) => severity === 'error' && code !== 'no-such-object');
  if (errors.length > 0) throw new Error(`printed text is refused:\n${printed}\n${renderDiagnostics(errors)}`);
  const twice = printRuleset(again, PRINT);
  if (twice !== printed) throw new Error(`printed text reads back otherwise:\n${printed}\n${twice}`);
}

function checkSets(text: string): boolean {
  const context = { random: () => 1 };
  const diagnostics = new Diagnostics();
  const sets = readIpsets({ name: 'input', text }, context, diagnostics);
  // ipset prints names without quotes.
  if (sets.names().some((name) => /[\s"]/.test(name))) return false;
  const printed = printSave(sets, { sorted: true });
  const found = new Diagnostics();
  const again = printSave(readIpsets({ name: 'printed', text: printed }, context, found), { sorted: true });
  if (found.hasErrors) throw new Error(`printed sets are refused:\n${printed}\n${renderDiagnostics(found.list)}`);
  if (again !== printed) throw new Error(`printed sets read back otherwise:\n${printed}\n${again}`);
  return !diagnostics.hasErrors;
}
