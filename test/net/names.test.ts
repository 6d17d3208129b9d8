import { describe, expect, it } from 'vitest';
import { icmpNames, parseIcmpType } from '../../src/net/icmp.ts';
import { hex, parseUnsigned, scanUnsigned } from '../../src/net/number.ts';
import { parseProtocol, protocolName } from '../../src/net/protocol.ts';
import { parsePort, parsePortAnyProtocol, servicePort } from '../../src/net/service.ts';

describe('numbers', () => {
  it.each([
    ['10', 10],
    ['010', 8],
    ['0x1F', 31],
    ['+7', 7],
    [' 7', 7],
    ['7 ', undefined],
    ['08', undefined],
    ['0x', undefined],
    ['-1', undefined],
    ['', undefined],
    ['256', undefined],
    ['18446744073709551616', undefined],
  ])('"%s" reads as strtoul() with base 0 reads it: %s', (text, expected) => {
    expect(parseUnsigned(text, 255)).toBe(expected);
  });

  it('a number ends where its digits end', () => {
    expect(scanUnsigned('0x1g')).toEqual({ value: 1n, rest: 'g' });
    expect(scanUnsigned('0x')).toEqual({ value: 0n, rest: 'x' });
    expect(scanUnsigned('089')).toEqual({ value: 0n, rest: '89' });
  });

  it('a mark prints unsigned', () => {
    expect(hex(-1)).toBe('0xffffffff');
  });
});

describe('ports', () => {
  it('older options take any base and the names of their own protocol', () => {
    expect(parsePort('0x50', 'tcp')).toBe(80);
    expect(parsePort('tftp', 'udp')).toBe(69);
    expect(parsePort('tftp', 'tcp')).toBeUndefined();
    expect(parsePort('65536', 'tcp')).toBeUndefined();
  });

  it('newer options take decimal numbers, cut to 16 bits, and the names of every protocol', () => {
    expect(parsePortAnyProtocol('010')).toEqual({ port: 10, wrapped: false });
    expect(parsePortAnyProtocol('65536')).toEqual({ port: 0, wrapped: true });
    expect(parsePortAnyProtocol('4294967376')).toEqual({ port: 80, wrapped: true });
    expect(parsePortAnyProtocol('2147483648')).toBeUndefined();
    expect(parsePortAnyProtocol('99999999999999999999')).toBeUndefined();
    expect(parsePortAnyProtocol('0x50')).toBeUndefined();
    expect(parsePortAnyProtocol('tftp')).toEqual({ port: 69, wrapped: false });
  });

  it('a service has all its names', () => {
    for (const name of ['kerberos', 'kerberos5', 'krb5', 'kerberos-sec']) expect(servicePort(name, 'udp')).toBe(88);
    expect(servicePort('HTTP', 'tcp')).toBeUndefined();
  });
});

describe('protocols', () => {
  it.each([
    ['tcp', 6, 'tcp'],
    ['icmpv6', 58, 'ipv6-icmp'],
    ['mh', 135, 'mobility-header'],
    ['0x2f', 47, 'gre'],
    ['hopopt', 0, 'all'],
    ['200', 200, undefined],
  ])('%s is %i and prints as %s', (text, number, name) => {
    expect(parseProtocol(text)).toBe(number);
    expect(protocolName(number)).toBe(name);
  });

  it('there is no protocol 256, and none of an unknown name', () => {
    expect(parseProtocol('256')).toBeUndefined();
    expect(parseProtocol('nosuch')).toBeUndefined();
  });
});

describe('ICMP types', () => {
  it('every name reads back alone, unless another begins with it', () => {
    for (const family of [4, 6] as const) {
      for (const name of icmpNames(family)) expect(parseIcmpType(name.toUpperCase(), family)).toHaveProperty('codes');
    }
  });

  it('a beginning that several names share is ambiguous', () => {
    expect(parseIcmpType('router', 6)).toEqual({ ambiguous: ['router-solicitation', 'router-advertisement'] });
  });
});
