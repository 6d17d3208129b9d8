// Reads the test lines of iptables 1.8.9 itself: CORPUS/iptables-t/extensions.

import { readdirSync, readFileSync } from 'node:fs';
import type { Family } from '../../src/ir/ir.ts';

/** '' when CORPUS is not set. */
export const FOLDER = process.env.CORPUS ? `${process.env.CORPUS}/iptables-t/extensions/` : '';

/** The files of lines for iptables and ip6tables. iptables runs those of both families as IPv4. */
export function lineFiles(): { readonly name: string; readonly family: Family }[] {
  const names = FOLDER ? readdirSync(FOLDER).filter((name) => /^(iptables|lib(xt|ipt|ip6t)_.*)\.t$/.test(name)) : [];
  return names.map((name) => ({ name, family: name.startsWith('libip6t_') ? 6 : 4 }));
}

export interface Line {
  readonly place: string;
  /** Commands carried out before, of iptables or ip6tables. */
  readonly setup: readonly string[];
  readonly table: string;
  readonly chains: readonly string[];
  readonly rule: string;
  readonly canonical: string;
  readonly taken: boolean;
}

/** Reads `RULE;CANONICAL;OK|FAIL` lines with their `:CHAIN,…` and `*TABLE` lines; commands for nft (`@`) and comments are passed over. */
export function readLines(file: string): Line[] {
  const lines: Line[] = [];
  let [table, chains, setup]: [string, string[], string[]] = ['filter', [], []];
  const text = readFileSync(FOLDER + file, 'utf8');
  for (const [index, line] of text.split('\n').entries()) {
    if (line === '' || /^[#@]/.test(line)) continue;
    if (line.startsWith('%')) setup = [...setup, line.slice(1)];
    else if (line.startsWith(':')) chains = line.slice(1).split(',');
    else if (line.startsWith('*')) table = line.slice(1);
    else {
      const [rule = '', canonical = '', verdict = ''] = line.split(';');
      const place = `${file}:${index + 1}: ${line}`;
      lines.push({ place, setup, table, chains, rule, canonical: canonical === '=' ? rule : canonical, taken: verdict === 'OK' });
    }
  }
  return lines;
}
