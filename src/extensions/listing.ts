// What `iptables -L` says of values that several extensions have: ranges, ports, addresses.

import { formatPorts, serviceName } from '../net/service.ts';
import type { PrintContext } from '../ruleset/extension.ts';
import { formatNetwork, type Network } from './addresses.ts';
import type { PortOptions } from './transport.ts';
import { type Asked, type Range, U16, U32 } from './values.ts';

/** What stands before the names of options: nothing in a listing, dashes where they are to be read again. */
export type Dashes = '--' | '';

/** Words with a blank before each. */
export function spaced(words: readonly string[]): string {
  return words.map((word) => ` ${word}`).join('');
}

/** `!` where it stands before a value. */
export function bang(asked: { readonly invert: boolean }): '!' | '' {
  return asked.invert ? '!' : '';
}

/** A value with its `!`. */
export function listAsked<T>(asked: Asked<T>, format: (value: T) => string = String): string {
  return bang(asked) + format(asked.value);
}

/** A value with its `!`, a blank between. */
export function listApart<T>(asked: Asked<T>, format: (value: T) => string = String): string {
  return (asked.invert ? '! ' : '') + format(asked.value);
}

/** A range as `name:low` or `names:low:high`; nothing where it holds everything, unless that is inverted. */
export function listRange(
  name: string,
  asked: Asked<Range> | undefined,
  max: number = U32,
  format: (end: number) => string = String,
): string {
  if (!asked) return '';
  const [low, high] = asked.value;
  if (low === 0 && high === max && !asked.invert) return '';
  return low === high ? `${name}:${bang(asked)}${format(low)}` : `${name}s:${bang(asked)}${format(low)}:${format(high)}`;
}

/** A range that is always listed, as one number or as two. */
export function listBounds(asked: Asked<Range>): string {
  return listAsked(asked, (range) => formatPorts(...range));
}

/** The ports that a match asks for, by the services of its protocol. */
export function listPorts({ sport, dport }: PortOptions, protocol: string, { numeric }: PrintContext): string {
  const format = (port: number): string => listPort(port, protocol, numeric);
  const ranges = [listRange('spt', sport, U16, format), listRange('dpt', dport, U16, format)];
  return spaced(ranges.filter((text) => text !== ''));
}

export function listPort(port: number, protocol: string, numeric: boolean): string {
  return (numeric ? undefined : serviceName(port, protocol)) ?? String(port);
}

/** A network; the address of all zeros is anywhere, whatever its mask, unless numbers are wanted. */
export function listNetwork(network: Network, { numeric }: PrintContext): string {
  return !numeric && network.address.every((byte) => byte === 0) ? 'anywhere' : formatNetwork(network);
}
