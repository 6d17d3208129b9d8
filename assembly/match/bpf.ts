// TEST_BPF: `-m bpf --bytecode`. The program was checked when the rules were read: it ends, and its jumps stay within it.

import { ENV_SCRATCH, SCRATCH_BPF, SHARD_SCRATCH_BYTES } from '../abi/batch.ts';
import {
  BPF_A,
  BPF_ABS,
  BPF_ADD,
  BPF_ALU,
  BPF_ANCILLARY,
  BPF_AND,
  BPF_B,
  BPF_CLASS_MASK,
  BPF_DIV,
  BPF_H,
  BPF_IMM,
  BPF_IND,
  BPF_JA,
  BPF_JEQ,
  BPF_JGE,
  BPF_JGT,
  BPF_JMP,
  BPF_LD,
  BPF_LDX,
  BPF_LEN,
  BPF_LSH,
  BPF_MEM,
  BPF_MOD,
  BPF_MODE_MASK,
  BPF_MSH,
  BPF_MUL,
  BPF_NEG,
  BPF_OPERATION_MASK,
  BPF_OR,
  BPF_RET,
  BPF_RSH,
  BPF_SIZE_MASK,
  BPF_ST,
  BPF_STX,
  BPF_SUB,
  BPF_TXA,
  BPF_X,
} from '../abi/operand.ts';
import { PACKET_LENGTH, PACKET_SHARD } from '../abi/packet.ts';
import { ANSWER_MISS, ANSWER_UNKNOWN, answer } from './answer.ts';
import { LOAD_FAILED, loadAncillary, loadPacket } from './bpf-load.ts';

/**
 * Runs a program over the packet; what it returns is yes unless it is 0. A load beyond the packet, or a division by 0, ends it with 0.
 *
 * Ref: net/netfilter/xt_bpf.c:bpf_mt_v1(), net/core/filter.c:bpf_convert_filter()
 */
export function runBpf(env: usize, packet: usize, program: usize): u32 {
  const memory = <usize>load<u32>(env, ENV_SCRATCH) + load<u32>(packet, PACKET_SHARD) * SHARD_SCRATCH_BYTES + SCRATCH_BPF;
  let a: u32 = 0;
  let x: u32 = 0;
  let at = program;
  while (true) {
    const head = load<u32>(at);
    const code = head & 0xffff;
    const k = load<u32>(at, 4);
    const operand = code & BPF_X ? x : k;
    at += 8;
    switch (code & BPF_CLASS_MASK) {
      case BPF_LD:
      case BPF_LDX: {
        const loaded = loadWord(env, packet, memory, code, k, a, x);
        if (loaded >= LOAD_FAILED) return loaded == LOAD_FAILED ? ANSWER_MISS : ANSWER_UNKNOWN;
        if ((code & BPF_CLASS_MASK) == BPF_LD) a = <u32>loaded;
        else x = <u32>loaded;
        break;
      }
      case BPF_ST:
        store<u32>(memory + (<usize>k << 2), a);
        break;
      case BPF_STX:
        store<u32>(memory + (<usize>k << 2), x);
        break;
      case BPF_ALU: {
        const operation = code & BPF_OPERATION_MASK;
        if ((operation == BPF_DIV || operation == BPF_MOD) && operand == 0) return ANSWER_MISS;
        a = calculate(operation, a, operand);
        break;
      }
      case BPF_JMP: {
        const operation = code & BPF_OPERATION_MASK;
        const skipped = operation == BPF_JA ? k : isTrue(operation, a, operand) ? (head >> 16) & 255 : head >> 24;
        at += <usize>skipped << 3;
        break;
      }
      case BPF_RET:
        return answer((code & BPF_A ? a : k) != 0);
      default:
        if (code & BPF_TXA) a = x;
        else x = a;
    }
  }
}

/** What a load gives: a value of 32 bits, LOAD_FAILED or LOAD_UNKNOWN. */
function loadWord(env: usize, packet: usize, memory: usize, code: u32, k: u32, a: u32, x: u32): u64 {
  const size = code & BPF_SIZE_MASK;
  const bytes: u32 = size == BPF_B ? 1 : size == BPF_H ? 2 : 4;
  switch (code & BPF_MODE_MASK) {
    case BPF_IMM:
      return k;
    case BPF_ABS:
      return k >= BPF_ANCILLARY ? loadAncillary(env, packet, k, a, x) : loadPacket(env, packet, <i32>k, bytes);
    case BPF_IND:
      return loadPacket(env, packet, <i32>(x + k), bytes);
    case BPF_MEM:
      return load<u32>(memory + (<usize>k << 2));
    case BPF_LEN:
      return load<u32>(packet, PACKET_LENGTH);
    case BPF_MSH: {
      const byte = loadPacket(env, packet, <i32>k, 1);
      return byte >= LOAD_FAILED ? byte : (byte & 15) << 2;
    }
    default:
      // The check of the program lets no other through.
      unreachable();
      return LOAD_FAILED;
  }
}

function calculate(operation: u32, a: u32, operand: u32): u32 {
  switch (operation) {
    case BPF_ADD:
      return a + operand;
    case BPF_SUB:
      return a - operand;
    case BPF_MUL:
      return a * operand;
    case BPF_DIV:
      return a / operand;
    case BPF_MOD:
      return a % operand;
    case BPF_OR:
      return a | operand;
    case BPF_AND:
      return a & operand;
    case BPF_LSH:
      return a << (operand & 31);
    case BPF_RSH:
      return a >> (operand & 31);
    case BPF_NEG:
      return 0 - a;
    default: // BPF_XOR
      return a ^ operand;
  }
}

/** Jumps compare without signs. */
function isTrue(operation: u32, a: u32, operand: u32): bool {
  if (operation == BPF_JEQ) return a == operand;
  if (operation == BPF_JGT) return a > operand;
  return operation == BPF_JGE ? a >= operand : (a & operand) != 0;
}
