// A file of `iptables`, `ip6tables` and `ipset` command lines in, rulesets out.
//
// The lines are carried out one after the other, as a shell would run them on a machine that has no rules yet. What does not bear
// on the rules is passed over if it is harmless, and reported if it is not known to be.

import { applyIpsetCommand } from '../ipset/apply.ts';
import { IpsetCollection } from '../ipset/collection.ts';
import type { IpsetContext } from '../ipset/session.ts';
import type { Family } from '../ir/ir.ts';
import type { ExtensionRegistry } from '../ruleset/extension.ts';
import type { Word } from '../ruleset/lexer.ts';
import type { RulesetTree } from '../ruleset/tree.ts';
import { Diagnostics } from '../text/diagnostic.ts';
import type { Source } from '../text/source.ts';
import { createFirewall, type Firewall, isSetUsed, rulesetTree, runCommand, type Surroundings } from './firewall.ts';
import { createReader, needsShell, readSimpleCommand, type ScriptReader, type SimpleCommand } from './words.ts';

const TOOL = /^(?:\S*\/)?(iptables|ip6tables)(?:-legacy|-nft)?$/;
const IPSET = /^(?:\S*\/)?ipset$/;

/** Commands that change no rules, and that nothing here depends on. */
const HARMLESS: readonly string[] = ['echo', 'printf', 'true', ':', 'modprobe', 'sleep'];
/** Options of `set` that change when a shell stops or what it shows, and not what commands say. */
const SET_WORD = /^(?:[-+][euvx]+|[-+][euvx]*o|errexit|nounset|verbose|xtrace|pipefail)$/;
/** The first line that is neither blank nor a comment. */
const FIRST_LINE = /^[ \t]*[^#\s].*$/m;
const COMMAND_LINE = /^[ \t]*(?:sudo[ \t]+)?(?:\S*\/)?(?:ip6?tables(?:-legacy|-nft)?|ipset)(?:[ \t]|$)/m;
const TOOL_VARIABLE = /^[ \t]*(?:export[ \t]+|readonly[ \t]+)?[A-Za-z_]\w*=["']?(?:\S*\/)?(?:ip6?tables|ipset)/m;

/** Whether a text is command lines, not what iptables-save prints: that begins with a table, a chain or a rule. */
export function isCommandFile({ text }: Source): boolean {
  const first = FIRST_LINE.exec(text)?.[0];
  if (first === undefined || /^\s*[*:[-]/.test(first) || text.includes('\0')) return false;
  return COMMAND_LINE.test(text) || TOOL_VARIABLE.test(text);
}

/**
 * Reads and carries out the lines of a file, reporting every one that is refused. Gives the rulesets they make, IPv4 first; what
 * else they make is added to the surroundings.
 */
export function readCommandFile(
  source: Source,
  registry: ExtensionRegistry,
  diagnostics: Diagnostics,
  around: Surroundings,
): RulesetTree[] {
  const own = new Diagnostics();
  const reader = createReader(source, own);
  const firewall = createFirewall(registry, around);
  for (let command = readSimpleCommand(reader); command; command = readSimpleCommand(reader)) {
    if (!runLine(firewall, reader, command)) break;
  }
  for (const [key, object] of firewall.objects) around.objects.set(key, object);
  if (firewall.sets) around.sets = firewall.sets;
  // Stable: what was found later in the same place stays behind.
  own.list.sort((a, b) => (a.span?.start ?? 0) - (b.span?.start ?? 0));
  diagnostics.append(own.list);
  return ([4, 6] as const).flatMap((family) => rulesetTree(firewall, family, source) ?? []);
}

/** Gives whether reading goes on. */
function runLine(firewall: Firewall, reader: ScriptReader, command: SimpleCommand): boolean {
  const { words, assignments } = command;
  const at = words[0]?.text === 'sudo' && words.length > 1 && !words[1]!.text.startsWith('-') ? 1 : 0;
  const [name, ...others] = words.slice(at);
  if (!name) {
    for (const { name, value } of assignments) reader.variables.set(name, value);
    return true;
  }
  if (command.faulty) return true;
  if (assignments.length > 0) {
    needsShell(reader, 'a variable set for one command', { ...command.span, end: name.span.start });
    return true;
  }
  const tool = TOOL.exec(name.text);
  if (tool) {
    const family: Family = tool[1] === 'iptables' ? 4 : 6;
    runCommand(firewall, { family, words: others, span: command.span }, reader.diagnostics);
    return true;
  }
  return runOther(firewall, reader, name, others);
}

function runOther(firewall: Firewall, reader: ScriptReader, name: Word, others: readonly Word[]): boolean {
  const { variables } = reader;
  if (name.text === 'exit') return reportUnread(reader, name);
  if (name.text === 'export' || name.text === 'readonly') {
    for (const { text } of others) {
      const [variable, value] = text.split(/=(.*)/s);
      if (value !== undefined) variables.set(variable!, value);
    }
  } else if (name.text === 'set') {
    const odd = others.find(({ text }) => !SET_WORD.test(text));
    if (odd) needsShell(reader, `"set ${odd.text}"`, odd.span);
  } else if (IPSET.test(name.text)) {
    runIpset(firewall, reader, name, others);
  } else if (!HARMLESS.includes(name.text)) {
    needsShell(reader, `"${name.text}", which is no iptables, ip6tables or ipset command,`, name.span);
  }
  return true;
}

/** Sets come from the lines of a file or from elsewhere, not from both: what is given is not changed. */
function runIpset(firewall: Firewall, { diagnostics }: ScriptReader, name: Word, others: readonly Word[]): void {
  if (firewall.hasGivenSets) {
    diagnostics.error('two-sources-of-sets', 'the IP sets are given already, so that no line can change them', name.span);
    return;
  }
  firewall.sets ??= new IpsetCollection();
  applyIpsetCommand(firewall.sets, others, ipsetContext(firewall), diagnostics);
}

/** What ipset commands depend on. Nothing that can be seen depends on the seeds of hashes. */
function ipsetContext(firewall: Firewall): IpsetContext {
  return { isUsed: (name) => isSetUsed(firewall, name), random: () => 0 };
}

/** `exit` ends the script; a line behind it is never run. */
function reportUnread(reader: ScriptReader, name: Word): boolean {
  const ignored = { ...reader, diagnostics: new Diagnostics() };
  const next = readSimpleCommand(ignored);
  if (next) reader.diagnostics.warning('unread-lines', 'what stands behind "exit" is not run', name.span);
  return false;
}
