import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { concat } from '../../src/packet/bytes.ts';
import { runHookline } from '../support/hookline.ts';
import { parsePacketLine } from '../support/packet-line.ts';
import { scenarioCapture, scenarioTimes } from '../support/scenario-replay.ts';
import { conversations } from '../support/traffic.ts';

const folder = mkdtempSync(join(tmpdir(), 'hookline-'));
afterAll(() => rmSync(folder, { recursive: true }));

const hookline = (...words: string[]) => runHookline(folder, words);
const read = (name: string): string => readFileSync(join(folder, name), 'utf8');

/** Blocks of a capture in front of its packets: the section's, and one for each interface. */
const HEAD_BLOCKS = 3;

/** Packets of a pcapng capture up to `count`, and those behind, as captures of their own. */
function halves(capture: Uint8Array, count: number): [Uint8Array, Uint8Array] {
  const view = new DataView(capture.buffer, capture.byteOffset);
  const ends = [0];
  while (ends.at(-1)! < capture.length) ends.push(ends.at(-1)! + view.getUint32(ends.at(-1)! + 4, true));
  const [head, middle] = [ends[HEAD_BLOCKS]!, ends[HEAD_BLOCKS + count]!];
  return [capture.subarray(0, middle), concat(capture.subarray(0, head), capture.subarray(middle))];
}

const capture = conversations(3, 8000);
const [first, second] = halves(capture, 4000);
writeFileSync(join(folder, 'capture'), capture);
writeFileSync(join(folder, 'first'), first);
writeFileSync(join(folder, 'second'), second);
writeFileSync(
  join(folder, 'rules'),
  '*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A INPUT -m conntrack --ctstate NEW -j ACCEPT\nCOMMIT\n',
);

test('what happens to connections is told the same, in the order of time, whatever the number of workers', async () => {
  for (const workers of ['0', '3']) {
    const words = ['--conntrack-events', `events${workers}`, '--conntrack-events-output', 'timestamp,extended,id'];
    const run = await hookline('replay', '--rules', 'rules', ...words, '--conntrack', 'table', '--workers', workers, 'capture');
    expect(run.code).toBe(0);
  }
  const events = read('events3');
  expect(events).toBe(read('events0'));
  const times = [...events.matchAll(/^\[(\d+\.\d{6})\]\t/gm)].map(([, time]) => Number(time));
  expect(times).toEqual([...times].sort((a, b) => a - b));
  const count = (kind: string): number => events.split(`[${kind}]`).length - 1;
  expect(count('NEW') - count('DESTROY')).toBe(read('table').trimEnd().split('\n').length);
  expect(events).toMatch(
    /^\[\d+\.\d+\]\t {4}\[NEW\] ipv4 {5}2 udp {6}17 30 src=\S+ dst=\S+ sport=\d+ dport=\d+ \[UNREPLIED\] src=/m,
  );
});

test.each(['', 'extended', 'proc', 'save', 'xml', 'json'])(
  'a table that was written as "%s" goes on where it was left',
  async (form) => {
    const words = form === '' ? [] : ['--conntrack-output', form];
    await hookline('replay', '--rules', 'rules', '--conntrack', 'half', ...words, 'first');
    await hookline('replay', '--rules', 'rules', '--conntrack', 'whole', 'first', 'second');
    const run = await hookline('replay', '--rules', 'rules', '--load-conntrack', 'half', '--conntrack', 'end', 'second');
    expect(run.code).toBe(0);
    // Windows of TCP are not in the text: what is out of window is so no more. Seconds are whole in it.
    const bare = (name: string): string[] =>
      read(name)
        .split('\n')
        // Of ICMP there is nothing in XML to tell one conversation from another.
        .filter((line) => !line.startsWith('tcp') && !(form === 'xml' && line.startsWith('icmp')))
        .map((line) => line.replace(/^(\S+ +\d+) \d+/, '$1'))
        .sort();
    expect(bare('end').length).toBeGreaterThan(20);
    expect(bare('end')).toEqual(bare('whole'));
  },
);

test('a list that cannot be read says where', async () => {
  writeFileSync(
    join(folder, 'bad'),
    'udp 17 30 src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2 src=10.0.0.2 dst=10.0.0.1 sport=2 dport=x\n',
  );
  const run = await hookline('replay', '--rules', 'rules', '--load-conntrack', 'bad', 'first');
  expect(run.code).toBe(2);
  expect(run.stderr).toContain('bad:1:87: error: expected dport, a number from 0 to 65535, found "x" [bad-connection]');
});

const SOME = [
  'tcp      6 100 ESTABLISHED src=10.0.0.1 dst=10.0.0.2 sport=1 dport=80 src=10.0.0.9 dst=10.0.0.8 sport=8080 dport=7 [ASSURED] mark=5 helper=ftp use=1',
  'sctp     132 50 COOKIE_WAIT src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2 [UNREPLIED] src=10.0.0.2 dst=10.0.0.1 sport=2 dport=1 mark=0 use=1',
  'icmp     1 20 src=10.0.0.1 dst=10.0.0.2 type=13 code=0 id=9 src=10.0.0.2 dst=10.0.0.1 type=14 code=0 id=9 mark=0 use=1',
  'gre      47 20 src=10.0.0.1 dst=10.0.0.2 srckey=0x7 dstkey=0x10 [UNREPLIED] src=10.0.0.2 dst=10.0.0.1 srckey=0x10 dstkey=0x7 mark=0 use=1',
  'unknown  50 90 src=2001:db8::1 dst=2001:db8::2 zone-orig=3 src=2001:db8::2 dst=2001:db8::1 mark=0 use=1 labels=1,7',
];
writeFileSync(join(folder, 'some'), `${SOME.join('\n')}\n`);
writeFileSync(
  join(folder, 'asking'),
  '*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A PREROUTING -p tcp -m tcp --dport 21 -j CT --helper ftp\nCOMMIT\n',
);

test.each(['extended', 'labels', 'save', 'xml,labels', 'json'])(
  '%s gives back what it was made of, as far as it tells',
  async (form) => {
    const replay = ['replay', '--rules', 'asking', '--in', 'eth0', 'nothing'];
    const output = ['--conntrack-output', form];
    writeFileSync(join(folder, 'nothing'), concat(first.subarray(0, 0), halves(capture, 1)[0]));
    const once = await hookline(...replay, '--load-conntrack', 'some', '--conntrack', 'written', ...output);
    expect(once.code).toBe(0);
    const again = await hookline(
      ...replay,
      '--load-conntrack',
      'written',
      '--conntrack',
      'again',
      '--conntrack-output',
      'labels',
    );
    expect(again.code).toBe(0);
    const untold = (line: string): boolean => {
      if (form.startsWith('xml')) return line.startsWith('icmp');
      return false;
    };
    const without = (line: string): string => {
      const save = form === 'save' ? line.replace(/ mark=\d+/, ' mark=0').replace(' helper=ftp', '') : line;
      return form.includes('labels') || form === 'json' ? save : save.replace(/ labels=.*/, '');
    };
    const kept = SOME.filter((line) => !untold(line)).map(without);
    const written = read('again').trimEnd().split('\n');
    for (const line of kept) expect(written).toContain(line);
  },
);

test.each([
  ['-D -s 10.0.0.1', 'other-form'],
  ['-A -t 9 -u UNSET -s 10.0.0.1 -d 10.0.0.2 -r 10.0.0.2 -q nobody -p udp --sport 1 --dport 2', 'bad-address'],
  ['-A -t 9 -u UNSET -s 10.0.0.1 -d 10.0.0.2 -r 10.0.0.2 -q 10.0.0.1 -p carrier', 'bad-connection'],
  ['{"protonum":17,"timeout":5,', 'bad-connection'],
  ['{"protonum":6,"timeout":5,"state":"OPEN","original":{},"reply":{}}', 'unknown-state'],
  ['<conntrack><flow><meta direction="original"></meta></flow></conntrack>', 'bad-connection'],
  ['<html>', 'bad-connection'],
])('a form that is broken says where: %s', async (text, code) => {
  writeFileSync(join(folder, 'bad'), `${text}\n`);
  const run = await hookline('replay', '--rules', 'rules', '--load-conntrack', 'bad', 'first');
  expect(run.code).toBe(2);
  expect(run.stderr).toMatch(new RegExp(`^bad:1:\\d+: error: .* \\[${code}\\]`, 'm'));
});

test('labels are named as the host names them: by rules, in lists, and read back', async () => {
  const rules = `*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -m connlabel --label customers --set
-A INPUT -m connlabel --label 3 --set
COMMIT
`;
  writeFileSync(join(folder, 'named'), rules);
  writeFileSync(
    join(folder, 'host.yaml'),
    'interfaces: { eth0: { addresses: [10.0.0.1/8] }, eth1: {} }\nlabels: { customers: 5, guests: 6 }\n',
  );
  const words = ['--conntrack', 'labelled', '--conntrack-output', 'labels'];
  const packet = parsePacketLine('eth0: 10.0.0.9 > 10.0.0.1 udp 1 > 2');
  writeFileSync(join(folder, 'one'), scenarioCapture(['eth0', 'eth1'], [packet], scenarioTimes([packet])));
  const unknown = await hookline('replay', '--rules', 'named', 'one');
  expect(unknown.stderr).toMatch(/named:5:31: error: there is no label "customers" .*\[unknown-label\]/);
  expect((await hookline('check', 'named')).stdout).toContain('named: ');
  const once = await hookline('replay', '--rules', 'named', '--host', 'host.yaml', ...words, 'one');
  expect(once.code).toBe(0);
  const list = read('labelled');
  expect(list).toMatch(/ labels=(3,customers|customers,3)$/m);
  await hookline('replay', '--rules', 'named', '--host', 'host.yaml', '--load-conntrack', 'labelled', ...words, 'one');
  expect(read('labelled').trim().split('\n')).toHaveLength(1);
  expect(read('labelled')).toMatch(/ labels=(3,customers|customers,3)$/m);
});
