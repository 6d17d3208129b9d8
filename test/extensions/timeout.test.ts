// CT --timeout and the policies there are.

import { expect, test } from 'vitest';
import { extensions } from '../../src/extensions/index.ts';
import { type TimeoutPolicy, TRACKED_PROTOCOLS } from '../../src/ir/conntrack.ts';
import { KERNEL_DEFAULTS } from '../../src/ir/kernel.ts';
import { StatePlan } from '../../src/ir/state.ts';
import { interfaceUniverse } from '../../src/ruleset/interfaces.ts';
import { lowerRuleset } from '../../src/ruleset/lower.ts';
import { parseRuleset } from '../../src/ruleset/parser.ts';
import { Diagnostics } from '../../src/text/diagnostic.ts';
import { renderDiagnostics } from '../../src/text/render.ts';

function policy(family: 4 | 6, name: string): TimeoutPolicy {
  const protocol = TRACKED_PROTOCOLS.find((one) => one.name === name)!;
  return { family, protocol, seconds: protocol.timeouts.map(({ initial }) => initial) };
}

const TIMEOUTS = new Map([
  ['web', policy(4, 'tcp')],
  ['six', policy(6, 'udp')],
  ['rest', policy(4, 'generic')],
]);

/** What is said of rules of table raw. */
function said(...rules: readonly string[]): string {
  const diagnostics = new Diagnostics();
  const text = `*raw\n${rules.map((rule) => `-A PREROUTING ${rule}\n`).join('')}COMMIT\n`;
  const tree = parseRuleset({ name: 'case', text }, 4, extensions, diagnostics);
  const kernel = { ...KERNEL_DEFAULTS, timeouts: TIMEOUTS };
  lowerRuleset(tree, interfaceUniverse([tree], []), diagnostics, { state: new StatePlan(), kernel });
  return renderDiagnostics(diagnostics.list);
}

test('a policy is for one family and one protocol; the generic one for all that have no tracker of their own', () => {
  const rules = ['-p tcp -j CT --timeout web', '-p esp -j CT --timeout rest', '-p dccp -j CT --timeout rest'];
  expect(said(...rules)).toBe('');
});

test('the kernel refuses a policy that is not there, or is for others', () => {
  const rules = [
    '-p tcp -j CT --timeout wed',
    '-p udp -j CT --timeout web',
    '-p udp -j CT --timeout six',
    '-p udp -j CT --timeout rest',
  ];
  expect(said(...rules)).toBe(`case:2:38: error: there is no timeout policy "wed" (did you mean "web"?) [unknown-timeout]
    2 | -A PREROUTING -p tcp -j CT --timeout wed
      |                                      ^~~
case:3:38: error: timeout policy "web" can only be used for tcp [timeout-of-other-protocol]
    3 | -A PREROUTING -p udp -j CT --timeout web
      |                                      ^~~
case:4:38: error: timeout policy "six" can only be used with IPv6 [timeout-of-other-protocol]
    4 | -A PREROUTING -p udp -j CT --timeout six
      |                                      ^~~
case:5:38: error: timeout policy "rest" can only be used for protocols without a tracker of their own [timeout-of-other-protocol]
    5 | -A PREROUTING -p udp -j CT --timeout rest
      |                                      ^~~~
`);
});
