// TEST_TCP_OPTION: `-m tcp --tcp-option`.

import { PACKET_END, PACKET_L4, PACKET_L4_LENGTH } from '../abi/packet.ts';
import { ANSWER_HOLDS, ANSWER_HOTDROP, ANSWER_MISS, isCut } from './answer.ts';
import { headerLength, TCP_BYTES } from '../wire/tcp.ts';

/**
 * Whether the TCP header has an option of that kind. A header shorter than its fixed part, or cut, drops the packet.
 *
 * The kernel steps over an option by its length byte, by one where that is 0, and by one for the two kinds that have none.
 * Ref: net/netfilter/xt_tcpudp.c:tcp_find_option()
 */
export function hasTcpOption(packet: usize, kind: u32): u32 {
  const header = <usize>load<u32>(packet, PACKET_L4);
  if (header == 0 || load<u32>(packet, PACKET_L4_LENGTH) < TCP_BYTES) return ANSWER_HOTDROP;
  // A capture may hold less than the wire had: what is not there cannot be read.
  const captured = load<u32>(packet, PACKET_END) - <u32>header;
  if (captured < TCP_BYTES) return isCut(packet);
  const headerBytes = headerLength(header);
  if (headerBytes < TCP_BYTES) return ANSWER_HOTDROP;
  const bytes = headerBytes - TCP_BYTES;
  if (bytes == 0) return ANSWER_MISS;
  if (load<u32>(packet, PACKET_L4_LENGTH) < headerBytes) return ANSWER_HOTDROP;
  if (captured < headerBytes) return isCut(packet);
  const options = header + TCP_BYTES;
  let at: u32 = 0;
  while (at < bytes) {
    const found: u32 = load<u8>(options + at);
    if (found == kind) return ANSWER_HOLDS;
    if (found < 2 || at == bytes - 1) {
      at++;
      continue;
    }
    const length: u32 = load<u8>(options + at + 1);
    at += length == 0 ? 1 : length;
  }
  return ANSWER_MISS;
}
