// Transport checksums as the tracker checks them.

import { CONNTRACK_CHECKSUM } from '../abi/flow.ts';
import { transportChecksumOk } from '../wire/checksum.ts';
import { isReceived } from './hook.ts';

/** Whether a received packet's transport checksum is wrong. Packets that this host sends are believed. */
export function badChecksum(region: usize, packet: usize): bool {
  return load<u32>(region, CONNTRACK_CHECKSUM) != 0 && isReceived(packet) && !transportChecksumOk(packet);
}
