// The packet record: what is known of one packet, as 32-bit words that tests and decision tables read.
//
// Portable constants, shared by both compilers: no code, imports only from this folder.
// Every field is a u32 in host order unless said otherwise, so that a decision table may cut on any bit
// window of any word and a test is (word offset, operands). `dissect` fills the record, conntrack fills
// the CT words, the hooks change IN, OUT, MARK and TTL on the packet's way.

/** Source address, four words, most significant first. IPv4 uses the first word, the others are 0. */
export const PACKET_SRC: u32 = 0;
/** Destination address, as PACKET_SRC. */
export const PACKET_DST: u32 = 16;
/** Source port of TCP, UDP, UDP-Lite, SCTP and DCCP; 0 for others. */
export const PACKET_SPORT: u32 = 32;
/** Destination port, as PACKET_SPORT. */
export const PACKET_DPORT: u32 = 36;
/** Transport protocol; for IPv6 the one behind the extension headers. */
export const PACKET_PROTO: u32 = 40;
/** ICMP and ICMPv6: type << 8 | code; 0 for others. */
export const PACKET_ICMP: u32 = 44;
/** TCP: byte 13 of the header (FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32, ECE 64, CWR 128). */
export const PACKET_TCP_FLAGS: u32 = 48;
/** Layer-3 length in bytes: IPv4 total length; IPv6 payload length + 40. */
export const PACKET_LENGTH: u32 = 52;
/** IPv4 type of service byte; IPv6 traffic class. */
export const PACKET_TOS: u32 = 56;
/** IPv4 time to live; IPv6 hop limit. Changes on forwarding. */
export const PACKET_TTL: u32 = 60;
/** Packet mark (nfmark). */
export const PACKET_MARK: u32 = 64;
/** Input interface index in the interface universe; 0 = none (packets the host sends). */
export const PACKET_IN: u32 = 68;
/** Output interface index; 0 = none. */
export const PACKET_OUT: u32 = 72;
/** One bit of CTSTATE_*, plus CTSTATE_SNAT, CTSTATE_DNAT where they hold. */
export const PACKET_CTSTATE: u32 = 76;
/** Mark of the conntrack entry. Meaningful only when PACKET_CT is not 0. Refreshed when it changes. */
export const PACKET_CTMARK: u32 = 80;
/**
 * Address type of the source as bits `1 << RTN_*`. Filled only when an image has PROGRAM_NEEDS_ADDRTYPE.
 * IPv4: exactly one bit. IPv6: every bit that holds, for the kernel asks several questions: UNICAST, MULTICAST and UNSPEC (`::`)
 * come from the address alone, LOCAL, ANYCAST and UNREACHABLE from a route look-up (a local unicast address has two bits).
 * Ref: net/netfilter/xt_addrtype.c:match_type(), match_type6(), net/ipv6/addrconf_core.c:__ipv6_addr_type()
 */
export const PACKET_SRC_TYPE: u32 = 84;
/** Address type of the destination, as PACKET_SRC_TYPE. */
export const PACKET_DST_TYPE: u32 = 88;
/** Link-layer packet type: PKTTYPE_*. */
export const PACKET_PKTTYPE: u32 = 92;
/** PACKET_FLAG_* bits. */
export const PACKET_FLAGS: u32 = 96;
/** Fragment offset in bytes; 0 for whole packets and first fragments. */
export const PACKET_FRAG_OFFSET: u32 = 100;
/**
 * Absolute address of the IP header; 0 = the frame holds no IP packet. Who reads the time to live or the header checksum there has
 * settleBytes() (wire/edit.ts) write forwarding's step down first.
 */
export const PACKET_L3: u32 = 104;
/** Absolute address of the transport header; 0 when there is none (later fragment, cut header chain). */
export const PACKET_L4: u32 = 108;
/** Absolute address of the end of the captured bytes of this IP packet (trailing link padding left out). */
export const PACKET_END: u32 = 112;
/** Index of the shard that owns the packet's flow. */
export const PACKET_SHARD: u32 = 116;
/** u64: nanoseconds since the epoch, made non-decreasing over the whole input. */
export const PACKET_TIME: u32 = 120;
/** Absolute address of the conntrack entry; 0 = none. */
export const PACKET_CT: u32 = 128;
/** IP_CT_* of the packet within PACKET_CT; CTINFO_UNTRACKED for an untracked packet; CTINFO_NONE without a state. */
export const PACKET_CTINFO: u32 = 132;
/** Bytes of the IP packet on the wire from PACKET_L4 to its end (a capture may hold fewer). */
export const PACKET_L4_LENGTH: u32 = 136;
/** Why the packet is refused before any hook: WHY_*; 0 = it goes through the hooks. */
export const PACKET_WHY: u32 = 140;
/** Entry of the interface table that the frame came in (or went out) by; for reports. */
export const PACKET_FRAME_INTERFACE: u32 = 144;
/** Absolute address of the first byte of the link-layer header. */
export const PACKET_L2: u32 = 148;
/** Number of the packet in the input, from 1. */
export const PACKET_NUMBER: u32 = 152;
/** Counter id of the rule or policy that ended the last chain run; NO_COUNTER when none did (a match dropped the packet on the spot). */
export const PACKET_BY: u32 = 156;
/** Random draws made for the packet so far: each draw of a packet is another one. */
export const PACKET_DRAWS: u32 = 160;
/** The hook it is in: HOOK_* of abi/program.ts. */
export const PACKET_HOOK: u32 = 164;
/** Absolute address of the template (IPS_TEMPLATE) that the CT target gave the packet and the tracker took from PACKET_CT; 0 = none. */
export const PACKET_TEMPLATE: u32 = 168;
/** Security mark: absolute address of the context's text, which ends in a NUL, in the state of a SECMARK rule; 0 = none. */
export const PACKET_SECMARK: u32 = 172;
/** Length of the longest fragment that the packet was put together from; 0 = it was not. The kernel's frag_max_size. */
export const PACKET_FRAG_MAX: u32 = 176;
/** How many fragments those were, then how many it leaves in; their sizes are in the shard's HOLD_PIECES (abi/fragment.ts). */
export const PACKET_PIECES: u32 = 180;
/** Bytes, from PACKET_L3 on, that had to lie together for a target to change them, and of what was joined the first fragment: so much is one piece. */
export const PACKET_PULLED: u32 = 184;
/** How it leaves: SPLIT_*. */
export const PACKET_SPLIT: u32 = 188;
/** Absolute address of the route that it takes (assembly/abi/host.ts); 0 = none, or no host is given. */
export const PACKET_ROUTE: u32 = 192;
/** The realms of its way: `from << 16 | to`. */
export const PACKET_REALM: u32 = 196;
/**
 * Where it goes since OUTPUT has routed it anew, which PACKET_OUT says from POSTROUTING on: ROUTE_* of hooks/way.ts << 16 | interface; 0 = it
 * keeps its first way.
 */
export const PACKET_WAY: u32 = 200;
/** PACKET_FACT_* bits: what whoever answers it must know. */
export const PACKET_FACTS: u32 = 204;
/** IPv4: where its source route leads on to. */
export const PACKET_HOP: u32 = 208;
/** Absolute address of what takes note of its journey (abi/journey.ts); 0 = nothing does, or it is none that can be remembered. */
export const PACKET_RECORDER: u32 = 212;
/**
 * Where its connection has been found and the packet put into effect on it before its journey: 1 + an answer of conntrack/answer.ts, and
 * the connection's link. 0 = the tracker is still to do so.
 */
export const PACKET_TRACKED: u32 = 216;
export const PACKET_TRACKED_LINK: u32 = 220;
/** Size of a packet record. */
export const PACKET_BYTES: u32 = 224;

/** IPv6 packet; clear = IPv4. */
export const PACKET_FLAG_IPV6: u32 = 1;
/** Sent by this host (OUTPUT) rather than received. */
export const PACKET_FLAG_SENT: u32 = 2;
/** Fragment with a non-zero offset: what `-f` asks. */
export const PACKET_FLAG_LATER_FRAGMENT: u32 = 4;
/** More fragments follow. */
export const PACKET_FLAG_MORE_FRAGMENTS: u32 = 8;
/**
 * Plain: not a later fragment, and the transport header that tests may ask for is whole. Decision tables
 * hold for plain packets; the others take the linear walk, whose TEST_TRANSPORT can drop on the spot as
 * the kernel's `hotdrop` does.
 */
export const PACKET_FLAG_PLAIN: u32 = 16;
/** The capture cut the packet inside headers or payload that a check would need. */
export const PACKET_FLAG_CUT: u32 = 32;
/** IPv4 with options, or IPv6 with extension headers. */
export const PACKET_FLAG_OPTIONS: u32 = 64;
/** TRACE has marked the packet. */
export const PACKET_FLAG_TRACE: u32 = 128;
/** IPv4 "don't fragment". */
export const PACKET_FLAG_DF: u32 = 256;
/**
 * IPv6 header chain that cannot be walked to its end: what `-p` drops (TEST_IPV6_PROTO). Also true of a later fragment that
 * names another extension header. Ref: net/ipv6/exthdrs_core.c:ipv6_find_hdr()
 */
export const PACKET_FLAG_BAD_CHAIN: u32 = 512;
/** Seen on the loopback device. */
export const PACKET_FLAG_LOOPBACK: u32 = 1024;
/** PACKET_L3 … PACKET_END lie in the shard's scratch, where a target has put them to change them (wire/edit.ts). */
export const PACKET_FLAG_OWNED: u32 = 2048;
/** The second packet that was made of one (clonePacket() in wire/edit.ts). */
export const PACKET_FLAG_CLONE: u32 = 4096;
/** The copy that TEE sends (copyPacket() in wire/edit.ts). */
export const PACKET_FLAG_TEE: u32 = 16384;
/** What this host answers a packet with, and what it answers that with. */
export const PACKET_FLAG_ANSWER: u32 = 32768;
export const PACKET_FLAG_SECOND_ANSWER: u32 = 65536;
/** It comes from a socket of the kernel's own, as all answers but the resets of REJECT do. */
export const PACKET_FLAG_KERNEL_SOCKET: u32 = 131072;
/** Fragment of any kind: IPv4, or IPv6 with a fragment header, be it the only one of its packet. */
export const PACKET_FLAG_FRAGMENT: u32 = 8192;

/** It goes back to the network (IPv6: the device) it came from, whose hosts the kernel redirects, if nothing stops it before. */
export const PACKET_FACT_REDIRECT: u32 = 1;
/** Its sender is told of a better gateway. */
export const PACKET_FACT_REDIRECTED: u32 = 2;
// IPv4 options: something has been written into them; an address, and one beside a time, is to be written again when it leaves; it goes on
// to PACKET_HOP of its source route (of one that ends here: the byte of its header at fault, 0 = none); a time was written. Of what the host answers with: the same of what is still to be written.
export const PACKET_FACT_OPTIONS: u32 = 4;
export const PACKET_FACT_RECORDED: u32 = 8;
export const PACKET_FACT_STAMPED: u32 = 16;
export const PACKET_FACT_SOURCE_ROUTED: u32 = 32;
export const PACKET_FACT_TIMED: u32 = 64;
export const PACKET_FACTS_OPTIONS: u32 = 124;

/** In one piece. */
export const SPLIT_NONE: u32 = 0;
/** In fragments, and in fragments that say "don't fragment" (IPv4). */
export const SPLIT_FRAGMENTS: u32 = 1;
export const SPLIT_FRAGMENTS_DF: u32 = 2;

/** Link-layer packet types. Ref: include/uapi/linux/if_packet.h */
export const PKTTYPE_HOST: u32 = 0;
export const PKTTYPE_BROADCAST: u32 = 1;
export const PKTTYPE_MULTICAST: u32 = 2;
export const PKTTYPE_OTHERHOST: u32 = 3;
export const PKTTYPE_OUTGOING: u32 = 4;
export const PKTTYPE_LOOPBACK: u32 = 5;

/**
 * Bits of PACKET_CTSTATE, as xt_conntrack sees a state. A packet without an entry is INVALID, also in raw, before
 * conntrack has run. Ref: net/netfilter/xt_conntrack.c:conntrack_mt()
 */
export const CTSTATE_INVALID: u32 = 1;
export const CTSTATE_ESTABLISHED: u32 = 2;
export const CTSTATE_RELATED: u32 = 4;
export const CTSTATE_NEW: u32 = 8;
export const CTSTATE_UNTRACKED: u32 = 64;
export const CTSTATE_SNAT: u32 = 128;
export const CTSTATE_DNAT: u32 = 256;
/** enum ip_conntrack_info. Ref: include/uapi/linux/netfilter/nf_conntrack_common.h */
export const CTINFO_ESTABLISHED: u32 = 0;
export const CTINFO_RELATED: u32 = 1;
export const CTINFO_NEW: u32 = 2;
export const CTINFO_IS_REPLY: u32 = 3;
export const CTINFO_ESTABLISHED_REPLY: u32 = 3;
export const CTINFO_RELATED_REPLY: u32 = 4;
export const CTINFO_UNTRACKED: u32 = 7;
/** No conntrack entry and not untracked (IP_CT with a null entry): what INVALID packets have. */
export const CTINFO_NONE: u32 = 8;

/** Address types (bit numbers). Ref: include/uapi/linux/rtnetlink.h RTN_* */
export const RTN_UNSPEC: u32 = 0;
export const RTN_UNICAST: u32 = 1;
export const RTN_LOCAL: u32 = 2;
export const RTN_BROADCAST: u32 = 3;
export const RTN_ANYCAST: u32 = 4;
export const RTN_MULTICAST: u32 = 5;
export const RTN_BLACKHOLE: u32 = 6;
export const RTN_UNREACHABLE: u32 = 7;
export const RTN_PROHIBIT: u32 = 8;
export const RTN_THROW: u32 = 9;
