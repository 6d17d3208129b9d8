import { expect, test } from 'vitest';
import { PACKET_FLAG_CLONE, PACKET_FLAG_SENT } from '../../assembly/abi/packet.ts';
import { extensions } from '../../src/extensions/index.ts';
import { Assumptions } from '../../src/ir/assume.ts';
import type { Family, Test } from '../../src/ir/ir.ts';
import { StatePlan } from '../../src/ir/state.ts';
import { interfaceUniverse } from '../../src/ruleset/interfaces.ts';
import { lowerRuleset } from '../../src/ruleset/lower.ts';
import { parseRuleset } from '../../src/ruleset/parser.ts';
import { Diagnostics } from '../../src/text/diagnostic.ts';

/** A packet as tests of constants see it. */
interface Seen {
  readonly flags: number;
  readonly in: number;
  readonly out: number;
}

const RECEIVED: Seen = { flags: 0, in: 2, out: 0 };
const FORWARDED: Seen = { flags: 0, in: 2, out: 3 };
const SENT: Seen = { flags: PACKET_FLAG_SENT, in: 0, out: 2 };
const COPIED: Seen = { flags: PACKET_FLAG_SENT | PACKET_FLAG_CLONE, in: 0, out: 2 };
const CAME_BACK: Seen = { flags: PACKET_FLAG_SENT, in: 4, out: 0 };

function passes(test: Test, packet: Seen): boolean {
  if (test.kind === 'not') return !test.tests.every((one) => passes(one, packet));
  if (test.kind === 'mask') return ((packet[test.field as keyof Seen] & test.mask) === test.value) !== test.negate;
  if (test.kind !== 'range') throw new Error(test.kind);
  const word = packet[test.field as keyof Seen];
  return (word >= test.low && word <= test.high) !== test.negate;
}

/** Whether a match in a chain holds for a packet under assumptions. */
function holds(match: string, packet: Seen, given: readonly string[] = [], chain = 'FORWARD', family: Family = 4): boolean {
  const assume = new Assumptions();
  for (const text of given) expect(assume.set(text)).toBe(undefined);
  const diagnostics = new Diagnostics();
  const source = { name: 'rules', text: `*mangle\n-A ${chain} -m ${match}\nCOMMIT\n` };
  const tree = parseRuleset(source, family, extensions, diagnostics);
  const ruleset = lowerRuleset(tree, interfaceUniverse([tree], []), diagnostics, { state: new StatePlan(), assume });
  expect(diagnostics.list).toEqual([]);
  const [rule] = ruleset.tables[0]!.chains.flatMap(({ rules }) => rules);
  return rule!.tests.every((test) => passes(test, packet));
}

test('only packets on their way out come from the assumed socket', () => {
  const owner = (match: string, packet: Seen) =>
    holds(`owner ${match}`, packet, ['owner.uid=1000', 'owner.groups=4,5'], 'POSTROUTING');
  expect([SENT, FORWARDED, COPIED].map((packet) => owner('--uid-owner 1000', packet))).toEqual([true, false, false]);
  expect([SENT, FORWARDED, COPIED].map((packet) => owner('! --uid-owner 1000', packet))).toEqual([false, true, true]);
  expect(owner('--gid-owner 5 --suppl-groups', SENT)).toBe(true);
  expect(owner('--gid-owner 5', SENT)).toBe(false);
  expect(owner('--gid-owner 0', SENT)).toBe(true);
  expect(owner('! --socket-exists', SENT)).toBe(false);
  expect(holds('owner ! --socket-exists', SENT, [], 'OUTPUT')).toBe(true);
  expect(holds('cgroup --path /a/b', SENT, ['cgroup.path=/a/b/c'], 'OUTPUT')).toBe(true);
  expect(holds('cgroup --path /a/b', SENT, ['cgroup.path=/a/bc'], 'OUTPUT')).toBe(false);
  expect(holds('cgroup ! --cgroup 7', CAME_BACK, ['cgroup.classid=8'], 'INPUT')).toBe(false);
  expect(holds('cgroup ! --cgroup 7', SENT, ['cgroup.classid=8'], 'OUTPUT')).toBe(true);
});

test('a bridge port is known of what is received, the other of what is forwarded', () => {
  const ports = ['physdev.in=port1', 'physdev.out=port2'];
  const seen = [RECEIVED, FORWARDED, SENT];
  const over = (match: string, given = ports) => seen.map((packet) => holds(`physdev ${match}`, packet, given, 'POSTROUTING'));
  expect(over('--physdev-in port+')).toEqual([true, true, false]);
  expect(over('! --physdev-in port1')).toEqual([false, false, true]);
  expect(over('--physdev-is-bridged')).toEqual([false, true, false]);
  expect(over('! --physdev-is-bridged')).toEqual([true, false, true]);
  expect(over('--physdev-out port2')).toEqual([false, true, false]);
  expect(over('--physdev-is-in', ['physdev.in=port1'])).toEqual([true, true, false]);
  expect(over('! --physdev-is-out', ['physdev.in=port1'])).toEqual([true, true, true]);
});

test('a policy is asked for its transformations, strictly in their order', () => {
  const path = 'esp:tunnel:reqid=1:spi=5:src=192.0.2.1:dst=192.0.2.2,ah:transport';
  const into = (match: string, packet = RECEIVED) =>
    holds(`policy --dir in ${match}`, packet, [`policy.in=${path}`], 'PREROUTING');
  const out = (match: string) => holds(`policy --dir out ${match}`, SENT, [`policy.out=${path}`], 'POSTROUTING');
  expect(into('--pol none')).toBe(false);
  expect(into('--pol none', CAME_BACK)).toBe(true);
  expect(into('--pol ipsec --proto ah')).toBe(true);
  expect(into('--pol ipsec --strict --proto ah --next --proto esp')).toBe(true);
  expect(out('--pol ipsec --strict --proto ah --next --proto esp')).toBe(false);
  expect(out('--pol ipsec --strict --proto esp --reqid 1 --next ! --mode tunnel')).toBe(true);
  expect(out('--pol ipsec --mode tunnel --tunnel-src 192.0.2.0/24')).toBe(true);
  expect(out('--pol ipsec --strict --proto esp')).toBe(false);
});

test('a socket counts as its kind does', () => {
  const socket = (match: string, state: string) => {
    const assume = new Assumptions();
    expect(assume.set(`socket=${state}`)).toBe(undefined);
    const diagnostics = new Diagnostics();
    const source = { name: 'rules', text: `*mangle\n-A PREROUTING -m socket ${match}\nCOMMIT\n` };
    const tree = parseRuleset(source, 4, extensions, diagnostics);
    const { tables, defragments } = lowerRuleset(tree, interfaceUniverse([tree], []), diagnostics, {
      state: new StatePlan(),
      assume,
    });
    expect(defragments).toBe(true);
    return tables[0]!.chains[0]!.rules[0]!.tests.every(({ kind }) => kind === 'ask');
  };
  expect(['none', 'any', 'wildcard', 'transparent'].map((state) => socket('', state))).toEqual([false, true, false, true]);
  expect(['any', 'wildcard', 'transparent'].map((state) => socket('--transparent', state))).toEqual([false, false, true]);
  expect(socket('--nowildcard', 'wildcard')).toBe(true);
});

test('nfacct matches unless its counter is under a quota', () => {
  const counts = (...given: string[]) => {
    const assume = new Assumptions();
    for (const text of given) expect(assume.set(text)).toBe(undefined);
    const diagnostics = new Diagnostics();
    const source = { name: 'rules', text: '*filter\n-A INPUT -m nfacct --nfacct-name web\nCOMMIT\n' };
    const tree = parseRuleset(source, 4, extensions, diagnostics);
    const { tables } = lowerRuleset(tree, interfaceUniverse([tree], []), diagnostics, { state: new StatePlan(), assume });
    return { tests: tables[0]!.chains[0]!.rules[0]!.tests.length, said: assume.sentences };
  };
  expect(counts()).toMatchObject({ tests: 0, said: [expect.stringMatching(/no quota/)] });
  expect(counts('nfacct=over')).toMatchObject({ tests: 0, said: ['By --assume: nfacct=over.'] });
  expect(counts('nfacct=under')).toMatchObject({ tests: 1 });
});

test('what is wrong with an assumption is said, with a suggestion', () => {
  const said = (text: string) => new Assumptions().set(text);
  expect(said('owner.uuid=1')).toBe('there is no assumption "owner.uuid" (did you mean "owner.uid"?)');
  expect(said('cpu=many')).toBe('cpu needs a number from 0 to 4294967295, not "many"');
  expect(said('cpu')).toBe('cpu needs a number from 0 to 4294967295');
  expect(said('socket=open')).toBe('socket needs one of none, any, wildcard, transparent, not "open"');
  expect(said('policy.in=esp')).toMatch(/^policy\.in needs none, or transformations/);
  expect(said('toString=1')).toMatch(/^there is no assumption "toString", only owner\.uid/);
  expect(said('policy.in=esp:tunnel:src=[2001:db8::1]:dst=[2001:db8::2]')).toBe(undefined);
});

test('what was used is named once, what was not is not', () => {
  const assume = new Assumptions();
  assume.set('cpu=3');
  expect(assume.sentences).toEqual([]);
  expect(assume.cpu).toBe(3);
  expect(assume.socket).toBe('none');
  expect(assume.sentences).toEqual([
    'A capture does not tell, so: no packet is for an open socket of this host (socket).',
    'By --assume: cpu=3.',
  ]);
});
