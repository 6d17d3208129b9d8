// The host as it lies in memory: interfaces, the forwarding information base, multicast memberships. Little-endian u32 words;
// every offset counts bytes from the image's first byte.
//
//   header | interfaces | tables | rules 4 | rules 6 | spans of the tables | routes | addresses | groups 4 | groups 6
//
// A table is cut into spans of addresses that have the same candidates: sorted by first address, the first span starts at 0, so
// that the longest prefix is found by bisection. A span names its best route; each route names the next candidate for the same
// address, so that a look-up that a device limits goes on where the kernel would.
// Rules say which tables are asked, in their order.

export const HOST_MAGIC: u32 = 0x484c4b48; // "HKLH"
export const HOST_VERSION: u32 = 3;

// Header.
export const HOST_MAGIC_AT: u32 = 0;
export const HOST_VERSION_AT: u32 = 4;
/** Bytes of the whole image. */
export const HOST_SIZE: u32 = 8;
/** HOST_FLAG_* bits. */
export const HOST_FLAGS: u32 = 12;
/** Index of `lo` in the interface universe. */
export const HOST_LOOPBACK: u32 = 16;
/** Interface records, one for each index of the universe. */
export const HOST_INTERFACES: u32 = 20;
export const HOST_INTERFACE_COUNT: u32 = 24;
/** Tables of both families. */
export const HOST_TABLES: u32 = 28;
export const HOST_TABLE_COUNT: u32 = 32;
/** Rules of each family, by priority; none of IPv6 = the default ones. */
export const HOST_RULES4: u32 = 36;
export const HOST_RULES4_COUNT: u32 = 40;
export const HOST_RULES6: u32 = 44;
export const HOST_RULES6_COUNT: u32 = 48;
/** Routes of all tables. */
export const HOST_ROUTES: u32 = 52;
export const HOST_ROUTE_COUNT: u32 = 56;
/** Multicast groups that the host listens to. */
export const HOST_GROUPS4: u32 = 60;
export const HOST_GROUPS4_COUNT: u32 = 64;
export const HOST_GROUPS6: u32 = 68;
export const HOST_GROUPS6_COUNT: u32 = 72;
/** Addresses that translation gives: OWN_* records, in the order in which the kernel goes through interfaces and their addresses. */
export const HOST_OWN4: u32 = 76;
export const HOST_OWN4_COUNT: u32 = 80;
export const HOST_OWN6: u32 = 104;
export const HOST_OWN6_COUNT: u32 = 108;
/** net.ipv4.fib_multipath_hash_policy, _fields, and what their hash starts from; then those of IPv6. */
export const HOST_HASH_POLICY4: u32 = 84;
export const HOST_HASH_FIELDS4: u32 = 88;
export const HOST_HASH_POLICY6: u32 = 92;
export const HOST_HASH_FIELDS6: u32 = 96;
export const HOST_HASH_SEED: u32 = 100;
/** net.ipv4.ip_default_ttl. */
export const HOST_TTL: u32 = 112;
/** HOST_ANSWER_* bits. */
export const HOST_ANSWERS: u32 = 116;
export const HOST_HEADER_BYTES: u32 = 128;

// The first tables of every host. Others follow.
/** IPv4: tables local and main in one, as the kernel keeps them as long as there are no `ip rule`s of one's own; else table local. */
export const TABLE4_LOCAL: u32 = 0;
/** IPv4: table main, empty where it is in one with table local. */
export const TABLE4_MAIN: u32 = 1;
/** IPv4: table default, asked last. */
export const TABLE4_DEFAULT: u32 = 2;
export const TABLE6_LOCAL: u32 = 3;
export const TABLE6_MAIN: u32 = 4;

// Table: its spans, SPAN4_BYTES or SPAN6_BYTES each.
export const TABLE_SPANS: u32 = 0;
export const TABLE_SPAN_COUNT: u32 = 4;
export const TABLE_BYTES: u32 = 8;

/** No host was given: every interface exists, all that is received is for this host, all that is sent leaves by its interface. */
export const HOST_FLAG_ASSUMED: u32 = 1;
/** net.ipv6.conf.all.forwarding. */
export const HOST_FLAG_FORWARDING6: u32 = 2;
/** Addresses of table local were changed by hand, so that a source is looked up in full. Ref: net/ipv4/fib_frontend.c:inet_rtm_newroute() */
export const HOST_FLAG_CUSTOM_LOCAL: u32 = 4;
/** Some IPv4 route has a realm, so that sources are looked up in full. Ref: include/net/ip_fib.h:fib_num_tclassid_users() */
export const HOST_FLAG_REALMS: u32 = 8;
/** There are `ip rule`s of one's own: the rules of the family are asked, which would else be the default ones. */
export const HOST_FLAG_RULES4: u32 = 0x10;
export const HOST_FLAG_RULES6: u32 = 0x20;
/** Some rule asks for the transport protocol or ports, so that they are looked for in the packet. Ref: include/net/ip_fib.h:fib4_rules_early_flow_dissect() */
export const HOST_FLAG_DISSECT4: u32 = 0x40;
export const HOST_FLAG_DISSECT6: u32 = 0x80;

// Settings of what the host answers with.
/** net.ipv4.icmp_echo_ignore_all, icmp_echo_ignore_broadcasts, icmp_errors_use_inbound_ifaddr. */
export const HOST_ANSWER_NO_ECHO4: u32 = 1;
export const HOST_ANSWER_NO_BROADCAST4: u32 = 2;
export const HOST_ANSWER_INBOUND4: u32 = 4;
/** net.ipv6.icmp.echo_ignore_all, echo_ignore_multicast. */
export const HOST_ANSWER_NO_ECHO6: u32 = 8;
export const HOST_ANSWER_NO_MULTICAST6: u32 = 16;
/** net.ipv4.fwmark_reflect, net.ipv6.fwmark_reflect: answers have the mark of what they answer. */
export const HOST_ANSWER_MARK4: u32 = 32;
export const HOST_ANSWER_MARK6: u32 = 64;

// Interface.
/** HOST_IF_* bits. */
export const HOST_IF_FLAGS: u32 = 0;
/** rp_filter in force: 0 off, 1 strict, 2 loose. */
export const HOST_IF_RP_FILTER: u32 = 4;
/** Largest IPv4 packet. */
export const HOST_IF_MTU: u32 = 8;
/** Largest IPv6 packet. */
export const HOST_IF_MTU6: u32 = 12;
/** Group of interfaces. */
export const HOST_IF_GROUP: u32 = 16;
/** IPv6: hop limit of what the host sends by it. */
export const HOST_IF_HOP_LIMIT: u32 = 20;
export const HOST_IF_BYTES: u32 = 24;

/** The host has it; clear = no such interface. */
export const HOST_IF_EXISTS: u32 = 1;
export const HOST_IF_UP: u32 = 2;
export const HOST_IF_LOOPBACK: u32 = 4;
/** It has an IPv4 address. */
export const HOST_IF_ADDRESS4: u32 = 8;
// Sysctls in force for packets that come in by it, `all` taken in.
export const HOST_IF_FORWARDING4: u32 = 0x10;
export const HOST_IF_ROUTE_LOCALNET: u32 = 0x20;
export const HOST_IF_ACCEPT_LOCAL: u32 = 0x40;
export const HOST_IF_ACCEPT_SOURCE_ROUTE: u32 = 0x80;
export const HOST_IF_SEND_REDIRECTS: u32 = 0x100;
export const HOST_IF_NO_L2_MULTICAST4: u32 = 0x200; // drop_unicast_in_l2_multicast
export const HOST_IF_NO_L2_MULTICAST6: u32 = 0x400;
export const HOST_IF_DISABLE_IPV6: u32 = 0x800;
export const HOST_IF_FORCE_FORWARDING6: u32 = 0x1000;
export const HOST_IF_BC_FORWARDING: u32 = 0x2000;
/** src_valid_mark: the way back is looked up with the packet's mark. */
export const HOST_IF_SOURCE_MARK: u32 = 0x4000;
export const HOST_IF_SHARED_MEDIA: u32 = 0x8000;
/** It is up, but has no link: what goes out by it is lost. */
export const HOST_IF_NO_CARRIER: u32 = 0x10000;

// Span of addresses.
/** First address (one word). */
export const SPAN4_FIRST: u32 = 0;
/** Index of the best route, 0 = none. */
export const SPAN4_ROUTE: u32 = 4;
export const SPAN4_BYTES: u32 = 8;
/** First address (four words, most significant first). */
export const SPAN6_FIRST: u32 = 0;
export const SPAN6_ROUTE: u32 = 16;
export const SPAN6_BYTES: u32 = 20;

// Route. A route of several paths is as many of them in a row, each with its own device and gateway. Index 0 stands for "none" and is all
// zero; the next two for what rules refuse.
export const ROUTE_BLACKHOLE: u32 = 1;
export const ROUTE_PROHIBIT: u32 = 2;
export const ROUTES_RESERVED: u32 = 3;
/** RTN_*. */
export const ROUTE_TYPE: u32 = 0;
/** Interface universe index of its device; 0 for types without one. */
export const ROUTE_INTERFACE: u32 = 4;
export const ROUTE_METRIC: u32 = 8;
/** Prefix length: candidates of one length have one prefix. */
export const ROUTE_LENGTH: u32 = 12;
/** ROUTE_FLAG_* bits. */
export const ROUTE_FLAGS: u32 = 16;
/** Index of the next candidate: the next path, then of the same prefix, then of the next shorter one; 0 = none. */
export const ROUTE_NEXT: u32 = 20;
/** The prefix (four words; IPv4 uses the first). */
export const ROUTE_PREFIX: u32 = 24;
/** IPv4: realms, from << 16 | to. */
export const ROUTE_REALM: u32 = 40;
/** IPv4: the type of service that it is for, 0 = any. */
export const ROUTE_TOS: u32 = 44;
/** How many paths there are, and which of them this is, from 0. */
export const ROUTE_PATHS: u32 = 48;
export const ROUTE_PATH: u32 = 52;
/** A path is taken when the hash (31 bits) is not above this; signed, -1 = never. */
export const ROUTE_BOUND: u32 = 56;
/** The gateway (four words). */
export const ROUTE_GATEWAY: u32 = 60;
/** IPv4: the address that packets of the host itself get: what `src` says, else ROUTE_NEAR. */
export const ROUTE_SOURCE: u32 = 76;
/** IPv4: the address of the device that the gateway is best reached from. */
export const ROUTE_NEAR: u32 = 80;
/** Longest packet, 0 = the device's. */
export const ROUTE_MTU: u32 = 84;
/** IPv6: preference of the router: 1 low, 2 medium, 3 high. */
export const ROUTE_PREFERENCE: u32 = 88;
export const ROUTE_BYTES: u32 = 92;

/** Through a gateway. */
export const ROUTE_FLAG_GATEWAY: u32 = 1;
/** Stands for an address of an interface. */
export const ROUTE_FLAG_ADDRESS: u32 = 2;
/** Its device is down, or without a carrier where that counts: it is no way. */
export const ROUTE_FLAG_DEAD: u32 = 4;
/** ROUTE_MTU cannot change: IPv6 takes it for packets that are forwarded. */
export const ROUTE_FLAG_MTU_LOCKED: u32 = 8;

// Rule. All that it asks for must hold.
/** RULE_FLAG_* bits. */
export const RULE_FLAGS: u32 = 0;
/** RULE_*. */
export const RULE_ACTION: u32 = 4;
/** RULE_LOOKUP: index of the table. RULE_GOTO: index of the rule. RULE_NOWHERE: neither is there. */
export const RULE_TARGET: u32 = 8;
/** Interface universe index, 0 = any, RULE_NOWHERE = one that the host does not have. */
export const RULE_IIF: u32 = 12;
export const RULE_OIF: u32 = 16;
export const RULE_MARK: u32 = 20;
export const RULE_MARK_MASK: u32 = 24;
/** Type of service, and the bits that count. */
export const RULE_TOS: u32 = 28;
export const RULE_TOS_MASK: u32 = 32;
/** Transport protocol, 0 = any. */
export const RULE_PROTO: u32 = 36;
/** Ports: first << 16 | last; 0 = any. */
export const RULE_SPORT: u32 = 40;
export const RULE_DPORT: u32 = 44;
/** A route found is taken only if its prefix is longer than this; signed, -1 = any. */
export const RULE_SUPPRESS_LENGTH: u32 = 48;
/** Nor if its device is of this group; 0xffffffff = any may be. */
export const RULE_SUPPRESS_GROUP: u32 = 52;
/** IPv4: realms of what is routed by it. */
export const RULE_REALM: u32 = 56;
/** Source and destination: four words and their mask each. */
export const RULE_SRC: u32 = 60;
export const RULE_SRC_MASK: u32 = 76;
export const RULE_DST: u32 = 92;
export const RULE_DST_MASK: u32 = 108;
export const RULE_BYTES: u32 = 124;

/** `not`: it holds where what it asks for does not. */
export const RULE_FLAG_NOT: u32 = 1;
export const RULE_NOWHERE: u32 = 0xffffffff;

export const RULE_LOOKUP: u32 = 1;
export const RULE_GOTO: u32 = 2;
export const RULE_NOP: u32 = 3;
export const RULE_BLACKHOLE: u32 = 6;
export const RULE_UNREACHABLE: u32 = 7;
export const RULE_PROHIBIT: u32 = 8;

// Address of an interface.
export const OWN_INTERFACE: u32 = 0;
/** OWN_FLAG_* bits. */
export const OWN_FLAGS: u32 = 4;
/** The prefix's length. */
export const OWN_LENGTH: u32 = 8;
/** The address, and the one that its network is of: the other end's where there is one. Four words each; IPv4 uses the first. */
export const OWN_ADDRESS: u32 = 12;
export const OWN_NETWORK: u32 = 28;
/** IPv4: the broadcast address that was set for it, if it is not secondary to another; 0 = none. */
export const OWN_BROADCAST: u32 = 44;
export const OWN_BYTES: u32 = 48;

/** IPv4: the first of its network, and known everywhere: what is sent may have it as its source. */
export const OWN_FLAG_SOURCE: u32 = 1;
/** IPv6: not to be used for what is new, if there is another; and one that changes from time to time. */
export const OWN_FLAG_DEPRECATED: u32 = 2;
export const OWN_FLAG_TEMPORARY: u32 = 4;
/** IPv6: an IPv4 address in disguise. */
export const OWN_FLAG_MAPPED: u32 = 8;

// Multicast group: the interface that listens and the group (one word, four words).
export const GROUP_INTERFACE: u32 = 0;
export const GROUP_ADDRESS: u32 = 4;
export const GROUP4_BYTES: u32 = 8;
export const GROUP6_BYTES: u32 = 20;
