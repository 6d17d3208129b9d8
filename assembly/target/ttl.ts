// TTL and HL.

import { TTL_DEC, TTL_INC } from '../abi/opcode.ts';
import { PACKET_TTL } from '../abi/packet.ts';
import { setTtl } from '../wire/edit.ts';

const TTL_MAX: u32 = 255;

/** Sets, raises or lowers (TTL_* `mode`) the time to live, which stops at its ends. Ref: net/netfilter/xt_HL.c:ttl_tg(), hl_tg6() */
export function changeTtl(env: usize, packet: usize, mode: u32, value: u32): void {
  const old = load<u32>(packet, PACKET_TTL);
  if (mode == TTL_INC) setTtl(env, packet, min(old + value, TTL_MAX));
  else if (mode == TTL_DEC) setTtl(env, packet, old - min(old, value));
  else setTtl(env, packet, value);
}
