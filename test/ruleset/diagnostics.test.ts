import { expect, test } from 'vitest';
import { type Read, readTable } from './reading.ts';

/** What one line of the filter table brings, as people see it. */
function shown(line: string | readonly string[], options?: Parameters<typeof readTable>[1]): string {
  const { text }: Read = readTable(line, options);
  return `\n${text}`;
}

test('a misspelt option is shown with the one that is meant', () => {
  expect(shown('-A INPUT -p tcp -m tcp --dprot 22 -j ACCEPT')).toBe(`
test.rules:4:24: error: unknown option "--dprot" (did you mean "dport"?) [unknown-option]
    4 | -A INPUT -p tcp -m tcp --dprot 22 -j ACCEPT
      |                        ^~~~~~~
`);
});

test('an option without its match is shown with the matches that have it', () => {
  expect(shown('-A INPUT --dport 22 -j ACCEPT')).toBe(`
test.rules:4:10: error: unknown option "--dport", which is an option of -m tcp, -m udp [unknown-option]
    4 | -A INPUT --dport 22 -j ACCEPT
      |          ^~~~~~~
`);
});

test('a misspelt chain is shown with the one that is meant', () => {
  expect(shown('-A INPT -j ACCEPT')).toBe(`
test.rules:4:4: error: table filter has no chain "INPT" (did you mean "INPUT"?) [unknown-chain]
    4 | -A INPT -j ACCEPT
      |    ^~~~
`);
});

test('a misspelt target and a misspelt match are shown with those that are meant', () => {
  expect(shown(['-A INPUT -j REJCT', '-A INPUT -m tpc -j ACCEPT'])).toBe(`
test.rules:4:13: error: "REJCT" is neither a target nor a chain of table filter (did you mean "REJECT"?) [unknown-target]
    4 | -A INPUT -j REJCT
      |             ^~~~~
test.rules:5:13: error: there is no match "tpc" (did you mean "tcp"?) [unknown-extension]
    5 | -A INPUT -m tpc -j ACCEPT
      |             ^~~
`);
});

test('an extension that is not there yet is named and pointed at', () => {
  expect(shown('-A INPUT -m limit --limit 5/min -j DNAT --to-destination 10.0.0.1')).toBe(`
test.rules:4:13: error: the match "limit" is not supported yet [unsupported-extension]
    4 | -A INPUT -m limit --limit 5/min -j DNAT --to-destination 10.0.0.1
      |             ^~~~~
test.rules:4:36: error: the target "DNAT" is not supported yet [unsupported-extension]
    4 | -A INPUT -m limit --limit 5/min -j DNAT --to-destination 10.0.0.1
      |                                    ^~~~
`);
});

test('an extension of the other family says so', () => {
  expect(shown('-A INPUT -m ttl', { family: 6 })).toBe(`
test.rules:4:13: error: the match "ttl" is for IPv4, these are IPv6 rules [unknown-extension]
    4 | -A INPUT -m ttl
      |             ^~~
`);
});

test('one address of a list is pointed at', () => {
  expect(shown('-A INPUT -s 10.0.0.1,10.0.0.256/24,10.0.0.0/33')).toBe(`
test.rules:4:22: error: "10.0.0.256" is no IPv4 address [bad-address]
    4 | -A INPUT -s 10.0.0.1,10.0.0.256/24,10.0.0.0/33
      |                      ^~~~~~~~~~
test.rules:4:45: error: "33" is no mask: expected a prefix length (0 to 32) or a mask written as an address [bad-mask]
    4 | -A INPUT -s 10.0.0.1,10.0.0.256/24,10.0.0.0/33
      |                                             ^~
`);
});

test('an address of the other family and a host name are told from nonsense', () => {
  expect(shown('-A INPUT -s 2001:db8::1 -d www.example.org')).toBe(`
test.rules:4:13: error: "2001:db8::1" is an IPv6 address, these are IPv4 rules [wrong-family]
    4 | -A INPUT -s 2001:db8::1 -d www.example.org
      |             ^~~~~~~~~~~
test.rules:4:28: error: "www.example.org" is a host or network name: what it stands for depends on the machine, write the address instead [host-name]
    4 | -A INPUT -s 2001:db8::1 -d www.example.org
      |                            ^~~~~~~~~~~~~~~
`);
});

test('old negation is shown how it is written now', () => {
  expect(shown('-A INPUT -s ! 10.0.0.0/8 -j DROP')).toBe(`
test.rules:4:13: error: "!" stands before the option: write it there, \`! --option value\` [misplaced-negation]
    4 | -A INPUT -s ! 10.0.0.0/8 -j DROP
      |             ^
`);
});

test('a duplicate points at both places', () => {
  expect(shown('-A INPUT -p tcp --dport 1 --dport 2')).toBe(`
test.rules:4:27: error: --dport is given twice [duplicate-option]
    4 | -A INPUT -p tcp --dport 1 --dport 2
      |                           ^~~~~~~
test.rules:4:17: note: first given here
    4 | -A INPUT -p tcp --dport 1 --dport 2
      |                 ^~~~~~~
`);
});

test('options that exclude each other are reported once, at the second', () => {
  expect(shown('-A INPUT -m strict --must x --right 1 --left 2')).toBe(`
test.rules:4:39: error: --left cannot stand with --right [exclusive-options]
    4 | -A INPUT -m strict --must x --right 1 --left 2
      |                                       ^~~~~~
test.rules:4:29: note: --right is given here
    4 | -A INPUT -m strict --must x --right 1 --left 2
      |                             ^~~~~~~
`);
});

test('a loop is shown with its way round', () => {
  expect(shown(['-A INPUT -j one', '-A one -p tcp -j two', '-A two -g one'])).toBe(`
test.rules:6:11: error: this jump closes a loop, which the kernel refuses: one -> two -> one [chain-loop]
    6 | -A two -g one
      |           ^~~
`);
});

test('a target in the wrong place says which hooks lead there', () => {
  expect(shown(['-A PREROUTING -j one', '-A INPUT -j one', '-A one -j REJECT'], { table: 'filter' })).toContain(
    'no chain "PREROUTING"',
  );
  expect(shown(['-A PREROUTING -j one', '-A INPUT -j one', '-A one -j PRE'], { table: 'mangle' })).toBe(`
test.rules:6:11: error: target PRE can only stand where packets come from PREROUTING, this rule is reached from INPUT [wrong-hook]
    6 | -A one -j PRE
      |           ^~~
`);
});

test('a chain declared too late is pointed at', () => {
  expect(shown(['-A INPUT -j late', ':late - [0:0]'])).toBe(`
test.rules:4:13: error: chain "late" must be declared before the first line that names it [late-chain]
    4 | -A INPUT -j late
      |             ^~~~
test.rules:5:2: note: declared here
    5 | :late - [0:0]
      |  ^~~~
`);
});

test('a missing COMMIT shows the table it belongs to', () => {
  expect(shown('*nat')).toBe(`
test.rules:4:1: error: COMMIT of the table filter is missing [missing-commit]
    4 | *nat
      | ^~~~
test.rules:1:1: note: the table begins here
    1 | *filter
      | ^~~~~~~
`);
});

test('carets keep their place behind quotes and tabs', () => {
  expect(shown('-A INPUT\t-j LOG --log-prefix "a \\" b" --nope')).toBe(`
test.rules:4:39: error: unknown option "--nope" [unknown-option]
    4 | -A INPUT\t-j LOG --log-prefix "a \\" b" --nope
      |         \t                             ^~~~~~
`);
});
