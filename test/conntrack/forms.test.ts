import { describe, expect, test } from 'vitest';
import { bytes, hex } from '../../src/packet/bytes.ts';
import { icmp, ipv4, ipv6, raw, sctp, tcp, udp } from '../../src/packet/packets.ts';
import { outputFault, parseOutput } from '../../src/report/conntrack/output.ts';
import { openTracker } from './tracker.ts';

const START = 1_795_292_954_424_301_113n;
const SECOND = 1_000_000_000n;
const INIT = bytes(1, 0, 0, 20, 0, 0, 0, 5, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1);

const there = { src: '10.0.0.1', dst: '10.1.0.1' };
const back = { src: '10.1.0.1', dst: '10.0.0.1' };
const six = { src: 'fd00::1', dst: 'fd00::2' };

/** What a table with some of everything looks like in a form, a second behind its packets. Lines are the live tool's own. */
function table(words: string, sysctl = {}): string {
  process.env.TZ = 'UTC';
  const tracker = openTracker({ sysctl });
  const packets = [
    ipv4({ ...there, payload: udp({ sport: 1, dport: 2 }) }),
    ipv4({ ...back, payload: udp({ sport: 2, dport: 1 }) }),
    ipv4({ ...there, payload: icmp({ type: 8, id: 77 }) }),
    ipv6({ ...six, payload: tcp({ sport: 1, dport: 2, flags: 'S' }) }),
    ipv4({ ...there, payload: sctp({ sport: 1, dport: 2, chunks: INIT }) }),
    ipv4({ ...there, payload: raw(47, hex('2001880b00041234')) }),
    ipv4({ ...there, payload: raw(33, new Uint8Array(16)) }),
    ipv4({ ...there, payload: raw(50, new Uint8Array(16)) }),
  ];
  tracker.feed(packets.map((each) => ({ bytes: each, time: START })));
  return tracker.text(START + SECOND, parseOutput(words));
}

describe('forms of the table', () => {
  test('extended lists name and number of layer 3, id the packet that made the connection', () => {
    expect(table('extended,id')).toBe(`\
ipv4     2 udp      17 29 src=10.0.0.1 dst=10.1.0.1 sport=1 dport=2 src=10.1.0.1 dst=10.0.0.1 sport=2 dport=1 mark=0 use=1 id=1
ipv4     2 icmp     1 29 src=10.0.0.1 dst=10.1.0.1 type=8 code=0 id=77 [UNREPLIED] src=10.1.0.1 dst=10.0.0.1 type=0 code=0 id=77 mark=0 use=1 id=3
ipv6     10 tcp      6 119 SYN_SENT src=fd00::1 dst=fd00::2 sport=1 dport=2 [UNREPLIED] src=fd00::2 dst=fd00::1 sport=2 dport=1 mark=0 use=1 id=4
ipv4     2 sctp     132 9 CLOSED src=10.0.0.1 dst=10.1.0.1 sport=1 dport=2 [UNREPLIED] src=10.1.0.1 dst=10.0.0.1 sport=2 dport=1 mark=0 use=1 id=5
ipv4     2 gre      47 29 src=10.0.0.1 dst=10.1.0.1 srckey=0x0 dstkey=0x1234 [UNREPLIED] src=10.1.0.1 dst=10.0.0.1 srckey=0x1234 dstkey=0x0 mark=0 use=1 id=6
ipv4     2 dccp     33 599 src=10.0.0.1 dst=10.1.0.1 sport=0 dport=0 [UNREPLIED] src=10.1.0.1 dst=10.0.0.1 sport=0 dport=0 mark=0 use=1 id=7
ipv4     2 unknown  50 599 src=10.0.0.1 dst=10.1.0.1 [UNREPLIED] src=10.1.0.1 dst=10.0.0.1 mark=0 use=1 id=8
`);
  });

  test('with nf_conntrack_timestamp times are listed, ktimestamp tells the start', () => {
    const stamped = { 'net.netfilter.nf_conntrack_timestamp': 1 };
    expect(table('', stamped).split('\n')[0]).toMatch(/ mark=0 delta-time=1 use=1$/);
    expect(table('ktimestamp', stamped).split('\n')[0]).toMatch(/ mark=0 delta-time=1 \[start=Sat Nov 21 20:29:14 2026\] use=1$/);
    expect(table('ktimestamp').split('\n')[0]).toMatch(/ mark=0 use=1$/);
  });

  test('save writes commands for conntrack -R', () => {
    expect(table('save')).toBe(`\
-A -t 29 -u SEEN_REPLY -s 10.0.0.1 -d 10.1.0.1 -r 10.1.0.1 -q 10.0.0.1 -p udp --sport 1 --dport 2 --reply-port-src 2 --reply-port-dst 1
-A -t 29 -u UNSET -s 10.0.0.1 -d 10.1.0.1 -r 10.1.0.1 -q 10.0.0.1 -p icmp --icmp-type 8 --icmp-code 0 --icmp-id 77
-A -t 119 -u UNSET -s fd00::1 -d fd00::2 -r fd00::2 -q fd00::1 -p tcp --sport 1 --dport 2 --reply-port-src 2 --reply-port-dst 1 --state SYN_SENT
-A -t 9 -u UNSET -s 10.0.0.1 -d 10.1.0.1 -r 10.1.0.1 -q 10.0.0.1 -p sctp --sport 1 --dport 2 --reply-port-src 2 --reply-port-dst 1 --state CLOSED --orig-vtag 0 --reply-vtag 5
-A -t 29 -u UNSET -s 10.0.0.1 -d 10.1.0.1 -r 10.1.0.1 -q 10.0.0.1 -p gre --srckey 0 --dstkey 4660 --reply-key-src 4660 --reply-key-dst 0
-A -t 599 -u UNSET -s 10.0.0.1 -d 10.1.0.1 -r 10.1.0.1 -q 10.0.0.1 -p dccp
-A -t 599 -u UNSET -s 10.0.0.1 -d 10.1.0.1 -r 10.1.0.1 -q 10.0.0.1 -p 50
`);
  });

  test('xml tells the states of SCTP by the names of TCP, as the tool does, and nothing of ICMP', () => {
    const lines = table('xml,ktimestamp', { 'net.netfilter.nf_conntrack_acct': 1, 'net.netfilter.nf_conntrack_timestamp': 1 });
    const [head, open, first, second, third, fourth] = lines.split('\n');
    expect([head, open]).toEqual(['<?xml version="1.0" encoding="utf-8"?>', '<conntrack>']);
    expect(lines).toMatch(/\n<\/conntrack>\n$/);
    expect(first).toBe(
      '<flow><meta direction="original"><layer3 protonum="2" protoname="ipv4"><src>10.0.0.1</src><dst>10.1.0.1</dst></layer3><layer4 protonum="17" protoname="udp"><sport>1</sport><dport>2</dport></layer4><counters><packets>1</packets><bytes>28</bytes></counters></meta><meta direction="reply"><layer3 protonum="2" protoname="ipv4"><src>10.1.0.1</src><dst>10.0.0.1</dst></layer3><layer4 protonum="17" protoname="udp"><sport>2</sport><dport>1</dport></layer4><counters><packets>1</packets><bytes>28</bytes></counters></meta><meta direction="independent"><timeout>29</timeout><mark>0</mark><use>1</use><id>1</id><timestamp><start>1795292954424301113</start></timestamp><deltatime>1</deltatime></meta></flow>',
    );
    expect(second).toContain('<layer4 protonum="1" protoname="icmp"></layer4>');
    expect(third).toContain('<layer3 protonum="10" protoname="ipv6"><src>fd00::1</src>');
    expect(fourth).toContain('<state>SYN_SENT</state><timeout>9</timeout>');
  });

  test('proc writes addresses of IPv6 in full, the timeouts of GRE, and knows no DCCP', () => {
    expect(table('proc')).toBe(`\
ipv4     2 udp      17 29 src=10.0.0.1 dst=10.1.0.1 sport=1 dport=2 src=10.1.0.1 dst=10.0.0.1 sport=2 dport=1 mark=0 zone=0 use=2
ipv4     2 icmp     1 29 src=10.0.0.1 dst=10.1.0.1 type=8 code=0 id=77 [UNREPLIED] src=10.1.0.1 dst=10.0.0.1 type=0 code=0 id=77 mark=0 zone=0 use=2
ipv6     10 tcp      6 119 SYN_SENT src=fd00:0000:0000:0000:0000:0000:0000:0001 dst=fd00:0000:0000:0000:0000:0000:0000:0002 sport=1 dport=2 [UNREPLIED] src=fd00:0000:0000:0000:0000:0000:0000:0002 dst=fd00:0000:0000:0000:0000:0000:0000:0001 sport=2 dport=1 mark=0 zone=0 use=2
ipv4     2 sctp     132 9 CLOSED src=10.0.0.1 dst=10.1.0.1 sport=1 dport=2 [UNREPLIED] src=10.1.0.1 dst=10.0.0.1 sport=2 dport=1 mark=0 zone=0 use=2
ipv4     2 gre      47 29 timeout=30, stream_timeout=180 src=10.0.0.1 dst=10.1.0.1 srckey=0x0 dstkey=0x1234 [UNREPLIED] src=10.1.0.1 dst=10.0.0.1 srckey=0x1234 dstkey=0x0 mark=0 zone=0 use=2
ipv4     2 unknown  33 599 src=10.0.0.1 dst=10.1.0.1 [UNREPLIED] src=10.1.0.1 dst=10.0.0.1 mark=0 zone=0 use=2
ipv4     2 unknown  50 599 src=10.0.0.1 dst=10.1.0.1 [UNREPLIED] src=10.1.0.1 dst=10.0.0.1 mark=0 zone=0 use=2
`);
  });

  test('json is an object a line with everything', () => {
    const lines = table('json').trimEnd().split('\n');
    expect(lines).toHaveLength(7);
    expect(lines[0]).toBe(
      '{"id":1,"family":"ipv4","protocol":"udp","protonum":17,"timeout":29.000000000,"status":["SEEN_REPLY","CONFIRMED"],"original":{"src":"10.0.0.1","dst":"10.1.0.1","sport":1,"dport":2},"reply":{"src":"10.1.0.1","dst":"10.0.0.1","sport":2,"dport":1},"mark":0,"start":1795292954.424301113,"use":1}',
    );
    expect(lines.map((line) => JSON.parse(line).state)).toEqual([
      undefined,
      undefined,
      'SYN_SENT',
      'CLOSED',
      undefined,
      undefined,
      undefined,
    ]);
  });
});

test('save tells the status bits in the order of their numbers', () => {
  const tracker = openTracker();
  const ends = { sport: 1, dport: 2, seq: 1, ack: 1 };
  const packets = [
    ipv4({ ...there, payload: tcp({ sport: 1, dport: 2, flags: 'S', seq: 0 }) }),
    ipv4({ ...back, payload: tcp({ sport: 2, dport: 1, flags: 'SA', seq: 0, ack: 1 }) }),
    ipv4({ ...there, payload: tcp({ ...ends, flags: 'A' }) }),
  ];
  tracker.feed(packets.map((each) => ({ bytes: each, time: START })));
  expect(tracker.text(START, parseOutput('save'))).toMatch(
    /^-A -t 432000 -u SEEN_REPLY,ASSURED -s 10\.0\.0\.1 .* --state ESTABLISHED\n$/,
  );
});

test('words that say no form are refused, with the one that is meant', () => {
  expect(outputFault('extended,id,labels')).toBeUndefined();
  expect(outputFault('xml,extended,timestamp')).toBeUndefined();
  expect(outputFault('extendet')).toContain('did you mean "extended"?');
  expect(outputFault('save,id')).toBe('save goes with no other form');
  expect(outputFault('json,proc')).toBe('proc goes with no other form');
});
