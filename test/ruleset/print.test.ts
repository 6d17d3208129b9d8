import { expect, test } from 'vitest';
import { printRuleset } from '../../src/ruleset/print.ts';
import { printed, read } from './reading.ts';

test('addresses print with their mask, host bits cleared', () => {
  expect(printed('-A INPUT -s 10.1.2.3/8 -d 1.2.3.4')).toEqual(['-s 10.0.0.0/8 -d 1.2.3.4/32']);
  expect(printed('-A INPUT -s 10.1.2.3/255.0.255.0')).toEqual(['-s 10.0.2.0/255.0.255.0']);
  expect(printed('-A INPUT -s 10/8 -d 010.1')).toEqual(['-s 10.0.0.0/8 -d 8.1.0.0/32']);
  expect(printed('-A INPUT -s any/0')).toEqual(['']);
  expect(printed('-A INPUT ! -s 0/0')).toEqual(['! -s 0.0.0.0/0']);
  expect(printed('-A INPUT -s 2001:DB8:0:0:1::1/64 -d ::1', { family: 6 })).toEqual(['-s 2001:db8::/64 -d ::1/128']);
  expect(printed('-A INPUT -s 1:2::3/ffff::ffff', { family: 6 })).toEqual(['-s 1::3/ffff::ffff']);
});

test('a list of addresses is a rule for each pair', () => {
  expect(printed('-A INPUT -s 1.1.1.1,2.2.2.2 -d 3.3.3.3,4.4.4.4')).toEqual([
    '-s 1.1.1.1/32 -d 3.3.3.3/32',
    '-s 1.1.1.1/32 -d 4.4.4.4/32',
    '-s 2.2.2.2/32 -d 3.3.3.3/32',
    '-s 2.2.2.2/32 -d 4.4.4.4/32',
  ]);
  expect(printed(['-A INPUT', '-I INPUT -s 1.1.1.1,2.2.2.2'])).toEqual(['-s 2.2.2.2/32', '-s 1.1.1.1/32', '']);
});

test('interfaces print as written, but not "+" alone', () => {
  expect(printed('-A FORWARD -i eth+ ! -o lo', { chain: 'FORWARD' })).toEqual(['-i eth+ ! -o lo']);
  expect(printed(['-A INPUT -i +', '-A INPUT ! -i +'])).toEqual(['', '']);
});

test('protocols print by the name iptables has for them', () => {
  const names = ['6', 'TCP', '0x11', 'all', '0', '200', '89', '58', 'mh'];
  expect(printed(names.map((name) => `-A INPUT -p ${name}`))).toEqual([
    '-p tcp',
    '-p tcp',
    '-p udp',
    '',
    '',
    '-p 200',
    '-p ospf',
    '-p ipv6-icmp',
    '-p mobility-header',
  ]);
});

test('the order of a rule is the kernel entry: addresses, interfaces, protocol, fragment, matches, target', () => {
  expect(
    printed('-A FORWARD -j ACCEPT -m mark --mark 1 -f -p tcp -o b -i a -d 2.2.2.2 -s 1.1.1.1', { chain: 'FORWARD' }),
  ).toEqual(['-s 1.1.1.1/32 -d 2.2.2.2/32 -i a -o b -p tcp -f -m mark --mark 1 -j ACCEPT']);
});

test('jump, goto and the standard verdicts print as they were', () => {
  expect(printed(['-A INPUT -j one', '-A INPUT -g two', '-A INPUT -j RETURN', '-A INPUT -j QUEUE', '-A INPUT'])).toEqual([
    '-j one',
    '-g two',
    '-j RETURN',
    '-j QUEUE',
    '',
  ]);
});

const file = [
  '# comment',
  '*nat',
  ':PREROUTING DROP [1:2]',
  'COMMIT',
  '',
  '*filter',
  ':zoo - [9:9]',
  ':Bar - [0:0]',
  ':FORWARD DROP [3:4]',
  ':bar - [0:0]',
  '[5:6] -A zoo -j bar',
  '-A INPUT -c 7 8 -j zoo',
  '-A INPUT',
  'COMMIT',
  '',
].join('\n');

test('chains print base first in hook order, then by the bytes of their names; tables the last loaded first', () => {
  const { tree, text } = read(file);
  expect(text).toBe('');
  expect(printRuleset(tree, { counters: true })).toBe(
    [
      '*filter',
      ':INPUT ACCEPT [0:0]',
      ':FORWARD DROP [3:4]',
      ':OUTPUT ACCEPT [0:0]',
      ':Bar - [0:0]',
      ':bar - [0:0]',
      ':zoo - [0:0]',
      '[7:8] -A INPUT -j zoo',
      '[0:0] -A INPUT',
      '[5:6] -A zoo -j bar',
      'COMMIT',
      '*nat',
      ':PREROUTING DROP [1:2]',
      ':INPUT ACCEPT [0:0]',
      ':OUTPUT ACCEPT [0:0]',
      ':POSTROUTING ACCEPT [0:0]',
      'COMMIT',
      '',
    ].join('\n'),
  );
  expect(printRuleset(tree, { order: 'text' }).startsWith('*nat')).toBe(true);
  expect(printRuleset(tree)).not.toContain('[5:6]');
});

test('counters of a replay can be printed in place of those of the file', () => {
  const { tree } = read(file);
  const text = printRuleset(tree, { counters: true, countersOf: () => ({ packets: 1n, bytes: 40n }) });
  expect(text).toContain('[1:40] -A zoo -j bar');
  expect(text).toContain(':INPUT ACCEPT [1:40]');
  expect(text).toContain(':bar - [0:0]');
});
