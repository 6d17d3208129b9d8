// Addresses of entries as ipset reads them: one, one with a prefix length, or a range.

import { parseIpv4Host, parseIpv6 } from '../net/address.ts';
import { scanUnsigned } from '../net/number.ts';
import type { Faults, Word } from './fault.ts';
import { rangeAt } from './numbers.ts';
import { piece, separatorAt } from './words.ts';

export interface AddressRange {
  readonly from: Uint8Array;
  readonly to?: Uint8Array;
  readonly prefix?: number;
}

/** What may stand: `one` address (also with the whole prefix length), `prefix` or `range` beside it, or one of these two. */
export type AddressForm = 'one' | 'prefix' | 'any' | 'prefix-or-range' | 'only-prefix';

export function bitsOf(family: 4 | 6): 32 | 128 {
  return family === 4 ? 32 : 128;
}

/** Reads an address, network or range of addresses. Ref: ipset 7.17, lib/parse.c:parse_ip() */
export function readAddress(word: Word, family: 4 | 6, form: AddressForm, faults: Faults): AddressRange | undefined {
  const { text, span } = word;
  const slash = separatorAt(text, '/');
  const dash = slash < 0 ? rangeAt(word, faults) : -1;
  if (dash === undefined) return undefined;
  const isHost = text.endsWith(`/${bitsOf(family)}`);
  if (form === 'one' && (dash >= 0 || (slash >= 0 && !isHost))) {
    return faults.syntax('not-one-address', `plain IP address must be supplied: ${text}`, span);
  }
  if (form === 'prefix' && dash >= 0) {
    return faults.syntax('range-not-allowed', `IP address or IP/cidr must be specified: ${text}`, span);
  }
  if (form === 'only-prefix' && slash < 0) {
    return faults.syntax('missing-prefix', `IP/netblock must be supplied: ${text}`, span);
  }
  if (form === 'prefix-or-range' && slash < 0 && dash < 0) {
    return faults.syntax('missing-range', `IP/cidr or IP-IP range must be specified: ${text}`, span);
  }
  const end = slash >= 0 ? slash : dash >= 0 ? dash : text.length;
  const prefix = slash < 0 ? undefined : readPrefix(piece(word, slash + 1, text.length), bitsOf(family), 0, faults);
  if (slash >= 0 && prefix === undefined) return undefined;
  const from = readHost(piece(word, 0, end), family, faults);
  const to = dash < 0 ? undefined : readHost(piece(word, dash + 1, text.length), family, faults);
  if (!from || (dash >= 0 && !to)) return undefined;
  return { from, ...(prefix === undefined ? {} : { prefix }), ...(to ? { to } : {}) };
}

/** Reads a prefix length. Ref: lib/parse.c:string_to_cidr() */
export function readPrefix(word: Word, max: number, min: number, faults: Faults): number | undefined {
  const scan = scanUnsigned(word.text);
  if (scan?.rest === '' && scan.value >= BigInt(min) && scan.value <= BigInt(max)) return Number(scan.value);
  if (scan?.rest !== '') return faults.syntax('bad-number', `'${word.text}' is invalid as number`, word.span);
  const limits = scan.value > 255n ? '0-255' : `${min}-${max}`;
  return faults.syntax('bad-prefix', `'${word.text}' is out of range ${limits}`, word.span);
}

/** Reads one address; it may stand in brackets. Names of hosts are not resolved: what they mean is another machine's matter. */
function readHost(word: Word, family: 4 | 6, faults: Faults): Uint8Array | undefined {
  const text = word.text.replace(/^\[(.*)\]$/, '$1');
  const address = family === 4 ? parseIpv4Host(text) : parseIpv6(text);
  if (address) return address;
  const hint = /^[\w.-]*[a-z]/i.test(text) && !text.includes(':') ? ' (names of hosts are not resolved)' : '';
  const message = `cannot parse ${text}: resolving to IPv${family} address failed`;
  return faults.syntax('bad-address', message, word.span, hint);
}

/** Reads the value of `bitmask`: an address. */
export function readBitmask(word: Word, family: 4 | 6, faults: Faults): Uint8Array | undefined {
  const text = word.text;
  const address = family === 4 ? parseIpv4Host(text) : parseIpv6(text);
  return address ?? faults.syntax('bad-bitmask', `bitmask is not valid for family = ${inetName(family)}`, word.span);
}

export function inetName(family: 4 | 6 | 0): string {
  return family === 4 ? 'inet' : family === 6 ? 'inet6' : 'unspec';
}

/** An IPv4 address as a number. */
export function toNumber(address: Uint8Array): number {
  return ((address[0]! << 24) | (address[1]! << 16) | (address[2]! << 8) | address[3]!) >>> 0;
}

/** A number as an IPv4 address. */
export function toAddress(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);
}

export function maskNumber(prefix: number): number {
  return prefix === 0 ? 0 : (0xffff_ffff << (32 - prefix)) >>> 0;
}

/** The address with every bit outside the mask cleared. */
export function masked(address: Uint8Array, mask: Uint8Array): Uint8Array {
  return address.map((byte, i) => byte & mask[i]!);
}

/** The largest network that begins at `from` and does not go beyond `to`. Ref: net/netfilter/ipset/pfxlen.c:ip_set_range_to_cidr() */
export function networkWithin(from: number, to: number, takesZero: boolean): { prefix: number; last: number } {
  if (takesZero && from === 0 && to === 0xffff_ffff) return { prefix: 0, last: to };
  for (let prefix = 1; prefix < 32; prefix++) {
    const mask = maskNumber(prefix);
    const last = (from | ~mask) >>> 0;
    if ((from & mask) >>> 0 === from && last <= to) return { prefix, last };
  }
  return { prefix: 32, last: from };
}
