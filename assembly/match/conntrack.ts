// TEST_CONNTRACK: the options of `-m conntrack` that look at the connection's entry.

import { ENV_CONNTRACK } from '../abi/batch.ts';
import { jiffiesLeft } from '../conntrack/expire.ts';
import {
  FLOW_ORIGINAL,
  FLOW_REPLY,
  FLOW_STATUS,
  IPS_CONFIRMED,
  TUPLE_DPORT,
  TUPLE_DST,
  TUPLE_PROTO,
  TUPLE_SPORT,
  TUPLE_SRC,
} from '../abi/flow.ts';
import {
  CONNTRACK_ASK_DIRECTION,
  CONNTRACK_ASK_EXPIRE,
  CONNTRACK_ASK_ORIGDST,
  CONNTRACK_ASK_ORIGDST_PORT,
  CONNTRACK_ASK_ORIGSRC,
  CONNTRACK_ASK_ORIGSRC_PORT,
  CONNTRACK_ASK_PROTO,
  CONNTRACK_ASK_REPLDST,
  CONNTRACK_ASK_REPLDST_PORT,
  CONNTRACK_ASK_REPLSRC,
  CONNTRACK_ASK_REPLSRC_PORT,
  CONNTRACK_ASK_STATE,
  CONNTRACK_ASK_STATUS,
  CONNTRACK_EXPIRE_HIGH,
  CONNTRACK_EXPIRE_LOW,
  CONNTRACK_FLAGS,
  CONNTRACK_ORIGDST,
  CONNTRACK_ORIGDST_PORT,
  CONNTRACK_ORIGSRC,
  CONNTRACK_ORIGSRC_PORT,
  CONNTRACK_PROTO,
  CONNTRACK_REPLDST,
  CONNTRACK_REPLDST_PORT,
  CONNTRACK_REPLSRC,
  CONNTRACK_REPLSRC_PORT,
  CONNTRACK_STATE,
  CONNTRACK_STATUS,
} from '../abi/opcode.ts';
import { CTINFO_IS_REPLY, PACKET_CT, PACKET_CTINFO, PACKET_CTSTATE, PACKET_TIME } from '../abi/packet.ts';
import { HZ } from '../abi/rate.ts';
import { ANSWER_HOLDS, ANSWER_MISS } from './answer.ts';

/** Bits of the operand word that tell which options are inverted stand above those that tell which are asked. */
const INVERT_SHIFT: u32 = 16;

/**
 * Whether the packet's connection is as asked. A packet without one matches if its state was asked and is right: the kernel
 * then looks at nothing else.
 *
 * Ref: net/netfilter/xt_conntrack.c:conntrack_mt()
 */
export function hasConntrack(env: usize, packet: usize, operands: usize): u32 {
  const entry = <usize>load<u32>(packet, PACKET_CT);
  const stateAsked = isAsked(operands, CONNTRACK_ASK_STATE);
  if (stateAsked) {
    const state = (load<u32>(packet, PACKET_CTSTATE) & word(operands, CONNTRACK_STATE)) != 0;
    if (!fits(operands, CONNTRACK_ASK_STATE, state)) return ANSWER_MISS;
  }
  if (entry == 0) return stateAsked ? ANSWER_HOLDS : ANSWER_MISS;
  const isOriginal = load<u32>(packet, PACKET_CTINFO) < CTINFO_IS_REPLY;
  if (!fits(operands, CONNTRACK_ASK_DIRECTION, isOriginal)) return ANSWER_MISS;
  if (!fitAddresses(entry, operands) || !fitPorts(entry, operands)) return ANSWER_MISS;
  const status = (load<u32>(entry, FLOW_STATUS) & word(operands, CONNTRACK_STATUS)) != 0;
  if (!fits(operands, CONNTRACK_ASK_STATUS, status)) return ANSWER_MISS;
  if (isAsked(operands, CONNTRACK_ASK_EXPIRE)) {
    const seconds = secondsLeft(env, entry, load<u64>(packet, PACKET_TIME));
    const inTime = seconds >= <u64>word(operands, CONNTRACK_EXPIRE_LOW) && seconds <= <u64>word(operands, CONNTRACK_EXPIRE_HIGH);
    if (!fits(operands, CONNTRACK_ASK_EXPIRE, inTime)) return ANSWER_MISS;
  }
  return ANSWER_HOLDS;
}

/** Seconds until the entry expires. Until it is confirmed its clock has not started, and the kernel reads 0. */
function secondsLeft(env: usize, entry: usize, now: u64): u64 {
  if (!(load<u32>(entry, FLOW_STATUS) & IPS_CONFIRMED)) return 0;
  return jiffiesLeft(<usize>load<u32>(env, ENV_CONNTRACK), entry, now) / HZ;
}

function fitAddresses(entry: usize, operands: usize): bool {
  const original = entry + FLOW_ORIGINAL;
  const reply = entry + FLOW_REPLY;
  return (
    fitsAddress(operands, CONNTRACK_ASK_ORIGSRC, original + TUPLE_SRC, CONNTRACK_ORIGSRC) &&
    fitsAddress(operands, CONNTRACK_ASK_ORIGDST, original + TUPLE_DST, CONNTRACK_ORIGDST) &&
    fitsAddress(operands, CONNTRACK_ASK_REPLSRC, reply + TUPLE_SRC, CONNTRACK_REPLSRC) &&
    fitsAddress(operands, CONNTRACK_ASK_REPLDST, reply + TUPLE_DST, CONNTRACK_REPLDST)
  );
}

/** Ports of any protocol: what stands in the tuple at their place. Ref: net/netfilter/xt_conntrack.c:ct_proto_port_check_v3() */
function fitPorts(entry: usize, operands: usize): bool {
  const original = entry + FLOW_ORIGINAL;
  const reply = entry + FLOW_REPLY;
  const isProto = <u32>load<u8>(original, TUPLE_PROTO) == word(operands, CONNTRACK_PROTO);
  return (
    fits(operands, CONNTRACK_ASK_PROTO, isProto) &&
    fitsPort(operands, CONNTRACK_ASK_ORIGSRC_PORT, load<u16>(original, TUPLE_SPORT), CONNTRACK_ORIGSRC_PORT) &&
    fitsPort(operands, CONNTRACK_ASK_ORIGDST_PORT, load<u16>(original, TUPLE_DPORT), CONNTRACK_ORIGDST_PORT) &&
    fitsPort(operands, CONNTRACK_ASK_REPLSRC_PORT, load<u16>(reply, TUPLE_SPORT), CONNTRACK_REPLSRC_PORT) &&
    fitsPort(operands, CONNTRACK_ASK_REPLDST_PORT, load<u16>(reply, TUPLE_DPORT), CONNTRACK_REPLDST_PORT)
  );
}

function word(operands: usize, index: u32): u32 {
  return load<u32>(operands + (<usize>index << 2));
}

function isAsked(operands: usize, bit: u32): bool {
  return (word(operands, CONNTRACK_FLAGS) & bit) != 0;
}

/** Whether an option is not asked, or has the answer asked for. */
function fits(operands: usize, bit: u32, answer: bool): bool {
  if (!isAsked(operands, bit)) return true;
  return answer != ((word(operands, CONNTRACK_FLAGS) & (bit << INVERT_SHIFT)) != 0);
}

/** `at`: word index of the address operand; its mask stands four words behind it. */
function fitsAddress(operands: usize, bit: u32, address: usize, at: u32): bool {
  if (!isAsked(operands, bit)) return true;
  let differing: u32 = 0;
  for (let i: u32 = 0; i < 4; i++) {
    differing |= (load<u32>(address + (<usize>i << 2)) ^ word(operands, at + i)) & word(operands, at + 4 + i);
  }
  return fits(operands, bit, differing == 0);
}

/** `at`: word index of the port range, low << 16 | high. */
function fitsPort(operands: usize, bit: u32, port: u32, at: u32): bool {
  const range = word(operands, at);
  return fits(operands, bit, port >= range >> 16 && port <= (range & 0xffff));
}
