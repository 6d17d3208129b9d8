// What the kernel asks of a program in classic BPF before it takes it.
//
// Ref: net/core/filter.c:bpf_check_classic(), check_load_and_stores()

import {
  BPF_A,
  BPF_ABS,
  BPF_ALU,
  BPF_ANCILLARY,
  BPF_ANCILLARY_MAX,
  BPF_B,
  BPF_CLASS_MASK,
  BPF_DIV,
  BPF_H,
  BPF_IMM,
  BPF_IND,
  BPF_JA,
  BPF_JMP,
  BPF_JSET,
  BPF_LD,
  BPF_LDX,
  BPF_LEN,
  BPF_LSH,
  BPF_MEM,
  BPF_MEMORY_WORDS,
  BPF_MISC,
  BPF_MOD,
  BPF_MODE_MASK,
  BPF_MSH,
  BPF_NEG,
  BPF_RET,
  BPF_RSH,
  BPF_ST,
  BPF_STX,
  BPF_TXA,
  BPF_W,
  BPF_X,
  BPF_XOR,
} from '../../assembly/abi/operand.ts';

export interface Instruction {
  readonly code: number;
  readonly jt: number;
  readonly jf: number;
  readonly k: number;
}

function allowedCodes(): ReadonlySet<number> {
  const codes = [
    BPF_LD | BPF_IMM,
    BPF_LD | BPF_MEM,
    BPF_LD | BPF_LEN,
    BPF_LDX | BPF_IMM,
    BPF_LDX | BPF_MEM,
    BPF_LDX | BPF_LEN,
    BPF_LDX | BPF_B | BPF_MSH,
    BPF_ST,
    BPF_STX,
  ];
  for (const size of [BPF_W, BPF_H, BPF_B]) codes.push(BPF_LD | size | BPF_ABS, BPF_LD | size | BPF_IND);
  for (let operation = 0; operation <= BPF_XOR; operation += 0x10) {
    if (operation !== BPF_NEG) codes.push(BPF_ALU | operation, BPF_ALU | operation | BPF_X);
  }
  for (let jump = 0x10; jump <= BPF_JSET; jump += 0x10) codes.push(BPF_JMP | jump, BPF_JMP | jump | BPF_X);
  return new Set([...codes, BPF_ALU | BPF_NEG, BPF_JMP | BPF_JA, BPF_RET, BPF_RET | BPF_A, BPF_MISC, BPF_MISC | BPF_TXA]);
}

const ALLOWED = allowedCodes();

function classOf(code: number): number {
  return code & BPF_CLASS_MASK;
}

function isConditionalJump({ code }: Instruction): boolean {
  return classOf(code) === BPF_JMP && code !== (BPF_JMP | BPF_JA);
}

/** Whether it loads something about the packet, and no bytes of it. */
export function isAncillaryLoad({ code, k }: Instruction): boolean {
  return classOf(code) === BPF_LD && (code & BPF_MODE_MASK) === BPF_ABS && k >= BPF_ANCILLARY;
}

function isMemory({ code }: Instruction): boolean {
  return isStore(code) || code === (BPF_LD | BPF_MEM) || code === (BPF_LDX | BPF_MEM);
}

function isStore(code: number): boolean {
  return code === BPF_ST || code === BPF_STX;
}

/** Gives what is wrong with a program, in one sentence. */
export function checkProgram(program: readonly Instruction[]): string | undefined {
  for (const [at, instruction] of program.entries()) {
    const fault = checkInstruction(instruction, program.length - at - 1);
    if (fault) return `instruction ${at} ${fault}`;
  }
  const last = program.at(-1);
  if (!last || classOf(last.code) !== BPF_RET) return 'the last instruction must be a return';
  const unset = firstUnsetLoad(program);
  return unset === undefined ? undefined : `instruction ${unset} reads a word of memory that not every way there has set`;
}

/** `behind`: how many instructions stand behind it. */
function checkInstruction(instruction: Instruction, behind: number): string | undefined {
  const { code, jt, jf, k } = instruction;
  if (!ALLOWED.has(code)) return `has a code that there is not: ${code}`;
  if ((code === (BPF_ALU | BPF_DIV) || code === (BPF_ALU | BPF_MOD)) && k === 0) return 'divides by 0';
  if ((code === (BPF_ALU | BPF_LSH) || code === (BPF_ALU | BPF_RSH)) && k >= 32) return 'shifts by more than 31 bits';
  if (isMemory(instruction) && k >= BPF_MEMORY_WORDS) return `asks for a word of memory behind the ${BPF_MEMORY_WORDS} there are`;
  if (code === (BPF_JMP | BPF_JA) ? k >= behind : isConditionalJump(instruction) && Math.max(jt, jf) >= behind) {
    return 'jumps behind the end';
  }
  if (isAncillaryLoad(instruction) && (k - BPF_ANCILLARY >= BPF_ANCILLARY_MAX || k % 4 !== 0)) {
    return `loads what there is not: ${k}`;
  }
  return undefined;
}

/** Follows what has been stored along every way, as one bit a word. */
function firstUnsetLoad(program: readonly Instruction[]): number | undefined {
  const everything = 0xffff;
  const known = program.map(() => everything);
  let valid = 0;
  for (const [at, instruction] of program.entries()) {
    const { code, jt, jf, k } = instruction;
    valid &= known[at]!;
    if (isStore(code)) valid |= 1 << k;
    else if (isMemory(instruction)) {
      if ((valid & (1 << k)) === 0) return at;
    } else if (classOf(code) === BPF_JMP) {
      for (const offset of code === (BPF_JMP | BPF_JA) ? [k] : [jt, jf]) known[at + 1 + offset]! &= valid;
      valid = everything;
    }
  }
  return undefined;
}
