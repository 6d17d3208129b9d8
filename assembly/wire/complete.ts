// The whole record of a simple frame (glance.ts), whose IP header is known: what dissect() would say, without a second look.

import { FRAME_DATA, FRAME_LINK } from '../abi/batch.ts';
import { CTINFO_NONE, CTSTATE_INVALID, PACKET_CTINFO, PACKET_CTSTATE, PACKET_L2 } from '../abi/packet.ts';
import { clear32, clear64 } from './clear.ts';
import { describe } from './glance.ts';

/** Fills the record of a simple frame whose IP header is at `ip`: all words but PACKET_SHARD, and FRAME_LINK. */
export function describeWhole(env: usize, frame: usize, ip: usize, packet: usize): void {
  clear64(packet);
  clear64(packet + 64);
  clear64(packet + 128);
  clear32(packet + 192);
  describe(env, frame, ip, packet);
  const data = load<u32>(frame, FRAME_DATA);
  store<u32>(packet, data, PACKET_L2);
  store<u32>(packet, CTSTATE_INVALID, PACKET_CTSTATE);
  store<u32>(packet, CTINFO_NONE, PACKET_CTINFO);
  store<u16>(frame, <u16>(<u32>ip - data), FRAME_LINK);
}
