// Where on its way a packet meets the tracker.

import { PACKET_FLAG_SENT, PACKET_FLAGS, PACKET_IN } from '../abi/packet.ts';

/**
 * Whether the tracker sees the packet at PREROUTING rather than OUTPUT. A packet this host sent is received when it comes
 * back in by the loopback interface: then it has an input interface.
 */
export function isReceived(packet: usize): bool {
  return !(load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_SENT) || load<u32>(packet, PACKET_IN) != 0;
}
