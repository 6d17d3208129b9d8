// -m dccp: ports, packet types and options of DCCP.

import { TEST_DCCP_OPTION } from '../../assembly/abi/opcode.ts';
import { PROTOCOL_DCCP } from '../net/protocol.ts';
import { formatPorts } from '../net/service.ts';
import type { Argument, MatchExtension, OptionContext } from '../ruleset/extension.ts';
import { askOrDrop, transportRanges } from './asks.ts';
import { listApart, listAsked, listPorts, spaced } from './listing.ts';
import { askedNumber, askedOption, saveAsked } from './specs.ts';
import { type PortOptions, portOptions, portTests, transport } from './transport.ts';
import { type Asked, namesOf, type Range, readPortsAnyProtocol, U8 } from './values.ts';

interface DccpOptions extends PortOptions {
  /** A bit for each type. */
  types?: Asked<number>;
  option?: Asked<number>;
}

/** By their numbers; the last stands for all from 10 to 15. */
const TYPES: readonly (readonly [string, number])[] = [
  'REQUEST',
  'RESPONSE',
  'DATA',
  'ACK',
  'DATAACK',
  'CLOSEREQ',
  'CLOSE',
  'RESET',
  'SYNC',
  'SYNCACK',
  'INVALID',
].map((name, i) => [name, name === 'INVALID' ? 0xfc00 : 1 << i]);

/** Bytes of the shortest DCCP header, and where the type lies in it. */
const DCCP_HEADER_BYTES = 12;
const TYPE = { offset: 8, shift: 25, mask: 15 };

/** The types that have their bit set, each as a range. */
function typeRanges(bits: number): Range[] {
  return Array.from({ length: 16 }, (_, type): Range => [type, type]).filter(([type]) => (bits & (1 << type)) !== 0);
}

function readTypes(argument: Argument, { diagnostics, invert }: OptionContext): number | undefined {
  let bits = 0;
  for (const word of argument.text.split(',')) {
    if (word === '') continue;
    const found = TYPES.find(([name]) => name === word.toUpperCase());
    if (!found) {
      const names = TYPES.map(([name]) => name).join(', ');
      diagnostics.error('unknown-dccp-type', `"${word}" is not one of ${names}`, argument.span);
      return undefined;
    }
    bits |= found[1];
  }
  if (bits === 0) {
    const message = `no type is named, so this ${invert ? 'always' : 'never'} matches, and iptables cannot read back its print`;
    diagnostics.warning('unreadable-print', message, argument.span);
  }
  return bits;
}

/** Numbers of the bits that are set. */
function bitNumbers(bits: number): string {
  return [...Array(16).keys()].filter((bit) => (bits >> bit) & 1).join(',');
}

/** Ref: net/netfilter/xt_dccp.c:dccp_mt() */
export const dccp: MatchExtension<DccpOptions> = {
  kind: 'match',
  name: 'dccp',
  families: [4, 6],
  protocols: [PROTOCOL_DCCP],
  options: [
    ...portOptions<DccpOptions>(readPortsAnyProtocol),
    askedOption('dccp-types', 'types', readTypes),
    askedNumber('dccp-option', 'option', { max: U8, min: 1 }),
  ],
  create: () => ({}),
  save({ sport, dport, types, option }) {
    return [
      ...saveAsked('--sport', sport, (range) => formatPorts(...range)),
      ...saveAsked('--dport', dport, (range) => formatPorts(...range)),
      ...saveAsked('--dccp-types', types, (bits) => namesOf(bits, TYPES)),
      ...saveAsked('--dccp-option', option),
    ];
  },
  print({ types, option, ...ports }, context) {
    const list = (bits: number): string => (context.numeric ? bitNumbers(bits) : namesOf(bits, TYPES));
    return spaced([
      `dccp${listPorts(ports, 'dccp', context)}`,
      ...(types ? [listApart(types, list)] : []),
      ...(option ? [`option=${listAsked(option)}`] : []),
    ]);
  },
  lower({ types, option, ...ports }) {
    return [
      transport(DCCP_HEADER_BYTES),
      ...portTests(ports),
      ...(types ? [transportRanges(TYPE, typeRanges(types.value), types.invert)] : []),
      ...(option ? [askOrDrop(TEST_DCCP_OPTION, [option.value], option.invert)] : []),
    ];
  },
};
