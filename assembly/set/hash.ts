// Looking for an element of a hash, adding and deleting one. Ref: net/netfilter/ipset/ip_set_hash_gen.h

import { PACKET_FLAG_IPV6, PACKET_FLAGS } from '../abi/packet.ts';
import {
  ASK_EXIST,
  ASK_FLAGS,
  ASK_KEY,
  ASK_TRIED,
  BUCKET_BYTES,
  BUCKET_END,
  BUCKET_GROWTH,
  BUCKET_SIZE,
  BUCKET_TUNED_MAX,
  BUCKET_USED,
  PREFIXES_COUNT,
  PREFIXES_LENGTHS,
  SET_BUCKET_MASK,
  SET_BUCKETS,
  SET_BUCKETSIZE,
  SET_COUNT,
  SET_FLAGS,
  SET_HAS_FORCEADD,
  SET_HAS_TIMEOUT,
  SET_HASHED,
  SET_KEY_INTERFACE,
  SET_KEY_NOMATCH,
  SET_KEY_PREFIX,
  SET_KEY_PREFIX2,
  SET_MAXELEM,
  SET_NO_FIELD,
  SET_REGION_BITS,
  SET_REGION_MAX,
} from '../abi/set.ts';
import { SET_DONE, SET_EXCEPTED, SET_FOUND, SET_NOT_FOUND, SET_REFUSED } from './answer.ts';
import { bucketOf, countElement, isEqual, isUsed, placeAt, regionOf, sharesNetwork, shrink } from './bucket.ts';
import { dropComment, initExtensions, isExpired, matchExtensions, setExpiry, timeoutOf } from './extension.ts';
import { hasTwoNetworks, makeKey, nomatchMask, prefixesOf, setNetwork } from './key.ts';

const KEY_BYTES: usize = 64;
/** Words behind the hashed bytes of an element with an interface. */
const INTERFACE_BYTES: usize = 12;

/** Whether the packet is in the set: SET_FOUND, SET_NOT_FOUND, SET_EXCEPTED or SET_REFUSED. */
export function testHash(env: usize, packet: usize, set: usize, ask: usize): i32 {
  if (!makeKey(env, packet, set, ask, false)) return SET_REFUSED;
  const first = load<u32>(set, SET_KEY_PREFIX);
  const second = load<u32>(set, SET_KEY_PREFIX2);
  if (first == SET_NO_FIELD && second == SET_NO_FIELD) return findElement(env, packet, set, ask + ASK_KEY, ask);
  return tryNetworks(env, packet, set, ask, first == SET_NO_FIELD ? 1 : 0);
}

/** Answer of findElement: the network is there with other interfaces. */
const SET_ELSEWHERE: i32 = 2;

/** Tries every prefix length that the set has, longest first. Ref: mtype_test_cidrs() */
function tryNetworks(env: usize, packet: usize, set: usize, ask: usize, which: u32): i32 {
  const isIpv6 = (load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_IPV6) != 0;
  const prefixes = prefixesOf(set, which);
  const count = load<u32>(prefixes, PREFIXES_COUNT);
  const isPair = hasTwoNetworks(set);
  const key = ask + ASK_KEY;
  for (let i: u32 = 0; i < count; i++) {
    setNetwork(set, key, which, load<u8>(prefixes + PREFIXES_LENGTHS + i), isIpv6);
    const answer = isPair ? trySecond(env, packet, set, ask, isIpv6) : findElement(env, packet, set, key, ask);
    // The kernel looks no further once it has found the network with other interfaces.
    if (answer == SET_ELSEWHERE) return SET_NOT_FOUND;
    if (answer != SET_NOT_FOUND) return answer;
  }
  return SET_NOT_FOUND;
}

function trySecond(env: usize, packet: usize, set: usize, ask: usize, isIpv6: bool): i32 {
  const prefixes = prefixesOf(set, 1);
  const count = load<u32>(prefixes, PREFIXES_COUNT);
  const tried = ask + ASK_TRIED;
  memory.copy(tried, ask + ASK_KEY, KEY_BYTES);
  for (let i: u32 = 0; i < count; i++) {
    setNetwork(set, tried, 1, load<u8>(prefixes + PREFIXES_LENGTHS + i), isIpv6);
    const answer = findElement(env, packet, set, tried, ask);
    if (answer != SET_NOT_FOUND) return answer;
  }
  return SET_NOT_FOUND;
}

/** Ref: mtype_test(), mtype_data_match() */
function findElement(env: usize, packet: usize, set: usize, key: usize, ask: usize): i32 {
  const bucket = bucketOf(set, key);
  const end: u32 = load<u8>(bucket, BUCKET_END);
  const nomatch = load<u32>(set, SET_KEY_NOMATCH);
  let answer = SET_NOT_FOUND;
  for (let i: u32 = 0; i < end; i++) {
    if (!isUsed(bucket, i)) continue;
    const element = placeAt(set, bucket, i);
    if (!isEqual(set, element, key)) {
      if (load<u32>(set, SET_KEY_INTERFACE) != SET_NO_FIELD && sharesNetwork(set, element, key)) answer = SET_ELSEWHERE;
      continue;
    }
    if (matchExtensions(env, packet, set, element, ask)) {
      return nomatch != SET_NO_FIELD && (load<u8>(element + nomatch) & nomatchMask(set)) != 0 ? SET_EXCEPTED : SET_FOUND;
    }
    answer = SET_NOT_FOUND;
  }
  return answer;
}

/**
 * Adds the packet's element. A packet cannot make the table larger: where its bucket is full, it is refused.
 *
 * Ref: mtype_add()
 */
export function addToHash(env: usize, packet: usize, set: usize, ask: usize): i32 {
  if (!makeKey(env, packet, set, ask, true)) return SET_REFUSED;
  const key = ask + ASK_KEY;
  const bucket = bucketOf(set, key);
  let full = load<u32>(regionOf(set, bucket)) >= load<u32>(set, SET_REGION_MAX);
  if (full) {
    if (load<u32>(set, SET_FLAGS) & SET_HAS_TIMEOUT) collect(env, packet, set, bucket);
    full = load<u32>(set, SET_COUNT) >= load<u32>(set, SET_MAXELEM);
  }
  const force = full && (load<u32>(set, SET_FLAGS) & SET_HAS_FORCEADD) != 0;
  if (load<u8>(bucket, BUCKET_SIZE) == 0) {
    if (full) return SET_REFUSED;
    store<u8>(bucket, BUCKET_GROWTH, BUCKET_SIZE);
    return putNew(env, packet, set, bucket, ask);
  }
  const end: u32 = load<u8>(bucket, BUCKET_END);
  let free: u32 = end;
  let alike: u32 = 0;
  for (let i: u32 = 0; i < end; i++) {
    const element = placeAt(set, bucket, i);
    if (!isUsed(bucket, i)) {
      if (free == end) free = i;
      continue;
    }
    if (load<u32>(set, SET_KEY_INTERFACE) != SET_NO_FIELD && sharesNetwork(set, element, key)) alike++;
    if (isEqual(set, element, key)) {
      if (!(load<u32>(ask, ASK_FLAGS) & ASK_EXIST) && !isExpired(env, packet, set, element)) return SET_REFUSED;
      return overwrite(env, packet, set, element, ask);
    }
    if (free == end && isExpired(env, packet, set, element)) free = i;
  }
  if (free < end || force) return replace(env, packet, set, bucket, free < end ? free : 0, ask);
  if (full || !hasRoom(set, bucket, alike)) return SET_REFUSED;
  return putNew(env, packet, set, bucket, ask);
}

/** Whether there is a place behind the bucket's last; makes one where the kernel does. */
function hasRoom(set: usize, bucket: usize, alike: u32): bool {
  const size: u32 = load<u8>(bucket, BUCKET_SIZE);
  if (load<u8>(bucket, BUCKET_END) < size) return true;
  if (load<u32>(set, SET_KEY_INTERFACE) != SET_NO_FIELD) {
    const most = load<u32>(set, SET_BUCKETSIZE);
    if (most >= BUCKET_TUNED_MAX) return false;
    if (most <= alike) store<u32>(set, most + BUCKET_GROWTH, SET_BUCKETSIZE);
  }
  if (size >= load<u32>(set, SET_BUCKETSIZE)) return false;
  store<u8>(bucket, size + BUCKET_GROWTH, BUCKET_SIZE);
  return true;
}

/** Puts the element behind the bucket's last. */
function putNew(env: usize, packet: usize, set: usize, bucket: usize, ask: usize): i32 {
  const end: u32 = load<u8>(bucket, BUCKET_END);
  store<u8>(bucket, end + 1, BUCKET_END);
  return putAt(env, packet, set, bucket, end, ask);
}

/** Puts the element in the place of one that was deleted, whose time is up, or that must give way. */
function replace(env: usize, packet: usize, set: usize, bucket: usize, index: u32, ask: usize): i32 {
  if (isUsed(bucket, index)) countElement(set, bucket, placeAt(set, bucket, index), -1);
  return putAt(env, packet, set, bucket, index, ask);
}

function putAt(env: usize, packet: usize, set: usize, bucket: usize, index: u32, ask: usize): i32 {
  const element = placeAt(set, bucket, index);
  let bytes: usize = load<u32>(set, SET_HASHED);
  if (load<u32>(set, SET_KEY_INTERFACE) != SET_NO_FIELD) bytes += INTERFACE_BYTES;
  memory.copy(element, ask + ASK_KEY, bytes);
  store<u64>(bucket, load<u64>(bucket, BUCKET_USED) | (<u64>1 << <u64>index), BUCKET_USED);
  countElement(set, bucket, element, 1);
  dropComment(set, element);
  return overwrite(env, packet, set, element, ask);
}

/** Gives an element what the packet says of it. A packet never says nomatch. */
function overwrite(env: usize, packet: usize, set: usize, element: usize, ask: usize): i32 {
  const nomatch = load<u32>(set, SET_KEY_NOMATCH);
  if (nomatch != SET_NO_FIELD) {
    const at = element + nomatch;
    store<u8>(at, load<u8>(at) & ~nomatchMask(set));
  }
  initExtensions(packet, set, element);
  if (load<u32>(set, SET_FLAGS) & SET_HAS_TIMEOUT) setExpiry(env, packet, set, element, timeoutOf(set, ask));
  return SET_DONE;
}

/** Deletes the packet's element. Ref: mtype_del() */
export function deleteFromHash(env: usize, packet: usize, set: usize, ask: usize): i32 {
  if (!makeKey(env, packet, set, ask, true)) return SET_REFUSED;
  const bucket = bucketOf(set, ask + ASK_KEY);
  const end: u32 = load<u8>(bucket, BUCKET_END);
  for (let i: u32 = 0; i < end; i++) {
    const element = placeAt(set, bucket, i);
    if (!isUsed(bucket, i) || !isEqual(set, element, ask + ASK_KEY)) continue;
    if (isExpired(env, packet, set, element)) return SET_REFUSED;
    countElement(set, bucket, element, -1);
    const used = load<u64>(bucket, BUCKET_USED) & ~(<u64>1 << <u64>i);
    store<u64>(bucket, used, BUCKET_USED);
    const last = i + 1 == end ? i : end;
    store<u8>(bucket, last, BUCKET_END);
    shrink(set, bucket, last - <u32>popcnt<u64>(used));
    return SET_DONE;
  }
  return SET_REFUSED;
}

/** Takes out what has expired from the region of a bucket. Ref: mtype_gc_do() */
function collect(env: usize, packet: usize, set: usize, within: usize): void {
  const buckets = set + load<u32>(set, SET_BUCKETS);
  const count = load<u32>(set, SET_BUCKET_MASK) + 1;
  const region = <u32>((within - buckets) / BUCKET_BYTES) >> SET_REGION_BITS;
  const from = region << SET_REGION_BITS;
  const to = min(count, from + (1 << SET_REGION_BITS));
  for (let index = from; index < to; index++) {
    const bucket = buckets + <usize>index * BUCKET_BYTES;
    const end: u32 = load<u8>(bucket, BUCKET_END);
    for (let i: u32 = 0; i < end; i++) {
      if (!isUsed(bucket, i)) continue;
      const element = placeAt(set, bucket, i);
      if (!isExpired(env, packet, set, element)) continue;
      store<u64>(bucket, load<u64>(bucket, BUCKET_USED) & ~(<u64>1 << <u64>i), BUCKET_USED);
      countElement(set, bucket, element, -1);
    }
    if (end > 0) sweep(set, bucket, end - <u32>popcnt<u64>(load<u64>(bucket, BUCKET_USED)));
  }
}

/** As `shrink`, but an emptied bucket is kept while it is larger than what was found unused. Ref: mtype_gc_do() */
function sweep(set: usize, bucket: usize, unused: u32): void {
  if (unused < BUCKET_GROWTH) return;
  if (unused < load<u8>(bucket, BUCKET_SIZE)) {
    if (unused < load<u8>(bucket, BUCKET_END)) {
      shrink(set, bucket, unused);
    } else {
      store<u64>(bucket, 0, BUCKET_USED);
      store<u8>(bucket, 0, BUCKET_END);
      store<u8>(bucket, load<u8>(bucket, BUCKET_SIZE) - BUCKET_GROWTH, BUCKET_SIZE);
    }
  } else {
    shrink(set, bucket, load<u8>(bucket, BUCKET_END));
  }
}
