// Packets that this host itself answers with. Each is made whole while the packet that it answers stands where it is, in scratch of its
// own, and goes its way at once: OUTPUT, POSTROUTING, and out, or over `lo` back in at PREROUTING. What answers a packet may be answered
// itself (a reset that OUTPUT rejects); what answers that is always an error, which nobody answers.

import {
  ANSWER_BYTES,
  ANSWER_OUTCOME,
  ANSWER_RECORD,
  ENV_FLAG_ANSWER,
  ENV_FLAGS,
  ENV_HOST,
  ENV_SCRATCH,
  OUTCOME_ANSWER_DELIVERED,
  OUTCOME_ANSWER_NOT_MODELLED,
  OUTCOME_ANSWERS,
  OUTCOME_BY,
  OUTCOME_BYTES,
  OUTCOME_DELIVERED,
  OUTCOME_FLAGS,
  OUTCOME_OUT,
  SCRATCH_ANSWER,
  SCRATCH_OUTCOME,
  SCRATCH_SLOT,
  SHARD_SCRATCH_BYTES,
} from '../abi/batch.ts';
import { HOST_ANSWER_MARK4, HOST_ANSWER_MARK6, HOST_ANSWERS, HOST_FLAG_ASSUMED, HOST_FLAGS, HOST_LOOPBACK } from '../abi/host.ts';
import { RECORD_KIND_COPY } from '../abi/log.ts';
import {
  CTINFO_NONE,
  CTSTATE_INVALID,
  PACKET_BYTES,
  PACKET_CT,
  PACKET_CTINFO,
  PACKET_CTSTATE,
  PACKET_DRAWS,
  PACKET_FLAG_ANSWER,
  PACKET_FLAG_CLONE,
  PACKET_FLAG_IPV6,
  PACKET_FLAG_KERNEL_SOCKET,
  PACKET_FLAG_OWNED,
  PACKET_FLAG_SECOND_ANSWER,
  PACKET_FLAG_SENT,
  PACKET_FLAG_TEE,
  PACKET_FLAGS,
  PACKET_FRAME_INTERFACE,
  PACKET_ICMP,
  PACKET_IN,
  PACKET_L2,
  PACKET_L4,
  PACKET_L4_LENGTH,
  PACKET_MARK,
  PACKET_NUMBER,
  PACKET_OUT,
  PACKET_PROTO,
  PACKET_SHARD,
  PACKET_TIME,
} from '../abi/packet.ts';
import { NO_COUNTER, PROGRAM_FLAGS, PROGRAM_NEEDS_ADDRTYPE } from '../abi/program.ts';
import { VERDICT_ACCEPT } from '../abi/verdict.ts';
import { release } from '../conntrack/track.ts';
import { foreseeAnswer } from '../nat/foresight.ts';
import { fold, isLeftOpen, pseudoSum, sumBytes } from '../wire/checksum.ts';
import { isError4, isError6 } from '../wire/icmp.ts';
import { writeRecord } from '../wire/log.ts';
import { TCP_CHECKSUM } from '../wire/tcp.ts';
import { PROTO_ICMP, PROTO_ICMPV6, PROTO_TCP } from '../wire/transport.ts';
import { fillAddressTypes } from './address-type.ts';
import { countersOf, programOf } from './hook.ts';
import { traceOf, writeEgress } from './record.ts';
import { goesOut } from './traverse.ts';
import { ROUTE_COPIED, ROUTE_LEAVES, ROUTE_LOOPS } from './way.ts';

/** Whether what rules, routing and forwarding answer with is made. */
export function makesAnswers(env: usize): bool {
  return (load<u32>(env, ENV_FLAGS) & ENV_FLAG_ANSWER) != 0;
}

function scratchOf(env: usize, packet: usize): usize {
  return load<u32>(env, ENV_SCRATCH) + load<u32>(packet, PACKET_SHARD) * SHARD_SCRATCH_BYTES;
}

/** Layer-3 bytes of an answer. */
export function answerBytes(answer: usize): usize {
  return answer - ANSWER_RECORD;
}

/**
 * Makes the record of what answers a packet: all of it but what is in its bytes, which go to answerBytes(), and its way.
 *
 * Returns: its address; 0 for what answers an answer already.
 */
export function startAnswer(env: usize, packet: usize): usize {
  const flags = load<u32>(packet, PACKET_FLAGS);
  if ((flags & PACKET_FLAG_SECOND_ANSWER) != 0) return 0;
  const isSecond = (flags & PACKET_FLAG_ANSWER) != 0;
  const answer = scratchOf(env, packet) + SCRATCH_ANSWER + (isSecond ? ANSWER_BYTES : <u32>0) + ANSWER_RECORD;
  memory.fill(answer, 0, PACKET_BYTES);
  const kept = flags & (PACKET_FLAG_IPV6 | PACKET_FLAG_TEE);
  const own = PACKET_FLAG_SENT | PACKET_FLAG_CLONE | PACKET_FLAG_OWNED | PACKET_FLAG_ANSWER | PACKET_FLAG_KERNEL_SOCKET;
  store<u32>(answer, kept | own | (isSecond ? PACKET_FLAG_SECOND_ANSWER : 0), PACKET_FLAGS);
  store<u32>(answer, CTSTATE_INVALID, PACKET_CTSTATE);
  store<u32>(answer, CTINFO_NONE, PACKET_CTINFO);
  store<u64>(answer, load<u64>(packet, PACKET_TIME), PACKET_TIME);
  store<u32>(answer, load<u32>(packet, PACKET_NUMBER), PACKET_NUMBER);
  store<u32>(answer, load<u32>(packet, PACKET_SHARD), PACKET_SHARD);
  store<u32>(answer, load<u32>(packet, PACKET_FRAME_INTERFACE), PACKET_FRAME_INTERFACE);
  store<u32>(answer, load<u32>(packet, PACKET_L2), PACKET_L2);
  store<u32>(answer, load<u32>(packet, PACKET_DRAWS), PACKET_DRAWS);
  const reflects = (flags & PACKET_FLAG_IPV6) != 0 ? HOST_ANSWER_MARK6 : HOST_ANSWER_MARK4;
  if ((load<u32>(load<u32>(env, ENV_HOST), HOST_ANSWERS) & reflects) != 0) store<u32>(answer, load<u32>(packet, PACKET_MARK), PACKET_MARK);
  return answer;
}

/** With no host given what came in is answered by the device it came in by, and what the host sends over `lo`. Returns: ROUTE_*. */
export function assumedWay(env: usize, packet: usize, answer: usize): u32 {
  const loopback = load<u32>(load<u32>(env, ENV_HOST), HOST_LOOPBACK);
  const input = load<u32>(packet, PACKET_IN);
  const out = input == 0 ? loopback : input;
  store<u32>(answer, out, PACKET_OUT);
  return out == loopback ? ROUTE_LOOPS : ROUTE_LEAVES;
}

export function isAssumed(env: usize): bool {
  return (load<u32>(load<u32>(env, ENV_HOST), HOST_FLAGS) & HOST_FLAG_ASSUMED) != 0;
}

function outcomeOf(env: usize, packet: usize): usize {
  return load<u32>(scratchOf(env, packet), SCRATCH_OUTCOME);
}

/** Notes that there would be an answer, which is not modelled. */
export function leaveOut(env: usize, packet: usize): void {
  const outcome = outcomeOf(env, packet);
  store<u32>(outcome, load<u32>(outcome, OUTCOME_FLAGS) | OUTCOME_ANSWER_NOT_MODELLED, OUTCOME_FLAGS);
}

/** Sends an answer that has its bytes and its way: `decision` (ROUTE_*), PACKET_OUT, PACKET_ROUTE and PACKET_REALM. */
export function sendAnswer(env: usize, packet: usize, answer: usize, decision: u32): void {
  if (decision == ROUTE_COPIED) return leaveOut(env, packet);
  foreseeAnswer(env, answer);
  const program = programOf(env, answer);
  if (program != 0 && (load<u32>(program, PROGRAM_FLAGS) & PROGRAM_NEEDS_ADDRTYPE) != 0) fillAddressTypes(env, answer);
  const outcome = outcomeOf(env, packet);
  store<u32>(outcome, load<u32>(outcome, OUTCOME_ANSWERS) + (isError(answer) ? 0x10001 : 1), OUTCOME_ANSWERS);
  const own = answer - ANSWER_RECORD + ANSWER_OUTCOME;
  memory.fill(own, 0, OUTCOME_BYTES);
  store<u32>(own, NO_COUNTER, OUTCOME_BY);
  const lent = load<u32>(answer, PACKET_CT);
  writeRecord(env, answer, RECORD_KIND_COPY, 1);
  const trace = traceOf(env, load<u32>(answer, PACKET_SHARD));
  const verdict = goesOut(env, answer, own, program, countersOf(env, answer), trace, decision);
  writeRecord(env, answer, RECORD_KIND_COPY, 0);
  // The connection of the packet that it answers is that packet's to give back.
  if (verdict != VERDICT_ACCEPT && load<u32>(answer, PACKET_CT) != lent) release(env, answer);
  if (verdict == VERDICT_ACCEPT) depart(env, answer, own, outcome);
  if ((load<u32>(own, OUTCOME_FLAGS) & OUTCOME_DELIVERED) != 0) {
    store<u32>(outcome, load<u32>(outcome, OUTCOME_FLAGS) | OUTCOME_ANSWER_DELIVERED, OUTCOME_FLAGS);
  }
  // The draws of rules are one row.
  store<u32>(packet, load<u32>(answer, PACKET_DRAWS), PACKET_DRAWS);
}

function isError(answer: usize): bool {
  const proto = load<u32>(answer, PACKET_PROTO);
  const type = load<u32>(answer, PACKET_ICMP) >> 8;
  return proto == PROTO_ICMP ? isError4(type) : proto == PROTO_ICMPV6 && isError6(type);
}

/** Writes down what left. */
function depart(env: usize, answer: usize, own: usize, outcome: usize): void {
  const slot: usize = load<u32>(scratchOf(env, answer), SCRATCH_SLOT);
  const out = load<u32>(own, OUTCOME_OUT);
  if (slot == 0 || out == 0 || out == load<u32>(load<u32>(env, ENV_HOST), HOST_LOOPBACK)) return;
  if (load<u32>(answer, PACKET_PROTO) == PROTO_TCP && isLeftOpen(answer, TCP_CHECKSUM)) sealTcp(answer);
  writeEgress(env, slot, outcome, answer, out);
}

/** Finishes a checksum that was left to the device. Ref: net/core/dev.c:skb_checksum_help() */
function sealTcp(answer: usize): void {
  const tcp: usize = load<u32>(answer, PACKET_L4);
  const length = load<u32>(answer, PACKET_L4_LENGTH);
  store<u16>(tcp, 0, TCP_CHECKSUM);
  store<u16>(tcp, <u16>~fold(sumBytes(tcp, length) + pseudoSum(answer, PROTO_TCP, length)), TCP_CHECKSUM);
}
