// IPv6 header fields and the walk over the extension headers. `dissect` has checked that the fixed header is there.
//
//   0                               4                6             7           8        24            40
//   | version, class, flow label    | payload length | next header | hop limit | source | destination | …

export const IPV6_BYTES: u32 = 40;
export const IPV6_PAYLOAD_LENGTH: u32 = 4;
export const IPV6_HOP_LIMIT: u32 = 7;
export const IPV6_SRC: u32 = 8;
export const IPV6_DST: u32 = 24;

export const NEXT_HOP_BY_HOP: u32 = 0;
export const NEXT_ROUTING: u32 = 43;
export const NEXT_FRAGMENT: u32 = 44;
export const NEXT_AUTHENTICATION: u32 = 51;
export const NEXT_NONE: u32 = 59;
export const NEXT_DESTINATION: u32 = 60;

export const FRAGMENT_BYTES: u32 = 8;
export const FRAGMENT_OFFSET_MASK: u32 = 0xfff8;

/** How a walk over the header chain ended. */
export const CHAIN_END: u32 = 0; // at a transport header, or at "no next header"
export const CHAIN_LATER_FRAGMENT: u32 = 1; // at the fragment header of a later fragment
export const CHAIN_BAD: u32 = 2; // a header starts behind the end of the packet, or a later fragment goes on with one
export const CHAIN_CUT: u32 = 3; // the capture ends inside it

// A walk's result in one 64-bit word: how it ended, whether more fragments follow, whether it met a fragment header, the header found,
// the fragment offset, and the offset of the header found from the start of the packet.
//
//   63        32   31            16   15        8   5          4      3    0
//   | at offset  | fragment offset  | protocol    | fragment | more | end  |

export function chainEnd(chain: u64): u32 {
  return (chain & 15) as u32;
}

export function chainMoreFragments(chain: u64): bool {
  return (chain & 16) != 0;
}

export function chainIsFragment(chain: u64): bool {
  return (chain & 32) != 0;
}

export function chainProtocol(chain: u64): u32 {
  return ((chain >> 8) & 255) as u32;
}

export function chainFragmentOffset(chain: u64): u32 {
  return ((chain >> 16) & 0xffff) as u32;
}

export function chainOffset(chain: u64): u32 {
  return (chain >> 32) as u32;
}

/** `fragment`: 1 = more fragments follow, 2 = there is a fragment header. */
function chain(end: u32, fragment: u32, protocol: u32, fragmentOffset: u32, at: u32): u64 {
  return ((<u64>at) << 32) | (fragmentOffset << 16) | (protocol << 8) | (fragment << 4) | end;
}

export function version(ip: usize): u32 {
  return load<u8>(ip) >> 4;
}

export function trafficClass(ip: usize): u32 {
  return (bswap<u16>(load<u16>(ip)) >> 4) & 255;
}

export function payloadLength(ip: usize): u32 {
  return bswap<u16>(load<u16>(ip, 4));
}

export function nextHeader(ip: usize): u32 {
  return load<u8>(ip, 6);
}

export function hopLimit(ip: usize): u32 {
  return load<u8>(ip, IPV6_HOP_LIMIT);
}

/** Ref: net/ipv6/exthdrs_core.c:ipv6_ext_hdr() */
export function isExtension(next: u32): bool {
  return (
    next == NEXT_HOP_BY_HOP ||
    next == NEXT_ROUTING ||
    next == NEXT_FRAGMENT ||
    next == NEXT_AUTHENTICATION ||
    next == NEXT_NONE ||
    next == NEXT_DESTINATION
  );
}

/**
 * Walks the header chain to the transport header, as `-p` of ip6tables does.
 *
 * `length` is the packet's length on the wire, `captured` what is there of it; the fixed header is. An extension header may reach
 * beyond the packet: then the header it names is taken for the transport header, of which nothing is there.
 * Ref: net/ipv6/exthdrs_core.c:ipv6_find_hdr() with target -1, as in Linux 6.18; some 6.1 releases refuse what reaches beyond.
 */
export function findTransport(ip: usize, length: u32, captured: u32): u64 {
  let next = nextHeader(ip);
  let at = IPV6_BYTES;
  let fragment: u32 = 0;
  while (isExtension(next) && next != NEXT_NONE) {
    // A fragment header has 8 bytes, of which the first 4 must be there; of a routing header too; of the others 2.
    if (next == NEXT_FRAGMENT) fragment |= 2;
    const needed: u32 = next == NEXT_FRAGMENT || next == NEXT_ROUTING ? 4 : 2;
    if (length < at + needed) return chain(CHAIN_BAD, fragment, next, 0, at);
    if (captured < at + needed) return chain(CHAIN_CUT, fragment, next, 0, at);
    const header = ip + at;
    const following = load<u8>(header);
    let bytes: u32 = (<u32>load<u8>(header, 1) + 1) << 3;
    if (next == NEXT_FRAGMENT) {
      const word: u32 = bswap<u16>(load<u16>(header, 2));
      fragment |= word & 1;
      const offset = word & FRAGMENT_OFFSET_MASK;
      if (offset != 0) {
        const bad = isExtension(following) && following != NEXT_NONE;
        return chain(bad ? CHAIN_BAD : CHAIN_LATER_FRAGMENT, fragment, following, offset, at);
      }
      bytes = FRAGMENT_BYTES;
    } else if (next == NEXT_AUTHENTICATION) {
      bytes = (<u32>load<u8>(header, 1) + 2) << 2;
    }
    next = following;
    at += bytes;
  }
  at = min(at, length);
  return chain(captured < at ? CHAIN_CUT : CHAIN_END, fragment, next, 0, at);
}

/** A walk that led nowhere: a header is not there, or it says that none follows. */
export const UPPER_LAYER_NONE: u64 = 0;

export function upperLayerProtocol(found: u64): u32 {
  return (found & 255) as u32;
}

export function upperLayerOffset(found: u64): u32 {
  return (found >> 32) as u32;
}

/**
 * Walks the header chain as most of the kernel does, which is not how `-p` does: behind a later fragment's header it does not look, which
 * is then what was found. The capture has the chain whole.
 *
 * Returns: the offset of the header found << 32, and its protocol; or UPPER_LAYER_NONE.
 * Ref: net/ipv6/exthdrs_core.c:ipv6_skip_exthdr()
 */
export function findUpperLayer(ip: usize, length: u32): u64 {
  let next = nextHeader(ip);
  let at = IPV6_BYTES;
  while (isExtension(next)) {
    if (next == NEXT_NONE || length < at + (next == NEXT_FRAGMENT ? 4 : 2)) return UPPER_LAYER_NONE;
    const header = ip + at;
    let bytes: u32 = (<u32>load<u8>(header, 1) + 1) << 3;
    if (next == NEXT_FRAGMENT) {
      if ((bswap<u16>(load<u16>(header, 2)) & FRAGMENT_OFFSET_MASK) != 0) break;
      bytes = FRAGMENT_BYTES;
    } else if (next == NEXT_AUTHENTICATION) {
      bytes = (<u32>load<u8>(header, 1) + 2) << 2;
    }
    next = load<u8>(header);
    at += bytes;
  }
  return (<u64>at << 32) | next;
}

/** What `findHeader` answers instead of an offset. */
export const HEADER_ABSENT: u32 = 0;
export const HEADER_BAD: u32 = 1; // a header starts behind the end of the packet
export const HEADER_CUT: u32 = 2; // the capture ends inside the chain

/**
 * Finds the first extension header of a kind: its offset from the start of the packet, or HEADER_*. Behind a later fragment's fragment
 * header the chain ends.
 *
 * Ref: net/ipv6/exthdrs_core.c:ipv6_find_hdr() with a target
 */
export function findHeader(ip: usize, length: u32, captured: u32, target: u32): u32 {
  let next = nextHeader(ip);
  let at = IPV6_BYTES;
  while (isExtension(next) && next != NEXT_NONE) {
    const needed: u32 = next == NEXT_FRAGMENT || next == NEXT_ROUTING ? 4 : 2;
    if (length < at + needed) return HEADER_BAD;
    if (captured < at + needed) return HEADER_CUT;
    if (next == target) return at;
    const header = ip + at;
    if (next == NEXT_FRAGMENT) {
      if ((bswap<u16>(load<u16>(header, 2)) & FRAGMENT_OFFSET_MASK) != 0) return HEADER_ABSENT;
      at += FRAGMENT_BYTES;
    } else if (next == NEXT_AUTHENTICATION) {
      at += (<u32>load<u8>(header, 1) + 2) << 2;
    } else {
      at += (<u32>load<u8>(header, 1) + 1) << 3;
    }
    next = load<u8>(header);
  }
  return HEADER_ABSENT;
}

/** The chain has no fragment header. */
export const NO_FRAGMENT: u32 = 0;

/** Offset of the fragment header that was found. */
export function fragmentHeaderAt(found: u32): u32 {
  return found & 0xffff;
}

/** Offset of the byte that names it, in the header before. */
export function fragmentNextAt(found: u32): u32 {
  return found >>> 16;
}

/**
 * Looks for the first fragment header, of a packet that the capture has the chain of.
 *
 * Returns: its offset, and in the upper half that of the byte that names it; or NO_FRAGMENT.
 * Ref: net/ipv6/netfilter/nf_conntrack_reasm.c:find_prev_fhdr()
 */
export function findFragment(ip: usize, length: u32): u32 {
  let next = nextHeader(ip);
  let nameAt: u32 = 6;
  let at = IPV6_BYTES;
  while (next != NEXT_FRAGMENT) {
    if (!isExtension(next) || next == NEXT_NONE || length < at + 2) return NO_FRAGMENT;
    const header = ip + at;
    const bytes: u32 = next == NEXT_AUTHENTICATION ? (<u32>load<u8>(header, 1) + 2) << 2 : (<u32>load<u8>(header, 1) + 1) << 3;
    nameAt = at;
    next = load<u8>(header);
    at += bytes;
  }
  return at > length ? NO_FRAGMENT : (nameAt << 16) | at;
}

/**
 * Looks for where a fragment header would stand: behind what every router on the way, and the hosts that a routing header names, must read.
 * The packet is there up to `length`.
 *
 * Returns: as findFragment(); NO_FRAGMENT when the chain ends before. Differs: as a kernel without Mobile IPv6 (CONFIG_IPV6_MIP6).
 * Ref: net/ipv6/output_core.c:ip6_find_1stfragopt()
 */
export function findFragmentable(ip: usize, length: u32): u32 {
  let nameAt: u32 = 6;
  let at = IPV6_BYTES;
  let hasRouting = false;
  while (at <= length) {
    const next: u32 = load<u8>(ip + nameAt);
    if (next == NEXT_ROUTING) hasRouting = true;
    else if (next != NEXT_HOP_BY_HOP && (next != NEXT_DESTINATION || hasRouting)) return (nameAt << 16) | at;
    if (at + 2 > length) return NO_FRAGMENT;
    nameAt = at;
    at += (<u32>load<u8>(ip + at, 1) + 1) << 3;
  }
  return NO_FRAGMENT;
}
