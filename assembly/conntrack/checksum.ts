// Transport checksums as the tracker checks them.

import { CONNTRACK_CHECKSUM } from '../abi/flow.ts';
import { PACKET_END, PACKET_L4, PACKET_L4_LENGTH } from '../abi/packet.ts';
import { transportChecksumOk } from '../wire/checksum.ts';
import { pullTransport } from '../wire/edit.ts';
import { SCTP_BYTES } from '../wire/sctp.ts';
import { isReceived } from './hook.ts';

/** Whether a received packet's transport checksum is wrong. Packets that this host sends are believed. */
export function badChecksum(region: usize, packet: usize): bool {
  // Without all bytes there is nothing to check.
  if (load<u32>(packet, PACKET_END) - load<u32>(packet, PACKET_L4) < load<u32>(packet, PACKET_L4_LENGTH)) return false;
  return checksChecksum(region, packet) && !transportChecksumOk(packet);
}

/** The same for SCTP, whose header the kernel wants together for it. Ref: net/netfilter/nf_conntrack_proto_sctp.c:sctp_error() */
export function badSctpChecksum(region: usize, packet: usize): bool {
  if (!checksChecksum(region, packet)) return false;
  pullTransport(packet, SCTP_BYTES);
  return !transportChecksumOk(packet);
}

function checksChecksum(region: usize, packet: usize): bool {
  return load<u32>(region, CONNTRACK_CHECKSUM) != 0 && isReceived(packet);
}
