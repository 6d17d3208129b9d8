// The host as it lies in memory: interfaces, the forwarding information base, multicast memberships. Little-endian u32 words;
// every offset counts bytes from the image's first byte.
//
//   header | interfaces | spans of table 4 | spans of table 6 local | spans of table 6 main | routes | groups 4 | groups 6
//
// A table is cut into spans of addresses that have the same candidates: sorted by first address, the first span starts at 0, so
// that the longest prefix is found by bisection. A span names its best route; each route names the next candidate for the same
// address, so that a look-up that a device limits goes on where the kernel would.

export const HOST_MAGIC: u32 = 0x484c4b48; // "HKLH"
export const HOST_VERSION: u32 = 1;

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
/** IPv4: tables local and main in one, as the kernel keeps them as long as there are no `ip rule`s of one's own. */
export const HOST_TABLE4: u32 = 28;
export const HOST_TABLE4_COUNT: u32 = 32;
/** IPv6: table local, asked first. */
export const HOST_TABLE6_LOCAL: u32 = 36;
export const HOST_TABLE6_LOCAL_COUNT: u32 = 40;
/** IPv6: table main. */
export const HOST_TABLE6_MAIN: u32 = 44;
export const HOST_TABLE6_MAIN_COUNT: u32 = 48;
/** Routes of all tables. */
export const HOST_ROUTES: u32 = 52;
export const HOST_ROUTE_COUNT: u32 = 56;
/** Multicast groups that the host listens to. */
export const HOST_GROUPS4: u32 = 60;
export const HOST_GROUPS4_COUNT: u32 = 64;
export const HOST_GROUPS6: u32 = 68;
export const HOST_GROUPS6_COUNT: u32 = 72;
/** Addresses that translation gives: OWN_* records, in the order in which the kernel goes through interfaces and their addresses. */
export const HOST_OWN4: u32 = 80;
export const HOST_OWN4_COUNT: u32 = 84;
export const HOST_OWN6: u32 = 88;
export const HOST_OWN6_COUNT: u32 = 92;
export const HOST_HEADER_BYTES: u32 = 96;

/** No host was given: every interface exists, all that is received is for this host, all that is sent leaves by its interface. */
export const HOST_FLAG_ASSUMED: u32 = 1;
/** net.ipv6.conf.all.forwarding. */
export const HOST_FLAG_FORWARDING6: u32 = 2;
/** Addresses of table local were changed by hand, so that a source is looked up in full. Ref: net/ipv4/fib_frontend.c:inet_rtm_newroute() */
export const HOST_FLAG_CUSTOM_LOCAL: u32 = 4;
/** Some IPv4 route has a realm, so that sources are looked up in full. Ref: include/net/ip_fib.h:fib_num_tclassid_users() */
export const HOST_FLAG_REALMS: u32 = 8;

// Interface.
/** HOST_IF_* bits. */
export const HOST_IF_FLAGS: u32 = 0;
/** rp_filter in force: 0 off, 1 strict, 2 loose. */
export const HOST_IF_RP_FILTER: u32 = 4;
/** Largest IPv4 packet. */
export const HOST_IF_MTU: u32 = 8;
/** Largest IPv6 packet. */
export const HOST_IF_MTU6: u32 = 12;
export const HOST_IF_BYTES: u32 = 16;

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

// Route. Index 0 stands for "none" and is all zero.
/** RTN_*. */
export const ROUTE_TYPE: u32 = 0;
/** Interface universe index of its device; 0 for types without one. */
export const ROUTE_INTERFACE: u32 = 4;
export const ROUTE_METRIC: u32 = 8;
/** Prefix length: candidates of one length have one prefix. */
export const ROUTE_LENGTH: u32 = 12;
/** ROUTE_FLAG_* bits. */
export const ROUTE_FLAGS: u32 = 16;
/** Index of the next candidate: of the same prefix, then of the next shorter one; 0 = none. */
export const ROUTE_NEXT: u32 = 20;
/** The prefix (four words; IPv4 uses the first). */
export const ROUTE_PREFIX: u32 = 24;
/** IPv4: realms, from << 16 | to. */
export const ROUTE_REALM: u32 = 40;
export const ROUTE_BYTES: u32 = 44;

/** Through a gateway. */
export const ROUTE_FLAG_GATEWAY: u32 = 1;
/** Stands for an address of an interface. */
export const ROUTE_FLAG_ADDRESS: u32 = 2;

// Address of an interface.
export const OWN_INTERFACE: u32 = 0;
/** OWN_FLAG_* bits. */
export const OWN_FLAGS: u32 = 4;
/** The prefix's length. */
export const OWN_LENGTH: u32 = 8;
/** The address, and the one that its network is of: the other end's where there is one. Four words each; IPv4 uses the first. */
export const OWN_ADDRESS: u32 = 12;
export const OWN_NETWORK: u32 = 28;
export const OWN_BYTES: u32 = 44;

/** IPv4: the first of its network, and known everywhere: what is sent may have it as its source. */
export const OWN_FLAG_SOURCE: u32 = 1;

// Multicast group: the interface that listens and the group (one word, four words).
export const GROUP_INTERFACE: u32 = 0;
export const GROUP_ADDRESS: u32 = 4;
export const GROUP4_BYTES: u32 = 8;
export const GROUP6_BYTES: u32 = 20;
