import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addressWords,
  formatAddress,
  formatMask,
  maskPrefix,
  parseIpv4,
  parseIpv4Host,
  parseIpv6,
  parseMask,
  prefixMask,
} from '../../src/net/address.ts';

const print = (bytes: Uint8Array | undefined): string | undefined => bytes && formatAddress(bytes);

describe('IPv4 addresses', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['10.1', '10.1.0.0'],
    ['10', '10.0.0.0'],
    ['0x0a.010.1.1', '10.8.1.1'],
    ['1.2.3.256', undefined],
    ['1.2.3.4.5', undefined],
    ['1..2.3', undefined],
    ['1.2.3.4 ', undefined],
    ['', undefined],
  ])('%s reads as iptables reads it: %s', (text, expected) => {
    expect(print(parseIpv4(text))).toBe(expected);
  });

  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['10.1', '10.0.0.1'],
    ['10', '0.0.0.10'],
    ['1.65535', '1.0.255.255'],
    ['4294967295', '255.255.255.255'],
    ['4294967296', undefined],
    ['1.2.65536', undefined],
    ['1.2.3.4x', undefined],
  ])('%s reads as inet_aton() reads it: %s', (text, expected) => {
    expect(print(parseIpv4Host(text))).toBe(expected);
  });
});

describe('IPv6 addresses', () => {
  it.each([
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
    ['::ffff:0:192.0.2.1', '::ffff:0:c000:201'],
    ['::192.0.2.1', '::192.0.2.1'],
    ['::1:2', '::0.1.0.2'],
    ['1:2:3:4:5:6:192.0.2.1', '1:2:3:4:5:6:c000:201'],
    ['1::2::3', undefined],
    [':::', undefined],
    [':1::', undefined],
    ['12345::', undefined],
    ['::01.2.3.4', undefined],
    ['1:2:3:4:5:6:7:8:9', undefined],
    ['1:2:3:4:5:6:7::8', undefined],
    ['1:2:3:4:5:6:7:192.0.2.1', undefined],
    ['192.0.2.1::', undefined],
  ])('%s reads as inet_pton() and prints as inet_ntop(): %s', (text, expected) => {
    expect(print(parseIpv6(text))).toBe(expected);
  });

  it('what is printed reads back to the same bytes', () => {
    const word = fc.oneof(fc.constant(0), fc.constant(0xffff), fc.nat(0xffff));
    fc.assert(
      fc.property(fc.array(word, { minLength: 8, maxLength: 8 }), (words) => {
        const bytes = Uint8Array.from(words.flatMap((w) => [w >> 8, w & 255]));
        expect(parseIpv6(formatAddress(bytes))).toEqual(bytes);
      }),
      { seed: 1 },
    );
  });
});

describe('masks', () => {
  it('a prefix length gives a mask that gives the prefix length', () => {
    for (const [family, bits] of [[4, 32] as const, [6, 128] as const]) {
      for (let n = 0; n <= bits; n++) expect(maskPrefix(prefixMask(family, n))).toBe(n);
    }
  });

  it.each([
    ['24', 4, '24'],
    ['255.255.255.0', 4, '24'],
    ['255.0.255.0', 4, '255.0.255.0'],
    ['0x10', 4, '16'],
    ['33', 4, undefined],
    ['255.255', 4, undefined],
    ['64', 6, '64'],
    ['ffff:ffff::', 6, '32'],
    ['ffff::ffff', 6, 'ffff::ffff'],
    ['129', 6, undefined],
  ] as const)('/%s in IPv%i is /%s', (text, family, expected) => {
    const mask = parseMask(text, family);
    expect(mask && formatMask(mask)).toBe(expected);
  });

  it('words are in host order, the most significant first', () => {
    expect(addressWords(parseIpv4('255.0.2.1')!)).toEqual([0xff000201]);
    expect(addressWords(parseIpv6('2001:db8::1')!)).toEqual([0x20010db8, 0, 0, 1]);
  });
});
