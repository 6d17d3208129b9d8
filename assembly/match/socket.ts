// TEST_SOCKET: `-m socket`, where every packet that may be for an open socket is taken to be for one.

import { SOCKET_RESTORE_MARK } from '../abi/opcode.ts';
import { PACKET_END, PACKET_FLAG_IPV6, PACKET_FLAGS, PACKET_L4, PACKET_MARK, PACKET_PROTO } from '../abi/packet.ts';
import { walkedHeader, walkedProtocol, walkExtensions } from '../conntrack/extension.ts';
import { ICMP_BYTES, isError4, isError6, type as icmpType } from '../wire/icmp.ts';
import { headerLength, protocol } from '../wire/ipv4.ts';
import { headerBytes, PROTO_ICMP, PROTO_ICMPV6, PROTO_TCP, PROTO_UDP } from '../wire/transport.ts';
import { ANSWER_HOLDS, ANSWER_MISS } from './answer.ts';

const IPV4_BYTES: usize = 20;
const IPV6_BYTES: usize = 40;
const PORTS_BYTES: usize = 4;

/**
 * Whether the kernel would look for a socket, which is then there.
 *
 * Ref: net/netfilter/xt_socket.c:socket_match()
 */
export function isForSocket(packet: usize, flags: u32): u32 {
  if (!hasSocketAddress(packet)) return ANSWER_MISS;
  if ((flags & SOCKET_RESTORE_MARK) != 0) store<u32>(packet, 0, PACKET_MARK);
  return ANSWER_HOLDS;
}

function isSocketProtocol(number: u32): bool {
  return number == PROTO_TCP || number == PROTO_UDP;
}

function hasSocketAddress(packet: usize): bool {
  const header: usize = load<u32>(packet, PACKET_L4);
  const end: usize = load<u32>(packet, PACKET_END);
  const number = load<u32>(packet, PACKET_PROTO);
  if (header == 0) return false;
  if (isSocketProtocol(number)) return header + headerBytes(number) <= end;
  const inner = header + ICMP_BYTES;
  if ((load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_IPV6) == 0) {
    if (number != PROTO_ICMP || inner + IPV4_BYTES > end || !isError4(icmpType(header))) return false;
    return isSocketProtocol(protocol(inner)) && inner + headerLength(inner) + PORTS_BYTES <= end;
  }
  if (number != PROTO_ICMPV6 || inner + IPV6_BYTES > end || !isError6(icmpType(header))) return false;
  const walked = walkExtensions(inner, end);
  return isSocketProtocol(walkedProtocol(walked)) && walkedHeader(walked) + PORTS_BYTES <= end;
}
