// Who is inside: the addresses that translation gives, and takes away. Where connections are translated, what stays the same of one in both
// directions is the address of its other end, which is outside: by that address its packets come to one shard.
//
//   header | ranges of IPv4 addresses | ranges of IPv6 addresses
//
// The ranges of a family are sorted, and no two overlap.
//
// Portable constants, shared by both compilers: no code, imports only from this folder.

/** SIDES_* bits. */
export const SIDES_FLAGS: u32 = 0;
/** How many ranges there are of each family. */
export const SIDES_COUNT4: u32 = 4;
export const SIDES_COUNT6: u32 = 8;
/** u8 each, by the first octet of an IPv4 address: which of the addresses that begin with it are inside, SIDES_NONE … SIDES_SOME. */
export const SIDES_OCTETS: u32 = 16;
export const SIDES_HEADER_BYTES: u32 = 272;

export const SIDES_NONE: u32 = 0;
export const SIDES_ALL: u32 = 1;
export const SIDES_SOME: u32 = 2;

/** What passes between two addresses that are inside may be translated too: all of it has one shard. */
export const SIDES_TOGETHER: u32 = 1;
/** A source that is given one of several addresses for good (--persistent) is given no other of them by any rule. */
export const SIDES_POOLS: u32 = 2;

/** First and last address, as PACKET_SRC holds them: one word each, or four. */
export const SIDES_RANGE4_BYTES: u32 = 8;
export const SIDES_RANGE6_BYTES: u32 = 32;
