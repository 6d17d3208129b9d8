// sane: the scanner's answer to a request to start says to which of its ports the image can be fetched from.
//
// What is kept of a connection: whether the next answer is one.

import { EXPECT_ANY_PORT } from '../abi/expect.ts';
import { DIRECTION_ORIGINAL, FLOW_ORIGINAL, TUPLE_DST, TUPLE_SRC } from '../abi/flow.ts';
import { CTINFO_ESTABLISHED, CTINFO_ESTABLISHED_REPLY, PACKET_CTINFO } from '../abi/packet.ts';
import { VERDICT_ACCEPT } from '../abi/verdict.ts';
import { packetDirection } from '../conntrack/expire.ts';
import { be16, be32, IPPROTO_TCP } from '../conntrack/tuple.ts';
import { state } from './context.ts';
import { announce, expectation } from './expect.ts';
import { payloadEnd, tcpPayload } from './payload.ts';

const NET_START: u32 = 7;
const SUCCESS: u32 = 0;
/** A request: its code, a handle. The answer: status, two zero bytes, port. */
const MESSAGE_BYTES: usize = 8;

const AWAITS_ANSWER: u32 = 1;

/** Ref: net/netfilter/nf_conntrack_sane.c:help() */
export function sane(env: usize, packet: usize, entry: usize): u32 {
  const info = load<u32>(packet, PACKET_CTINFO);
  if (info != CTINFO_ESTABLISHED && info != CTINFO_ESTABLISHED_REPLY) return VERDICT_ACCEPT;
  const at = tcpPayload(packet);
  if (at == 0) return VERDICT_ACCEPT;
  const length = payloadEnd(packet) - at;
  const kept = state(entry);
  if (packetDirection(packet) == DIRECTION_ORIGINAL) {
    if (length == MESSAGE_BYTES) store<u32>(kept, be32(at) == NET_START ? AWAITS_ANSWER : 0);
    return VERDICT_ACCEPT;
  }
  if (load<u32>(kept) != AWAITS_ANSWER) return VERDICT_ACCEPT;
  store<u32>(kept, 0);
  if (length < MESSAGE_BYTES || be32(at) != SUCCESS || be16(at + 4) != 0) return VERDICT_ACCEPT;
  const original = entry + FLOW_ORIGINAL;
  const made = expectation(env, packet, 0, original + TUPLE_SRC, original + TUPLE_DST, IPPROTO_TCP, EXPECT_ANY_PORT, be16(at + 6));
  return announce(env, packet, made);
}
