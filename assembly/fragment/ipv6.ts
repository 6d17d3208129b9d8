// IPv6 packets put together for connection tracking. Comes in: a packet with a fragment header; goes out: nothing as long as others are
// missing, or, in its record, the whole packet without one.

import { ENV_FRAGMENTS } from '../abi/batch.ts';
import {
  FRAGMENT_HEADER,
  FRAGMENTS_IPV6,
  HOLD_IPV6,
  HOLD_KEY,
  KEY_DEVICE,
  KEY_DST,
  KEY_ID,
  KEY_PROTO,
  KEY_SRC,
  KEY_USER,
  QUEUE_ECN,
  QUEUE_LENGTH,
  QUEUE_MAX_SIZE,
  QUEUE_NEXT_HEADER_AT,
  QUEUE_RUNS,
} from '../abi/fragment.ts';
import {
  PACKET_DST,
  PACKET_END,
  PACKET_FRAG_MAX,
  PACKET_IN,
  PACKET_L3,
  PACKET_LENGTH,
  PACKET_SRC,
} from '../abi/packet.ts';
import {
  VERDICT_ACCEPT,
  VERDICT_DROP,
  VERDICT_NONE,
  VERDICT_STOLEN,
  WHY_CUT,
  WHY_FRAGMENT_DUPLICATE,
  WHY_FRAGMENT_ECN,
  WHY_FRAGMENT_FULL,
  WHY_FRAGMENT_HELD,
  WHY_FRAGMENT_LENGTH,
  WHY_FRAGMENT_OVERLAP,
  WHY_NONE,
} from '../abi/verdict.ts';
import { jiffies } from '../match/jiffies.ts';
import { dissectAgain } from '../wire/dissect.ts';
import {
  FRAGMENT_BYTES,
  FRAGMENT_OFFSET_MASK,
  findFragment,
  findUpperLayer,
  fragmentHeaderAt,
  fragmentNextAt,
  IPV6_BYTES,
  IPV6_PAYLOAD_LENGTH,
  NEXT_FRAGMENT,
  NO_FRAGMENT,
  payloadLength,
  trafficClass,
  UPPER_LAYER_NONE,
  upperLayerOffset,
  upperLayerProtocol,
} from '../wire/ipv6.ts';
import { PROTO_ICMPV6, PROTO_TCP, PROTO_UDP } from '../wire/transport.ts';
import { answer } from './answer.ts';
import { ECN_BAD, ecnOf, glue } from './assemble.ts';
import { contradicts, findPlace, insert, isComplete, noteFirst, PLACE_DUPLICATE, PLACE_OVERLAP } from './insert.ts';
import { bufferBytes } from './memory.ts';
import { byteOf, keepFragment } from './pool.ts';
import { count, expireQueues, holdOf, isFull, killQueue, openQueue, QUEUE_BYTES6 } from './queue.ts';

const PAYLOAD_MAX: u32 = 65535;
/** Of a first fragment, the least that must be there of the header that its chain leads to. */
const TCP_BYTES: u32 = 20;
const UDP_BYTES: u32 = 8;
const ICMPV6_BYTES: u32 = 8;

/**
 * Takes a packet with a fragment header for `user` (USER_*).
 *
 * Returns: VERDICT_ACCEPT when the record is now that of the whole packet, or the packet is left as it is; VERDICT_STOLEN while fragments
 * are missing; VERDICT_DROP for one that is given up. PACKET_WHY tells.
 * Ref: net/ipv6/netfilter/nf_conntrack_reasm.c:nf_ct_frag6_gather()
 */
export function gather6(env: usize, packet: usize, user: u32): u32 {
  const ip: usize = load<u32>(packet, PACKET_L3);
  const length = load<u32>(packet, PACKET_LENGTH);
  if (payloadLength(ip) == 0) return VERDICT_ACCEPT;
  const found = findFragment(ip, length);
  if (found == NO_FRAGMENT || lacksHeaders(ip, length)) return VERDICT_ACCEPT;
  const at = fragmentHeaderAt(found);
  if (length < at + FRAGMENT_BYTES) return answer(packet, VERDICT_DROP, WHY_FRAGMENT_LENGTH);
  if (load<u32>(packet, PACKET_END) - (ip as u32) < at + FRAGMENT_BYTES) return answer(packet, VERDICT_NONE, WHY_CUT);

  const hold = holdOf(env, packet);
  const held = hold + HOLD_IPV6;
  const directory: usize = load<u32>(env, ENV_FRAGMENTS) + FRAGMENTS_IPV6;
  const now = jiffies(env, packet);
  expireQueues(hold, held, now);
  if (isFull(directory, held)) return answer(packet, VERDICT_DROP, WHY_FRAGMENT_FULL);
  writeKey(hold + HOLD_KEY, packet, ip + at, user);
  const queue = openQueue(hold, directory, held, QUEUE_BYTES6, now);
  if (queue == 0) return answer(packet, VERDICT_DROP, WHY_FRAGMENT_FULL);
  return add(env, hold, queue, packet, found);
}

/** A first fragment must have all headers; one without is left alone. Ref: include/net/ipv6_frag.h:ipv6frag_thdr_truncated() */
function lacksHeaders(ip: usize, length: u32): bool {
  const found = findUpperLayer(ip, length);
  if (found == UPPER_LAYER_NONE) return false;
  const protocol = upperLayerProtocol(found);
  let needed: u32 = 1;
  if (protocol == NEXT_FRAGMENT) return false;
  if (protocol == PROTO_TCP) needed = TCP_BYTES;
  else if (protocol == PROTO_UDP) needed = UDP_BYTES;
  else if (protocol == PROTO_ICMPV6) needed = ICMPV6_BYTES;
  return upperLayerOffset(found) + needed > length;
}

/** The device counts where the destination means something only together with one. */
function writeKey(key: usize, packet: usize, header: usize, user: u32): void {
  const first = load<u32>(packet, PACKET_DST);
  const isOfLink = first >>> 24 == 0xff || first >>> 22 == 0x3fa;
  v128.store(key + KEY_SRC, v128.load(packet + PACKET_SRC));
  v128.store(key + KEY_DST, v128.load(packet + PACKET_DST));
  store<u32>(key, load<u32>(header, 4), KEY_ID);
  store<u32>(key, user, KEY_USER);
  store<u32>(key, 0, KEY_PROTO);
  store<u32>(key, isOfLink ? load<u32>(packet, PACKET_IN) : 0, KEY_DEVICE);
}

/**
 * A fragment that contradicts others leaves the queue as it is; one that is not the last and does not end on eight bytes ends the queue, and
 * goes on as it is. Ref: net/ipv6/netfilter/nf_conntrack_reasm.c:nf_ct_frag6_queue()
 */
function add(env: usize, hold: usize, queue: usize, packet: usize, found: u32): u32 {
  const ip: usize = load<u32>(packet, PACKET_L3);
  const at = fragmentHeaderAt(found);
  const payload = payloadLength(ip);
  const word: u32 = bswap<u16>(load<u16>(ip + at, 2));
  const hasMore = (word & 1) != 0;
  const offset = word & FRAGMENT_OFFSET_MASK;
  const end = offset + payload + IPV6_BYTES - at - FRAGMENT_BYTES;
  if (end > PAYLOAD_MAX) return answer(packet, VERDICT_DROP, WHY_FRAGMENT_LENGTH);
  if (hasMore && (end & 7) != 0) {
    killQueue(hold, queue);
    return VERDICT_ACCEPT;
  }
  if (contradicts(queue, end, hasMore) || end == offset) return answer(packet, VERDICT_DROP, WHY_FRAGMENT_LENGTH);
  const place = findPlace(queue, offset, end);
  if (place == PLACE_DUPLICATE) return answer(packet, VERDICT_DROP, WHY_FRAGMENT_DUPLICATE);
  if (place == PLACE_OVERLAP) {
    killQueue(hold, queue);
    return answer(packet, VERDICT_DROP, WHY_FRAGMENT_OVERLAP);
  }

  const header = at + FRAGMENT_BYTES;
  const present = min(end - offset, load<u32>(packet, PACKET_END) - (ip as u32) - header);
  const kept = offset == 0 ? keepFragment(hold, ip, header, present) : keepFragment(hold, ip + header, 0, present);
  if (kept == 0) return answer(packet, VERDICT_DROP, WHY_FRAGMENT_FULL);
  insert(queue, place, kept, offset, end - offset);
  store<u32>(queue, load<u32>(queue, QUEUE_ECN) | (1 << (trafficClass(ip) & 3)), QUEUE_ECN);
  count(queue, bufferBytes(load<u32>(packet, PACKET_LENGTH)));
  if (payload > load<u32>(queue, QUEUE_MAX_SIZE)) store<u32>(queue, payload, QUEUE_MAX_SIZE);
  if (offset == 0) {
    noteFirst(queue, packet);
    store<u32>(queue, fragmentNextAt(found), QUEUE_NEXT_HEADER_AT);
  }
  if (!isComplete(queue)) return answer(packet, VERDICT_STOLEN, WHY_FRAGMENT_HELD);
  const verdict = assemble(env, hold, queue, packet);
  killQueue(hold, queue);
  return verdict;
}

/** The headers are the first fragment's, less the fragment header. Ref: net/ipv6/netfilter/nf_conntrack_reasm.c:nf_ct_frag6_reasm() */
function assemble(env: usize, hold: usize, queue: usize, packet: usize): u32 {
  const ecn = ecnOf(queue);
  if (ecn == ECN_BAD) return answer(packet, VERDICT_DROP, WHY_FRAGMENT_ECN);
  const first: usize = load<u32>(queue, QUEUE_RUNS);
  const header = load<u32>(first, FRAGMENT_HEADER) - FRAGMENT_BYTES;
  const payload = header - IPV6_BYTES + load<u32>(queue, QUEUE_LENGTH);
  if (payload > PAYLOAD_MAX) return answer(packet, VERDICT_DROP, WHY_FRAGMENT_LENGTH);
  const next = byteOf(first, header);
  const present = glue(env, hold, queue, packet, FRAGMENT_BYTES);
  const ip: usize = load<u32>(packet, PACKET_L3);
  store<u8>(ip + load<u32>(queue, QUEUE_NEXT_HEADER_AT), next);
  store<u16>(ip, bswap<u16>(<u16>payload), IPV6_PAYLOAD_LENGTH);
  store<u8>(ip, <u8>(<u32>load<u8>(ip, 1) | (ecn << 4)), 1);
  store<u32>(packet, (IPV6_BYTES + load<u32>(queue, QUEUE_MAX_SIZE)) & 0xffff, PACKET_FRAG_MAX);
  return dissectAgain(packet, ip, payload + IPV6_BYTES, present) == WHY_NONE ? VERDICT_ACCEPT : VERDICT_NONE;
}
