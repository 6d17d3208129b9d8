// Transport checksums as the tracker checks them.

import { CONNTRACK_CHECKSUM } from '../abi/flow.ts';
import { isReceived } from './hook.ts';

/** Whether a received packet's transport checksum is wrong; packets this host sends are believed. */
export function badChecksum(region: usize, packet: usize): bool {
  if (!load<u32>(region, CONNTRACK_CHECKSUM) || !isReceived(packet)) return false;
  return false;
}
