// What the kernel asks of a program in classic BPF before it takes it.
//
// Ref: net/core/filter.c:bpf_check_classic(), check_load_and_stores()

export interface Instruction {
  readonly code: number;
  readonly jt: number;
  readonly jf: number;
  readonly k: number;
}

// Ref: include/uapi/linux/bpf_common.h, include/uapi/linux/filter.h
const [LD, LDX, ST, STX, ALU, JMP, RET, MISC] = [0, 1, 2, 3, 4, 5, 6, 7];
const [W, H, B] = [0x00, 0x08, 0x10];
const [IMM, ABS, IND, MEM, LEN, MSH] = [0x00, 0x20, 0x40, 0x60, 0x80, 0xa0];
const [DIV, LSH, RSH, NEG, MOD, XOR] = [0x30, 0x60, 0x70, 0x80, 0x90, 0xa0];
const [JA, JSET] = [0x00, 0x40];
const X = 0x08;
const A = 0x10;
const TXA = 0x80;

const MEMORY_WORDS = 16;
/** Loads from here on are of something about the packet. Ref: SKF_AD_OFF, SKF_AD_MAX */
const ANCILLARY = 0xffff_f000;
const ANCILLARY_MAX = 64;

function allowedCodes(): ReadonlySet<number> {
  const codes = [LD | IMM, LD | MEM, LD | LEN, LDX | IMM, LDX | MEM, LDX | LEN, LDX | B | MSH, ST, STX];
  for (const size of [W, H, B]) codes.push(LD | size | ABS, LD | size | IND);
  for (let operation = 0; operation <= XOR; operation += 0x10) {
    if (operation !== NEG) codes.push(ALU | operation, ALU | operation | X);
  }
  for (let jump = 0x10; jump <= JSET; jump += 0x10) codes.push(JMP | jump, JMP | jump | X);
  return new Set([...codes, ALU | NEG, JMP | JA, RET, RET | A, MISC, MISC | TXA]);
}

const ALLOWED = allowedCodes();

function classOf(code: number): number {
  return code & 0x07;
}

function isConditionalJump({ code }: Instruction): boolean {
  return classOf(code) === JMP && code !== (JMP | JA);
}

function isMemory({ code }: Instruction): boolean {
  return isStore(code) || code === (LD | MEM) || code === (LDX | MEM);
}

function isStore(code: number): boolean {
  return code === ST || code === STX;
}

/** Gives what is wrong with a program, in one sentence. */
export function checkProgram(program: readonly Instruction[]): string | undefined {
  for (const [at, instruction] of program.entries()) {
    const fault = checkInstruction(instruction, program.length - at - 1);
    if (fault) return `instruction ${at} ${fault}`;
  }
  const last = program.at(-1);
  if (!last || classOf(last.code) !== RET) return 'the last instruction must be a return';
  const unset = firstUnsetLoad(program);
  return unset === undefined ? undefined : `instruction ${unset} reads a word of memory that not every way there has set`;
}

/** `behind`: how many instructions stand behind it. */
function checkInstruction(instruction: Instruction, behind: number): string | undefined {
  const { code, jt, jf, k } = instruction;
  if (!ALLOWED.has(code)) return `has a code that there is not: ${code}`;
  if ((code === (ALU | DIV) || code === (ALU | MOD)) && k === 0) return 'divides by 0';
  if ((code === (ALU | LSH) || code === (ALU | RSH)) && k >= 32) return 'shifts by more than 31 bits';
  if (isMemory(instruction) && k >= MEMORY_WORDS) return `asks for a word of memory behind the ${MEMORY_WORDS} there are`;
  if (code === (JMP | JA) ? k >= behind : isConditionalJump(instruction) && Math.max(jt, jf) >= behind) {
    return 'jumps behind the end';
  }
  const isAbsolute = classOf(code) === LD && (code & 0xe0) === ABS;
  if (isAbsolute && k >= ANCILLARY && (k - ANCILLARY >= ANCILLARY_MAX || k % 4 !== 0)) {
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
    } else if (classOf(code) === JMP) {
      for (const offset of code === (JMP | JA) ? [k] : [jt, jf]) known[at + 1 + offset]! &= valid;
      valid = everything;
    }
  }
  return undefined;
}
