import { expect, test } from 'vitest';
import { printed, readTable } from './reading.ts';

function codes(line: string, options: Parameters<typeof readTable>[1] = {}): readonly string[] {
  return readTable(line, options).codes;
}

test('short options may stand together and carry their value', () => {
  expect(printed('-AINPUT -mtcp -p tcp --dport 80')).toEqual(['-p tcp -m tcp --dport 80']);
  expect(codes('-A INPUT -vj ACCEPT')).toEqual([]);
});

test('iptables takes the values of -s -d -p -i -o -j as words of their own only', () => {
  for (const option of ['-s1.2.3.4', '--source=1.2.3.4', '-ptcp', '-jACCEPT', '-ieth0', '--out-interface=eth0']) {
    expect(codes(`-A FORWARD ${option}`)).toEqual(['attached-argument']);
  }
});

test('long names may be shortened while they stay clear', () => {
  expect(printed('--app INPUT --prot tcp --sou 1.2.3.4 --des 5.6.7.8 --in- eth0 --ju ACCEPT')).toEqual([
    '-s 1.2.3.4/32 -d 5.6.7.8/32 -i eth0 -p tcp -j ACCEPT',
  ]);
  expect(printed('-A INPUT -p tcp --dpo=80')).toEqual(['-p tcp -m tcp --dport 80']);
  expect(codes('-A INPUT --pro tcp --s 1.2.3.4')).toEqual(['ambiguous-option']);
  expect(codes('-A INPUT --in eth0')).toEqual(['ambiguous-option']);
});

test('an alias of an option is the same option', () => {
  expect(printed('-A INPUT -p tcp --source-port 1')).toEqual(['-p tcp -m tcp --sport 1']);
  expect(printed('-A INPUT -p tcp --source-p 1')).toEqual(['-p tcp -m tcp --sport 1']);
  expect(codes('-A INPUT -p tcp --sport 1 --source-port 2')).toEqual(['duplicate-option']);
});

test('an option that nothing knows brings the match of -p with it', () => {
  expect(printed('-A INPUT -p tcp --dport 1')).toEqual(['-p tcp -m tcp --dport 1']);
  expect(printed('-A INPUT -p 17 --dport 1 -m mark --mark 2')).toEqual(['-p udp -m udp --dport 1 -m mark --mark 2']);
  expect(printed('-A INPUT -m mark --mark 2 -p tcp --dport 1')).toEqual(['-p tcp -m mark --mark 2 -m tcp --dport 1']);
  expect(printed('-A INPUT -p ipv6-icmp --icmpv6-type 1', { family: 6 })).toEqual(['-p ipv6-icmp -m icmp6 --icmpv6-type 1']);
  expect(codes('-A INPUT --dport 1 -p tcp')).toEqual(['unknown-option']);
  expect(codes('-A INPUT -p sctp --dport 1')).toEqual(['unsupported-extension']);
});

test('a second match of the same name is a match of its own', () => {
  expect(printed('-A INPUT -p tcp -m tcp --dport 1 -m tcp --sport 2 --dport 3')).toEqual([
    '-p tcp -m tcp --dport 1 -m tcp --sport 2 --dport 3',
  ]);
});

test('an option of an earlier match may stand behind a later match', () => {
  expect(printed('-A INPUT -p tcp -m tcp -m strict --must x --dport 80')).toEqual([
    '-p tcp -m tcp --dport 80 -m strict --must x',
  ]);
});

test('of two matches that have an option of that name, the one loaded first for the last time keeps it', () => {
  expect(printed('-A INPUT -m mark --mark 1 -m connmark --mark 2')).toEqual(['-m mark --mark 1 -m connmark --mark 2']);
  // As iptables: the second -m mark does not bring its options to the front.
  expect(codes('-A INPUT -m mark --mark 1 -m connmark --mark 2 -m mark --mark 3')).toEqual(['duplicate-option']);
});

test('"!" stands before the option', () => {
  expect(printed('-A INPUT ! -s 1.2.3.4 ! -i eth0 ! -p tcp ! -f')).toEqual(['! -s 1.2.3.4/32 ! -i eth0 ! -p tcp ! -f']);
  expect(printed('-A INPUT -p tcp -m tcp ! --dport 80')).toEqual(['-p tcp -m tcp ! --dport 80']);
  expect(codes('-A INPUT -d ! 1.2.3.4')).toEqual(['misplaced-negation']);
  expect(codes('-A INPUT -p tcp --dport ! 80')).toEqual(['misplaced-negation']);
  expect(codes('-A INPUT ! ! -s 1.2.3.4')).toEqual(['double-negation']);
  expect(codes('-A INPUT -j ACCEPT !')).toEqual(['dangling-negation']);
  expect(codes('-A INPUT ! -j ACCEPT')).toEqual(['not-invertible']);
  expect(codes('-A INPUT ! -m tcp -p tcp')).toEqual(['not-invertible']);
  expect(codes('! -A INPUT')).toEqual(['not-invertible']);
  expect(codes('-A INPUT ! -s 1.2.3.4,1.2.3.5')).toEqual(['negated-list']);
  expect(codes('-A INPUT -s 1.2.3.4,1.2.3.5 ! -d 1.1.1.1')).toEqual(['negated-list']);
  expect(codes('-A INPUT ! -p all')).toEqual(['never-matches']);
});

test('a "!" that can only be a value is one', () => {
  expect(printed('-A INPUT -j LOG --log-prefix !')).toEqual(['-j LOG --log-prefix !']);
  expect(printed('-A INPUT -j LOG --log-prefix "!" --log-level 4')).toEqual(['-j LOG --log-prefix ! --log-level 4']);
});

test('values are taken by count', () => {
  expect(printed('-A INPUT -p tcp --tcp-flags SYN,ACK SYN -j ACCEPT')).toEqual([
    '-p tcp -m tcp --tcp-flags SYN,ACK SYN -j ACCEPT',
  ]);
  expect(codes('-A INPUT -p tcp --tcp-flags SYN -j ACCEPT')).toEqual(['missing-argument']);
  expect(codes('-A INPUT -s')).toEqual(['missing-argument']);
  expect(printed('-A INPUT -m strict --must x --maybe --flag')).toEqual(['-m strict --must x --maybe --flag']);
  expect(printed('-A INPUT -m strict --must x --maybe y --flag')).toEqual(['-m strict --must x --maybe y --flag']);
  expect(codes('-A INPUT -m strict --must x --flag=y')).toEqual(['unexpected-argument']);
});

test('declared constraints hold for every extension', () => {
  expect(codes('-A INPUT -m strict --left 1')).toEqual(['missing-option']);
  expect(codes('-A INPUT -m strict --must 1 --left 1 --right 2')).toEqual(['exclusive-options']);
  expect(codes('-A INPUT -m strict --must 1 --needy 1')).toEqual(['missing-option']);
  expect(codes('-A INPUT -m strict --must 1 --must 2')).toEqual(['duplicate-option']);
  expect(codes('-A INPUT -m strict --must 1 ! --left 2')).toEqual(['not-invertible']);
  expect(codes('-A INPUT -m strict --must 1 --again 1 --again 2')).toEqual([]);
});

test('a generic option is given once, and only with a command it goes with', () => {
  expect(codes('-A INPUT -s 1.1.1.1 --src 2.2.2.2')).toEqual(['duplicate-option']);
  expect(codes('-A INPUT -j ACCEPT -g one')).toEqual(['duplicate-option']);
  expect(codes('-A INPUT -n')).toEqual(['illegal-option']);
  expect(codes('-P INPUT DROP -s 1.1.1.1')).toEqual(['illegal-option']);
  expect(codes('-A INPUT -w')).toEqual(['illegal-option']);
  expect(codes('-A INPUT -t nat')).toEqual(['illegal-option']);
  expect(codes('-A INPUT -A FORWARD')).toEqual(['second-command']);
  expect(codes('-A INPUT -o eth0')).toEqual(['wrong-interface']);
  expect(codes('-A OUTPUT -i eth0')).toEqual(['wrong-interface']);
  expect(codes('-A one -o eth0')).toEqual([]);
});

test('a line for the other family is skipped, from -4 or -6 on', () => {
  expect(printed('-A INPUT -6 --nonsense')).toEqual([]);
  expect(printed('-A INPUT -65m cpu')).toEqual([]);
  expect(printed('-4 -A INPUT -j ACCEPT')).toEqual(['-j ACCEPT']);
  expect(printed('-A INPUT --ipv4', { family: 6 })).toEqual([]);
  expect(codes('-A INPUT --nonsense -6')).toEqual(['unknown-option']);
});

test('words that are no options are reported once each', () => {
  expect(codes('-A INPUT x y -j ACCEPT z')).toEqual(['unexpected-word', 'unexpected-word']);
  expect(codes('-A INPUT -- -j ACCEPT')).toEqual(['unexpected-word']);
  expect(codes('-A INPUT -j ACCEPT # why')).toEqual(['unexpected-word']);
});

test('behind an extension that is not there its options are not reported', () => {
  expect(codes('-A INPUT -m limit --limit 1/s --set 5 -p tcp --dport 80 -j ACCEPT')).toEqual(['unsupported-extension']);
  expect(codes('-A INPUT -j DNAT --to 1.2.3.4')).toEqual(['unsupported-extension']);
  expect(codes('-A INPUT -m limit --limit 1/s -s nonsense!')).toEqual(['unsupported-extension', 'bad-address']);
});
