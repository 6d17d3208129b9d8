import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { PACKET_TTL } from '../../assembly/abi/packet.ts';
import { address, be16, bytes, checksum, concat, hex, onesSum, toHex } from '../../src/packet/bytes.ts';
import {
  extension,
  icmp,
  icmpv6,
  ipv4,
  ipv6,
  type Payload,
  raw,
  sctp,
  type Transport,
  tcp,
  udp,
  udpLite,
} from '../../src/packet/packets.ts';
import { compileCore } from '../support/compile-core.ts';
import type { TestCore } from '../support/core.ts';
import { dissectFrames, type FrameFields } from '../support/dissection.ts';

const LINKTYPE_RAW = 101;

let wire: TestCore;

beforeAll(async () => {
  wire = await compileCore(`
    import { sumBytes, fold, transportChecksumOk as ok } from './assembly/wire/checksum.ts';
    import { dissectSlot as dissect } from './assembly/wire/slot.ts';
    import { writeLayer3 as write } from './assembly/wire/rewrite.ts';
    export function sum(at: usize, length: u32): u32 { return fold(sumBytes(at, length)); }
    export function dissectSlot(env: usize, slot: usize): i32 { return dissect(env, slot); }
    export function transportChecksumOk(packet: usize): bool { return ok(packet); }
    export function writeLayer3(packet: usize, target: usize): u32 { return write(packet, target); }
  `);
});

function checksumOk(data: Uint8Array, more: Partial<FrameFields> = {}): boolean {
  const dissection = dissectFrames([{ data, linktype: LINKTYPE_RAW, ...more }], 1, wire);
  return wire.exports.transportChecksumOk!(dissection.record(0)) === 1;
}

test('the sum of any bytes is the sum of their 16-bit words', () => {
  const at = wire.allocate(70_000);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 0, max: 17 }), (data, shift) => {
      wire.bytes.set(data, at + shift);
      const sum = wire.exports.sum!(at + shift, data.length);
      const swapped = ((sum & 0xff) << 8) | (sum >>> 8);
      expect(swapped % 0xffff).toBe(onesSum(data) % 0xffff);
    }),
    { seed: 1 },
  );
  wire.bytes.fill(0xff, at, at + 65_535);
  expect(wire.exports.sum!(at, 65_534)).toBe(0xffff);
});

describe('transport checksums', () => {
  const odd = hex('0102030405060708090a0b0c0d0e0f101112131415161718191a1b');
  const good: readonly (readonly [string, Payload, Payload])[] = [
    ['tcp', tcp({ payload: odd }), tcp({ payload: odd, checksum: 0x1234 })],
    ['udp', udp({ payload: odd }), udp({ payload: odd, checksum: 0x1234 })],
    ['sctp', sctp({ chunks: odd }), sctp({ chunks: odd, checksum: 0x12345678 })],
  ];
  test.each(good)('%s: right and wrong, over IPv4 and IPv6', (_, right, wrong) => {
    expect(checksumOk(ipv4({ payload: right }))).toBe(true);
    expect(checksumOk(ipv4({ options: bytes(1, 1), payload: right }))).toBe(true);
    expect(checksumOk(ipv6({ payload: right }))).toBe(true);
    expect(checksumOk(ipv6({ extensions: [extension(60)], payload: right }))).toBe(true);
    expect(checksumOk(ipv4({ payload: wrong }))).toBe(false);
    expect(checksumOk(ipv6({ payload: wrong }))).toBe(false);
  });

  test('ICMP sums the message alone, ICMPv6 the pseudo-header too', () => {
    expect(checksumOk(ipv4({ payload: icmp({ payload: odd }) }))).toBe(true);
    expect(checksumOk(ipv4({ payload: icmp({ payload: odd, checksum: 1 }) }))).toBe(false);
    expect(checksumOk(ipv6({ payload: icmpv6({ payload: odd }) }))).toBe(true);
    expect(checksumOk(ipv6({ payload: icmpv6({ payload: odd, checksum: 1 }) }))).toBe(false);
  });

  test('UDP without a checksum is taken as right', () => {
    expect(checksumOk(ipv4({ payload: udp({ payload: odd, checksum: 0 }) }))).toBe(true);
    expect(checksumOk(ipv6({ payload: udp({ payload: odd, checksum: 0 }) }))).toBe(true);
  });

  test('UDP-Lite is summed with the protocol number of UDP, over what it says it covers', () => {
    const asUdp = (coverage: number): Transport => ({
      protocol: 136,
      build({ src, dst }) {
        const segment = concat(be16(1024), be16(53), be16(coverage), be16(0), odd);
        const pseudo = concat(
          src,
          dst,
          src.length === 4 ? bytes(0, 17) : bytes(),
          be16(segment.length),
          src.length === 4 ? bytes() : bytes(0, 17),
        );
        const sum = onesSum(segment.subarray(0, coverage === 0 ? segment.length : coverage), onesSum(pseudo));
        segment.set(be16(~sum & 0xffff), 6);
        return segment;
      },
    });
    for (const build of [ipv4, ipv6]) {
      for (const coverage of [0, 8, 20, 35]) expect(checksumOk(build({ payload: asUdp(coverage) }))).toBe(true);
      for (const coverage of [7, 36]) expect(checksumOk(build({ payload: asUdp(coverage) }))).toBe(false);
      expect(checksumOk(build({ payload: udpLite({ payload: odd }) }))).toBe(false);
      expect(checksumOk(build({ payload: udpLite({ payload: odd, checksum: 0 }) }))).toBe(false);
    }
  });

  test('other protocols have nothing to check', () => {
    expect(checksumOk(ipv4({ payload: raw(47, odd) }))).toBe(true);
  });

  test('what the capture lacks is taken as right', () => {
    const data = ipv4({ payload: tcp({ payload: odd, checksum: 1 }) });
    expect(checksumOk(data.subarray(0, data.length - 1), { length: data.length })).toBe(true);
    expect(checksumOk(data)).toBe(false);
  });

  test('a field with the sum of the pseudo-header alone was left to the network card', () => {
    const length = odd.length + 20;
    const four = concat(address('192.0.2.1'), address('192.0.2.2'), bytes(0, 6, 0, length));
    expect(checksumOk(ipv4({ payload: tcp({ payload: odd, checksum: onesSum(four) }) }))).toBe(true);
    expect(checksumOk(ipv4({ payload: tcp({ payload: odd, checksum: onesSum(four) + 1 }) }))).toBe(false);
  });

  test('every changed bit of a TCP segment is found', () => {
    const data = ipv4({ payload: tcp({ payload: odd }) });
    for (let bit = 20 * 8; bit < data.length * 8; bit++) {
      const changed = data.slice();
      changed[bit >> 3]! ^= 1 << (bit & 7);
      expect(checksumOk(changed)).toBe(false);
    }
  });
});

describe('packets as they leave', () => {
  function leaving(data: Uint8Array, ttl: number, more: Partial<FrameFields> = {}): Uint8Array {
    const { record } = dissectFrames([{ data, linktype: LINKTYPE_RAW, ...more }], 1, wire);
    wire.view.setUint32(record(0) + PACKET_TTL, ttl, true);
    const target = wire.allocate(data.length);
    const length = wire.exports.writeLayer3!(record(0), target);
    return wire.bytes.slice(target, target + length);
  }

  test('one less to live leaves the header checksum right, whatever it was', () => {
    for (let id = 0; id < 65536; id += 7) {
      const out = leaving(ipv4({ id, ttl: 64 }), 63);
      expect([out[8], checksum(out.subarray(0, 20))]).toEqual([63, 0]);
      expect((out[10]! << 8) | out[11]!).not.toBe(0xffff);
    }
  });

  test('nothing but the hop limit of an IPv6 packet changes', () => {
    const data = ipv6({ hopLimit: 9, payload: udp({ payload: hex('0102') }) });
    expect(toHex(leaving(data, 8))).toBe(toHex(ipv6({ hopLimit: 8, payload: udp({ payload: hex('0102') }) })));
  });

  test('link-layer padding stays behind', () => {
    const data = ipv4({ payload: udp() });
    expect(toHex(leaving(concat(data, new Uint8Array(9)), 64))).toBe(toHex(data));
  });
});
