// Expectations and helpers as they lie in memory: what a helper has found out about connections to come, and the settings of
// every helper. Expectations are slots of the conntrack pool; the settings stand in the conntrack region, behind its header.
//
// Portable constants, shared by both compilers: no code, imports only from this folder.

// ── Expectation ───────────────────────────────────────────────────────────────────────────────────────────────────────────
/** The tuple that is expected (TUPLE_*), in the zone of the master. Its destination is whole, its source as the mask says. */
export const EXPECT_TUPLE: u32 = 0;
/** Addresses of the next expectation in its bucket, and of the next of its master; newest first in both. 0 = end. */
export const EXPECT_NEXT: u32 = 40;
export const EXPECT_NEXT_OF_MASTER: u32 = 44;
/** u64: when it expires. Until it is registered: when it was made. */
export const EXPECT_DEADLINE: u32 = 48;
/** Stands where an entry has its status; never has IPS_CONFIRMED. */
export const EXPECT_STATUS: u32 = 56;
/** Address of the entry that expects. */
export const EXPECT_MASTER: u32 = 60;
/** Which bits of the source address and of the source port count: four words, then u16. */
export const EXPECT_MASK_SRC: u32 = 64;
export const EXPECT_MASK_SPORT: u32 = 80;
/** u8: class, for which the helper's policy says how many and how long. */
export const EXPECT_CLASS: u32 = 82;
/** u8: direction of the packet that made it (DIRECTION_*), for translation. */
export const EXPECT_DIRECTION: u32 = 83;
/** EXPECT_FLAG_* bits. */
export const EXPECT_FLAGS: u32 = 84;
/** Helper that made it, 1 + its place in src/net/helper.ts. */
export const EXPECT_HELPER: u32 = 88;
/** Helper that the connection gets, likewise; 0 = none. */
export const EXPECT_ASSIGN_HELPER: u32 = 92;
/** What is to be done with the connection when it comes: EXPECT_FUNCTION_*. */
export const EXPECT_FUNCTION: u32 = 96;
/** What translation keeps of what was announced: u16 port (of the side that translation changed), address of four words. */
export const EXPECT_SAVED_PORT: u32 = 100;
export const EXPECT_SAVED_ADDRESS: u32 = 104;
/** Number of the packet that made it. */
export const EXPECT_NUMBER: u32 = 120;
/** A slot of the pool. */
export const EXPECT_BYTES: u32 = 192;
/** Buckets of a shard's expectations, a power of two. */
export const EXPECT_BUCKETS: u32 = 256;

/** Ref: include/uapi/linux/netfilter/nf_conntrack_common.h NF_CT_EXPECT_* */
export const EXPECT_FLAG_PERMANENT: u32 = 1;
export const EXPECT_FLAG_INACTIVE: u32 = 2;
export const EXPECT_FLAG_USERSPACE: u32 = 4;
/** Given up; it goes when it is next met. */
export const EXPECT_FLAG_DEAD: u32 = 8;
/** Not the kernel's: it is registered. */
export const EXPECT_FLAG_LINKED: u32 = 0x10000;

/** What registering comes to: done, or why not (the kernel's EBUSY, EALREADY, EMFILE). */
export const EXPECT_DONE: u32 = 0;
export const EXPECT_BUSY: u32 = 1;
export const EXPECT_ALREADY: u32 = 2;
export const EXPECT_FULL: u32 = 3;

/** Registering takes the place of an equal expectation of another master too. Ref: include/net/netfilter/nf_conntrack_expect.h */
export const EXPECT_SKIP_MASTER: u32 = 1;

/** Ports that an expectation's source, or an announced tuple, leaves open. */
export const EXPECT_ANY_PORT: i32 = -1;

/** Nothing, else what translation or a helper does with the connection that was expected. */
export const EXPECT_FUNCTION_NONE: u32 = 0;
export const EXPECT_FUNCTION_NAT_FOLLOW_MASTER: u32 = 1;
export const EXPECT_FUNCTION_SIP: u32 = 2;
export const EXPECT_FUNCTION_Q931: u32 = 3;
export const EXPECT_FUNCTION_CALL_FORWARDING: u32 = 4;
export const EXPECT_FUNCTION_PPTP: u32 = 5;
export const EXPECT_FUNCTION_NAT_PPTP: u32 = 6;
export const EXPECT_FUNCTION_NAT_Q931: u32 = 7;
export const EXPECT_FUNCTION_NAT_CALL_FORWARDING: u32 = 8;

// ── Helpers: 1 + place in src/net/helper.ts ───────────────────────────────────────────────────────────────────────────────
export const HELPER_NONE: u32 = 0;
export const HELPER_FTP: u32 = 1;
export const HELPER_TFTP: u32 = 2;
export const HELPER_IRC: u32 = 3;
export const HELPER_SIP: u32 = 4;
export const HELPER_AMANDA: u32 = 5;
export const HELPER_SANE: u32 = 6;
export const HELPER_NETBIOS_NS: u32 = 7;
export const HELPER_SNMP: u32 = 8;
export const HELPER_SNMP_TRAP: u32 = 9;
export const HELPER_PPTP: u32 = 10;
export const HELPER_RAS: u32 = 11;
export const HELPER_Q931: u32 = 12;
export const HELPER_H245: u32 = 13;

// ── Settings of helpers ───────────────────────────────────────────────────────────────────────────────────────────────────
// One HELPER_SETTINGS_BYTES record for each helper: what its policy allows by class, then what its module was told.
/** Classes that a helper may have. Ref: include/net/netfilter/nf_conntrack_helper.h NF_CT_MAX_EXPECT_CLASSES */
export const HELPER_CLASSES: u32 = 4;
/** By class: u32 how many expectations a master may have at a time, 0 = any number; u64 at 8 how long each lives. */
export const POLICY_MAX: u32 = 0;
export const POLICY_TIMEOUT: u32 = 8;
export const POLICY_BYTES: u32 = 16;
/** u32 each, what they mean is the helper's: PARAMETER_* of its name. */
export const HELPER_PARAMETERS: u32 = 64;
export const HELPER_PARAMETERS_MAX: u32 = 6;
/** u16: the server's port by which it is given to connections, 0 = it is not; u8 at 2: families, u8 at 3: protocols: HELPER_TAKES_*. */
export const HELPER_PORT: u32 = 88;
export const HELPER_FAMILIES: u32 = 90;
export const HELPER_PROTOCOLS: u32 = 91;
export const HELPER_SETTINGS_BYTES: u32 = 96;

export const HELPER_TAKES_IPV4: u32 = 1;
export const HELPER_TAKES_IPV6: u32 = 2;
export const HELPER_TAKES_TCP: u32 = 1;
export const HELPER_TAKES_UDP: u32 = 2;
/** Settings that there is room for. */
export const HELPERS_MAX: u32 = 32;

/** Place of a parameter among its helper's. */
export const PARAMETER_FTP_LOOSE: u32 = 0;
/** Seconds. */
export const PARAMETER_AMANDA_MASTER_TIMEOUT: u32 = 0;
export const PARAMETER_BROADCAST_TIMEOUT: u32 = 0;
export const PARAMETER_SIP_DIRECT_SIGNALLING: u32 = 0;
export const PARAMETER_SIP_DIRECT_MEDIA: u32 = 1;
export const PARAMETER_SIP_EXTERNAL_MEDIA: u32 = 2;
/** Seconds. */
export const PARAMETER_SIP_TIMEOUT: u32 = 3;
/** Of RAS, Q.931 and H.245 alike. */
export const PARAMETER_H323_DEFAULT_TTL: u32 = 0;
export const PARAMETER_H323_GATEKEEPER_ROUTED_ONLY: u32 = 1;
export const PARAMETER_H323_CALL_FORWARD_FILTER: u32 = 2;
