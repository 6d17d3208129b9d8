// -m conntrack: the packet's connection, its state, addresses, ports, status and time left.

import * as abi from '../../assembly/abi/opcode.ts';
import type { Test } from '../ir/ir.ts';
import { addressWords } from '../net/address.ts';
import { parseProtocol } from '../net/protocol.ts';
import { formatPorts } from '../net/service.ts';
import type { MatchExtension, OptionSpec } from '../ruleset/extension.ts';
import { formatNetwork, type Network, readNetwork } from './addresses.ts';
import { CTSTATES, stateTests } from './ctstate.ts';
import { type Dashes, listNetwork, spaced } from './listing.ts';
import {
  type Asked,
  atLeastOne,
  namesOf,
  option,
  type Range,
  readNames,
  readPortsAnyProtocol,
  readRange,
  U32,
} from './values.ts';

const ADDRESSES = ['ctorigsrc', 'ctorigdst', 'ctreplsrc', 'ctrepldst'] as const;
const PORTS = ['ctorigsrcport', 'ctorigdstport', 'ctreplsrcport', 'ctrepldstport'] as const;

interface ConntrackOptions {
  state?: Asked<number>;
  protocol?: Asked<number>;
  addresses: Partial<Record<(typeof ADDRESSES)[number], Asked<Network>>>;
  ports: Partial<Record<(typeof PORTS)[number], Asked<Range>>>;
  status?: Asked<number>;
  expire?: Asked<Range>;
  /** `invert`: the reply direction. */
  direction?: { readonly invert: boolean };
}

/** IPS_* bits. Ref: include/uapi/linux/netfilter/nf_conntrack_common.h */
const STATUSES: readonly (readonly [string, number])[] = [
  ['NONE', 0],
  ['EXPECTED', 1],
  ['SEEN_REPLY', 2],
  ['ASSURED', 4],
  ['CONFIRMED', 8],
];

function addressOption(name: (typeof ADDRESSES)[number]): OptionSpec<ConntrackOptions> {
  return {
    name,
    argument: 'required',
    invertible: true,
    set(options, [argument], context) {
      const value = readNetwork(argument!, context);
      if (value) options.addresses[name] = { value, invert: context.invert };
    },
  };
}

function portOption(name: (typeof PORTS)[number]): OptionSpec<ConntrackOptions> {
  return {
    name,
    argument: 'required',
    invertible: true,
    set(options, [argument], context) {
      const value = readPortsAnyProtocol(argument!, context);
      if (value) options.ports[name] = { value, invert: context.invert };
    },
  };
}

const OPTIONS: OptionSpec<ConntrackOptions>[] = [
  {
    name: 'ctstate',
    argument: 'required',
    invertible: true,
    set(options, [argument], context) {
      const value = readNames(argument!, context, 'state', CTSTATES);
      if (value !== undefined) options.state = { value, invert: context.invert };
    },
  },
  {
    name: 'ctproto',
    argument: 'required',
    invertible: true,
    set(options, [argument], context) {
      const value = parseProtocol(argument!.text);
      if (value === undefined) {
        context.diagnostics.error('unknown-protocol', `"${argument!.text}" is no protocol (a name, or 0 to 255)`, argument!.span);
      } else if (value === 0 && options.status?.invert) {
        // iptables looks at the wrong bit here, and so refuses protocol 0 behind `! --ctstatus`.
        context.diagnostics.error('never-matches', 'iptables refuses protocol 0 behind ! --ctstatus', argument!.span);
      } else options.protocol = { value, invert: context.invert };
    },
  },
  ...ADDRESSES.map(addressOption),
  ...PORTS.map(portOption),
  {
    name: 'ctstatus',
    argument: 'required',
    invertible: true,
    set(options, [argument], context) {
      const value = readNames(argument!, context, 'status', STATUSES);
      if (value !== undefined) options.status = { value, invert: context.invert };
    },
  },
  {
    name: 'ctexpire',
    argument: 'required',
    invertible: true,
    set(options, [argument], context) {
      const value = readRange(argument!, context, U32);
      if (value) options.expire = { value, invert: context.invert };
    },
  },
  {
    name: 'ctdir',
    argument: 'required',
    set(options, [argument], context) {
      const direction = argument!.text.toUpperCase();
      if (direction === 'ORIGINAL' || direction === 'REPLY') options.direction = { invert: direction === 'REPLY' };
      else context.diagnostics.error('unknown-direction', `"${argument!.text}" is neither ORIGINAL nor REPLY`, argument!.span);
    },
  },
];

/** A range that ends at port 0 prints as its first port. */
function formatPortRange([low, high]: Range): string {
  return high === 0 ? String(low) : formatPorts(low, high);
}

function wordsOf(options: ConntrackOptions, dashes: Dashes, formatAddress: (network: Network) => string): string[] {
  const { state, protocol, addresses, ports, status, expire, direction } = options;
  const words: string[] = [];
  const add = <T>(name: string, asked: Asked<T> | undefined, format: (value: T) => string): void => {
    if (asked) words.push(...option(`${dashes}${name}`, format(asked.value), asked.invert));
  };
  add('ctstate', state, (bits) => namesOf(bits, CTSTATES));
  add('ctproto', protocol, String);
  for (const name of ADDRESSES) add(name, addresses[name], formatAddress);
  for (const name of PORTS) add(name, ports[name], formatPortRange);
  add('ctstatus', status, (bits) => namesOf(bits, STATUSES) || 'NONE');
  add('ctexpire', expire, (range) => formatPorts(...range));
  if (direction) words.push(`${dashes}ctdir`, direction.invert ? 'REPLY' : 'ORIGINAL');
  return words;
}

const ADDRESS_WORDS = {
  ctorigsrc: [abi.CONNTRACK_ASK_ORIGSRC, abi.CONNTRACK_ORIGSRC, abi.CONNTRACK_ORIGSRC_MASK],
  ctorigdst: [abi.CONNTRACK_ASK_ORIGDST, abi.CONNTRACK_ORIGDST, abi.CONNTRACK_ORIGDST_MASK],
  ctreplsrc: [abi.CONNTRACK_ASK_REPLSRC, abi.CONNTRACK_REPLSRC, abi.CONNTRACK_REPLSRC_MASK],
  ctrepldst: [abi.CONNTRACK_ASK_REPLDST, abi.CONNTRACK_REPLDST, abi.CONNTRACK_REPLDST_MASK],
} as const;
const PORT_WORDS = {
  ctorigsrcport: [abi.CONNTRACK_ASK_ORIGSRC_PORT, abi.CONNTRACK_ORIGSRC_PORT],
  ctorigdstport: [abi.CONNTRACK_ASK_ORIGDST_PORT, abi.CONNTRACK_ORIGDST_PORT],
  ctreplsrcport: [abi.CONNTRACK_ASK_REPLSRC_PORT, abi.CONNTRACK_REPLSRC_PORT],
  ctrepldstport: [abi.CONNTRACK_ASK_REPLDST_PORT, abi.CONNTRACK_REPLDST_PORT],
} as const;

/** Operands of TEST_CONNTRACK: everything that is asked, the state too, for the kernel answers by it alone when there is no entry. */
function operandsOf(options: ConntrackOptions): number[] {
  const words = new Array<number>(abi.CONNTRACK_WORDS).fill(0);
  const ask = <T>(bit: number, asked: Asked<T> | undefined, store: (value: T) => void): void => {
    if (!asked) return;
    words[abi.CONNTRACK_FLAGS]! |= bit | (asked.invert ? bit << 16 : 0);
    store(asked.value);
  };
  ask(abi.CONNTRACK_ASK_STATE, options.state, (bits) => (words[abi.CONNTRACK_STATE] = bits));
  ask(abi.CONNTRACK_ASK_PROTO, options.protocol, (protocol) => (words[abi.CONNTRACK_PROTO] = protocol));
  for (const name of ADDRESSES) {
    const [bit, at, maskAt] = ADDRESS_WORDS[name];
    ask(bit, options.addresses[name], ({ address, mask }) => {
      for (const [i, word] of addressWords(address).entries()) words[at + i] = word;
      for (const [i, word] of addressWords(mask).entries()) words[maskAt + i] = word;
    });
  }
  for (const name of PORTS) {
    const [bit, at] = PORT_WORDS[name];
    ask(bit, options.ports[name], ([low, high]) => (words[at] = ((low << 16) | high) >>> 0));
  }
  ask(abi.CONNTRACK_ASK_STATUS, options.status, (bits) => (words[abi.CONNTRACK_STATUS] = bits));
  ask(abi.CONNTRACK_ASK_EXPIRE, options.expire, ([low, high]) => {
    words[abi.CONNTRACK_EXPIRE_LOW] = low;
    words[abi.CONNTRACK_EXPIRE_HIGH] = high;
  });
  const { direction } = options;
  ask(abi.CONNTRACK_ASK_DIRECTION, direction && { value: undefined, invert: direction.invert }, () => {});
  return words;
}

/** Ref: net/netfilter/xt_conntrack.c:conntrack_mt() */
export const conntrack: MatchExtension<ConntrackOptions> = {
  kind: 'match',
  name: 'conntrack',
  families: [4, 6],
  usesConntrack: true,
  ...atLeastOne('conntrack', OPTIONS),
  create: () => ({ addresses: {}, ports: {} }),
  save: (options) => wordsOf(options, '--', formatNetwork),
  print: (options, context) => spaced(wordsOf(options, '', (network) => listNetwork(network, context))),
  lower(options) {
    const operands = operandsOf(options);
    // The state is asked first and of the packet record alone, so that it can decide without the entry.
    const tests: Test[] = options.state ? stateTests(options.state) : [];
    const only = abi.CONNTRACK_ASK_STATE | (abi.CONNTRACK_ASK_STATE << 16);
    if ((operands[abi.CONNTRACK_FLAGS]! & ~only) === 0) return tests;
    return [...tests, { kind: 'ask', opcode: abi.TEST_CONNTRACK, operands, negate: false, effect: false }];
  },
};
