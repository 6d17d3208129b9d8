// Opcodes of a compiled ruleset: tests (what is asked of a packet) and actions (what a matching rule does).
//
// A test program is a run of u32 words: `[opcode | flags | field << 16] [operands …]`, ended by TEST_END. All tests of a
// program must hold. A test answers match, miss, or hotdrop. From TEST_SIZED on the upper half of a test's first word is no field but
// the number of its operand words.

/** Negates the answer of a test (a hotdrop stays one). */
export const TEST_NEGATE: u32 = 0x100;
export const TEST_OPCODE_MASK: u32 = 0xff;
export const TEST_FIELD_SHIFT: u32 = 16;

/** No operands: the program ends, all tests held. */
export const TEST_END: u32 = 0;
/** `[mask] [value]`: (field & mask) == value. */
export const TEST_MASK: u32 = 1;
/** `[low] [high]`: low <= field <= high, unsigned. */
export const TEST_RANGE: u32 = 2;
/** `[count] ([low] [high])*`: the field is in one of the ranges. */
export const TEST_RANGES: u32 = 3;
/** `[words] tests … TEST_END`: matches when the tests do not all hold. `words` counts the nested words with their TEST_END. */
export const TEST_NOT: u32 = 4;
/**
 * `[bytes] [flags]`: the transport header must be there with that many bytes: a later fragment misses (with
 * TRANSPORT_HOTDROP_OFFSET_1 one at offset 8 is dropped), a header cut short is dropped. Always true for plain packets.
 * Ref: net/netfilter/xt_tcpudp.c:tcp_mt()
 */
export const TEST_TRANSPORT: u32 = 5;
/** IPv6 `-p`: the header chain must be readable, else the packet is dropped. Ref: net/ipv6/netfilter/ip6_tables.c:ip6_packet_match() */
export const TEST_IPV6_PROTO: u32 = 6;
/** `[kind]`: TCP option of that kind is present; a cut or broken header drops. Ref: net/netfilter/xt_tcpudp.c:tcp_find_option() */
export const TEST_TCP_OPTION: u32 = 7;
/** Field is the first word of an address: `[low x4] [high x4]`: low <= address <= high as 128-bit numbers. */
export const TEST_ADDRESS_RANGE: u32 = 8;
/** `[mask] [value]`: there is a conntrack entry and (its mark & mask) == value. Without an entry: misses, negated or not. */
export const TEST_CONNMARK: u32 = 9;
/** `[flags] then CONNTRACK_WORDS - 1 words`: the options of `-m conntrack` that need the entry. See CONNTRACK_*. */
export const TEST_CONNTRACK: u32 = 10;
/**
 * `[source types] [destination types] [flags]`: address types (bits 1 << RTN_*, 0 = not asked), looked up with the device that
 * ADDRTYPE_LIMIT_* names; ADDRTYPE_INVERT_* negate. IPv4: any of the asked bits. IPv6: of UNSPEC, UNICAST and MULTICAST all that
 * are asked must hold, and of LOCAL, ANYCAST and UNREACHABLE, if asked, at least one.
 * Ref: net/netfilter/xt_addrtype.c:addrtype_mt_v1(), match_type6()
 */
export const TEST_ADDRTYPE: u32 = 11;

/**
 * `[source masks x4] [destination masks x4] [source values x4] [destination values x4]`: (address & mask) == value, of both addresses. No test
 * stands before it or behind it.
 */
export const TEST_ADDRESSES: u32 = 12;
/** Operand words of TEST_ADDRESSES. */
export const ADDRESSES_WORDS: u32 = 16;

/** Opcodes from here on have as many operand words as the upper half of their first word says. */
export const TEST_SIZED: u32 = 32;
/** `[parts of 2^31]`: a random draw falls below. Ref: net/netfilter/xt_statistic.c:statistic_mt() */
export const TEST_STATISTIC_RANDOM: u32 = 32;
/** `[state] [every - 1]`: counts the packets that ask, from STATISTIC_COUNT on; each `every`th holds. Ref: net/netfilter/xt_statistic.c:statistic_mt() */
export const TEST_STATISTIC_NTH: u32 = 33;

/** `[state] [cost] [most credit]`: there is credit for one more packet. Ref: net/netfilter/xt_limit.c:limit_mt() */
export const TEST_LIMIT: u32 = 80;
/**
 * `[state] [HASHLIMIT_MODE_* of the rule]`: its addresses and ports have credit for the packet, or, inverted, have not. Hotdrop when the
 * table is full or the ports are not there. Ref: net/netfilter/xt_hashlimit.c:hashlimit_mt_common()
 */
export const TEST_HASHLIMIT: u32 = 81;
/** `[state] [RECENT_*] [seconds] [hits]`: what the list has of its address. Ref: net/netfilter/xt_recent.c:recent_mt() */
export const TEST_RECENT: u32 = 82;
/** `[state]`: the packet's bytes are left of the quota, and are taken from it. Ref: net/netfilter/xt_quota.c:quota_mt() */
export const TEST_QUOTA: u32 = 83;
/** `RATEEST_WORDS words`: what an estimator says against a number or another one. Ref: net/netfilter/xt_rateest.c:xt_rateest_mt() */
export const TEST_RATEEST: u32 = 84;
/** `TIME_WORDS words`: the packet's time is in the dates, times and days asked for. Ref: net/netfilter/xt_time.c:time_mt() */
export const TEST_TIME: u32 = 85;

/** TEST_SET_WORDS words (abi/set.ts): an IP set has the packet. Ref: net/netfilter/xt_set.c:set_match_v4() */
export const TEST_SET: u32 = 200;

// TEST_RATEEST operands, as word indexes behind the opcode word.
/** RATEEST_* bits. */
export const RATEEST_FLAGS: u32 = 0;
/** State of the estimators; the second counts with RATEEST_RELATIVE. */
export const RATEEST_ESTIMATOR1: u32 = 1;
export const RATEEST_ESTIMATOR2: u32 = 2;
/** Bytes and packets a second. */
export const RATEEST_BPS1: u32 = 3;
export const RATEEST_PPS1: u32 = 4;
export const RATEEST_BPS2: u32 = 5;
export const RATEEST_PPS2: u32 = 6;
/** Operand words of TEST_RATEEST. */
export const RATEEST_WORDS: u32 = 7;

/** The first is less, or greater, than the second; with neither they are equal. */
export const RATEEST_LT: u32 = 1;
export const RATEEST_GT: u32 = 2;
export const RATEEST_RELATIVE: u32 = 4;
/** What an estimate leaves of the number beside it is compared. */
export const RATEEST_DELTA: u32 = 8;
export const RATEEST_BPS: u32 = 16;
export const RATEEST_PPS: u32 = 32;

// TEST_TIME operands, as word indexes behind the opcode word.
/** Seconds since 1970, both ends included. */
export const TIME_DATE_START: u32 = 0;
export const TIME_DATE_STOP: u32 = 1;
/** Seconds since midnight, both ends included. */
export const TIME_DAY_START: u32 = 2;
export const TIME_DAY_STOP: u32 = 3;
/** A bit a day: of the month 1 to 31, of the week 1 (Monday) to 7. */
export const TIME_MONTHDAYS: u32 = 4;
export const TIME_WEEKDAYS: u32 = 5;
/** Seconds that are taken from the packet's time, signed: the kernel's time zone, or 0. */
export const TIME_WEST: u32 = 6;
/** 1: what is left of a span of the day before counts as that day. */
export const TIME_CONTIGUOUS: u32 = 7;
/** Operand words of TEST_TIME. */
export const TIME_WORDS: u32 = 8;
// Tests of packet bytes: BYTE_TESTS to below BYTE_TESTS_END. What their operand words mean in detail stands in abi/operand.ts.
export const BYTE_TESTS: u32 = 40;
export const BYTE_TESTS_END: u32 = 80;

/**
 * `[offset] [shift] [mask] ([low] [high])*`: the big-endian word at an offset in the transport header, shifted right and masked, is in
 * one of the ranges. TEST_TRANSPORT stands in front.
 */
export const TEST_TRANSPORT_RANGES: u32 = 40;
/** `[low] [high]`: type of a mobility header; one that carries something else drops the packet. Ref: net/ipv6/netfilter/ip6t_mh.c:mh_mt6() */
export const TEST_MOBILITY: u32 = 41;
/** `[mask] [value]`: bits of byte 13 of a TCP header, also of what merely stands in its place. Ref: net/netfilter/xt_ecn.c:match_tcp() */
export const TEST_ECN_TCP: u32 = 42;
/** `[low] [high]`: largest segment of the sender; a cut or broken header drops. Ref: net/netfilter/xt_tcpmss.c:tcpmss_mt() */
export const TEST_TCPMSS: u32 = 43;
/** `[kind]`: DCCP option of that kind is present. Ref: net/netfilter/xt_dccp.c:dccp_find_option() */
export const TEST_DCCP_OPTION: u32 = 44;
/** `[SCTP_MATCH_*] [types x8] [count] ([type | mask << 8 | value << 16])*`: chunks and their flags. Ref: net/netfilter/xt_sctp.c:match_packet() */
export const TEST_SCTP_CHUNKS: u32 = 45;
/** `[low] [high] [length] [HEADER_* flags]`. Ref: net/ipv6/netfilter/ip6t_ah.c:ah_mt6() */
export const TEST_IPV6_AH: u32 = 46;
/** `[header] [HEADER_* flags] [length] [count] ([type | length << 8])*`. Ref: net/ipv6/netfilter/ip6t_hbh.c:hbh_mt6() */
export const TEST_IPV6_OPTIONS: u32 = 47;
/** `[low] [high] [HEADER_* flags] [mask] [value]`: the id, and bits of the header's first word. Ref: net/ipv6/netfilter/ip6t_frag.c:frag_mt6() */
export const TEST_IPV6_FRAGMENT: u32 = 48;
/** `[low] [high] [type] [length] [HEADER_* flags] [count] ([address x4])*`. Ref: net/ipv6/netfilter/ip6t_rt.c:rt_mt6() */
export const TEST_IPV6_ROUTING: u32 = 49;
/** `[count] ([check])* [count] ([SEGMENT_*] [mask x4] [value x4])*`. Ref: net/ipv6/netfilter/ip6t_srh.c:srh1_mt6() */
export const TEST_IPV6_SEGMENTS: u32 = 50;
/** `[bits] [HEADER_* flags]`: which headers there are. Ref: net/ipv6/netfilter/ip6t_ipv6header.c:ipv6header_mt6() */
export const TEST_IPV6_HEADERS: u32 = 51;
/** `[address x2]`: source of the Ethernet frame, as its six bytes lie in memory. Without a frame: misses, negated or not. Ref: net/netfilter/xt_mac.c:mac_mt() */
export const TEST_MAC: u32 = 52;
/** The IPv6 source is made from the source of the Ethernet frame. Ref: net/ipv6/netfilter/ip6t_eui64.c:eui64_mt6() */
export const TEST_EUI64: u32 = 53;
/** `[tests] ([numbers] [place] ([U32_* operator] [number])* [ranges] ([low] [high])*)*`. Ref: net/netfilter/xt_u32.c:u32_match_it() */
export const TEST_U32: u32 = 54;
/** `[from] [to] [bytes] [1 = in any case] [shift by byte: 64 words] [shift by place: 32 words] [bytes]`. Ref: net/netfilter/xt_string.c:string_mt() */
export const TEST_STRING: u32 = 55;
/** `([code | jump if true << 16 | jump if false << 24] [k])*`: a program in classic BPF. Ref: net/netfilter/xt_bpf.c:bpf_mt() */
export const TEST_BPF: u32 = 56;

/**
 * `[SOCKET_* flags]`: the packet is one for which the kernel looks for a socket: TCP or UDP with a whole header, or an ICMP or ICMPv6
 * error that quotes such. Ref: net/ipv4/netfilter/nf_socket_ipv4.c:nf_sk_lookup_slow_v4(), net/ipv6/netfilter/nf_socket_ipv6.c
 */
export const TEST_SOCKET: u32 = 120;

/** The packet gets the mark of the socket, 0. */
export const SOCKET_RESTORE_MARK: u32 = 1;

/** `[RPFILTER_* flags]`: an answer would leave by the interface the packet came in by. Ref: net/ipv4/netfilter/ipt_rpfilter.c:rpfilter_mt() */
export const TEST_RPFILTER: u32 = 121;
/** `[mask] [value]`: (the realms of the packet's routes & mask) == value. Ref: net/netfilter/xt_realm.c:realm_mt() */
export const TEST_REALM: u32 = 122;

/**
 * `[OSF_* flags] [OSF_TTL_*] [count] fingerprint*`: the packet is a TCP packet with SYN that looks like one of the fingerprints.
 * Ref: net/netfilter/nfnetlink_osf.c:nf_osf_match()
 */
export const TEST_OSF: u32 = 123;

// Operands of TEST_OSF, in bytes from the first.
export const OSF_FLAGS: u32 = 0;
export const OSF_TTL: u32 = 4;
export const OSF_COUNT: u32 = 8;
export const OSF_FINGERPRINTS: u32 = 12;
/** All fingerprints it looks like go to the log, or only the first. */
export const OSF_LOGS: u32 = 1;
export const OSF_LOGS_FIRST: u32 = 2;
/** How the time to live is compared: equal, at most as great, not at all. */
export const OSF_TTL_EQUAL: u32 = 0;
export const OSF_TTL_LESS: u32 = 1;
export const OSF_TTL_ANY: u32 = 2;
/** In the log: it looks like no fingerprint. */
export const OSF_UNKNOWN: u32 = 0xffffffff;

// Fingerprint.
export const FINGERPRINT_ID: u32 = 0;
export const FINGERPRINT_TTL: u32 = 4;
/** 0 or 1. */
export const FINGERPRINT_DF: u32 = 8;
/** IP total length. */
export const FINGERPRINT_LENGTH: u32 = 12;
/** 0 the window itself (0 = any), 1 times the segment size, 2 times the packet size, 3 a divisor of it. */
export const FINGERPRINT_WINDOW_KIND: u32 = 16;
export const FINGERPRINT_WINDOW: u32 = 20;
export const FINGERPRINT_OPTION_COUNT: u32 = 24;
/** TCP options, a word each: kind << 16 | length. */
export const FINGERPRINT_OPTIONS: u32 = 28;

export const RPFILTER_LOOSE: u32 = 1;
export const RPFILTER_ACCEPT_LOCAL: u32 = 2;
export const RPFILTER_VALID_MARK: u32 = 4;

/** State of TEST_STATISTIC_NTH: packets since the last that held. */
export const STATISTIC_COUNT: u32 = 0;
export const STATISTIC_BYTES: u32 = 4;

// Tests of connections: CONNECTION_TESTS to below CONNECTION_TESTS_END.
export const CONNECTION_TESTS: u32 = 100;
/**
 * `[CONNBYTES_* what] [directions] [from: low, high word] [to: low, high word]`: what the entry has counted is in the range. Without
 * an entry: misses, negated or not. Directions are bits 1 << direction. Ref: net/netfilter/xt_connbytes.c:connbytes_mt()
 */
export const TEST_CONNBYTES: u32 = 100;
/** `[label] [1 = set it]`: the entry has the label, or has it from now on. Ref: net/netfilter/xt_connlabel.c:connlabel_mt() */
export const TEST_CONNLABEL: u32 = 101;
/**
 * `[nodes] [bits of the local nodes] [seed]`: the entry's first source address falls to a local node. Without an entry: misses,
 * negated or not. Ref: net/netfilter/xt_cluster.c:xt_cluster_mt()
 */
export const TEST_CLUSTER: u32 = 102;
/** `[CONNLIMIT_* operands]`: the packet's address has more connections than the limit. Ref: net/netfilter/xt_connlimit.c:connlimit_mt() */
export const TEST_CONNLIMIT: u32 = 103;
/** `[bits of helpers]`: the entry was expected, and its master has one of the helpers, bits 1 << number. Ref: net/netfilter/xt_helper.c:helper_mt() */
export const TEST_HELPER: u32 = 104;
export const CONNECTION_TESTS_END: u32 = 120;

/** What TEST_CONNBYTES looks at: packets, bytes, or bytes a packet. */
export const CONNBYTES_PACKETS: u32 = 0;
export const CONNBYTES_BYTES: u32 = 1;
export const CONNBYTES_AVERAGE: u32 = 2;

export const TRANSPORT_HOTDROP_OFFSET_1: u32 = 1;

export const ADDRTYPE_LIMIT_IN: u32 = 1;
export const ADDRTYPE_LIMIT_OUT: u32 = 2;
export const ADDRTYPE_INVERT_SOURCE: u32 = 4;
export const ADDRTYPE_INVERT_DESTINATION: u32 = 8;

// TEST_CONNTRACK operands, as word indexes behind the opcode word.
/** Word 0: CONNTRACK_ASK_* bits (which options are asked) | the same bits << 16 (which of them are inverted). */
export const CONNTRACK_FLAGS: u32 = 0;
/** Addresses and masks, four words each: original source, original destination, reply source, reply destination. */
export const CONNTRACK_ORIGSRC: u32 = 1;
export const CONNTRACK_ORIGSRC_MASK: u32 = 5;
export const CONNTRACK_ORIGDST: u32 = 9;
export const CONNTRACK_ORIGDST_MASK: u32 = 13;
export const CONNTRACK_REPLSRC: u32 = 17;
export const CONNTRACK_REPLSRC_MASK: u32 = 21;
export const CONNTRACK_REPLDST: u32 = 25;
export const CONNTRACK_REPLDST_MASK: u32 = 29;
/** Port ranges, low << 16 | high. */
export const CONNTRACK_ORIGSRC_PORT: u32 = 33;
export const CONNTRACK_ORIGDST_PORT: u32 = 34;
export const CONNTRACK_REPLSRC_PORT: u32 = 35;
export const CONNTRACK_REPLDST_PORT: u32 = 36;
export const CONNTRACK_PROTO: u32 = 37;
/** IPS_* status bits, any of which matches; 0 with the ask bit = NONE. */
export const CONNTRACK_STATUS: u32 = 38;
/** Seconds left: low, high. */
export const CONNTRACK_EXPIRE_LOW: u32 = 39;
export const CONNTRACK_EXPIRE_HIGH: u32 = 40;
/** CTSTATE_* bits, any of which matches. */
export const CONNTRACK_STATE: u32 = 41;
/** Operand words of TEST_CONNTRACK. */
export const CONNTRACK_WORDS: u32 = 42;

export const CONNTRACK_ASK_STATE: u32 = 1;
export const CONNTRACK_ASK_PROTO: u32 = 2;
export const CONNTRACK_ASK_ORIGSRC: u32 = 4;
export const CONNTRACK_ASK_ORIGDST: u32 = 8;
export const CONNTRACK_ASK_REPLSRC: u32 = 16;
export const CONNTRACK_ASK_REPLDST: u32 = 32;
export const CONNTRACK_ASK_STATUS: u32 = 64;
export const CONNTRACK_ASK_EXPIRE: u32 = 128;
export const CONNTRACK_ASK_ORIGSRC_PORT: u32 = 256;
export const CONNTRACK_ASK_ORIGDST_PORT: u32 = 512;
export const CONNTRACK_ASK_REPLSRC_PORT: u32 = 1024;
export const CONNTRACK_ASK_REPLDST_PORT: u32 = 2048;
/** Direction: asked; inverted = reply. */
export const CONNTRACK_ASK_DIRECTION: u32 = 4096;

// Actions. An item's action word is `opcode | ACTION_FLAG_*`; operands stand where the item's operand offset points.

/** Counts and goes on (no target, LOG and NFLOG when no log is kept, an inlined jump, RETURN). */
export const ACTION_CONTINUE: u32 = 0;
/** `[VERDICT_*]`: ends the chain run with it. */
export const ACTION_VERDICT: u32 = 1;
/** `[chain program offset]`: runs a user chain that was not inlined, then goes on at the item's next. */
export const ACTION_CALL: u32 = 2;
/** `[chain program offset]`: as CALL, but the end of that chain is the end of this one. */
export const ACTION_GOTO: u32 = 3;
/** `[reject type]`: VERDICT_REJECT. The type is REJECT_TCP_RESET, or `type << 8 | code` of the ICMP or ICMPv6 error that answers. */
export const ACTION_REJECT: u32 = 4;
/** `[and mask] [xor value]`: mark = (mark & and) ^ xor. */
export const ACTION_MARK: u32 = 5;
/**
 * `[CONNMARK_* mode] [value or ct mask] [mask or nf mask] [bits to the left] [bits to the right]`: what is set, or copied under
 * its mask, is shifted before it is stored. Ref: net/netfilter/xt_connmark.c:connmark_tg_shift()
 */
export const ACTION_CONNMARK: u32 = 6;
/** The packet becomes UNTRACKED unless it has an entry. Ref: net/netfilter/xt_CT.c:notrack_tg() */
export const ACTION_NOTRACK: u32 = 7;
/** Sets PACKET_FLAG_TRACE. */
export const ACTION_TRACE: u32 = 8;
/** `[id]`: writes a record of the packet to the log (LOG, NFLOG). */
export const ACTION_LOG: u32 = 9;
/** `[state]`: counts the packet in an estimator. Ref: net/netfilter/xt_RATEEST.c:xt_rateest_tg() */
export const ACTION_RATEEST: u32 = 32;

// Actions on connections: CONNECTION_ACTIONS to below CONNECTION_ACTIONS_END.
export const CONNECTION_ACTIONS: u32 = 40;
export const CONNECTION_ACTIONS_END: u32 = 64;
/** `[state]`: the packet carries the template there from now on, unless it has a connection. Ref: net/netfilter/xt_CT.c:xt_ct_target() */
export const ACTION_CT: u32 = 40;
/** `[HMARK_* operands]`: mark = hash of the packet or its connection. Ref: net/netfilter/xt_HMARK.c:hmark_tg_v4(), hmark_tg_v6() */
export const ACTION_HMARK: u32 = 41;
/** `[state]`: the packet has the security context there. Ref: net/netfilter/xt_SECMARK.c:secmark_tg() */
export const ACTION_SECMARK: u32 = 42;
/** `[1 = restore]`: a mark goes from packet to connection, or back, where there is none. Ref: net/netfilter/xt_CONNSECMARK.c:connsecmark_tg() */
export const ACTION_CONNSECMARK: u32 = 43;
/** Answers connection attempts. Ref: net/ipv4/netfilter/ipt_SYNPROXY.c:synproxy_tg4() */
export const ACTION_SYNPROXY: u32 = 44;
/** `[and mask] [xor value]`: marks the packet for the socket it is handed to, and accepts it. Ref: net/netfilter/xt_TPROXY.c:tproxy_tg4() */
export const ACTION_TPROXY: u32 = 45;

// Operands of ACTION_HMARK, as byte offsets.
/** 1 = hash the connection. */
export const HMARK_CT: u32 = 0;
/** Masks of the addresses, four words each. */
export const HMARK_SRC_MASK: u32 = 4;
export const HMARK_DST_MASK: u32 = 20;
/** Of source port << 16 | destination port, or of the SPI: what is kept, and what is set. */
export const HMARK_PORT_MASK: u32 = 36;
export const HMARK_PORT_SET: u32 = 40;
export const HMARK_PROTO_MASK: u32 = 44;
export const HMARK_RND: u32 = 48;
export const HMARK_MODULUS: u32 = 52;
export const HMARK_OFFSET: u32 = 56;

/** ctmark = shifted (ctmark & ~mask) ^ value. */
export const CONNMARK_SET: u32 = 0;
/** ctmark = (ctmark & ~ctmask) ^ shifted (mark & nfmask). */
export const CONNMARK_SAVE: u32 = 1;
/** mark = (mark & ~nfmask) ^ shifted (ctmark & ctmask). */
export const CONNMARK_RESTORE: u32 = 2;

/** ACTION_SET_WORDS words (abi/set.ts): adds the packet to IP sets, takes it out, marks it. Ref: net/netfilter/xt_set.c:set_target_v3() */
export const ACTION_SET: u32 = 200;

/** ACTION_REJECT answers with a TCP RST. Beyond every `type << 8 | code`. */
export const REJECT_TCP_RESET: u32 = 0x10000;
/** ICMP type of the errors REJECT sends. Ref: net/ipv4/netfilter/ipt_REJECT.c:reject_tg() */
export const REJECT_ICMP: u32 = 0x300;
/** ICMPv6 type of the errors REJECT sends. Ref: net/ipv6/netfilter/ip6t_REJECT.c:reject_tg6() */
export const REJECT_ICMP6: u32 = 0x100;

// Targets that change packets have 64 to 79.
/** `[and mask] [xor value]`: type of service = (type of service & and) ^ xor. */
export const ACTION_TOS: u32 = 64;
/** `[ECN_IP | two bits, or 0] [mask] [value]`: the bits in the IP header, and those of TCP's flags. Ref: net/ipv4/netfilter/ipt_ECN.c:ecn_tg() */
export const ACTION_ECN: u32 = 65;
/** `[TTL_* mode] [value]`. Ref: net/netfilter/xt_HL.c:ttl_tg() */
export const ACTION_TTL: u32 = 66;
/** `[size, or TCPMSS_PATH]`. Ref: net/netfilter/xt_TCPMSS.c:tcpmss_mangle_packet() */
export const ACTION_TCPMSS: u32 = 67;
/** Eight words: a bit for each kind of option. Ref: net/netfilter/xt_TCPOPTSTRIP.c:tcpoptstrip_mangle_packet() */
export const ACTION_TCPOPTSTRIP: u32 = 68;
/**
 * `[device, 0 = any] [address: IPv4 one word, IPv6 four]`: a copy of the packet goes to a gateway. Ref: net/netfilter/xt_TEE.c:tee_tg4(),
 * tee_tg6()
 */
export const ACTION_TEE: u32 = 69;

// Actions that translate addresses: NAT_ACTIONS to below NAT_ACTIONS_END. Their operands are laid out in abi/nat.ts.
export const NAT_ACTIONS: u32 = 96;
export const NAT_ACTIONS_END: u32 = 112;
/** `RANGE_BYTES`: the connection's source becomes one of the range. Ref: net/netfilter/xt_nat.c:xt_snat_target_v2() */
export const ACTION_SNAT: u32 = 96;
/** `RANGE_BYTES`: the same of its destination. Ref: net/netfilter/xt_nat.c:xt_dnat_target_v2() */
export const ACTION_DNAT: u32 = 97;
/** `RANGE_BYTES`: its source becomes an address of the device it leaves by. Ref: net/netfilter/xt_MASQUERADE.c:masquerade_tg() */
export const ACTION_MASQUERADE: u32 = 98;
/** `RANGE_BYTES`: its destination becomes this host. Ref: net/netfilter/xt_REDIRECT.c:redirect_tg4() */
export const ACTION_REDIRECT: u32 = 99;
/** `[network x4] [mask x4]`: its address is moved to another network. Ref: net/netfilter/xt_NETMAP.c:netmap_tg4() */
export const ACTION_NETMAP: u32 = 100;
/** `[prefix x4] [new prefix x4] [length] [new length]`: the packet's source gets another prefix. Ref: net/ipv6/netfilter/ip6t_NPT.c:ip6t_snpt_tg() */
export const ACTION_SNPT: u32 = 101;
/** The same of its destination. Ref: net/ipv6/netfilter/ip6t_NPT.c:ip6t_dnpt_tg() */
export const ACTION_DNPT: u32 = 102;

/** ACTION_ECN sets the bits in the IP header. */
export const ECN_IP: u32 = 4;

export const TTL_SET: u32 = 0;
export const TTL_INC: u32 = 1;
export const TTL_DEC: u32 = 2;

/** ACTION_TCPMSS takes the size from the MTUs of the path. */
export const TCPMSS_PATH: u32 = 0x10000;
