// -j TCPOPTSTRIP: overwrites TCP options with NOP.

import { ACTION_TCPOPTSTRIP } from '../../assembly/abi/opcode.ts';
import { PROTOCOL_TCP } from '../net/protocol.ts';
import type { Argument, OptionContext, TargetExtension } from '../ruleset/extension.ts';
import { readNumber, split, U8 } from './values.ts';

interface TcpoptstripOptions {
  readonly kinds: Set<number>;
}

const NAMES: ReadonlyMap<string, number> = new Map([
  ['wscale', 3],
  ['mss', 2],
  ['sack-permitted', 4],
  ['sack', 5],
  ['timestamp', 8],
  ['md5', 19],
]);

/** End of list and NOP cannot be stripped. */
const KIND_MIN = 2;
/** Words that have a bit for every kind. */
const KIND_WORDS = 8;

function readKind(argument: Argument, context: OptionContext): number | undefined {
  const named = NAMES.get(argument.text);
  if (named !== undefined) return named;
  if (/^[0-9]/.test(argument.text)) return readNumber(argument, context, U8, KIND_MIN);
  const names = [...NAMES.keys()].join(', ');
  const message = `"${argument.text}" is neither a number from ${KIND_MIN} to ${U8} nor one of ${names}`;
  context.diagnostics.error('unknown-tcp-option', message, argument.span);
  return undefined;
}

function inOrder(kinds: ReadonlySet<number>): number[] {
  return [...kinds].sort((a, b) => a - b);
}

function nameOf(kind: number): string | undefined {
  return [...NAMES].find(([, known]) => known === kind)?.[0];
}

/** Ref: net/netfilter/xt_TCPOPTSTRIP.c:tcpoptstrip_mangle_packet() */
export const tcpoptstrip: TargetExtension<TcpoptstripOptions> = {
  kind: 'target',
  name: 'TCPOPTSTRIP',
  families: [4, 6],
  tables: ['mangle'],
  protocols: [PROTOCOL_TCP],
  options: [
    {
      name: 'strip-options',
      argument: 'required',
      set({ kinds }, [argument], context) {
        for (const piece of split(argument!, ',')) {
          const kind = readKind(piece, context);
          if (kind === undefined) return;
          if (kinds.has(kind)) context.diagnostics.error('duplicate-value', `TCP option ${kind} is listed twice`, piece.span);
          kinds.add(kind);
        }
      },
    },
  ],
  create: () => ({ kinds: new Set() }),
  save: ({ kinds }) => (kinds.size === 0 ? [] : ['--strip-options', inOrder(kinds).join(',')]),
  print({ kinds }, { numeric }) {
    const names = inOrder(kinds).map((kind) => (numeric ? kind : (nameOf(kind) ?? kind)));
    return kinds.size === 0 ? '' : ` TCPOPTSTRIP options ${names.join(',')}`;
  },
  lower({ kinds }) {
    const operands = new Uint32Array(KIND_WORDS);
    for (const kind of kinds) operands[kind >> 5]! |= 1 << (kind & 31);
    return { kind: 'effect', opcode: ACTION_TCPOPTSTRIP, operands: [...operands], name: 'TCPOPTSTRIP', changes: [] };
  },
};
