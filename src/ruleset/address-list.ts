// What stands behind -s and -d: addresses with masks, comma-separated.
//
// Ref: iptables 1.8.9, libxtables/xtables.c:xtables_ipparse_multiple(), xtables_ip6parse_multiple()

import type { Family } from '../ir/ir.ts';
import { isZero, parseIpv4, parseIpv6, parseMask, prefixMask } from '../net/address.ts';
import type { Diagnostics } from '../text/diagnostic.ts';
import { type Argument, part } from './extension.ts';
import type { AddressMask } from './tree.ts';

const HOST_MASKS = { 4: prefixMask(4, 32), 6: prefixMask(6, 128) } as const;
/** Masks read before, by what stood behind the slash: most rules have one of a few. Emptied when full. */
const known = { 4: new Map<string, Uint8Array | undefined>(), 6: new Map<string, Uint8Array | undefined>() } as const;
const KNOWN_MAX = 1024;

/** Reads a list of addresses, reporting each that is none. Host bits are cleared, as iptables does. */
export function parseAddressList(argument: Argument, family: Family, diagnostics: Diagnostics): AddressMask[] {
  if (!/[,\s]/.test(argument.text)) {
    const only = parseAddressMask(argument, family, diagnostics);
    return only ? [only] : [];
  }
  const list: AddressMask[] = [];
  let from = 0;
  for (const item of argument.text.split(',')) {
    const blanks = item.length - item.trimStart().length;
    const address = parseAddressMask(part(argument, from + blanks, from + item.length), family, diagnostics);
    if (address) list.push(address);
    from += item.length + 1;
  }
  return list;
}

function readMask(text: string, family: Family): Uint8Array | undefined {
  const masks = known[family];
  let mask = masks.get(text);
  if (!mask) {
    mask = parseMask(text, family);
    if (masks.size >= KNOWN_MAX) masks.clear();
    masks.set(text, mask);
  }
  return mask;
}

function parseAddressMask(argument: Argument, family: Family, diagnostics: Diagnostics): AddressMask | undefined {
  const { text } = argument;
  const slash = text.lastIndexOf('/');
  const mask = slash < 0 ? HOST_MASKS[family] : readMask(text.slice(slash + 1), family);
  if (!mask) {
    const bits = family === 4 ? 32 : 128;
    const message = `"${text.slice(slash + 1)}" is no mask: expected a prefix length (0 to ${bits}) or a mask written as an address`;
    diagnostics.error('bad-mask', message, part(argument, slash + 1, text.length).span);
    return undefined;
  }
  // iptables does not look at the address behind which `/0` stands.
  if (isZero(mask)) return { address: new Uint8Array(mask.length), mask };
  const end = slash < 0 ? text.length : slash;
  const address = family === 4 ? parseIpv4(text.slice(0, end)) : parseIpv6(text.slice(0, end));
  if (!address) {
    reportAddress(part(argument, 0, end), family, diagnostics);
    return undefined;
  }
  for (let i = 0; i < mask.length; i++) address[i]! &= mask[i]!;
  return { address, mask };
}

function reportAddress(argument: Argument, family: Family, diagnostics: Diagnostics): void {
  const { text, span } = argument;
  const other = family === 4 ? parseIpv6(text) : /^\d+\.\d+\.\d+\.\d+$/.test(text);
  if (other) {
    const message = `"${text}" is an IPv${family === 4 ? 6 : 4} address, these are IPv${family} rules`;
    diagnostics.error('wrong-family', message, span);
  } else if (/^[\w.-]*[a-z][\w.-]*$/i.test(text)) {
    const message = `"${text}" is a host or network name: what it stands for depends on the machine, write the address instead`;
    diagnostics.error('host-name', message, span);
  } else {
    diagnostics.error('bad-address', `"${text}" is no IPv${family} address`, span);
  }
}
