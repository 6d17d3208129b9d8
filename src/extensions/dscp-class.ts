// Classes of service by name, for the match and the target on DSCP.

import type { Argument, OptionContext } from '../ruleset/extension.ts';

export const DSCP_MAX = 63;
/** DSCP stands in the upper six bits of the byte. */
export const DSCP_SHIFT = 2;
export const DSCP_MASK = DSCP_MAX << DSCP_SHIFT;

const CLASSES = `CS0=0 CS1=8 CS2=16 CS3=24 CS4=32 CS5=40 CS6=48 CS7=56 BE=0 AF11=10 AF12=12 AF13=14 AF21=18 AF22=20 AF23=22
  AF31=26 AF32=28 AF33=30 AF41=34 AF42=36 AF43=38 EF=46`
  .split(/\s+/)
  .map((entry) => entry.split('=') as [string, string]);

/** Reads a class. iptables compares as many characters as the class has, so that what stands behind it is not looked at. */
export function readDscpClass({ text, span }: Argument, { diagnostics }: OptionContext): number | undefined {
  const found = CLASSES.find(([name]) => text.toUpperCase().startsWith(name));
  if (found) return Number(found[1]);
  diagnostics.error('unknown-dscp-class', `"${text}" is not a class (BE, EF, CS0 to CS7, AF11 to AF43)`, span);
  return undefined;
}
