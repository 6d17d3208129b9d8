// tftp: the server answers a request to read or write from another port.

import { EXPECT_ANY_PORT } from '../abi/expect.ts';
import { DIRECTION_REPLY, FLOW_ORIGINAL, FLOW_REPLY, TUPLE_DPORT, TUPLE_DST, TUPLE_SPORT, TUPLE_SRC } from '../abi/flow.ts';
import { VERDICT_ACCEPT } from '../abi/verdict.ts';
import { be16, IPPROTO_UDP } from '../conntrack/tuple.ts';
import { announce, expectation } from './expect.ts';
import { payloadEnd, udpPayload } from './payload.ts';
import { followLater, isTranslated } from './translate.ts';

const READ: u32 = 1;
const WRITE: u32 = 2;
/** The operation, all that is read of a message. */
const HEADER_BYTES: usize = 2;

/** Ref: net/netfilter/nf_conntrack_tftp.c:tftp_help() */
export function tftp(env: usize, packet: usize, entry: usize): u32 {
  const at = udpPayload(packet);
  if (at == 0 || at + HEADER_BYTES > payloadEnd(packet)) return VERDICT_ACCEPT;
  const operation = be16(at);
  if (operation != READ && operation != WRITE) return VERDICT_ACCEPT;
  const reply = entry + FLOW_REPLY;
  const port = load<u16>(reply, TUPLE_DPORT);
  const made = expectation(env, packet, 0, reply + TUPLE_SRC, reply + TUPLE_DST, IPPROTO_UDP, EXPECT_ANY_PORT, port);
  // The answer goes to the port that the request came from. Ref: net/netfilter/nf_nat_tftp.c:help()
  if (made != 0 && isTranslated(entry)) followLater(made, DIRECTION_REPLY, <u32>load<u16>(entry, FLOW_ORIGINAL + TUPLE_SPORT));
  return announce(env, packet, made);
}
