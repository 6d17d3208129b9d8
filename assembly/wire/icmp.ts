// ICMP and ICMPv6 header fields. For plain packets the 8 bytes are there.
//
//   0      1      2          4                    8
//   | type | code | checksum | by type …          | errors: the packet that caused them

export const ICMP_BYTES: u32 = 8;

const ICMP_DEST_UNREACH: u32 = 3;
const ICMP_SOURCE_QUENCH: u32 = 4;
const ICMP_REDIRECT: u32 = 5;
const ICMP_TIME_EXCEEDED: u32 = 11;
const ICMP_PARAMETERPROB: u32 = 12;
const ICMPV6_INFOMSG_MASK: u32 = 128;
/** Not an error, but quotes the packet that it is about. */
export const ICMPV6_REDIRECT: u32 = 137;

export function type(icmp: usize): u32 {
  return load<u8>(icmp);
}

export function code(icmp: usize): u32 {
  return load<u8>(icmp, 1);
}

/** Identifier of echo and its like. */
export function id(icmp: usize): u32 {
  return bswap<u16>(load<u16>(icmp, 4));
}

/** Ref: include/linux/icmp.h:icmp_is_err() */
export function isError4(type: u32): bool {
  return (
    type == ICMP_DEST_UNREACH ||
    type == ICMP_SOURCE_QUENCH ||
    type == ICMP_REDIRECT ||
    type == ICMP_TIME_EXCEEDED ||
    type == ICMP_PARAMETERPROB
  );
}

/** Ref: net/netfilter/nf_conntrack_proto_icmpv6.c:nf_conntrack_icmpv6_error() */
export function isError6(type: u32): bool {
  return type < ICMPV6_INFOMSG_MASK;
}
