// Verdicts of a packet and the reasons why one is refused outside any rule. Append only: the numbers are an ABI.

export const VERDICT_NONE: u32 = 0; // not evaluated (not an IP packet, cut capture …): PACKET_WHY says why
export const VERDICT_ACCEPT: u32 = 1;
export const VERDICT_DROP: u32 = 2;
export const VERDICT_REJECT: u32 = 3;
export const VERDICT_QUEUE: u32 = 4;
export const VERDICT_STOLEN: u32 = 5;
export const VERDICT_CONSUMED: u32 = 6;
/** What a chain comes to that hands the packet to a queue nobody listens to, past which it goes on: accepted, but not by the chain. */
export const CHAIN_PASSED: u32 = 8;

/** What a chain comes to that rejects: this, with the operand of ACTION_REJECT added. The hooks answer and make it VERDICT_REJECT. */
export const CHAIN_REJECT: u32 = 0x100000;

/** Why-codes. `src/report/why.ts` puts each into a word and a sentence. */
export const WHY_NONE: u32 = 0;
// Not evaluated: no IP packet in the frame, or not enough of it captured.
export const WHY_NOT_IP: u32 = 1;
export const WHY_LINKTYPE: u32 = 2; // link type this program does not read
export const WHY_CUT: u32 = 3; // the capture ends before bytes that decide
export const WHY_LINK_HEADER: u32 = 4; // link-layer header malformed or cut
export const WHY_INTERFACE: u32 = 5; // the host has no such interface, or it is down
// Dropped by the IP layer before any hook. Ref: net/ipv4/ip_input.c:ip_rcv_core(), net/ipv6/ip6_input.c:ip6_rcv_core()
export const WHY_IP_VERSION: u32 = 16;
export const WHY_IP_HEADER_LENGTH: u32 = 17;
export const WHY_IP_LENGTH: u32 = 18; // total length below the header or beyond the frame
export const WHY_IP_CHECKSUM: u32 = 19;
export const WHY_IPV6_HOP_BY_HOP: u32 = 20;
export const WHY_IPV6_ADDRESS: u32 = 21; // multicast source, loopback from outside …
export const WHY_OTHERHOST: u32 = 22; // link-layer address of another host
export const WHY_IP_OPTIONS: u32 = 23; // bad IPv4 options, or source routing refused
export const WHY_IPV6_DISABLED: u32 = 24; // disable_ipv6 is set for the interface
// Dropped by a match that cannot read its header (the kernel's hotdrop).
export const WHY_HOTDROP: u32 = 32;
// Dropped by routing.
export const WHY_NO_ROUTE: u32 = 48;
export const WHY_MARTIAN: u32 = 49; // source (or destination) that cannot be on the wire
export const WHY_RP_FILTER: u32 = 50;
export const WHY_NOT_FORWARDING: u32 = 51; // ip_forward is off
export const WHY_TTL: u32 = 52; // time to live ran out
export const WHY_BLACKHOLE: u32 = 53;
export const WHY_UNREACHABLE: u32 = 54;
export const WHY_PROHIBIT: u32 = 55;
export const WHY_BROADCAST: u32 = 56; // would be forwarded, but is a broadcast or multicast
export const WHY_TOO_BIG: u32 = 57; // larger than the MTU of the way out and may not be fragmented
export const WHY_MULTICAST: u32 = 58; // multicast group that nobody on this host listens to
export const WHY_SOURCE_SCOPE: u32 = 59; // IPv6 source that may not be forwarded: link-local, loopback, multicast or none
export const WHY_LINK_DOWN: u32 = 60; // the way out has no link (no carrier)
// Dropped or held by conntrack.
export const WHY_CONNTRACK_FULL: u32 = 64;
export const WHY_CONNTRACK_DROP: u32 = 65; // the tracker answers NF_DROP
export const WHY_FRAGMENT_HELD: u32 = 66; // held by defragmentation
export const WHY_NAT_ERROR: u32 = 67; // nat cannot translate an ICMP error
export const WHY_HELPER: u32 = 68; // a connection tracking helper answers NF_DROP
export const WHY_NAT_DEVICE: u32 = 69; // masqueraded connection that now leaves by another device
export const WHY_NAT_HEADER: u32 = 70; // nat cannot change the transport header
export const WHY_FRAGMENT_DUPLICATE: u32 = 72; // fragment of which all has come before
export const WHY_FRAGMENT_OVERLAP: u32 = 73; // fragment that overlaps others: all are given up
export const WHY_FRAGMENT_LENGTH: u32 = 74; // fragment that has no bytes, or does not agree with others on where the packet ends, or makes it too long
export const WHY_FRAGMENT_ECN: u32 = 75; // fragments of one packet with ECN fields that cannot be
export const WHY_FRAGMENT_FULL: u32 = 76; // too many fragments are held already
// Something Hookline does not model yet stood in the way.
export const WHY_NOT_MODELLED: u32 = 80;
