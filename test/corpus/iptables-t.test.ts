// The test lines of iptables 1.8.9 itself (CORPUS/iptables-t/extensions): what iptables takes is taken and prints as its file says,
// what it refuses is refused. Lines that need an extension which is not here yet are counted apart.

import { describe, expect, it } from 'vitest';
import { extensions } from '../../src/extensions/index.ts';
import type { Family } from '../../src/ir/ir.ts';
import { parseRuleset } from '../../src/ruleset/parser.ts';
import { printRuleset } from '../../src/ruleset/print.ts';
import { Diagnostics } from '../../src/text/diagnostic.ts';
import { objectsAfter } from '../commands/session.ts';
import { FOLDER, type Line, lineFiles, readLines } from './iptables-t.ts';

/** Lines that come out otherwise, and why. */
const EXCEPTIONS: ReadonlyMap<string, string> = new Map([
  ['-m recent --rcheck --hitcount 999 --name foo --mask 255.255.255.255 --rsource', 'Linux 6.18 counts up to 65535 hits'],
  ['-m nfacct --nfacct-name wrong', 'refused only as long as there is no counter of that name'],
  ['-m connlabel --label "foobar_not_there"', 'refused only as long as the machine has no label of that name'],
  ['-m set --match-set foo src,dst', 'refused only as long as there is no set foo'],
  ['-j SET --add-set foo src,dst', 'refused only as long as there is no set foo'],
]);

/** Whether a line comes out as it says in one chain; what is wrong, or that it asks for what is not here yet. */
function outcome({ setup, table, rule, canonical, taken }: Line, chain: string, family: Family): 'right' | 'not yet' | string {
  const diagnostics = new Diagnostics();
  const text = `*${table}\n-A ${chain} ${rule}\nCOMMIT\n`;
  const tree = parseRuleset({ name: 'line', text }, family, extensions, diagnostics, objectsAfter(setup));
  const errors = diagnostics.list.filter(({ severity }) => severity === 'error').map(({ message }) => message);
  if (diagnostics.list.some(({ code, message }) => code === 'not-supported-yet' || message.includes('not supported yet'))) {
    return 'not yet';
  }
  if (!taken) return errors.length > 0 ? 'right' : `${chain}: taken`;
  if (errors.length > 0) return `${chain}: refused: ${errors.join('; ')}`;
  const printed = printRuleset(tree)
    .split('\n')
    .filter((line) => line.startsWith('-A '))
    .join('\n');
  return printed === `-A ${chain} ${canonical}`.trimEnd() ? 'right' : `${printed}, expected ${canonical}`;
}

describe.skipIf(!FOLDER)(`iptables' own test lines${FOLDER ? '' : ' (skipped: CORPUS is not set)'}`, () => {
  it('come out as the files say', () => {
    const wrong: string[] = [];
    const counts = { right: 0, 'not yet': 0, excepted: 0 };
    for (const { name, family } of lineFiles()) {
      for (const line of readLines(name)) {
        const outcomes = line.chains.map((chain) => outcome(line, chain, family));
        const fault = outcomes.find((found) => found !== 'right') ?? 'right';
        if (fault === 'right' || fault === 'not yet') counts[fault]++;
        else if (EXCEPTIONS.has(line.rule)) counts.excepted++;
        else wrong.push(`${line.place}\n  ${fault}`);
      }
    }
    console.log(
      `iptables' test lines: ${counts.right} right, ${counts['not yet']} for extensions not here yet, ${counts.excepted} otherwise for a reason, ${wrong.length} wrong`,
    );
    expect(wrong.join('\n')).toBe('');
  });
});
