// What iptables and ip6tables print: listings, and what -v says of what was done.

import { type Firewall, runCommand } from '../commands/firewall.ts';
import { toolName, VERSION } from '../commands/refusal.ts';
import type { Family } from '../ir/ir.ts';
import { ruleNumber } from '../ruleset/action.ts';
import type { Command } from '../ruleset/command.ts';
import { listRuleAlone, listTable } from '../ruleset/list.ts';
import { chainsInOrder } from '../ruleset/print.ts';
import { specifyTable } from '../ruleset/specification.ts';
import { tableTree } from '../ruleset/table-draft.ts';
import type { RuleTree, TableTree } from '../ruleset/tree.ts';
import { Diagnostics } from '../text/diagnostic.ts';
import { type Answer, wordsOf } from './call.ts';

/** What -v prints of each chain that a command is about. Ref: iptables/iptables.c:flush_entries4(), zero_entries(), delete_chain4() */
const VERBOSE: Readonly<Record<string, string>> = { F: 'Flushing', X: 'Deleting', Z: 'Zeroing' };

/** Carries out one call of iptables or ip6tables. */
export function answerIptables(firewall: Firewall, family: Family, args: readonly string[]): Answer {
  const words = wordsOf(toolName(family), args);
  const source = words[0]?.span.source ?? { name: toolName(family), text: toolName(family) };
  const input = { family, words, span: { source, start: 0, end: source.text.length } };
  let stdout = '';
  const { command, refusal } = runCommand(firewall, input, new Diagnostics(), (table, command, rules) => {
    stdout = printed(command, tableTree(table), family, rules);
  });
  if (refusal) return { status: refusal.status, stdout: '', stderr: refusal.text };
  if (command.skipped) stdout = `${toolName(family)} ${VERSION}\n`;
  return { status: 0, stdout, stderr: command.interval ? 'Ignoring deprecated --wait-interval option.\n' : '' };
}

/** What a command prints that is about to be carried out. */
function printed({ action, given }: Command, table: TableTree, family: Family, rules: () => readonly RuleTree[]): string {
  const { letter, operands, zero } = action!;
  const [chain, number] = operands;
  const verbose = given.has('v');
  const selection = {
    ...(chain ? { chain: chain.text } : {}),
    ...(number ? { rule: ruleNumber(number)! } : {}),
    verbose,
  };
  let text = '';
  if (letter === 'L') {
    const options = { numeric: given.has('n'), exact: given.has('x'), lineNumbers: given.has('0') };
    text = listTable(table, family, { ...selection, ...options }) ?? '';
  } else if (letter === 'S') {
    text = specifyTable(table, family, selection) ?? '';
  } else if (verbose && 'AIRDC'.includes(letter) && !(letter === 'D' && number)) {
    text = rules()
      .map((rule) => `${listRuleAlone(rule, family)}\n`)
      .join('');
  }
  const said = verbose && !number ? (VERBOSE[letter] ?? (zero ? VERBOSE.Z : undefined)) : undefined;
  if (said === undefined) return text;
  const chains = chainsInOrder(table).filter(({ name, policy }) => (chain ? name === chain.text : letter !== 'X' || !policy));
  return text + chains.map(({ name }) => `${said} chain \`${name}'\n`).join('');
}
