// IPv6 header chains as HMARK walks them: it stops at an authentication header, whose SPI it hashes.

import {
  IPV6_BYTES,
  isExtension,
  NEXT_AUTHENTICATION,
  NEXT_FRAGMENT,
  NEXT_NONE,
  NEXT_ROUTING,
  nextHeader,
} from '../wire/ipv6.ts';

/** The chain cannot be walked to its end. */
export const CHAIN_BROKEN: u64 = ~0;
const FRAGMENT_SEEN: u64 = 0x100;
const FRAGMENT_BYTES: usize = 8;

/** The protocol that a walk came to. */
export function chainProto(chain: u64): u32 {
  return <u32>(chain & 0xff);
}

/** Whether there was a fragment header on the way. */
export function hasFragment(chain: u64): bool {
  return (chain & FRAGMENT_SEEN) != 0;
}

/** Address of the header it came to, which may lie behind the end; of no use in a fragment. */
export function chainHeader(chain: u64): usize {
  return <usize>(chain >> 16);
}

/** Walks the headers behind the IPv6 header at `ip`. Ref: net/ipv6/exthdrs_core.c:ipv6_find_hdr() with IP6_FH_F_AUTH */
export function walkChain(ip: usize, end: usize): u64 {
  let next = nextHeader(ip);
  let header = ip + IPV6_BYTES;
  let seen: u64 = 0;
  while (isExtension(next) && next != NEXT_NONE) {
    if (header + (next == NEXT_FRAGMENT || next == NEXT_ROUTING ? 4 : 2) > end) return CHAIN_BROKEN;
    if (next == NEXT_AUTHENTICATION) break;
    const following = <u32>load<u8>(header);
    let bytes = (<usize>load<u8>(header, 1) + 1) << 3;
    if (next == NEXT_FRAGMENT) {
      seen = FRAGMENT_SEEN;
      if ((bswap<u16>(load<u16>(header, 2)) & 0xfff8) != 0) {
        return isExtension(following) && following != NEXT_NONE ? CHAIN_BROKEN : seen | <u64>following;
      }
      bytes = FRAGMENT_BYTES;
    }
    next = following;
    header += bytes;
  }
  return (<u64>header << 16) | seen | <u64>next;
}
