// iptables-restore and iptables-save, for both families: their options and their words.
//
// Ref: iptables 1.8.9, iptables/iptables-restore.c:ip46tables_restore_main(), iptables/iptables-save.c:do_iptables_save()

import { type Firewall, type RestoreOptions, restoreRules, rulesetTree, runCommand } from '../commands/firewall.ts';
import { isKernelFault, toolName, VERSION } from '../commands/refusal.ts';
import { type Family, TABLE_NAMES } from '../ir/ir.ts';
import type { LoadFault } from '../ruleset/parser.ts';
import { printTable } from '../ruleset/print.ts';
import { Diagnostics } from '../text/diagnostic.ts';
import { locate, type Source } from '../text/source.ts';
import { type Answer, type Call, refuse, wordsOf } from './call.ts';

interface Options {
  readonly letters: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, string>;
  readonly operands: readonly string[];
}

const LONG: Readonly<Record<string, string>> = {
  counters: 'c',
  verbose: 'v',
  version: 'V',
  test: 't',
  help: 'h',
  noflush: 'n',
  wait: 'w',
  'wait-interval': 'W',
  modprobe: 'M',
  table: 'T',
  file: 'f',
};

/** Reads options as getopt_long() does. `valued`: letters that take a value; undefined for an option that is none. */
function readOptions(args: readonly string[], letters: string, valued: string): Options | undefined {
  const given = new Set<string>();
  const values = new Map<string, string>();
  const operands: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at]!;
    const [name, attached] = arg.slice(2).split(/=(.*)/s) as [string, string?];
    const isLong = arg.startsWith('--');
    if (!arg.startsWith('-') || arg === '-') {
      operands.push(arg);
    } else if (isLong) {
      const found = Object.keys(LONG).filter((long) => long.startsWith(name));
      const letter = LONG[name] ?? (found.length === 1 ? LONG[found[0]!] : undefined);
      // iptables-save calls its table -t.
      const own = letter === 'T' && !letters.includes('T') ? 't' : letter;
      if (own === undefined || !letters.includes(own)) return undefined;
      given.add(own);
      if (valued.includes(own)) values.set(own, attached ?? args[++at] ?? '');
    } else {
      for (let i = 1; i < arg.length; i++) {
        const letter = arg[i]!;
        if (!letters.includes(letter)) return undefined;
        given.add(letter);
        if (!valued.includes(letter)) continue;
        values.set(letter, arg.slice(i + 1) || (args[++at] ?? ''));
        break;
      }
    }
    // The number of seconds to wait may stand apart.
    if (given.has('w') && /^-(w|-wait)$/.test(arg) && /^\d+$/.test(args[at + 1] ?? '')) at++;
  }
  return { letters: given, values, operands };
}

/** Loads what the call brings. */
export function answerRestore(firewall: Firewall, family: Family, call: Call): Answer {
  const tool = `${toolName(family)}-restore`;
  const options = readOptions(call.args, 'bcvVthnwWMT', 'MTW');
  if (!options) return { status: 1, stdout: '', stderr: `Try \`${tool} -h' for more information.\n` };
  const { letters, values, operands } = options;
  if (letters.has('V') || letters.has('h')) return { status: 0, stdout: `${tool} ${VERSION}\n`, stderr: '' };
  if (operands.length > 1) return { status: 1, stdout: '', stderr: 'Unknown arguments found on commandline\n' };
  const [path] = operands;
  const source = path === undefined ? call.readInput() : call.readFile(path);
  if (!source) return { status: 1, stdout: '', stderr: `Can't open ${path}: No such file or directory\n` };
  const only = values.get('T');
  const restore: RestoreOptions = {
    counters: letters.has('c'),
    noflush: letters.has('n'),
    isTest: letters.has('t'),
    ...(only === undefined ? {} : { only }),
  };
  const fault = restoreRules(firewall, family, source, restore);
  return fault ? refused(fault, tool) : { status: 0, stdout: '', stderr: '' };
}

/** What is said of a file that was read up to a fault. */
function refused({ fault, isCommit, span }: LoadFault, tool: string): Answer {
  const place = isCommit || !fault.span ? span : fault.span;
  const { line, lineStart } = locate(place.source, place.start);
  // A chain line says for itself why a chain cannot be made.
  const isChainLine = place.source.text.startsWith(':', lineStart);
  if (fault.code === 'missing-commit') return { status: 1, stdout: '', stderr: `${tool}: COMMIT expected at line ${line}\n` };
  if (isCommit || fault.code === 'outside-table' || (isKernelFault(fault) && !isChainLine))
    return { status: 1, stdout: '', stderr: `${tool}: line ${line} failed\n` };
  const hint = `Try \`${tool} -h' or '${tool} --help' for more information.`;
  return { status: 2, stdout: '', stderr: `${tool} ${VERSION}: ${fault.message}\nError occurred at line: ${line}\n${hint}\n` };
}

/** Prints the tables that there are, or the one that is asked for, which is made thereby. */
export function answerSave(firewall: Firewall, family: Family, call: Call): Answer {
  const tool = `${toolName(family)}-save`;
  const options = readOptions(call.args, 'bcdtMfV', 'tMf');
  if (!options) return { status: 1, stdout: '', stderr: `Look at manual page \`${tool}.8' for more information.\n` };
  const { letters, values, operands } = options;
  if (letters.has('V')) return { status: 0, stdout: `${tool} ${VERSION}\n`, stderr: '' };
  if (operands.length > 0) return { status: 1, stdout: '', stderr: 'Unknown arguments found on commandline\n' };
  const name = values.get('t');
  if (name !== undefined) {
    if (!TABLE_NAMES.some((table) => table === name)) return refuse(`${tool}: there is no table "${name}"`);
    const words = wordsOf(tool, ['-t', name, '-S']);
    runCommand(firewall, { family, words, span: words[0]!.span }, new Diagnostics());
  }
  const text = savedText(firewall, family, { counters: letters.has('c'), ...(name === undefined ? {} : { name }) });
  const file = values.get('f');
  if (file === undefined) return { status: 0, stdout: text, stderr: '' };
  call.writeFile(file, text);
  return { status: 0, stdout: '', stderr: '' };
}

interface SaveOptions {
  readonly counters: boolean;
  readonly name?: string;
}

/** The text of iptables-save, with the lines that say when. */
export function savedText(firewall: Firewall, family: Family, { counters, name }: SaveOptions): string {
  const source: Source = { name: 'record', text: '' };
  const tables = rulesetTree(firewall, family, source)?.tables.toReversed() ?? [];
  const now = ctime(new Date());
  return tables
    .filter((table) => name === undefined || table.name === name)
    .map((table) => {
      const text = printTable(table, family, { counters });
      return `# Generated by ${toolName(family)}-save v1.8.9 on ${now}\n${text}# Completed on ${now}\n`;
    })
    .join('');
}

/** A time as ctime() prints it. */
function ctime(time: Date): string {
  const [day, month, date, year, clock] = time.toString().split(' ') as [string, string, string, string, string];
  return `${day} ${month} ${String(Number(date)).padStart(2)} ${clock} ${year}`;
}
