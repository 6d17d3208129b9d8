import { describe, expect, test } from 'vitest';
import { isCommandFile } from '../../src/commands/file.ts';
import type { Surroundings } from '../../src/commands/firewall.ts';
import { readRulesets } from '../../src/commands/read.ts';
import { extensions } from '../../src/extensions/index.ts';
import { load } from '../../src/load.ts';
import { printRuleset } from '../../src/ruleset/print.ts';
import { Diagnostics } from '../../src/text/diagnostic.ts';
import { renderDiagnostics } from '../../src/text/render.ts';

/** What a file makes, as iptables-save prints it, or what is wrong with it. */
function read(text: string): string {
  const diagnostics = new Diagnostics();
  const rulesets = readRulesets({ name: 'fw.sh', text }, 4, extensions, diagnostics);
  if (diagnostics.list.length > 0) return `\n${renderDiagnostics(diagnostics.list)}`;
  return rulesets.map((tree) => `${tree.family}\n${printRuleset(tree, { counters: true, order: 'text' })}`).join('');
}

describe('which files are command lines', () => {
  const isCommands = (text: string): boolean => isCommandFile({ name: 'x', text });

  test.each([
    'iptables -F\n',
    '#!/bin/sh\n\nset -e\n/sbin/iptables -A INPUT\n',
    'IPT=/usr/sbin/iptables\n$IPT -F\n',
    'export IPT6="ip6tables"\n',
    '  sudo ip6tables-legacy -L\n',
    'ipset create x hash:ip\n',
    'iptables\n',
  ])('%j is', (text) => {
    expect(isCommands(text)).toBe(true);
  });

  test.each([
    '*filter\n-A INPUT -m comment --comment "\niptables -F"\nCOMMIT\n',
    '# iptables -F\n:INPUT ACCEPT\niptables -F\n',
    '-A INPUT\niptables -F\n',
    '[0:0] -A INPUT\n',
    '',
    'COMMIT\n',
    'hello\n',
  ])('%j is not', (text) => {
    expect(isCommands(text)).toBe(false);
  });
});

test('a file makes the rulesets that its lines make on a machine without rules', () => {
  const text = `#!/bin/sh
set -eu
IPT="sudo /sbin/iptables"; PORTS=22,80
LAN='10.0.0.0/24 '
$IPT -P INPUT DROP
$IPT -N log
$IPT -A log -j LOG --log-prefix "drop: " # why not
iptables -A INPUT -p tcp -m multiport --dports $PORTS -s $LAN \\
  -j ACCEPT
iptables -A INPUT -j log -c 3 4
ip6tables -A INPUT -s 2001:db8::1,2001:db8::2 -j DROP
iptables -t nat -A POSTROUTING -o eth0 -j MASQUERADE
iptables -D INPUT 1; iptables -L -n
echo "done"
exit 0
`;
  expect(read(text)).toBe(`4
*filter
:INPUT DROP [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:log - [0:0]
[3:4] -A INPUT -j log
[0:0] -A log -j LOG --log-prefix "drop: "
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
[0:0] -A POSTROUTING -o eth0 -j MASQUERADE
COMMIT
6
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
[0:0] -A INPUT -s 2001:db8::1/128 -j DROP
[0:0] -A INPUT -s 2001:db8::2/128 -j DROP
COMMIT
`);
});

test('what iptables refuses is shown where it stands, with its own words', () => {
  expect(read('iptables -N log\niptables -A log -j MASQUERADE -t nat\niptables -X INPUT\niptables -D INPUT 2\n')).toBe(
    `
fw.sh:2:13: error: table nat has no chain "log" [unknown-chain]
    2 | iptables -A log -j MASQUERADE -t nat
      |             ^~~
note: iptables: No chain/target/match by that name.
fw.sh:3:13: error: chain INPUT cannot be deleted: it is a base chain [delete-base-chain]
    3 | iptables -X INPUT
      |             ^~~~~
note: iptables: Invalid argument. Run \`dmesg' for more information.
fw.sh:4:19: error: chain INPUT has 0 rules here, there is no rule 2 [rule-number-too-big]
    4 | iptables -D INPUT 2
      |                   ^
note: iptables: Index of deletion too big.
`.replace('4:20', '4:19'),
  );
});

test('a command that makes an earlier rule stand where it may not is refused, with the rule', () => {
  expect(read('iptables -t nat -N a\niptables -t nat -A a -j MASQUERADE\niptables -t nat -A PREROUTING -j a\n')).toBe(`
fw.sh:3:17: error: target MASQUERADE can only stand where packets come from POSTROUTING, this rule is reached from PREROUTING [wrong-hook]
    3 | iptables -t nat -A PREROUTING -j a
      |                 ^~
fw.sh:2:25: note: this is what the command would bring about here
    2 | iptables -t nat -A a -j MASQUERADE
      |                         ^~~~~~~~~~
note: iptables: Invalid argument. Run \`dmesg' for more information.
`);
});

test('what needs a shell is refused where it stands, with the way to have it run', () => {
  expect(read('iptables -F\nip route add default via 10.0.0.1\niptables -L > out\nif true; then\niptables -X nope\nfi\n')).toBe(`
fw.sh:2:1: error: "ip", which is no iptables, ip6tables or ipset command, needs a shell: \`hookline record -- sh fw.sh\` runs the script and writes down its commands [needs-shell]
    2 | ip route add default via 10.0.0.1
      | ^~
fw.sh:3:13: error: a redirection needs a shell: \`hookline record -- sh fw.sh\` runs the script and writes down its commands [needs-shell]
    3 | iptables -L > out
      |             ^
fw.sh:4:1: error: "if" needs a shell: \`hookline record -- sh fw.sh\` runs the script and writes down its commands [needs-shell]
    4 | if true; then
      | ^~
`);
});

test('words that a shell alone understands are told from those that change nothing', () => {
  const code = (line: string): string => /\[([a-z-]+)\]\n/.exec(read(`iptables -L\n${line}\n`))?.[1] ?? '';
  for (const line of ['set -e', 'set -o pipefail', 'echo x', ': x', 'modprobe nf_nat', 'export A=b', 'readonly A', 'exit 1']) {
    expect([line, code(line)]).toEqual([line, '']);
  }
  for (const line of [
    'set -- a',
    'A=b iptables -L',
    'sudo -u x iptables -L',
    'iptables-restore x',
    'nft flush ruleset',
    'sysctl -w a=1',
  ]) {
    expect([line, code(line)]).toEqual([line, 'needs-shell']);
  }
  expect(code('exit 1\niptables -F')).toBe('unread-lines');
});

test('ipset lines make sets, which rules can then ask', () => {
  const lines = ['ipset create bad hash:ip', 'ipset add bad 192.0.2.1', 'ipset -N bad6 hash:net family inet6'];
  const diagnostics = new Diagnostics();
  const text = [...lines, 'iptables -A INPUT -m set --match-set bad src -j DROP', ''].join('\n');
  const around: Surroundings = { objects: new Map() };
  readRulesets({ name: 'fw.sh', text }, 4, extensions, diagnostics, around);
  expect(diagnostics.list).toEqual([]);
  expect(around.sets!.names()).toEqual(['bad', 'bad6']);
  expect(
    read(`${text}iptables -A INPUT -m set --match-set bda src\nip6tables -A INPUT -j SET --add-set bad src\nipset destroy bad\n`),
  ).toBe(`
fw.sh:5:22: error: there is no IP set "bda" here (did you mean "bad"?) [unknown-set]
    5 | iptables -A INPUT -m set --match-set bda src
      |                      ^~~
fw.sh:6:23: error: the IP set "bad" is for IPv4, this rule is for IPv6 [wrong-family]
    6 | ip6tables -A INPUT -j SET --add-set bad src
      |                       ^~~
fw.sh:7:15: error: set cannot be destroyed: it is in use by a kernel component [set-in-use]
    7 | ipset destroy bad
      |               ^~~
`);
});

test('a file of commands may be given for either family, and makes both', () => {
  const both = { name: 'fw.sh', text: 'ip6tables -A INPUT -j DROP\niptables -A INPUT -j DROP\n' };
  const saved = { name: 'rules6', text: '*filter\nCOMMIT\n' };
  expect(load({ rules: both }).rulesets.map(({ family }) => family)).toEqual([4, 6]);
  expect(load({ rules6: both }).rulesets.map(({ family }) => family)).toEqual([4, 6]);
  expect(load({ rules: both, rules6: both }).rulesets.map(({ family }) => family)).toEqual([4, 6]);
  expect(() => load({ rules: both, rules6: saved })).toThrow(/there are IPv6 rules in fw.sh already/);
  expect(load({ rules: { name: 'fw.sh', text: 'iptables -V\n' } }).rulesets.map(({ family }) => family)).toEqual([4]);
});
