// -m dscp: the upper six bits of the type of service byte (IPv6: traffic class), by number or by class.

import { hexByte } from '../net/number.ts';
import type { MatchExtension } from '../ruleset/extension.ts';
import { type Asked, atLeastOne, masked, option, readNumber } from './values.ts';

interface DscpOptions {
  dscp?: Asked<number>;
}

const DSCP_MAX = 63;
/** DSCP stands in the upper six bits of the byte. */
const DSCP_SHIFT = 2;
const DSCP_MASK = DSCP_MAX << DSCP_SHIFT;

const CLASSES = `CS0=0 CS1=8 CS2=16 CS3=24 CS4=32 CS5=40 CS6=48 CS7=56 BE=0 AF11=10 AF12=12 AF13=14 AF21=18 AF22=20 AF23=22
  AF31=26 AF32=28 AF33=30 AF41=34 AF42=36 AF43=38 EF=46`
  .split(/\s+/)
  .map((entry) => entry.split('=') as [string, string]);

/** Ref: net/netfilter/xt_dscp.c:dscp_mt(), dscp_mt6() */
export const dscp: MatchExtension<DscpOptions> = {
  kind: 'match',
  name: 'dscp',
  families: [4, 6],
  ...atLeastOne<DscpOptions>('dscp', [
    {
      name: 'dscp',
      argument: 'required',
      invertible: true,
      excludes: ['dscp-class'],
      set(options, [argument], context) {
        const value = readNumber(argument!, context, DSCP_MAX);
        if (value !== undefined) options.dscp = { value, invert: context.invert };
      },
    },
    {
      name: 'dscp-class',
      argument: 'required',
      invertible: true,
      excludes: ['dscp'],
      set(options, [argument], context) {
        const { text, span } = argument!;
        // iptables compares as many characters as the class has, so that what stands behind it is not looked at.
        const found = CLASSES.find(([name]) => text.toUpperCase().startsWith(name));
        if (found) options.dscp = { value: Number(found[1]), invert: context.invert };
        else context.diagnostics.error('unknown-dscp-class', `"${text}" is not a class (BE, EF, CS0 to CS7, AF11 to AF43)`, span);
      },
    },
  ]),
  create: () => ({}),
  save: ({ dscp }) => (dscp ? option('--dscp', hexByte(dscp.value), dscp.invert) : []),
  lower: ({ dscp }) => (dscp ? masked('tos', DSCP_MASK, dscp.value << DSCP_SHIFT, dscp.invert) : []),
};
