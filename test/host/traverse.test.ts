import { expect, test } from 'vitest';
import { CTSTATE_INVALID, CTSTATE_NEW } from '../../assembly/abi/packet.ts';
import { icmp, ipv4, ipv6, tcp, udp } from '../../src/packet/packets.ts';
import { openHostBench } from '../support/host-bench.ts';
import { COUNTING_RULES, chainsOf, endOf } from './journey.ts';

const HOST = `
interfaces:
  eth0: { addresses: [10.0.0.1/24, "2001:db8:a::1/64"] }
  eth1: { addresses: [192.0.2.1/24, "2001:db8:b::1/64"] }
routes: [default via 192.0.2.254 dev eth1]
routes6: [default via 2001:db8:b::fe dev eth1]
sysctl: { net.ipv4.ip_forward: 1, net.ipv6.conf.all.forwarding: 1 }
`;
const open = (rules = COUNTING_RULES) => openHostBench({ host: HOST, rules, rules6: rules });
const packet = (src: string, dst: string, sport = 1024) => ipv4({ src, dst, payload: udp({ sport }) });
const packet6 = (src: string, dst: string) => ipv6({ src, dst, payload: udp() });

const RECEIVED = 'PREROUTING raw mangle nat';
const FORWARDED = `${RECEIVED}, FORWARD mangle filter security, POSTROUTING mangle nat`;
const DELIVERED = `${RECEIVED}, INPUT mangle filter security nat`;
const SENT = 'OUTPUT raw mangle nat filter security, POSTROUTING mangle nat';
const LOOPED = `${SENT}, PREROUTING raw mangle, INPUT mangle filter security`;

test.each([
  ['received, for this host', packet('10.0.0.9', '10.0.0.1'), false, DELIVERED],
  ['received, for another', packet('10.0.0.9', '8.8.8.8'), false, FORWARDED],
  ['sent', packet('10.0.0.1', '10.0.0.9'), true, SENT],
  ['sent to this host itself', packet('10.0.0.1', '192.0.2.1'), true, LOOPED],
  ['IPv6, received, for this host', packet6('2001:db8:a::9', '2001:db8:a::1'), false, DELIVERED],
  ['IPv6, received, for another', packet6('2001:db8:a::9', '2001:db8:c::9'), false, FORWARDED],
  ['IPv6, sent', packet6('2001:db8:a::1', '2001:db8:a::9'), true, SENT],
  ['IPv6, sent to this host itself', packet6('2001:db8:a::1', '2001:db8:b::1'), true, LOOPED],
])('a packet %s meets the tables in the order of their priorities', (_, bytes, sent, chains) => {
  expect(chainsOf(open().run({ bytes, interface: 'eth0', sent }))).toBe(chains);
});

test('a broadcast passes POSTROUTING twice: the copy for this host first, and all its way, for IPv4', () => {
  const outcome = open().run({ bytes: packet('10.0.0.1', '10.0.0.255'), interface: 'eth0', sent: true });
  expect(chainsOf(outcome)).toBe(
    'OUTPUT raw mangle nat filter security, POSTROUTING mangle nat, PREROUTING raw mangle, INPUT mangle filter security, POSTROUTING mangle',
  );
});

test('nat chains see the first packet of a connection only', () => {
  const bench = open();
  const run = () => chainsOf(bench.run({ bytes: packet('10.0.0.9', '8.8.8.8'), interface: 'eth0' }));
  expect(run()).toBe(FORWARDED);
  expect(run()).toBe('PREROUTING raw mangle, FORWARD mangle filter security, POSTROUTING mangle');
});

test('nat chains never see an INVALID packet', () => {
  const bytes = ipv4({ src: '10.0.0.9', dst: '8.8.8.8', payload: tcp({ flags: 0 }) });
  const outcome = open().run({ bytes, interface: 'eth0' });
  expect(chainsOf(outcome)).toBe('PREROUTING raw mangle, FORWARD mangle filter security, POSTROUTING mangle');
  expect(outcome.ctstate).toBe(CTSTATE_INVALID);
});

test('nat chains never see an untracked packet', () => {
  const outcome = open(COUNTING_RULES.replace('-A PREROUTING\n', '-A PREROUTING\n-A PREROUTING -j CT --notrack\n')).run({
    bytes: packet('10.0.0.9', '8.8.8.8'),
    interface: 'eth0',
  });
  expect(chainsOf(outcome)).toBe('PREROUTING raw mangle, FORWARD mangle filter security, POSTROUTING mangle');
});

test('without a rule that asks for connections nothing is tracked, and nat chains see nothing', () => {
  const outcome = open(COUNTING_RULES.replace(/.*conntrack.*\n/, '')).run({
    bytes: packet('10.0.0.9', '8.8.8.8'),
    interface: 'eth0',
  });
  expect(chainsOf(outcome)).toBe('PREROUTING raw mangle, FORWARD mangle filter security, POSTROUTING mangle');
  expect(outcome.ctstate).toBe(0);
});

test('a packet dropped before it is confirmed leaves no connection', () => {
  const bench = open(`*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING\nCOMMIT
*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -m conntrack --ctstate NEW -j DROP\nCOMMIT\n`);
  for (let i = 0; i < 2; i++) {
    const outcome = bench.run({ bytes: packet('10.0.0.9', '8.8.8.8'), interface: 'eth0' });
    expect(chainsOf(outcome)).toBe('PREROUTING nat, FORWARD filter');
    expect(outcome.ctstate).toBe(CTSTATE_NEW);
    expect(endOf(outcome)).toBe('drop');
  }
});

test('forwarded packets leave with one hop less, and rules behind the routing decision see that', () => {
  const rules = '*filter\n:FORWARD DROP [0:0]\n-A FORWARD -m ttl --ttl-eq 63 -j ACCEPT\nCOMMIT\n';
  const outcome = openHostBench({ host: HOST, rules }).run({ bytes: packet('10.0.0.9', '8.8.8.8'), interface: 'eth0' });
  expect(endOf(outcome)).toBe('out by eth1');
  expect(outcome.egress).toEqual(ipv4({ src: '10.0.0.9', dst: '8.8.8.8', ttl: 63, payload: udp() }));
});

test('POSTROUTING still sees the interface that a forwarded packet came in by', () => {
  const rules = `*mangle\n:POSTROUTING ACCEPT [0:0]\n:u - [0:0]\n-A POSTROUTING -j u\n-A u -i eth0 -o eth1 -j DROP\n-A u -i eth0\n-A u -i eth1\nCOMMIT\n`;
  const bench = openHostBench({ host: HOST, rules });
  expect(endOf(bench.run({ bytes: packet('10.0.0.9', '8.8.8.8'), interface: 'eth0' }))).toBe('drop');
  expect(endOf(bench.run({ bytes: packet('192.0.2.1', '8.8.8.8'), interface: 'eth0', sent: true }))).toBe('out by eth1');
});

test('the decision told is what dropped the packet, else the last of table filter, else the last of any', () => {
  const by = (rules: string, bytes = packet('10.0.0.9', '10.0.0.1')) =>
    openHostBench({ host: HOST, rules }).run({ bytes, interface: 'eth0' }).by;
  const filter = '*filter\n:INPUT DROP [0:0]\n-A INPUT -p icmp -j DROP\n-A INPUT -p udp -j ACCEPT\nCOMMIT\n';
  const security = '*security\n:INPUT ACCEPT [0:0]\nCOMMIT\n';
  const raw = '*raw\n:PREROUTING ACCEPT [0:0]\nCOMMIT\n';
  expect(by(raw + filter + security)).toEqual({ table: 'filter', chain: 'INPUT', rule: 2 });
  expect(by(filter, ipv4({ src: '10.0.0.9', dst: '10.0.0.1', payload: icmp() }))).toEqual({
    table: 'filter',
    chain: 'INPUT',
    rule: 1,
  });
  expect(by(filter, ipv4({ src: '10.0.0.9', dst: '10.0.0.1', payload: tcp() }))).toEqual({
    table: 'filter',
    chain: 'INPUT',
    policy: 'DROP',
  });
  expect(by(filter + security.replace('ACCEPT', 'DROP'))).toEqual({ table: 'security', chain: 'INPUT', policy: 'DROP' });
  expect(by(raw)).toEqual({ table: 'raw', chain: 'PREROUTING', policy: 'ACCEPT' });
  expect(by(filter, packet('10.0.0.9', '10.0.0.255'))).toEqual({ table: 'filter', chain: 'INPUT', rule: 2 });
});

test('fragments are held: with tracking before any rule, without it before they are delivered', () => {
  const bytes = (dst: string) => ipv4({ src: '10.0.0.9', dst, mf: true, payload: udp({ payload: new Uint8Array(8) }) });
  const tracking = open().run({ bytes: bytes('8.8.8.8'), interface: 'eth0' });
  expect([chainsOf(tracking), endOf(tracking), tracking.verdict]).toEqual(['', 'fragment-held', 'STOLEN']);
  const plain = open(COUNTING_RULES.replace(/.*conntrack.*\n/, ''));
  expect(endOf(plain.run({ bytes: bytes('8.8.8.8'), interface: 'eth0' }))).toBe('out by eth1');
  const local = plain.run({ bytes: bytes('10.0.0.1'), interface: 'eth0' });
  expect([chainsOf(local), endOf(local)]).toEqual(['PREROUTING raw mangle', 'fragment-held']);
});

test('a family without rules passes every hook untouched', () => {
  const bench = openHostBench({ host: HOST, rules: COUNTING_RULES });
  const outcome = bench.run({ bytes: packet6('2001:db8:a::9', '2001:db8:c::9'), interface: 'eth0' });
  expect([chainsOf(outcome), endOf(outcome), outcome.by, outcome.family]).toEqual(['', 'out by eth1', undefined, 6]);
});

test('with no host, what is received is for this host and what is sent leaves by its interface', () => {
  const bench = openHostBench({ rules: COUNTING_RULES, rules6: COUNTING_RULES, interfaces: ['eth0', 'lo'] });
  const run = (bytes: Uint8Array, name: string, sent: boolean) => {
    const outcome = bench.run({ bytes, interface: name, sent });
    return `${endOf(outcome)}: ${chainsOf(outcome)}`;
  };
  expect(run(packet('198.51.100.1', '203.0.113.9'), 'eth0', false)).toBe(`delivered: ${DELIVERED}`);
  expect(run(packet('198.51.100.1', '203.0.113.8'), '?', false)).toBe(`delivered: ${DELIVERED}`);
  expect(run(packet('203.0.113.7', '198.51.100.1'), 'eth0', true)).toBe(`out by eth0: ${SENT}`);
  expect(run(packet('127.0.0.1', '127.0.0.1'), 'lo', true)).toBe(`delivered, out by lo: ${LOOPED}`);
  expect(run(packet6('2001:db8:a::9', '2001:db8:c::9'), 'eth0', false)).toBe(`delivered: ${DELIVERED}`);
});

test('with no host, the destination of what is received and the source of what is sent count as local', () => {
  const rules = `*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]
-A PREROUTING -m addrtype --src-type UNICAST --dst-type LOCAL -j DROP\n-A OUTPUT -m addrtype --src-type LOCAL --dst-type UNICAST -j DROP\nCOMMIT\n`;
  const bench = openHostBench({ rules, rules6: rules, interfaces: ['eth0'] });
  expect(endOf(bench.run({ bytes: packet('198.51.100.1', '203.0.113.9'), interface: 'eth0' }))).toBe('drop');
  expect(endOf(bench.run({ bytes: packet('198.51.100.1', '224.0.0.1'), interface: 'eth0' }))).toBe('delivered');
  expect(endOf(bench.run({ bytes: packet('203.0.113.7', '198.51.100.1'), interface: 'eth0', sent: true }))).toBe('drop');
  expect(endOf(bench.run({ bytes: packet6('2001:db8::1', '2001:db8::2'), interface: 'eth0' }))).toBe('drop');
});
