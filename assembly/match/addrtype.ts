// Address types as seen from one interface (`--limit-iface-in`, `--limit-iface-out`); without it they are words of the record.

import { ADDRTYPE_INVERT_DESTINATION, ADDRTYPE_INVERT_SOURCE, ADDRTYPE_LIMIT_IN } from '../abi/opcode.ts';
import {
  PACKET_DST,
  PACKET_FLAG_IPV6,
  PACKET_FLAGS,
  PACKET_IN,
  PACKET_OUT,
  PACKET_SRC,
  RTN_ANYCAST,
  RTN_LOCAL,
  RTN_UNREACHABLE,
} from '../abi/packet.ts';
import { addressType } from '../hooks/route.ts';

/** Of these IPv6 types any one will do; of the others all that are asked must hold. */
const ANY_OF_IPV6: u32 = (1 << RTN_LOCAL) | (1 << RTN_ANYCAST) | (1 << RTN_UNREACHABLE);

/** The operands of TEST_ADDRTYPE. Ref: net/netfilter/xt_addrtype.c:addrtype_mt_v1() */
export function hasAddressTypes(env: usize, packet: usize, operands: usize): bool {
  const flags = load<u32>(operands, 8);
  const device = load<u32>(packet + ((flags & ADDRTYPE_LIMIT_IN) != 0 ? PACKET_IN : PACKET_OUT));
  const source = load<u32>(operands);
  const destination = load<u32>(operands, 4);
  if (source != 0 && isOfType(env, packet, PACKET_SRC, device, source) == ((flags & ADDRTYPE_INVERT_SOURCE) != 0)) return false;
  return destination == 0 || isOfType(env, packet, PACKET_DST, device, destination) != ((flags & ADDRTYPE_INVERT_DESTINATION) != 0);
}

function isOfType(env: usize, packet: usize, addressOffset: u32, device: u32, asked: u32): bool {
  const types = addressType(env, packet, addressOffset, device);
  if ((load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_IPV6) == 0) return (types & asked) != 0;
  const all = asked & ~ANY_OF_IPV6;
  const any = asked & ANY_OF_IPV6;
  return (types & all) == all && (any == 0 || (types & any) != 0);
}
