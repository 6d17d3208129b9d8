// The sample rulesets print as iptables-legacy 1.8.9 printed them: the files beside them were made by it.

import { readFileSync } from 'node:fs';
import { describe, expect, it, test } from 'vitest';
import { extensions } from '../../src/extensions/index.ts';
import type { Family } from '../../src/ir/ir.ts';
import { listTable } from '../../src/ruleset/list.ts';
import { parseRuleset } from '../../src/ruleset/parser.ts';
import { specifyTable } from '../../src/ruleset/specification.ts';
import type { TableTree } from '../../src/ruleset/tree.ts';
import { Diagnostics } from '../../src/text/diagnostic.ts';
import { ourViews, readText, SAMPLES, tablesOf, transcript } from '../support/listing.ts';

it.each(SAMPLES)('$name prints as iptables printed it', ({ name, family, rules, printed }) => {
  const text = readText(readFileSync(rules));
  expect(transcript(name, ourViews(text, family, tablesOf(text))!)).toBe(readFileSync(printed, 'utf8'));
});

function filterOf(text: string, family: Family = 4): TableTree {
  const tree = parseRuleset({ name: 'rules', text: `*filter\n${text}COMMIT\n` }, family, extensions, new Diagnostics());
  return tree.tables[0]!;
}

describe('one chain, or one rule of it', () => {
  const table = filterOf(':one - [0:0]\n[1:2] -A INPUT -j ACCEPT\n[3:4] -A one -j DROP\n[5:6] -A one -p 6\n');

  test('a chain is listed with its header', () => {
    const header = 'target     prot opt source               destination         \n';
    const rules = [
      'DROP       0    --  0.0.0.0/0            0.0.0.0/0           \n',
      '           6    --  0.0.0.0/0            0.0.0.0/0           \n',
    ];
    expect(listTable(table, 4, { chain: 'one', numeric: true })).toBe(`Chain one (0 references)\n${header}${rules.join('')}`);
  });

  test('a rule stands alone, with its number in the chain', () => {
    const line = '2        5     6            tcp  --  any    any     anywhere             anywhere            \n';
    expect(listTable(table, 4, { chain: 'one', rule: 2, verbose: true, lineNumbers: true })).toBe(line);
    expect(specifyTable(table, 4, { chain: 'one', rule: 2, verbose: true })).toBe('-A one -p tcp -c 5 6\n');
  });

  test('of a rule that is not there nothing is printed', () => {
    expect(listTable(table, 4, { chain: 'one', rule: 3 })).toBe('');
    expect(specifyTable(table, 4, { chain: 'one', rule: 3 })).toBe('');
  });

  test('a chain that is not there is no text', () => {
    expect(listTable(table, 4, { chain: 'two' })).toBeUndefined();
    expect(specifyTable(table, 4, { chain: 'two' })).toBeUndefined();
  });
});
