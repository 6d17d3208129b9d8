// -m mh: the type of a mobility header.

import { TEST_MOBILITY } from '../../assembly/abi/opcode.ts';
import { PROTOCOL_MH } from '../net/protocol.ts';
import type { Argument, MatchExtension, OptionContext } from '../ruleset/extension.ts';
import { askOrDrop } from './asks.ts';
import { listAsked } from './listing.ts';
import { askedOption, saveRange } from './specs.ts';
import { transport } from './transport.ts';
import { type Asked, type Range, readNumber, split, U8 } from './values.ts';

interface MhOptions {
  type?: Asked<Range>;
}

/** In the order in which a name cut short is looked for. */
const TYPES: readonly (readonly [string, number])[] = [
  ['binding-refresh-request', 0],
  ['brr', 0],
  ['home-test-init', 1],
  ['hoti', 1],
  ['careof-test-init', 2],
  ['coti', 2],
  ['home-test', 3],
  ['hot', 3],
  ['careof-test', 4],
  ['cot', 4],
  ['binding-update', 5],
  ['bu', 5],
  ['binding-acknowledgement', 6],
  ['ba', 6],
  ['binding-error', 7],
  ['be', 7],
];

/** Reads a name, the beginning of one (the first that begins so), or a number. Ref: iptables libip6t_mh.c:name_to_type() */
function readType(argument: Argument, context: OptionContext): number | undefined {
  const text = argument.text.toLowerCase();
  const found = TYPES.find(([name]) => name === text) ?? TYPES.find(([name]) => name.startsWith(text));
  return found ? found[1] : readNumber(argument, context, U8);
}

function readTypes(argument: Argument, context: OptionContext): Range | undefined {
  const parts = split(argument, ':', 2);
  const ends = parts.map((end, i) => (parts.length === 2 && end.text === '' ? (i === 0 ? 0 : U8) : readType(end, context)));
  const [low, high = low] = ends;
  if (low === undefined || high === undefined) return undefined;
  if (low <= high) return [low, high];
  context.diagnostics.error('range-backwards', `range ${low}:${high} ends before it begins`, argument.span);
  return undefined;
}

function listTypes([low, high]: Range, numeric: boolean): string {
  const nameOf = (type: number): string => (numeric ? undefined : TYPES.find(([, known]) => known === type)?.[0]) ?? String(type);
  return low === high ? nameOf(low) : `${nameOf(low)}:${nameOf(high)}`;
}

const MOBILITY_HEADER_BYTES = 6;

/** Ref: net/ipv6/netfilter/ip6t_mh.c:mh_mt6() */
export const mh: MatchExtension<MhOptions> = {
  kind: 'match',
  name: 'mh',
  families: [6],
  protocols: [PROTOCOL_MH],
  options: [askedOption('mh-type', 'type', readTypes)],
  create: () => ({}),
  save: ({ type }) => saveRange('--mh-type', type, U8),
  lower({ type }) {
    return [transport(MOBILITY_HEADER_BYTES), askOrDrop(TEST_MOBILITY, type ? [...type.value] : [0, U8], type?.invert)];
  },
  print({ type }, { numeric }) {
    const isEvery = !type || (!type.invert && type.value[0] === 0 && type.value[1] === U8);
    return ` mh${isEvery ? '' : ` ${listAsked(type, (range) => listTypes(range, numeric))}`}`;
  },
};
