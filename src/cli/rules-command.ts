// `hookline rules`: a ruleset as iptables -S, -L and iptables-save print it, or as JSON.

import { readRulesets } from '../commands/read.ts';
import { extensions } from '../extensions/index.ts';
import { type Family, TABLE_NAMES } from '../ir/ir.ts';
import { rulesetsJson } from '../report/ruleset-json.ts';
import { detectFamily } from '../ruleset/family.ts';
import { listTable } from '../ruleset/list.ts';
import { printRuleset, printTable } from '../ruleset/print.ts';
import { type Selection, specifyTable } from '../ruleset/specification.ts';
import { createTable, tableTree } from '../ruleset/table-draft.ts';
import type { RulesetTree, TableTree } from '../ruleset/tree.ts';
import { Diagnostics } from '../text/diagnostic.ts';
import { encodeText } from '../text/source.ts';
import { didYouMean } from '../text/suggest.ts';
import { EXIT_DONE, InputError } from './exit.ts';
import { OutputClosed, openOutput } from './output.ts';
import { readSource, reportOrFail } from './rules.ts';

export interface RulesCliOptions {
  readonly listRules?: boolean;
  readonly list?: boolean;
  readonly table?: string;
  readonly numeric?: boolean;
  readonly verbose?: boolean;
  readonly exact?: boolean;
  readonly lineNumbers?: boolean;
  readonly counters?: boolean;
  readonly ipv6?: boolean;
  readonly format: 'text' | 'json';
}

type Form = 'list' | 'specify' | 'save' | 'json';

/** How each form is asked for, and the options it takes besides -6. */
const FORMS: Readonly<Record<Form, { readonly title: string; readonly options: readonly (keyof typeof SPELLED)[] }>> = {
  list: { title: '-L', options: ['table', 'numeric', 'verbose', 'exact', 'lineNumbers'] },
  specify: { title: '-S', options: ['table', 'verbose'] },
  save: { title: 'save', options: ['table', 'counters'] },
  json: { title: '--format json', options: [] },
};
const SPELLED = {
  table: '-t',
  numeric: '-n',
  verbose: '-v',
  exact: '-x',
  lineNumbers: '--line-numbers',
  counters: '-c',
} as const;

/** Runs the command; gives its exit code. `words`: `save`, or CHAIN and RULENUM, and then FILE. */
export async function rulesCommand(words: readonly string[], options: RulesCliOptions): Promise<number> {
  const form = formOf(words, options);
  checkOptions(form, options);
  const [path, ...before] = words.slice(form === 'save' ? 1 : 0).toReversed();
  if (path === undefined) throw new InputError('rules needs a FILE, behind all other words');
  const selection = selectionOf(form, before.toReversed());
  const trees = readTrees(path, options);
  const text = form === 'json' ? rulesetsJson(trees) : printTree(trees[0]!, form, selection, options);
  const output = openOutput(process.stdout);
  try {
    await output.write(encodeText(text));
    await output.flush();
  } catch (error) {
    if (!(error instanceof OutputClosed)) throw error;
  }
  return EXIT_DONE;
}

function formOf(words: readonly string[], { list, listRules, format }: RulesCliOptions): Form {
  const asked: Form[] = [];
  if (list) asked.push('list');
  if (listRules) asked.push('specify');
  if (format === 'json') asked.push('json');
  // Behind -L and -S it is a chain, or a file.
  if (asked.length === 0 && words[0] === 'save') return 'save';
  if (asked.length === 1) return asked[0]!;
  const found = asked.length === 0 ? '' : `, not ${asked.map((form) => FORMS[form].title).join(' and ')}`;
  throw new InputError(`rules takes one of -L, -S, save and --format json${found}`);
}

function checkOptions(form: Form, options: RulesCliOptions): void {
  const { title, options: known } = FORMS[form];
  for (const [name, spelled] of Object.entries(SPELLED) as [keyof typeof SPELLED, string][]) {
    if (options[name] !== undefined && !known.includes(name)) throw new InputError(`${spelled} cannot stand with ${title}`);
  }
}

function selectionOf(form: Form, words: readonly string[]): Selection {
  const [chain, number, more] = words;
  if (chain === undefined) return {};
  if (form === 'save' || form === 'json') throw new InputError(`${FORMS[form].title} takes no word but FILE, found "${chain}"`);
  if (more !== undefined) throw new InputError(`${FORMS[form].title} takes CHAIN, RULENUM and FILE, found "${more}" too`);
  if (number === undefined) return { chain };
  if (!/^[1-9][0-9]*$/.test(number)) throw new InputError(`the number of a rule is a whole number from 1 on, found "${number}"`);
  return { chain, rule: Number(number) };
}

/** The rulesets of a file, or the one that is asked for. */
function readTrees(path: string, { ipv6, format }: RulesCliOptions): readonly RulesetTree[] {
  const source = readSource(path);
  const diagnostics = new Diagnostics();
  const trees = readRulesets(source, ipv6 ? 6 : detectFamily(source), extensions, diagnostics);
  reportOrFail(diagnostics);
  const wanted = ipv6 ? trees.filter(({ family }) => family === 6) : trees;
  if (format === 'json') return wanted;
  // Command lines may have made rulesets of both families.
  const family: Family = ipv6 ? 6 : (wanted[0]?.family ?? 4);
  return [wanted.find((tree) => tree.family === family) ?? { source, family, tables: [] }];
}

function printTree(tree: RulesetTree, form: Form, selection: Selection, options: RulesCliOptions): string {
  const { family } = tree;
  const counters = options.counters === true;
  if (form === 'save') {
    return options.table === undefined
      ? printRuleset(tree, { counters })
      : printTable(tableOf(tree, options.table), family, { counters });
  }
  const table = tableOf(tree, options.table ?? 'filter');
  const print = form === 'list' ? listTable : specifyTable;
  const text = print(table, family, { ...selection, ...options });
  if (text !== undefined) return text;
  const names = table.chains.map(({ name }) => name);
  throw new InputError(
    `there is no chain "${selection.chain}" in the table ${table.name}${didYouMean(selection.chain ?? '', names)}`,
  );
}

/** A table; one that the ruleset has not is as the kernel makes it when it is asked for. */
function tableOf({ source, tables }: RulesetTree, wanted: string): TableTree {
  const name = TABLE_NAMES.find((known) => known === wanted);
  if (!name) {
    const hint = didYouMean(wanted, TABLE_NAMES);
    throw new InputError(`there is no table "${wanted}", only ${TABLE_NAMES.join(', ')}${hint}`);
  }
  const span = { source, start: 0, end: 0 };
  return tables.find((table) => table.name === name) ?? tableTree(createTable(name, span, undefined));
}
