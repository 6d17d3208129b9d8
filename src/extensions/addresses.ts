// Reading addresses, masks and names of interfaces as iptables' newer options do, through getaddrinfo(): conntrack, policy, TEE, NETMAP and the like.

import type { Family } from '../ir/ir.ts';
import { formatAddress, maskPrefix, parseIpv4Host, parseIpv6, prefixMask } from '../net/address.ts';
import { parseUnsigned } from '../net/number.ts';
import type { Argument, OptionContext } from '../ruleset/extension.ts';
import { split } from './values.ts';

/** An address and a mask that is a prefix; bits behind it may be set in the address. */
export interface Network {
  readonly address: Uint8Array;
  readonly mask: Uint8Array;
}

/** Reads an address without a mask. Ref: iptables 1.8.9, libxtables/xtoptions.c:xtopt_parse_host() */
export function readHost(argument: Argument, { family, diagnostics }: OptionContext): Uint8Array | undefined {
  const { text, span } = argument;
  const address = family === 4 ? parseIpv4Host(text) : parseIpv6(text);
  if (!address) diagnostics.error('bad-address', `"${text}" is no IPv${family} address (names are not looked up)`, span);
  return address;
}

/** Bits of an address. */
export function addressBits(family: Family): number {
  return family === 4 ? 32 : 128;
}

/**
 * Reads a prefix length, or a mask written as an address. The length is 'none' for a mask that is no prefix, which iptables takes.
 * Ref: iptables 1.8.9, libxtables/xtoptions.c:xtopt_parse_plen()
 */
export function readPrefixLength(argument: Argument, { family, diagnostics }: OptionContext): number | 'none' | undefined {
  const { text, span } = argument;
  const whole = addressBits(family);
  const bits = parseUnsigned(text, whole);
  if (bits !== undefined) return bits;
  const mask = family === 4 ? parseIpv4Host(text) : parseIpv6(text);
  if (mask) return maskPrefix(mask) ?? 'none';
  diagnostics.error('bad-mask', `"${text}" is neither a prefix length (0 to ${whole}) nor a mask`, span);
  return undefined;
}

/** Reads a mask; one that is no prefix is taken for all ones. Ref: iptables 1.8.9, libxtables/xtoptions.c:xtopt_parse_plenmask() */
export function readMask(argument: Argument, context: OptionContext): Uint8Array | undefined {
  const { family, diagnostics } = context;
  const length = readPrefixLength(argument, context);
  if (length === undefined) return undefined;
  if (length !== 'none') return prefixMask(family, length);
  const whole = addressBits(family);
  const message = `mask ${argument.text} is no prefix; iptables then takes all ${whole} bits`;
  diagnostics.warning('mask-ignored', message, argument.span);
  return prefixMask(family, whole);
}

/** Reads an address with or without a mask. Ref: iptables 1.8.9, libxtables/xtoptions.c:xtopt_parse_hostmask() */
export function readNetwork(argument: Argument, context: OptionContext): Network | undefined {
  const [host, length] = split(argument, '/', 2);
  const address = readHost(host!, context);
  const mask = length ? readMask(length, context) : address && prefixMask(context.family, address.length * 8);
  return address && mask ? { address, mask } : undefined;
}

/** Prints a network; a mask of all ones is left out. */
export function formatNetwork({ address, mask }: Network): string {
  const bits = maskPrefix(mask);
  return formatAddress(address) + (bits === address.length * 8 ? '' : `/${bits}`);
}
