// Reads the tables of test cases (*.t): one rule a line, with what becomes of it.
//
//   chains INPUT FORWARD       the rules below are tried in each of these chains
//   table mangle               … of this table (filter unless said)
//   family 4                   … for these families (4 6 unless said)
//   setup COMMAND              is done first where the live tool is asked: what the rules below need (`setup` alone: nothing)
//   offline                    the rules below are not put to the live tool, for its kernel lacks the extension
//   RULE => CANONICAL          is taken, and prints so; `same` = as it stands
//   RULE => CANONICAL ?? CODE  … with this warning
//   RULE !! CODE @ COLUMN      is refused with this code, pointing at this column of the rule (from 1); more than one with commas
//   # …                        a comment

import type { Family } from '../../src/ir/ir.ts';

export interface Case {
  /** Line of the file, from 1. */
  readonly line: number;
  readonly rule: string;
  readonly families: readonly Family[];
  readonly table: string;
  readonly chains: readonly string[];
  /** Commands that make what the rule needs. */
  readonly setup: readonly string[];
  /** The reference kernel lacks the extension. */
  readonly offline: boolean;
  readonly expected:
    | { readonly kind: 'prints'; readonly canonical: string; readonly warning?: string }
    | { readonly kind: 'refused'; readonly codes: readonly string[]; readonly errors: string };
}

function readExpected(rule: string, sign: string, text: string): Case['expected'] | undefined {
  if (sign === '!!') {
    const errors = text.split(', ').map((error) => /^(\S+) @ \d+$/.exec(error)?.[1]);
    return errors.includes(undefined) ? undefined : { kind: 'refused', codes: errors as string[], errors: text };
  }
  const [canonical, warning] = text.split(/\s+\?\?\s+/);
  return {
    kind: 'prints',
    canonical: canonical === 'same' ? rule : canonical!,

    ...(warning ? { warning } : {}),
  };
}

/** Gives the cases of a table; throws on a line that is none. */
export function readTable(name: string, text: string): Case[] {
  const cases: Case[] = [];
  let [families, table, chains]: [readonly Family[], string, string[]] = [[4, 6], 'filter', []];
  let [setup, offline]: [string[], boolean] = [[], false];
  for (const [index, line] of text.split('\n').entries()) {
    const words = line.trim().split(/\s+/);
    if (words[0] === '' || words[0]!.startsWith('#')) continue;
    if (words[0] === 'chains') chains = words.slice(1);
    else if (words[0] === 'setup') setup = words.length > 1 ? [...setup, words.slice(1).join(' ')] : [];
    else if (words[0] === 'offline') offline = true;
    else if (words[0] === 'table') table = words[1]!;
    else if (words[0] === 'family') families = words.slice(1).map((word) => (word === '4' ? 4 : 6));
    else {
      const found = /^(.*?)\s+(=>|!!)\s+(.*?)\s*$/.exec(line);
      const expected = found && readExpected(found[1]!, found[2]!, found[3]!);
      if (!found || !expected || chains.length === 0) throw new Error(`${name}:${index + 1}: not a case: ${line}`);
      cases.push({ line: index + 1, rule: found[1]!, families, table, chains, setup, offline, expected });
    }
  }
  return cases;
}
