// `hookline check FILE...`: every problem of each ruleset, and one line a file that says how it stands.

import { readFile } from 'node:fs/promises';
import type { Surroundings } from '../commands/firewall.ts';
import { readRulesets } from '../commands/read.ts';
import { extensions } from '../extensions/index.ts';
import type { IpsetCollection } from '../ipset/collection.ts';
import { interfacePatterns, SetImages } from '../ipset/image.ts';
import { StatePlan } from '../ir/state.ts';
import type { ExtensionRegistry } from '../ruleset/extension.ts';
import { detectFamily } from '../ruleset/family.ts';
import { interfaceUniverse } from '../ruleset/interfaces.ts';
import { lowerRuleset, NOT_EVALUATED, UNKNOWN_LABEL, UNKNOWN_SET, UNKNOWN_TIMEOUT } from '../ruleset/lower.ts';
import { setUses } from '../ruleset/sets.ts';
import type { RulesetTree } from '../ruleset/tree.ts';
import { Diagnostics } from '../text/diagnostic.ts';
import { countDiagnostics, renderDiagnostics } from '../text/render.ts';
import { decodeSource, type Source } from '../text/source.ts';
import { fileReason } from './exit.ts';
import { readSets } from './sets.ts';

export interface CheckOptions {
  /** All files are IPv6 rulesets; otherwise each is what its header, name or content says. */
  readonly ipv6?: boolean;
  /** Colours; by default only on a terminal. */
  readonly colour?: boolean;
  readonly registry?: ExtensionRegistry;
  /** File of the IP sets that rules may name; without it, that a set is not known is a warning. */
  readonly ipset?: string;
}

/** Where the command writes; `stdin` is read for the file `-`. */
export interface CheckIo {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown; readonly isTTY?: boolean };
  readonly stdin?: AsyncIterable<Uint8Array | string>;
}

/** Exit codes of the command line. */
const EXIT_OK = 0;
const EXIT_BAD_INPUT = 2;

/** Checks files one by one: problems to stderr, a summary line each to stdout. Gives the exit code. */
export async function checkFiles(paths: readonly string[], options: CheckOptions, io: CheckIo): Promise<number> {
  let exit = EXIT_OK;
  const sets = options.ipset === undefined ? undefined : readSets(options.ipset);
  for (const path of paths) {
    const source = await readSource(path, io);
    if (source && (await checkSource(source, options, sets, io))) continue;
    exit = EXIT_BAD_INPUT;
  }
  return exit;
}

async function readSource(path: string, io: CheckIo): Promise<Source | undefined> {
  try {
    if (path !== '-') return decodeSource(path, await readFile(path));
    const chunks: Uint8Array[] = [];
    for await (const chunk of io.stdin ?? process.stdin) chunks.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
    return decodeSource('<stdin>', Buffer.concat(chunks));
  } catch (error) {
    io.stderr.write(`${path || "''"}: error: cannot be read: ${fileReason(error)} [unreadable]\n`);
    return undefined;
  }
}

/** Gives whether the file is good. */
async function checkSource(
  source: Source,
  options: CheckOptions,
  sets: IpsetCollection | undefined,
  io: CheckIo,
): Promise<boolean> {
  const diagnostics = new Diagnostics();
  const around: Surroundings = { objects: new Map(), ...(sets ? { sets } : {}) };
  const family = options.ipv6 ? 6 : detectFamily(source);
  const trees = readRulesets(source, family, options.registry ?? extensions, diagnostics, around);
  if (!diagnostics.hasErrors) for (const tree of trees) lowerChecked(tree, around.sets, diagnostics);
  if (diagnostics.list.length > 0) {
    io.stderr.write(renderDiagnostics(diagnostics.list, { colour: options.colour ?? io.stderr.isTTY === true }));
  }
  const found = countDiagnostics(diagnostics.list);
  const verdict = diagnostics.hasErrors ? found : `ok${found && `, ${found}`}`;
  await io.stdout.write(`${source.name}: ${verdict}: ${trees.map(describe).join('; ')}\n`);
  return !diagnostics.hasErrors;
}

/** Nothing is wrong with a file that we cannot evaluate yet, or whose sets, timeout policies and labels we do not know; but whoever has it must know. */
function lowerChecked(tree: RulesetTree, sets: IpsetCollection | undefined, diagnostics: Diagnostics): void {
  const lowering = new Diagnostics();
  const interfaces = interfaceUniverse([tree], [], sets ? interfacePatterns(sets) : []);
  const images = sets && new SetImages(sets, interfaces, setUses([tree]), { knowsInterfaces: true });
  lowerRuleset(tree, interfaces, lowering, { state: new StatePlan(), ...(images ? { sets: images } : {}) });
  const isWarning = (code: string): boolean =>
    code === NOT_EVALUATED || code === UNKNOWN_TIMEOUT || code === UNKNOWN_LABEL || (code === UNKNOWN_SET && !sets);
  diagnostics.append(lowering.list.map((found) => (isWarning(found.code) ? { ...found, severity: 'warning' as const } : found)));
}

function describe(tree: RulesetTree): string {
  const chains = tree.tables.flatMap((table) => table.chains);
  const rules = chains.reduce((sum, chain) => sum + chain.rules.length, 0);
  const userChains = chains.filter((chain) => !chain.policy).length;
  const tables = tree.tables.map((table) => table.name).join(', ') || 'none';
  return `IPv${tree.family}, tables ${tables}, ${count(rules, 'rule')}, ${count(userChains, 'user chain')}`;
}

function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? '' : 's'}`;
}
