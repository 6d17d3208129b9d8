// A connection from its first packet, where that is what most first packets are: a SYN, or a datagram, over IPv4, of no zone, expected by
// nobody. All that is known of the entry then is written at once; it is word by word what resolve.ts, tcp.ts and udp.ts would leave.

import { IPCT_NEW, IPCT_PROTOINFO } from '../abi/event.ts';
import {
  COLD_BYTES_SEEN,
  COLD_BYTES_SEEN_REPLY,
  COLD_LAST,
  COLD_PACKETS,
  COLD_PACKETS_REPLY,
  CONNTRACK_ACCT,
  CONNTRACK_HELPERS_BY_PORT,
  CONNTRACK_TCP_TIMEOUTS,
  CONNTRACK_UDP_TIMEOUT,
  FLOW_DEADLINE,
  FLOW_EXTENSION,
  FLOW_NUMBER,
  FLOW_PROTO,
  FLOW_REPLY,
  FLOW_SHARD,
  FLOW_STATUS,
  IPS_CONFIRMED,
  IPS_DST_NAT,
  IPS_DST_NAT_DONE,
  IPS_SRC_NAT,
  IPS_SRC_NAT_DONE,
  SHARD_CREATED,
  SHARD_EXPECTATIONS,
  SHARD_LIVE,
  TCP_CT_RETRANS,
  TCP_CT_SYN_SENT,
  TCP_END,
  TCP_HALF_BYTES,
  TCP_MAXACK,
  TCP_MAXEND,
  TCP_MAXWIN,
  TCP_STATE,
  TUPLE_SPORT,
  UDP_STREAM_AFTER,
} from '../abi/flow.ts';
import {
  CTINFO_NEW,
  CTSTATE_NEW,
  PACKET_CT,
  PACKET_CTINFO,
  PACKET_CTMARK,
  PACKET_CTSTATE,
  PACKET_L4,
  PACKET_L4_LENGTH,
  PACKET_LENGTH,
  PACKET_NUMBER,
  PACKET_PROTO,
  PACKET_SHARD,
  PACKET_TIME,
} from '../abi/packet.ts';
import { flags, headerLength } from '../wire/tcp.ts';
import { noteEvent } from './event.ts';
import { cold, createdAt, takeSlot } from './pool.ts';
import { bucketOf, insertEntry, isInBucket, noteHash, notedReplyHash, noteReplyHash, startClock } from './table.ts';
import { isBrokenTcp } from './tcp.ts';
import { TCP_CLASS_SYN } from './tcp-class.ts';
import { readSynOptions } from './tcp-options.ts';
import { TCPHDR_CLASSES, TCPHDR_SYN } from './tcp-window.ts';
import { be16, be32, hashTuple4, IPPROTO_TCP } from './tuple.ts';
import { isBrokenUdp, streamAfter } from './udp.ts';
import { isReplyTaken } from './zone.ts';

/** What a translation, or a table nat without any, leaves. */
const SETTLED: u32 = IPS_SRC_NAT | IPS_DST_NAT | IPS_SRC_NAT_DONE | IPS_DST_NAT_DONE;

/** Whether first packets of a shard can be taken at once: nobody expects any, and no port has a helper. */
// @ts-ignore: decorator
@inline
export function opensPlainly(region: usize, block: usize): bool {
  return (load<u32>(block, SHARD_EXPECTATIONS) | load<u32>(region, CONNTRACK_HELPERS_BY_PORT)) == 0;
}

/**
 * Tracks a received packet of TCP or UDP over IPv4 that has been given neither an entry nor a template, and whose tuple no entry in the table
 * has: makes its entry, and puts the packet into effect on it. `src`, `dst`, `end`: the words of its tuple.
 *
 * Returns: the entry; 0 = nothing is done, track() must say.
 * Ref: net/netfilter/nf_conntrack_core.c:nf_conntrack_in()
 */
export function trackFirst(region: usize, block: usize, packet: usize, src: u32, dst: u32, end: u64): usize {
  const header: usize = load<u32>(packet, PACKET_L4);
  const isTcp = load<u32>(packet, PACKET_PROTO) == IPPROTO_TCP;
  if (!(isTcp ? isGoodSyn(region, packet, header) : !isBrokenUdp(region, packet))) return 0;
  const entry = takeSlot(region, block);
  if (entry == 0) return 0;
  const now = load<u64>(packet, PACKET_TIME);
  const zero = i32x4.splat(0);
  const answerEnd = (end & ~0xffffffff) | <u64>rotl<u32>(<u32>end, 16);
  const source = i32x4.replace_lane(zero, 0, src);
  const destination = i32x4.replace_lane(zero, 0, dst);
  v128.store(entry, source);
  v128.store(entry, destination, 16);
  v128.store(entry, zero, 32);
  v128.store(entry, zero, 48);
  v128.store(entry, destination, FLOW_REPLY);
  v128.store(entry, source, FLOW_REPLY + 16);
  v128.store(entry, zero, FLOW_REPLY + 32);
  v128.store(entry, zero, FLOW_REPLY + 48);
  store<u64>(entry, end, TUPLE_SPORT);
  store<u64>(entry, answerEnd, FLOW_REPLY + TUPLE_SPORT);
  noteHash(entry, hashTuple4(src, dst, end));
  noteReplyHash(entry, hashTuple4(dst, src, answerEnd));
  store<u32>(entry, load<u32>(packet, PACKET_NUMBER), FLOW_NUMBER);
  const events: u32 = isTcp ? 1 << IPCT_PROTOINFO : 0;
  store<u32>(entry, load<u32>(packet, PACKET_SHARD) | (events << 16), FLOW_SHARD);
  if (isTcp) startTcp(region, entry, packet, header);
  else startUdp(region, entry, now);
  store<u64>(createdAt(region, entry), now);
  if (load<u32>(region, CONNTRACK_ACCT)) startCounters(region, entry, load<u32>(packet, PACKET_LENGTH), now);
  store<u32>(block, load<u32>(block, SHARD_LIVE) + 1, SHARD_LIVE);
  store<u64>(block, load<u64>(block, SHARD_CREATED) + 1, SHARD_CREATED);
  store<u32>(packet, <u32>entry, PACKET_CT);
  store<u32>(packet, CTINFO_NEW, PACKET_CTINFO);
  store<u32>(packet, CTSTATE_NEW, PACKET_CTSTATE);
  store<u32>(packet, 0, PACKET_CTMARK);
  return entry;
}

/** A SYN whose connection the TCP tracker opens. Ref: net/netfilter/nf_conntrack_proto_tcp.c:tcp_error(), tcp_new() */
// @ts-ignore: decorator
@inline
function isGoodSyn(region: usize, packet: usize, header: usize): bool {
  return (flags(header) & TCPHDR_CLASSES) == TCPHDR_SYN && !isBrokenTcp(region, packet, header);
}

/**
 * What a SYN leaves: its sender's end, window and options; that the other side may send as much as it offers; and the time of an
 * unanswered SYN, which no window has been noted for (see chooseTimeout()).
 *
 * Ref: net/netfilter/nf_conntrack_proto_tcp.c:tcp_new(), tcp_in_window(), nf_conntrack_tcp_packet()
 */
// @ts-ignore: decorator
@inline
function startTcp(region: usize, entry: usize, packet: usize, header: usize): void {
  const data = load<u32>(packet, PACKET_L4_LENGTH) - headerLength(header);
  const end = be32(header + 4) + data + 1;
  const window = max<u32>(be16(header + 14), 1);
  const zero = i32x4.splat(0);
  const state = entry + FLOW_PROTO;
  v128.store(state, zero, 16);
  v128.store(state, zero, 32);
  v128.store(state, zero, 48);
  store<u32>(state, end, TCP_END);
  store<u32>(state, end, TCP_MAXEND);
  store<u32>(state, window, TCP_MAXWIN);
  store<u32>(state, 0, TCP_MAXACK);
  store<u32>(state, window, TCP_HALF_BYTES + TCP_MAXEND);
  store<u32>(state, TCP_CT_SYN_SENT | (TCP_CLASS_SYN << 16), TCP_STATE); // with TCP_LAST_DIRECTION, TCP_LAST_CLASS and TCP_RETRANS
  readSynOptions(header, state);
  const unanswered = load<u64>(region, CONNTRACK_TCP_TIMEOUTS + (TCP_CT_SYN_SENT << 3));
  store<u64>(entry, min<u64>(unanswered, load<u64>(region, CONNTRACK_TCP_TIMEOUTS + (TCP_CT_RETRANS << 3))), FLOW_DEADLINE);
}

/** Ref: net/netfilter/nf_conntrack_proto_udp.c:nf_conntrack_udp_packet() */
// @ts-ignore: decorator
@inline
function startUdp(region: usize, entry: usize, now: u64): void {
  const zero = i32x4.splat(0);
  v128.store(entry, zero, FLOW_PROTO);
  v128.store(entry, zero, FLOW_PROTO + 16);
  v128.store(entry, zero, FLOW_PROTO + 32);
  v128.store(entry, zero, FLOW_PROTO + 48);
  store<u64>(entry, streamAfter(region, now), FLOW_PROTO + UDP_STREAM_AFTER);
  store<u64>(entry, load<u64>(region, CONNTRACK_UDP_TIMEOUT), FLOW_DEADLINE);
}

function startCounters(region: usize, entry: usize, length: u32, now: u64): void {
  const away = cold(region, entry);
  store<u64>(away, 1, COLD_PACKETS);
  store<u64>(away, length, COLD_BYTES_SEEN);
  store<u64>(away, 0, COLD_PACKETS_REPLY);
  store<u64>(away, 0, COLD_BYTES_SEEN_REPLY);
  store<u64>(away, now, COLD_LAST);
}

/** Whether no entry in the table has the tuple of the replies to the entry of trackFirst(), which stands in no chain. */
// @ts-ignore: decorator
@inline
export function isAlone(region: usize, block: usize, entry: usize): bool {
  return !isInBucket(bucketOf(region, block, notedReplyHash(entry)), entry + FLOW_REPLY);
}

/**
 * Puts the entry of trackFirst() into the table, as confirm() would, if nothing has happened to it on the packet's way but a translation.
 * Nobody has its original tuple: it was looked for when the packet came, and no other entry has come since. So it is with the tuple of the
 * replies, where the entry was `alone` (isAlone()) and has kept it.
 *
 * Returns: whether it is there; if not, nothing is done.
 * Ref: net/netfilter/nf_conntrack_core.c:__nf_conntrack_confirm()
 */
// @ts-ignore: decorator
@inline
export function confirmFirst(region: usize, block: usize, entry: usize, now: u64, alone: bool): bool {
  const status = load<u32>(entry, FLOW_STATUS);
  if (((status & ~SETTLED) | load<u32>(entry, FLOW_EXTENSION)) != 0) return false;
  const isFree = alone && (status & (IPS_SRC_NAT | IPS_DST_NAT)) == 0;
  if (!isFree && isReplyTaken(region, block, entry, now)) return false;
  insertEntry(region, block, entry);
  startClock(entry, now);
  store<u32>(entry, status | IPS_CONFIRMED, FLOW_STATUS);
  noteEvent(entry, IPCT_NEW);
  return true;
}
