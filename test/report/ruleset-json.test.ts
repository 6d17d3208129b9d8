import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { extensions } from '../../src/extensions/index.ts';
import type { Family } from '../../src/ir/ir.ts';
import { rulesetsJson } from '../../src/report/ruleset-json.ts';
import { parseRuleset } from '../../src/ruleset/parser.ts';
import { printRule } from '../../src/ruleset/print.ts';
import type { RulesetTree } from '../../src/ruleset/tree.ts';
import { Diagnostics } from '../../src/text/diagnostic.ts';
import { readTable } from '../extensions/table.ts';

const TABLES = new URL('../extensions/', import.meta.url);

function read(text: string, family: Family = 4): RulesetTree {
  return parseRuleset({ name: 'office.rules', text }, family, extensions, new Diagnostics());
}

interface OptionJson {
  readonly name: string;
  readonly values: readonly string[];
  readonly invert: boolean;
}

interface ExtensionJson {
  readonly name: string;
  readonly options: readonly OptionJson[];
}

test('a rule comes in pieces, with its place and its counters to the last packet', () => {
  const text = `*filter
:INPUT DROP [18446744073709551615:9007199254740993]
:web - [0:0]
[5:300] -A INPUT ! -s 10.0.0.0/8 -i eth+ -p tcp -m tcp --dport 80:90 -m comment --comment "the \\"web\\" server" -g web
-A web -j LOG --log-prefix "x: "
-A web -p 200
COMMIT
`;
  const json = rulesetsJson([read(text)]);
  expect(json).toContain('"packets": 18446744073709551615,');
  expect(json).toContain('"bytes": 9007199254740993,');
  const [{ family, source, tables }] = JSON.parse(json).rulesets;
  expect({ family, source, table: tables[0].name }).toEqual({ family: 4, source: 'office.rules', table: 'filter' });
  const chains = tables[0].chains;
  expect(chains.map((chain: { name: string; policy: string | null }) => [chain.name, chain.policy])).toEqual([
    ['INPUT', 'DROP'],
    ['FORWARD', 'ACCEPT'],
    ['OUTPUT', 'ACCEPT'],
    ['web', null],
  ]);
  expect([chains[0].line, chains[0].column]).toEqual([2, 2]);
  expect(chains[0].rules[0]).toEqual({
    number: 1,
    text: '-A INPUT ! -s 10.0.0.0/8 -i eth+ -p tcp -m tcp --dport 80:90 -m comment --comment "the \\"web\\" server" -g web',
    packets: 5,
    bytes: 300,
    line: 4,
    column: 1,
    source: { value: '10.0.0.0/8', invert: true },
    in: { value: 'eth+', invert: false },
    protocol: { value: 'tcp', invert: false },
    matches: [
      { name: 'tcp', options: [{ name: '--dport', values: ['80:90'], invert: false }] },
      { name: 'comment', options: [{ name: '--comment', values: ['the "web" server'], invert: false }] },
    ],
    target: { kind: 'chain', name: 'web', goto: true },
  });
  expect(chains[3].rules[0].target).toEqual({
    kind: 'extension',
    name: 'LOG',
    options: [{ name: '--log-prefix', values: ['x: '], invert: false }],
  });
  expect(chains[3].rules[1].target).toBeNull();
});

/** The rule made of its pieces again; words that are to be one are quoted. */
function rebuilt({ matches, target }: { matches: ExtensionJson[]; target: ExtensionJson | null }): string {
  const quoted = (word: string): string => (/^[^\s"\\']+$/.test(word) ? word : `"${word.replace(/["\\]/g, '\\$&')}"`);
  const words = ({ options }: ExtensionJson): string[] =>
    (options ?? []).flatMap(({ name, values, invert }) => [...(invert ? ['!'] : []), name, ...values.map(quoted)]);
  return [
    ...matches.flatMap((match) => ['-m', match.name, ...words(match)]),
    ...(target ? ['-j', target.name, ...words(target)] : []),
  ].join(' ');
}

test.each(readdirSync(TABLES).filter((name) => name.endsWith('.t')))(
  'the pieces of each rule of %s make the rule again',
  (file) => {
    const cases = readTable(file, readFileSync(new URL(file, TABLES), 'utf8'));
    for (const { families, table, chains, rule, expected } of cases) {
      if (expected.kind !== 'prints' || expected.warning === 'unreadable-print') continue;
      for (const family of families) {
        const tree = read(`*${table}\n-A ${chains[0]} ${rule}\nCOMMIT\n`, family);
        const lists = JSON.parse(rulesetsJson([tree])).rulesets[0].tables[0].chains.map(
          (chain: { rules: object[] }) => chain.rules,
        );
        const [piece] = lists.flat();
        const protocol = piece.protocol ? `${piece.protocol.invert ? '! ' : ''}-p ${piece.protocol.value} ` : '';
        const address = piece.destination ? `-d ${piece.destination.value} ` : '';
        const input = piece.in ? `-i ${piece.in.value} ` : '';
        const again = read(`*${table}\n-A ${chains[0]} ${address}${input}${protocol}${rebuilt(piece)}\nCOMMIT\n`, family);
        const printed = (one: RulesetTree): string[] =>
          one.tables[0]!.chains.flatMap((chain) => chain.rules).map((each) => printRule(each, family));
        expect(printed(again)).toEqual(printed(tree));
      }
    }
  },
);
