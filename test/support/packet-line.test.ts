import { expect, test } from 'vitest';
import { toHex } from '../../src/packet/bytes.ts';
import { ipv4, ipv6, tcp, udp } from '../../src/packet/packets.ts';
import { parsePacketLine } from './packet-line.ts';

test('a received TCP packet is built from its line', () => {
  const packet = parsePacketLine('eth0: 10.0.0.1 > 10.0.0.2 ttl 9 tcp 4000 > 80 SA seq 7 ack 8 win 100 opts mss:1460 len 3');
  const payload = tcp({
    sport: 4000,
    dport: 80,
    flags: 'SA',
    seq: 7,
    ack: 8,
    window: 100,
    options: Uint8Array.of(2, 4, 5, 180),
    payload: Uint8Array.of(97, 98, 99),
  });
  expect(packet).toMatchObject({ interface: 'eth0', sent: false, wait: 0 });
  expect(toHex(packet.bytes)).toBe(toHex(ipv4({ src: '10.0.0.1', dst: '10.0.0.2', ttl: 9, id: 1, payload })));
});

test('a sent IPv6 packet has its wait, its scope and its extension headers', () => {
  const packet = parsePacketLine('+0.5 sent eth1: fe80::1 > fe80::2 hbh 010400000000 frag 0+ udp 1 > 2 data 00ff');
  expect(packet).toMatchObject({ interface: 'eth1', sent: true, wait: 0.5 });
  expect(toHex(packet.bytes.subarray(40, 56))).toBe('2c000104000000001100000100000001');
});

test('an ICMP error quotes the packet in parentheses', () => {
  const packet = parsePacketLine('eth0: 10.0.0.9 > 10.0.0.1 icmp 3/1 ( 10.0.0.1 > 10.0.0.7 udp 5 > 6 take 8 ) take 36');
  const quoted = ipv4({ src: '10.0.0.1', dst: '10.0.0.7', id: 1, payload: udp({ sport: 5, dport: 6 }) });
  expect(toHex(packet.bytes.subarray(28))).toBe(toHex(quoted));
});

test('take shortens the packet honestly, cut does not', () => {
  const taken = parsePacketLine('eth0: 2001:db8::1 > 2001:db8::2 tcp 1 > 2 S take 10').bytes;
  const whole = ipv6({ src: '2001:db8::1', dst: '2001:db8::2', payload: tcp({ sport: 1, dport: 2 }) });
  expect(taken.length).toBe(50);
  expect(taken[5]).toBe(10);
  const cut = parsePacketLine('eth0: 2001:db8::1 > 2001:db8::2 tcp 1 > 2 S cut 50').bytes;
  expect(toHex(cut)).toBe(toHex(whole.subarray(0, 50)));
});

test.each([
  ['eth0 10.0.0.1 > 10.0.0.2 udp 1 > 2', 'expected an interface and a colon, found "eth0"'],
  ['eth0: 10.0.0.1 > 10.0.0.2 tll 3 udp 1 > 2', 'unknown word "tll"'],
  ['eth0: 10.0.0.1 > 10.0.0.2 udp 1 2', 'expected ">", found "2"'],
  ['eth0: 10.0.0.1 > 10.0.0.2 udp 1 > 2 len', 'the line ends too early'],
  ['eth0: 10.0.0.1 > 10.0.0.2 udp 1 > 2 tcp', 'unexpected "tcp"'],
  ['eth0: 10.0.0.1 > 10.0.0.2 tcp 1 > 2 SX', 'unknown TCP flags "SX"'],
])('the line "%s" is refused: %s', (line, message) => {
  expect(() => parsePacketLine(line)).toThrow(message);
});
