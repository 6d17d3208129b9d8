import { describe, expect, test } from 'vitest';
import { SLOT_QUOTES_GOES_ON, SLOT_QUOTES_STARTS } from '../../assembly/abi/batch.ts';
import { PACKET_DST, PACKET_SHARD } from '../../assembly/abi/packet.ts';
import { bytes, concat } from '../../src/packet/bytes.ts';
import { fragmentHeader, icmp, icmpv6, ipv4, ipv6, type Payload, raw, tcp, udp } from '../../src/packet/packets.ts';
import { dissectFrames } from '../support/dissection.ts';

const LINKTYPE_RAW = 101;

describe('shards', () => {
  const shardOf = (data: Uint8Array): number => {
    return dissectFrames([{ data, linktype: LINKTYPE_RAW }]).shards[0]!;
  };
  const four = (src: string, dst: string, payload: Payload = udp()) => ipv4({ src, dst, payload });
  const six = (src: string, dst: string, payload: Payload = udp()) => ipv6({ src, dst, payload });

  test('both directions, any ports and fragments of two hosts come to one shard', () => {
    for (let i = 1; i < 200; i++) {
      const [a, b] = [`10.0.${i}.1`, `192.168.1.${i}`];
      const shard = shardOf(four(a, b));
      expect(shardOf(four(b, a, tcp({ sport: i })))).toBe(shard);
      expect(shardOf(ipv4({ src: a, dst: b, fragmentOffset: 8, payload: raw(17, new Uint8Array(8)) }))).toBe(shard);
      const [c, d] = [`2001:db8::${i}`, `2001:db8:1::1`];
      expect(shardOf(six(c, d))).toBe(shardOf(six(d, c, tcp({ sport: i }))));
    }
  });

  test('an ICMP error comes to the shard of the packet it quotes', () => {
    for (let i = 1; i < 100; i++) {
      const quoted = four('10.0.0.1', `10.9.0.${i}`);
      expect(shardOf(four('172.16.0.1', '10.0.0.1', icmp({ type: 3, payload: quoted })))).toBe(shardOf(quoted));
      const quoted6 = six('2001:db8::1', `2001:db8:9::${i}`);
      expect(shardOf(six('2001:db8:ffff::1', '2001:db8::1', icmpv6({ type: 3, payload: quoted6 })))).toBe(shardOf(quoted6));
    }
  });

  test('it does so whatever version the quoted header says, as conntrack finds the connection by the addresses that stand there', () => {
    for (let i = 1; i < 100; i++) {
      const quoted = four('10.0.0.1', `10.9.0.${i}`);
      const wrong = quoted.slice();
      wrong[0] = 0x05;
      expect(shardOf(four('172.16.0.1', '10.0.0.1', icmp({ type: 3, payload: wrong })))).toBe(shardOf(quoted));
    }
  });

  test('an ICMPv6 redirect comes to the shard of the packet that its option quotes', () => {
    for (let i = 1; i < 100; i++) {
      const quoted = six('fe80::5', `2001:db8:9::${i}`);
      const payload = concat(new Uint8Array(32), bytes(4, 1 + quoted.length / 8, 0, 0, 0, 0, 0, 0), quoted);
      expect(shardOf(six('fe80::1', 'fe80::5', icmpv6({ type: 137, payload })))).toBe(shardOf(quoted));
    }
  });

  test('an echo request, or an error that quotes too little, goes by its own addresses', () => {
    for (let i = 1; i < 100; i++) {
      const quoted = four('10.0.0.1', `10.9.0.${i}`);
      const own = shardOf(four('172.16.0.1', '10.0.0.1'));
      expect(shardOf(four('172.16.0.1', '10.0.0.1', icmp({ type: 8, payload: quoted })))).toBe(own);
      expect(shardOf(four('172.16.0.1', '10.0.0.1', icmp({ type: 3, payload: quoted.subarray(0, 19) })))).toBe(own);
    }
  });

  test('a slot says whether fragments in it may make up an error that quotes a packet of another shard', () => {
    const quotesOf = (data: Uint8Array): number => dissectFrames([{ data, linktype: LINKTYPE_RAW }], 64).quotes;
    const fragment = (src: string, payload: Uint8Array, offset: number, more: boolean, protocol = 1) =>
      ipv4({ src, dst: '10.0.0.1', fragmentOffset: offset, mf: more, payload: raw(protocol, payload) });
    const error = concat(bytes(3, 1, 0, 0, 0, 0, 0, 0), four('10.0.0.1', '10.9.0.1'));
    expect(quotesOf(fragment('10.9.0.1', error, 0, true))).toBe(0); // told by the one it went to
    expect(quotesOf(fragment('10.9.0.2', error, 0, true))).toBe(SLOT_QUOTES_STARTS);
    expect(quotesOf(fragment('10.9.0.1', error.subarray(0, 16), 0, true))).toBe(SLOT_QUOTES_STARTS); // who knows
    expect(quotesOf(fragment('10.9.0.2', error, 8, true))).toBe(SLOT_QUOTES_GOES_ON);
    expect(quotesOf(fragment('10.9.0.2', error, 0, false))).toBe(0); // whole: it went to the right shard
    expect(quotesOf(fragment('10.9.0.2', concat(bytes(8), error.subarray(1)), 0, true))).toBe(0); // a ping
    expect(quotesOf(fragment('10.9.0.2', error, 8, false, 17))).toBe(0);
    const six = (next: number, offset: number) =>
      ipv6({ src: '2001:db8::9', dst: '2001:db8::1', extensions: [fragmentHeader(offset, true)], payload: raw(next, error) });
    expect(quotesOf(six(58, 8))).toBe(SLOT_QUOTES_GOES_ON);
    expect(quotesOf(six(60, 8))).toBe(SLOT_QUOTES_GOES_ON); // behind other headers may be anything
    expect(quotesOf(six(58, 0))).toBe(SLOT_QUOTES_STARTS);
    expect(quotesOf(six(6, 8))).toBe(0);
  });

  test('neighbouring addresses spread evenly', () => {
    for (const build of [
      (i: number) => four('10.0.0.1', `10.0.${i >> 8}.${i & 255}`),
      (i: number) => four(`10.0.${i >> 8}.${i & 255}`, `10.1.${i >> 8}.${i & 255}`),
      (i: number) => six('2001:db8::1', `2001:db8::1:${i.toString(16)}`),
    ]) {
      const packets = Array.from({ length: 4096 }, (_, i) => ({ data: build(i), linktype: LINKTYPE_RAW }));
      for (const count of dissectFrames(packets, 16).counts) {
        expect(count).toBeGreaterThan(180);
        expect(count).toBeLessThan(340);
      }
    }
  });

  test('a slot says which shard each packet is of, and how many each has', () => {
    const packets = Array.from({ length: 1000 }, (_, i) => ({
      data: four('10.0.0.1', `10.0.${i % 9}.7`),
      linktype: LINKTYPE_RAW,
    }));
    const { shards, counts, word } = dissectFrames(packets, 8);
    expect(counts).toEqual(Array.from({ length: 8 }, (_, shard) => shards.filter((own) => own === shard).length));
    const pairs = new Map<number, number>();
    shards.forEach((shard, packet) => {
      expect(word(packet, PACKET_SHARD)).toBe(shard);
      expect(pairs.get(word(packet, PACKET_DST)) ?? shard).toBe(shard);
      pairs.set(word(packet, PACKET_DST), shard);
    });
  });

  test('a first look says what dissection says, whatever is looked at together', () => {
    const kinds = [
      (i: number) => four(`10.0.0.${i}`, '10.0.9.7', tcp({ sport: 1, dport: i })),
      (i: number) => four(`10.0.0.${i}`, '10.0.9.7'),
      (i: number) => six('2001:db8::1', `2001:db8::1:${i.toString(16)}`),
      (i: number) => ipv4({ src: '10.0.0.1', dst: `10.0.0.${i}`, mf: true, payload: raw(6, bytes(1, 2, 3, 4, 5, 6, 7, 8)) }),
      (i: number) => bytes(1, 2, i),
    ];
    const packets = Array.from({ length: 200 }, (_, i) => ({ data: kinds[i % kinds.length]!(i), linktype: LINKTYPE_RAW }));
    const whole = dissectFrames(packets, 16);
    for (const piece of [1, 7, 64, 1000]) {
      const brief = dissectFrames(packets, 16, undefined, piece);
      expect(brief.shards).toEqual(whole.shards);
      expect(brief.counts).toEqual(whole.counts);
      expect(brief.quotes).toBe(whole.quotes);
      expect(brief.told).toBe(80);
    }
    expect(whole.told).toBe(0);
  });
});
