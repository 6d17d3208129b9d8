// IPv4 packets put together. Comes in: a fragment; goes out: nothing as long as others are missing, or, in its record, the whole packet.

import { ENV_FRAGMENTS } from '../abi/batch.ts';
import {
  FRAGMENTS_IPV4,
  HOLD_IPV4,
  HOLD_KEY,
  KEY_DEVICE,
  KEY_DST,
  KEY_ID,
  KEY_PROTO,
  KEY_SRC,
  KEY_USER,
  QUEUE_ECN,
  QUEUE_LENGTH,
  QUEUE_MAX_DF_SIZE,
  QUEUE_MAX_SIZE,
  QUEUE_RUNS,
  FRAGMENT_HEADER,
} from '../abi/fragment.ts';
import {
  PACKET_DST,
  PACKET_END,
  PACKET_FRAG_MAX,
  PACKET_L3,
  PACKET_LENGTH,
  PACKET_SRC,
} from '../abi/packet.ts';
import {
  VERDICT_ACCEPT,
  VERDICT_DROP,
  VERDICT_NONE,
  VERDICT_STOLEN,
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
  FRAGMENT_DF,
  fragment,
  fragmentOffset,
  headerLength,
  dontFragment,
  id,
  IPV4_FRAGMENT,
  IPV4_LENGTH,
  IPV4_TOS,
  moreFragments,
  protocol,
  tos,
} from '../wire/ipv4.ts';
import { sealHeader } from '../wire/edit.ts';
import { ECN_BAD, ecnOf, glue } from './assemble.ts';
import { answer } from './answer.ts';
import { contradicts, findPlace, insert, isComplete, noteFirst, PLACE_DUPLICATE, PLACE_OVERLAP } from './insert.ts';
import { keepFragment } from './pool.ts';
import { count, expireQueues, holdOf, isFull, isTooFar, killQueue, openQueue, QUEUE_BYTES4, restartQueue } from './queue.ts';
import { bufferBytes } from './memory.ts';

const LENGTH_MAX: u32 = 65535;

/**
 * Takes a fragment for `user` (USER_*).
 *
 * Returns: VERDICT_ACCEPT when the record is now that of the whole packet; VERDICT_STOLEN while fragments are missing; VERDICT_DROP for
 * one that is given up. PACKET_WHY tells.
 * Differs: the zone of connection tracking is no part of the key. Only fragments that come back over the loopback device have one there.
 * Ref: net/ipv4/ip_fragment.c:ip_defrag()
 */
export function gather4(env: usize, packet: usize, user: u32): u32 {
  const hold = holdOf(env, packet);
  const held = hold + HOLD_IPV4;
  const directory: usize = load<u32>(env, ENV_FRAGMENTS) + FRAGMENTS_IPV4;
  const now = jiffies(env, packet);
  expireQueues(hold, held, now);
  if (isFull(directory, held)) return answer(packet, VERDICT_DROP, WHY_FRAGMENT_FULL);
  writeKey(hold + HOLD_KEY, packet, user);
  const queue = openQueue(hold, directory, held, QUEUE_BYTES4, now);
  if (queue == 0) return answer(packet, VERDICT_DROP, WHY_FRAGMENT_FULL);
  if (isTooFar(directory, queue)) restartQueue(hold, directory, queue, QUEUE_BYTES4, now);
  const verdict = add(hold, queue, packet);
  if (verdict != VERDICT_ACCEPT || !isComplete(queue)) return verdict == VERDICT_ACCEPT ? answer(packet, VERDICT_STOLEN, WHY_FRAGMENT_HELD) : verdict;
  const whole = assemble(env, hold, queue, packet);
  killQueue(hold, queue);
  return whole;
}

function writeKey(key: usize, packet: usize, user: u32): void {
  const ip: usize = load<u32>(packet, PACKET_L3);
  v128.store(key + KEY_SRC, v128.load(packet + PACKET_SRC));
  v128.store(key + KEY_DST, v128.load(packet + PACKET_DST));
  store<u32>(key, id(ip), KEY_ID);
  store<u32>(key, user, KEY_USER);
  store<u32>(key, protocol(ip), KEY_PROTO);
  store<u32>(key, 0, KEY_DEVICE);
}

/** Ref: net/ipv4/ip_fragment.c:ip_frag_queue() */
function add(hold: usize, queue: usize, packet: usize): u32 {
  const ip: usize = load<u32>(packet, PACKET_L3);
  const word = fragment(ip);
  const header = headerLength(ip);
  const offset = fragmentOffset(word);
  const isLast = !moreFragments(word);
  let end = offset + load<u32>(packet, PACKET_LENGTH) - header;
  if (!isLast) end &= ~7;
  if (contradicts(queue, end, !isLast) || end == offset) return spoil(hold, queue, packet, WHY_FRAGMENT_LENGTH);
  const place = findPlace(queue, offset, end);
  if (place == PLACE_OVERLAP) return spoil(hold, queue, packet, WHY_FRAGMENT_OVERLAP);
  if (place == PLACE_DUPLICATE) return answer(packet, VERDICT_DROP, WHY_FRAGMENT_DUPLICATE);

  const length = end - offset;
  const present = min(length, load<u32>(packet, PACKET_END) - (ip as u32) - header);
  const kept = offset == 0 ? keepFragment(hold, ip, header, present) : keepFragment(hold, ip + header, 0, present);
  if (kept == 0) return answer(packet, VERDICT_DROP, WHY_FRAGMENT_FULL);
  insert(queue, place, kept, offset, length);
  store<u32>(queue, load<u32>(queue, QUEUE_ECN) | (1 << (tos(ip) & 3)), QUEUE_ECN);
  count(queue, bufferBytes(load<u32>(packet, PACKET_LENGTH)));
  if (offset == 0) noteFirst(queue, packet);
  const size = length + header;
  if (size > load<u32>(queue, QUEUE_MAX_SIZE)) store<u32>(queue, size, QUEUE_MAX_SIZE);
  if (dontFragment(word) && size > load<u32>(queue, QUEUE_MAX_DF_SIZE)) store<u32>(queue, size, QUEUE_MAX_DF_SIZE);
  return VERDICT_ACCEPT;
}

function spoil(hold: usize, queue: usize, packet: usize, why: u32): u32 {
  killQueue(hold, queue);
  return answer(packet, VERDICT_DROP, why);
}

/**
 * The header is the first fragment's. It says "don't fragment" when the longest fragment did.
 * Ref: net/ipv4/ip_fragment.c:ip_frag_reasm()
 */
function assemble(env: usize, hold: usize, queue: usize, packet: usize): u32 {
  const ecn = ecnOf(queue);
  if (ecn == ECN_BAD) return answer(packet, VERDICT_DROP, WHY_FRAGMENT_ECN);
  const header = load<u32>(load<u32>(queue, QUEUE_RUNS), FRAGMENT_HEADER);
  const length = header + load<u32>(queue, QUEUE_LENGTH);
  if (length > LENGTH_MAX) return answer(packet, VERDICT_DROP, WHY_FRAGMENT_LENGTH);
  const present = glue(env, hold, queue, packet, 0);
  const ip: usize = load<u32>(packet, PACKET_L3);
  const maxSize = load<u32>(queue, QUEUE_MAX_SIZE);
  store<u16>(ip, bswap<u16>(<u16>length), IPV4_LENGTH);
  store<u8>(ip, <u8>(tos(ip) | ecn), IPV4_TOS);
  store<u16>(ip, bswap<u16>(<u16>(load<u32>(queue, QUEUE_MAX_DF_SIZE) == maxSize ? FRAGMENT_DF : 0)), IPV4_FRAGMENT);
  sealHeader(ip);
  store<u32>(packet, maxSize, PACKET_FRAG_MAX);
  return dissectAgain(packet, ip, length, present) == WHY_NONE ? VERDICT_ACCEPT : VERDICT_NONE;
}
