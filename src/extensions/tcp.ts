// -m tcp: ports, flags and options of TCP.

import { TEST_TCP_OPTION } from '../../assembly/abi/opcode.ts';
import type { Test } from '../ir/ir.ts';
import { PROTOCOL_TCP } from '../net/protocol.ts';
import type { Argument, MatchExtension, OptionContext } from '../ruleset/extension.ts';
import type { MatchTree } from '../ruleset/tree.ts';
import { listAsked, listPorts, spaced } from './listing.ts';
import { type PortOptions, portOptions, portTests, transport } from './transport.ts';
import { type Asked, masked, option, portOption, readNumber, readPorts, split, U8 } from './values.ts';

interface TcpOptions extends PortOptions {
  flags?: Asked<{ readonly mask: number; readonly set: number }>;
  /** Kind of a TCP option that must be there. */
  kind?: Asked<number>;
}

const SYN = 0x02;
const FLAGS: readonly (readonly [string, number])[] = [
  ['FIN', 0x01],
  ['SYN', SYN],
  ['RST', 0x04],
  ['PSH', 0x08],
  ['ACK', 0x10],
  ['URG', 0x20],
];
const FLAG_WORDS: readonly (readonly [string, number])[] = [...FLAGS, ['ALL', 0x3f], ['NONE', 0]];

/** Bytes of a TCP header without options. */
const TCP_HEADER_BYTES = 20;

function readFlags(argument: Argument, context: OptionContext): number | undefined {
  let bits = 0;
  for (const part of split(argument, ',')) {
    if (part.text === '') continue;
    const found = FLAG_WORDS.find(([name]) => name === part.text.toUpperCase());
    if (!found) {
      const names = FLAG_WORDS.map(([name]) => name).join(', ');
      context.diagnostics.error('unknown-tcp-flag', `"${part.text}" is not one of ${names}`, part.span);
      return undefined;
    }
    bits |= found[1];
  }
  return bits;
}

function formatFlags(bits: number): string {
  const names = FLAGS.filter(([, bit]) => (bits & bit) !== 0).map(([name]) => name);
  return names.length === 0 ? 'NONE' : names.join(',');
}

function hexFlags(bits: number): string {
  return `0x${bits.toString(16).toUpperCase().padStart(2, '0')}`;
}

/** Whether the flags are printed. */
function asksFlags({ value, invert }: NonNullable<TcpOptions['flags']>): boolean {
  return value.mask !== 0 || invert;
}

/** Whether only packets with SYN match, as the kernel sees it. Ref: net/netfilter/xt_TCPMSS.c:find_syn_match() */
export function asksForSyn({ extension, options }: MatchTree): boolean {
  if (extension !== tcp) return false;
  const { flags } = options as TcpOptions;
  return flags !== undefined && !flags.invert && (flags.value.set & SYN) !== 0;
}

/** Ref: net/netfilter/xt_tcpudp.c:tcp_mt() */
export const tcp: MatchExtension<TcpOptions> = {
  kind: 'match',
  name: 'tcp',
  families: [4, 6],
  protocols: [PROTOCOL_TCP],
  options: [
    ...portOptions<TcpOptions>((argument, context) => readPorts(argument, 'tcp', context)),
    {
      name: 'syn',
      argument: 'none',
      invertible: true,
      excludes: ['tcp-flags'],
      set(options, _values, context) {
        options.flags = { value: { mask: 0x17, set: SYN }, invert: context.invert };
      },
    },
    {
      name: 'tcp-flags',
      argument: 2,
      invertible: true,
      excludes: ['syn'],
      set(options, [first, second], context) {
        const mask = readFlags(first!, context);
        const set = readFlags(second!, context);
        if (mask === undefined || set === undefined) return;
        options.flags = { value: { mask, set }, invert: context.invert };
        if (asksFlags(options.flags) || set === 0) return;
        const message = 'this never holds, but iptables does not print it: what it prints holds always';
        context.diagnostics.warning('unreadable-print', message, first!.span);
      },
    },
    {
      name: 'tcp-option',
      argument: 'required',
      invertible: true,
      set(options, [argument], context) {
        const value = readNumber(argument!, context, U8, 1);
        if (value !== undefined) options.kind = { value, invert: context.invert };
      },
    },
  ],
  create: () => ({}),
  save({ sport, dport, kind, flags }) {
    const words = [...portOption('--sport', sport), ...portOption('--dport', dport)];
    if (kind) words.push(...option('--tcp-option', String(kind.value), kind.invert));
    if (flags && asksFlags(flags)) {
      words.push(...option('--tcp-flags', formatFlags(flags.value.mask), flags.invert), formatFlags(flags.value.set));
    }
    return words;
  },
  print({ kind, flags, ...ports }, context) {
    const format = context.numeric ? hexFlags : formatFlags;
    const list = ({ mask, set }: { readonly mask: number; readonly set: number }): string => `${format(mask)}/${format(set)}`;
    return spaced([
      `tcp${listPorts(ports, 'tcp', context)}`,
      ...(kind ? [`option=${listAsked(kind)}`] : []),
      ...(flags && asksFlags(flags) ? [`flags:${listAsked(flags, list)}`] : []),
    ]);
  },
  lower({ flags, kind, ...ports }) {
    const tests: Test[] = [transport(TCP_HEADER_BYTES, { dropOffset1: true }), ...portTests(ports)];
    if (flags) tests.push(...masked('tcpFlags', flags.value.mask, flags.value.set, flags.invert));
    if (kind) tests.push({ kind: 'ask', opcode: TEST_TCP_OPTION, operands: [kind.value], negate: kind.invert, effect: true });
    return tests;
  },
};
