// -m bpf: a program in the bytecode of the classic Berkeley packet filter decides.

import { TEST_BPF } from '../../assembly/abi/opcode.ts';
import {
  BPF_AD_MARK,
  BPF_AD_NLATTR,
  BPF_AD_NLATTR_NEST,
  BPF_AD_PKTTYPE,
  BPF_AD_PROTOCOL,
  BPF_AD_RANDOM,
  BPF_AD_VLAN_TAG,
  BPF_AD_VLAN_TAG_PRESENT,
  BPF_AD_VLAN_TPID,
  BPF_AD_XOR_X,
  BPF_ANCILLARY,
} from '../../assembly/abi/operand.ts';
import type { Test } from '../ir/ir.ts';
import type { Argument, MatchExtension, OptionContext, RuleContext } from '../ruleset/extension.ts';
import { ask } from './asks.ts';
import { checkProgram, type Instruction, isAncillaryLoad } from './bpf-check.ts';
import { valueOption } from './specs.ts';
import { readText, U64 } from './values.ts';

export interface BpfOptions {
  program?: readonly Instruction[];
  /** Path of a program that the kernel holds. */
  pinned?: string;
}

/** Ref: include/uapi/linux/netfilter/xt_bpf.h XT_BPF_MAX_NUM_INSTR, XT_BPF_PATH_MAX less the final NUL */
const INSTRUCTIONS_MAX = 64;
const PATH_BYTES = 511;

/** Four decimal numbers; what stands behind the last does not matter. */
const INSTRUCTION = new RegExp(`^\\s*${Array.from({ length: 4 }, () => '([+-]?[0-9]+)(?![0-9])').join('\\s*')}(.*)$`, 's');

/** Reads `count,code jt jf k,…`. Ref: iptables libxt_bpf.c:bpf_parse_string() */
function readProgram(argument: Argument, { diagnostics }: OptionContext): readonly Instruction[] | undefined {
  const { text, span } = argument;
  const fail = (message: string): undefined => {
    diagnostics.error('bad-bytecode', message, span);
  };
  const pieces = text.split(',');
  const count = /^\s*[+-]?[0-9]+$/.test(pieces[0]!) && pieces.length > 1 ? cut(pieces[0]!, 16) : 0;
  if (count === 0 || count > INSTRUCTIONS_MAX) {
    return fail(`expected the number of instructions (1 to ${INSTRUCTIONS_MAX}) and a comma, found "${pieces[0]}"`);
  }
  const codes = pieces.slice(1);
  // A comma at the end begins nothing.
  if (codes.at(-1) === '') codes.pop();
  const program: Instruction[] = [];
  for (const [i, piece] of codes.entries()) {
    const [code, jt, jf, k, rest] = INSTRUCTION.exec(piece)?.slice(1) ?? [];
    if (code === undefined) return fail(`instruction ${i} is not four numbers: "${piece}"`);
    program.push({ code: cut(code, 16), jt: cut(jt!, 8), jf: cut(jf!, 8), k: cut(k!, 32) });
    if (rest!.trim() !== '') diagnostics.warning('number-cut', `iptables ignores "${rest}" in instruction ${i}`, span);
  }
  if (program.length !== count) return fail(`${count} instructions are announced, ${program.length} are there`);
  const fault = checkProgram(program);
  return fault === undefined ? program : fail(fault);
}

/** As sscanf() stores a number in an unsigned type: beyond 64 bits it is the largest there is. */
function cut(text: string, bits: number): number {
  const value = BigInt(text.replace('+', ''));
  return Number(BigInt.asUintN(bits, value > U64 ? U64 : value));
}

function formatProgram(program: readonly Instruction[]): string {
  return program.map(({ code, jt, jf, k }) => `${code} ${jt} ${jf} ${k}`).join(',');
}

function finish({ program, pinned }: BpfOptions, { diagnostics, span }: RuleContext): void {
  if (!program && pinned === undefined) diagnostics.error('missing-option', 'bpf needs one of --bytecode, --object-pinned', span);
}

/** What a capture tells of what programs may load besides bytes: not so numbers of devices, queues and processors, and hashes. */
const KNOWN: ReadonlySet<number> = new Set([
  BPF_AD_PROTOCOL,
  BPF_AD_PKTTYPE,
  BPF_AD_NLATTR,
  BPF_AD_NLATTR_NEST,
  BPF_AD_MARK,
  BPF_AD_XOR_X,
  BPF_AD_VLAN_TAG,
  BPF_AD_VLAN_TAG_PRESENT,
  BPF_AD_RANDOM,
  BPF_AD_VLAN_TPID,
]);

/** Undefined for a program that the kernel holds, and for one that asks what is not known. */
function lower({ program }: BpfOptions): Test[] | undefined {
  if (!program) return undefined;
  const ancillary = program.filter(isAncillaryLoad).map(({ k }) => k - BPF_ANCILLARY);
  if (!ancillary.every((k) => KNOWN.has(k))) return undefined;
  const words = program.flatMap(({ code, jt, jf, k }) => [(code | (jt << 16) | (jf << 24)) >>> 0, k]);
  return [{ ...ask(TEST_BPF, words), effect: ancillary.includes(BPF_AD_RANDOM) }];
}

/** Ref: net/netfilter/xt_bpf.c:bpf_mt_v1() */
export const bpf: MatchExtension<BpfOptions> = {
  kind: 'match',
  name: 'bpf',
  families: [4, 6],
  options: [
    valueOption('bytecode', 'program', readProgram, { excludes: ['object-pinned'] }),
    valueOption('object-pinned', 'pinned', (argument, context) => readText(argument, context, PATH_BYTES), {
      excludes: ['bytecode'],
    }),
  ],
  create: () => ({}),
  finish,
  save({ program, pinned }) {
    if (!program) return pinned === undefined ? [] : ['--object-pinned', pinned];
    return ['--bytecode', `"${program.length},${formatProgram(program)}"`];
  },
  // No blank before it, and the NUL that ends the text in C behind it.
  print: ({ program, pinned }) => `match bpf ${program ? `${formatProgram(program)}\0` : `pinned ${pinned}`}`,
  lower,
};
