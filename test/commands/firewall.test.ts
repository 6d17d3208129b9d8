import { expect, test } from 'vitest';
import { createFirewall, rulesetTree, runCommand } from '../../src/commands/firewall.ts';
import { extensions } from '../../src/extensions/index.ts';
import { printRuleset } from '../../src/ruleset/print.ts';
import { Diagnostics } from '../../src/text/diagnostic.ts';
import { readSession } from './session.ts';

test('every command of the session is taken or refused as iptables does, with its exit code and its words', () => {
  const firewall = createFirewall(extensions);
  const said: string[] = [];
  const expected: string[] = [];
  for (const step of readSession()) {
    const { refusal } = runCommand(firewall, step, new Diagnostics());
    const isOurs = refusal?.status === 1;
    said.push(`${step.line} => ${refusal?.status ?? 0} ${isOurs ? refusal.text.trimEnd() : ''}`);
    expected.push(`${step.line} => ${step.status} ${step.text}`);
  }
  expect(said).toEqual(expected);
  const trees = ([4, 6] as const).map((family) => rulesetTree(firewall, family, { name: '', text: '' })!);
  expect(trees.map((tree) => printRuleset(tree, { counters: true })).join('')).toMatchSnapshot();
});
