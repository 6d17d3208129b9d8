import { expect, test } from 'vitest';
import { printed, read, readTable, rulesOf } from './reading.ts';

function codes(text: string): readonly string[] {
  return read(text).codes;
}

test('a file is tables with chains, rules, counters and policies, each with its place', () => {
  const text = '# x\n\n*filter\n:INPUT DROP [1:2]\n:user - [0:0]\n[3:4] -A INPUT -j user\nCOMMIT\n# y\n';
  const { tree, list } = read(text);
  expect(list).toEqual([]);
  expect(tree.tables.map(({ name }) => name)).toEqual(['filter']);
  const [table] = tree.tables;
  expect(table!.chains.map(({ name, policy }) => [name, policy])).toEqual([
    ['INPUT', 'DROP'],
    ['FORWARD', 'ACCEPT'],
    ['OUTPUT', 'ACCEPT'],
    ['user', undefined],
  ]);
  expect(table!.chains[0]!.counters).toEqual({ packets: 1n, bytes: 2n });
  const [rule] = rulesOf(tree, 'INPUT');
  expect(rule).toMatchObject({ counters: { packets: 3n, bytes: 4n }, target: { kind: 'chain', jump: 'jump', chain: 'user' } });
  expect(text.slice(rule!.span.start, rule!.span.end)).toBe('[3:4] -A INPUT -j user');
  expect(text.slice(rule!.target!.span.start, rule!.target!.span.end)).toBe('user');
});

test('lines that iptables-restore does not take are reported', () => {
  expect(codes('*filter\n-A INPUT')).toEqual(['missing-commit']);
  expect(codes('*filter\nCOMMIT')).toEqual(['bad-commit']);
  expect(codes('*filter\nCOMMIT \n')).toEqual(['bad-commit']);
  expect(codes('*filter\n \nCOMMIT\n')).toEqual(['blank-line']);
  expect(codes('*filter\n # x\nCOMMIT\n')).toEqual(['unexpected-word']);
  expect(codes('-A INPUT\n-A OUTPUT\n')).toEqual(['outside-table']);
  expect(codes('COMMIT\n')).toEqual(['outside-table']);
  expect(codes('*filter\r\nCOMMIT\r\n')).toEqual(['cr-line-end']);
  expect(codes('*filter\n-A INPUT -j ACC\0EPT\nCOMMIT\n')).toContain('nul-byte');
  expect(codes(`*filter\n# ${'x'.repeat(10_238)}\nCOMMIT\n`)).toEqual(['line-too-long']);
  // A line that cannot be read is not read: nothing else is said of it.
  expect(codes(`*filter\n-A NOPE -s ${'10.0.0.1,'.repeat(300_000)}\nCOMMIT\n`)).toEqual(['line-too-long']);
  expect(codes('\ufeff*filter\nCOMMIT\n')).toEqual(['byte-order-mark']);
  expect(codes('\0\x01\x02\n\0\0\n*filter\n')).toEqual(['nul-byte']);
  expect(codes(`*filter\n# ${'x'.repeat(10_236)}\nCOMMIT\n`)).toEqual([]);
  expect(codes('*\n:INPUT ACCEPT\nCOMMIT\n')).toEqual(['unknown-table']);
  expect(codes('*filtr\n-A NOPE -j NOPE\nCOMMIT\n')).toEqual(['unknown-table']);
  expect(codes('*filter\n*nat\nCOMMIT\n')).toEqual(['missing-commit']);
  expect(codes('*filter junk\n:INPUT ACCEPT [0:0] junk\nCOMMIT\n')).toEqual([]);
  expect(codes('')).toEqual([]);
});

test('one command can make very many rules: one for each pair of addresses', () => {
  const list = Array.from({ length: 400 }, () => '1').join(',');
  const { tree, codes } = read(`*filter\n-A INPUT -s ${list} -d ${list}\nCOMMIT\n`);
  expect(codes).toEqual([]);
  expect(rulesOf(tree, 'INPUT')).toHaveLength(160_000);
});

test('chain lines', () => {
  expect(readTable(':one - [0:0]').codes).toEqual(['duplicate-chain']);
  expect(readTable(':INPUT - [0:0]').codes).toEqual([]);
  expect(readTable(':INPUT ACCEPT').codes).toEqual([]);
  expect(readTable(':INPUT ACCEPT [x]').codes).toEqual(['bad-counters']);
  expect(readTable(':INPUT QUEUE [0:0]').codes).toEqual(['bad-policy']);
  expect(readTable(':INPUT').codes).toEqual(['bad-chain-line']);
  expect(readTable([':user [0:0]', '-A user']).codes).toEqual(['bad-chain-line']);
  expect(readTable(':').codes).toEqual(['bad-chain-line']);
  expect(readTable(':user ACCEPT [0:0]').codes).toEqual(['policy-on-user-chain']);
  expect(readTable(':ACCEPT - [0:0]').codes).toEqual(['chain-name-clash']);
  expect(readTable(`:${'x'.repeat(28)} - [0:0]`).codes).toEqual([]);
  expect(readTable(`:${'x'.repeat(29)} - [0:0]`).codes).toEqual(['bad-name']);
});

test('a chain named like a target is taken before the target', () => {
  expect(printed([':LOG - [0:0]', '-A INPUT -j LOG'])).toEqual(['-j LOG']);
  expect(readTable([':LOG - [0:0]', '-A INPUT -j LOG --log-prefix x']).codes).toEqual(['unknown-option']);
});

test('counters before a rule must be in brackets, and are not an error when they are no numbers', () => {
  expect(readTable('[1:2]-A INPUT').codes).toEqual([]);
  expect(readTable('[x:y] -A INPUT').codes).toEqual(['bad-counters']);
  expect(readTable('[x:y] -A INPUT').list[0]!.severity).toBe('warning');
  expect(readTable('[1] -A INPUT').list[0]).toMatchObject({ code: 'bad-counters', severity: 'error' });
  expect(readTable('[1:2] ').codes).toEqual(['no-command']);
  expect(readTable('-A INPUT -c 1,2').codes).toEqual([]);
  expect(readTable('-A INPUT -c 1').codes).toEqual(['missing-argument']);
  expect(readTable('-A INPUT -c 1 x').codes).toEqual(['bad-counters']);
});

test('a chain that is not there is reported once, with the number of lines that name it', () => {
  const { list } = readTable(['-A nope', '-A nope', '-A nope']);
  expect(list.map(({ message }) => message)).toEqual(['table filter has no chain "nope" (and 2 more lines below)']);
});

test('a chain must be declared before it is named', () => {
  expect(readTable(['-A INPUT -j late', ':late - [0:0]']).codes).toEqual(['late-chain']);
  expect(readTable(['-A late', '-N late']).codes).toEqual(['late-chain']);
  expect(readTable('-A INPUT -j NOPE --what').codes).toEqual(['unknown-target']);
  expect(readTable('-A INPUT -g NOPE').codes).toEqual(['unknown-goto']);
  expect(readTable('-A INPUT -g ACCEPT').codes).toEqual(['unknown-goto']);
  expect(readTable('-A INPUT -j FORWARD').codes).toEqual(['jump-to-base-chain']);
  expect(readTable('-A INPUT -j TTL', { family: 6 }).codes).toEqual(['unknown-extension']);
});

test('the nat table refuses DROP from a command, not from a chain line', () => {
  expect(readTable('-A PREROUTING -j DROP', { table: 'nat' }).codes).toEqual(['nat-drop']);
  expect(readTable('-P PREROUTING DROP', { table: 'nat' }).codes).toEqual(['nat-drop']);
  expect(readTable(':PREROUTING DROP [0:0]', { table: 'nat' }).codes).toEqual([]);
});

test('insert puts rules where it says', () => {
  const lines = ['-A INPUT -j one', '-I INPUT -j two', '-I INPUT 2 -j ACCEPT', '-I INPUT 4 -j DROP'];
  expect(printed(lines)).toEqual(['-j two', '-j ACCEPT', '-j one', '-j DROP']);
  expect(readTable('-I INPUT 2').codes).toEqual(['rule-number-too-big']);
  expect(readTable('-I INPUT 0').codes).toEqual(['bad-rule-number']);
  expect(readTable('-I INPUT x').codes).toEqual(['bad-rule-number']);
});

test('new chains, policies, flushing and deleting work as commands', () => {
  expect(printed(['-N three', '-A INPUT -j three'])).toEqual(['-j three']);
  expect(readTable('-N one').codes).toEqual(['duplicate-chain']);
  expect(readTable('-N LOG').codes).toEqual(['chain-name-clash']);
  expect(readTable('-N -x').codes).toEqual(['bad-name']);
  expect(readTable('-N a b').codes).toEqual(['unexpected-word']);
  expect(readTable('-P FORWARD DROP -c 5 6').tree.tables[0]!.chains[1]).toMatchObject({
    policy: 'DROP',
    counters: { packets: 5n, bytes: 6n },
  });
  expect(readTable('-P one DROP').codes).toEqual(['policy-on-user-chain']);
  expect(readTable('-P INPUT').codes).toEqual(['missing-argument']);
  expect(printed(['-A INPUT -j one', '-F INPUT', '-X one', '-N one', '-A INPUT -g one'])).toEqual(['-g one']);
  expect(printed(['-A INPUT', '-F'])).toEqual([]);
  expect(readTable(['-A INPUT -j one', '-X one']).codes).toEqual(['chain-in-use']);
  expect(readTable(['-A one', '-X one']).codes).toEqual(['chain-not-empty']);
  expect(readTable('-X INPUT').codes).toEqual(['delete-base-chain']);
  expect(readTable('-X').tree.tables[0]!.chains.map(({ name }) => name)).toEqual(['INPUT', 'FORWARD', 'OUTPUT']);
});

test('rules are deleted, replaced and looked for as commands', () => {
  const three = ['-A INPUT -j one', '-A INPUT -s 10.0.0.1,10.0.0.2 -j DROP'];
  expect(printed([...three, '-D INPUT 2'])).toEqual(['-j one', '-s 10.0.0.2/32 -j DROP']);
  expect(printed([...three, '-D INPUT -j DROP -s 10.0.0.1'])).toEqual(['-j one', '-s 10.0.0.2/32 -j DROP']);
  expect(printed([...three, '-R INPUT 2 -j two'])).toEqual(['-j one', '-j two', '-s 10.0.0.2/32 -j DROP']);
  expect(readTable([...three, '-C INPUT -s 10.0.0.1,10.0.0.2 -j DROP', '-L INPUT', '-S', '-Z']).codes).toEqual([]);
  expect(readTable([...three, '-C INPUT -s 10.0.0.1,10.0.0.3 -j DROP']).codes).toEqual(['no-such-rule']);
  expect(readTable([...three, '-D INPUT 4']).codes).toEqual(['rule-number-too-big']);
  expect(readTable([...three, '-D INPUT 0']).codes).toEqual(['bad-rule-number']);
  expect(readTable([...three, '-R INPUT -j two']).codes).toEqual(['missing-argument']);
  expect(readTable([...three, '-R INPUT 1 -s 10.0.0.1,10.0.0.2']).codes).toEqual(['list-replaces']);
  expect(readTable([...three, '-S nope', '-Z nope', '-L nope']).codes).toEqual(['unknown-chain']);
});

test('a chain takes the jumps to it along when it is renamed', () => {
  expect(printed(['-A INPUT -j one', '-E one three', '-A three'])).toEqual(['-j three']);
  expect(readTable('-E one two').codes).toEqual(['chain-name-taken']);
  expect(readTable('-E INPUT three').codes).toEqual(['base-chain-name']);
  expect(readTable('-E nope three').codes).toEqual(['unknown-chain']);
  expect(readTable('-E one').codes).toEqual(['missing-argument']);
  expect(readTable(`-E one ${'x'.repeat(31)}`).codes).toEqual(['unreadable-print']);
  expect(readTable(`-E one ${'x'.repeat(32)}`).codes).toEqual(['chain-name-too-long']);
});

test('names that iptables prints as what it cannot read back are pointed out', () => {
  expect(readTable('-A INPUT -i "a b"').codes).toEqual(['odd-interface', 'unreadable-print']);
  expect(readTable(String.raw`-A INPUT -i eth"\""`).codes).toEqual(['unreadable-print']);
  expect(readTable('-E one "a b"').codes).toEqual(['unreadable-print']);
  expect(readTable('-E one -- -x').codes).toEqual(['missing-argument', 'unexpected-word']);
});

test('in a restore file -Z zeroes what the table had before, not what its lines give', () => {
  const load = '*filter\n:INPUT DROP [1:2]\nCOMMIT\n*filter\n';
  const inputOf = (text: string) => read(text).tree.tables[0]!.chains[0]!;
  expect(inputOf(`${load}-Z\nCOMMIT\n`)).not.toHaveProperty('counters');
  expect(inputOf(`${load}:INPUT DROP [3:4]\n-Z\nCOMMIT\n`).counters).toEqual({ packets: 3n, bytes: 4n });
});

test('a table that comes twice is loaded anew, and its policies stay', () => {
  const { tree, list } = read(
    '*filter\n:INPUT DROP [1:2]\n:x - [0:0]\n-A INPUT\nCOMMIT\n*nat\nCOMMIT\n*filter\n-A OUTPUT\nCOMMIT\n',
  );
  expect(list.map(({ code, severity }) => [code, severity])).toEqual([['repeated-table', 'warning']]);
  expect(tree.tables.map(({ name }) => name)).toEqual(['filter', 'nat']);
  expect(tree.tables[0]!.chains.map(({ name, policy, rules }) => [name, policy, rules.length])).toEqual([
    ['INPUT', 'DROP', 0],
    ['FORWARD', 'ACCEPT', 0],
    ['OUTPUT', 'ACCEPT', 1],
  ]);
});

test('loops are refused where a base chain leads to them, as the kernel does', () => {
  expect(readTable(['-A INPUT -j one', '-A one -j two', '-A two -j one']).codes).toEqual(['chain-loop']);
  expect(readTable(['-A INPUT -j one', '-A one -g one']).codes).toEqual(['chain-loop']);
  expect(readTable(['-A one -j two', '-A two -j one']).codes).toEqual([]);
  expect(readTable(['-A INPUT -j one', '-A one -j ACCEPT', '-A one -j one']).codes).toEqual([]);
  expect(readTable(['-A INPUT -j one', '-A INPUT -j two', '-A one -j two', '-A FORWARD -j one']).codes).toEqual([]);
});

test('tables, hooks and protocols of an extension bind through user chains', () => {
  const mangle = { table: 'mangle' };
  expect(readTable('-A one -j REJECT', mangle).codes).toEqual(['wrong-table']);
  expect(readTable(['-A PREROUTING -j one', '-A one -j two', '-A two -j PRE'], mangle).codes).toEqual([]);
  expect(readTable(['-A INPUT -j one', '-A one -j two', '-A two -j PRE'], mangle).codes).toEqual(['wrong-hook']);
  expect(readTable(['-A INPUT -j one', '-A one -j RETURN', '-A one -j PRE'], mangle).codes).toEqual([]);
  expect(readTable('-A one -j PRE', mangle).codes).toEqual([]);
  expect(readTable('-A INPUT -m tcp').codes).toEqual(['wrong-protocol']);
  expect(readTable('-A INPUT -p udp -m tcp').codes).toEqual(['wrong-protocol']);
  expect(readTable('-A INPUT ! -p tcp --dport 1').codes).toEqual(['wrong-protocol']);
});

test('an extension is told the hooks it can be reached from, once a line', () => {
  const { list } = readTable(['-A INPUT -j one', '-A FORWARD -j one', '-A one -s 1.1.1.1,2.2.2.2 -j PICKY', '-A two -j PICKY']);
  expect(list.map(({ message }) => message)).toEqual(['reached from INPUT FORWARD', 'reached from nowhere']);
});

test('every problem of a file is reported, in the order of the text', () => {
  const { list } = readTable(['-A INPUT -j nope', '-A INPUT -s x.y', '-A INPUT -m mark --mark bad -d 1.2.3', '-A two -p foo']);
  expect(list.map(({ code }) => code)).toEqual(['unknown-target', 'host-name', 'bad-value', 'unknown-protocol']);
});

test('chains nested thousands deep are read', () => {
  const depth = 20_000;
  const chains = Array.from({ length: depth }, (_, i) => `:c${i} - [0:0]`);
  const rules = Array.from({ length: depth - 1 }, (_, i) => `-A c${i} -j c${i + 1}`);
  expect(readTable([...chains, '-A INPUT -j c0', ...rules]).codes).toEqual([]);
});
