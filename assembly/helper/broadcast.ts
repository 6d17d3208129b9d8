// netbios-ns and snmp: whoever is in the network may answer a question that this host broadcasts there.

import { ENV_HOST } from '../abi/batch.ts';
import {
  EXPECT_FLAG_PERMANENT,
  EXPECT_FLAGS,
  EXPECT_MASK_SRC,
  HELPER_NETBIOS_NS,
  PARAMETER_BROADCAST_TIMEOUT,
} from '../abi/expect.ts';
import { DIRECTION_ORIGINAL, FLOW_REPLY, TUPLE_DPORT, TUPLE_DST, TUPLE_SRC } from '../abi/flow.ts';
import { HOST_OWN4, HOST_OWN4_COUNT, OWN_BROADCAST, OWN_BYTES, OWN_INTERFACE, OWN_LENGTH } from '../abi/host.ts';
import { PACKET_DST, PACKET_FLAG_CLONE, PACKET_FLAG_SENT, PACKET_FLAGS, PACKET_OUT } from '../abi/packet.ts';
import { VERDICT_ACCEPT } from '../abi/verdict.ts';
import { helperOf } from '../conntrack/expect.ts';
import { extendTime, packetDirection, SECOND } from '../conntrack/expire.ts';
import { IPPROTO_UDP } from '../conntrack/tuple.ts';
import { parameter } from './context.ts';
import { announce, expectation } from './expect.ts';

const NETBIOS_NS_PORT: u32 = 137;
const SNMP_PORT: u32 = 161;

/**
 * Only what a program on this host sends counts, not the copy of it that comes back.
 *
 * Ref: net/netfilter/nf_conntrack_broadcast.c:nf_conntrack_broadcast_help()
 */
export function broadcast(env: usize, packet: usize, entry: usize): u32 {
  if ((load<u32>(packet, PACKET_FLAGS) & (PACKET_FLAG_SENT | PACKET_FLAG_CLONE)) != PACKET_FLAG_SENT) return VERDICT_ACCEPT;
  if (packetDirection(packet) != DIRECTION_ORIGINAL) return VERDICT_ACCEPT;
  const mask = networkMask(<usize>load<u32>(env, ENV_HOST), load<u32>(packet, PACKET_OUT), load<u32>(packet, PACKET_DST));
  if (mask == 0) return VERDICT_ACCEPT;
  const reply = entry + FLOW_REPLY;
  const port: u32 = helperOf(entry) == HELPER_NETBIOS_NS ? NETBIOS_NS_PORT : SNMP_PORT;
  const made = expectation(env, packet, 0, reply + TUPLE_SRC, reply + TUPLE_DST, IPPROTO_UDP, <i32>port, load<u16>(reply, TUPLE_DPORT));
  if (made == 0) return VERDICT_ACCEPT;
  store<u32>(made, mask, EXPECT_MASK_SRC);
  store<u32>(made, EXPECT_FLAG_PERMANENT, EXPECT_FLAGS);
  announce(env, packet, made);
  extendTime(entry, packet, <u64>parameter(env, entry, PARAMETER_BROADCAST_TIMEOUT) * SECOND);
  return VERDICT_ACCEPT;
}

/** The mask of the network that an interface broadcasts to under an address; 0 = it has no such address of its own. */
function networkMask(host: usize, device: u32, address: u32): u32 {
  let own = host + load<u32>(host, HOST_OWN4);
  const end = own + <usize>load<u32>(host, HOST_OWN4_COUNT) * OWN_BYTES;
  for (; own < end; own += OWN_BYTES) {
    if (load<u32>(own, OWN_INTERFACE) != device || load<u32>(own, OWN_BROADCAST) != address) continue;
    const length = load<u32>(own, OWN_LENGTH);
    return length == 0 ? 0 : (<u32>-1) << (32 - length);
  }
  return 0;
}
