// Buckets of a hash: where its elements stand, and which element is which. Ref: net/netfilter/ipset/ip_set_hash_gen.h

import {
  BUCKET_BYTES,
  BUCKET_END,
  BUCKET_GROWTH,
  BUCKET_PLACES,
  BUCKET_SIZE,
  BUCKET_USED,
  PREFIXES_COUNT,
  PREFIXES_ELEMENTS,
  PREFIXES_LENGTHS,
  SET_BUCKET_MASK,
  SET_BUCKETS,
  SET_COUNT,
  SET_ELEMENT_BYTES,
  SET_HASHED,
  SET_INITVAL,
  SET_KEY_INTERFACE,
  SET_KEY_IP,
  SET_KEY_NOMATCH,
  SET_KEY_PREFIX,
  SET_KEY_PREFIX2,
  SET_NO_FIELD,
  SET_REGION_BITS,
  SET_REGIONS,
} from '../abi/set.ts';
import { jhash } from '../wire/jhash.ts';
import { nomatchMask, prefixesOf, prefixOf } from './key.ts';

/** The bucket of an element; of elements that only look alike it is the same. */
export function bucketOf(set: usize, key: usize): usize {
  const index = jhash(key, load<u32>(set, SET_HASHED), load<u32>(set, SET_INITVAL)) & load<u32>(set, SET_BUCKET_MASK);
  return set + load<u32>(set, SET_BUCKETS) + <usize>index * BUCKET_BYTES;
}

export function placeAt(set: usize, bucket: usize, index: u32): usize {
  return set + load<u32>(bucket, BUCKET_PLACES) + <usize>index * load<u32>(set, SET_ELEMENT_BYTES);
}

export function isUsed(bucket: usize, index: u32): bool {
  return ((load<u64>(bucket, BUCKET_USED) >> <u64>index) & 1) != 0;
}

/** Elements in the bucket's region of the table. */
export function regionOf(set: usize, bucket: usize): usize {
  const index = <u32>(bucket - set - load<u32>(set, SET_BUCKETS)) / BUCKET_BYTES;
  return set + load<u32>(set, SET_REGIONS) + <usize>((index >> SET_REGION_BITS) << 2);
}

/** Whether a stored element is the one that is looked for: nomatch aside, and where a wildcard stands for the interface. */
export function isEqual(set: usize, stored: usize, key: usize): bool {
  const hashed = load<u32>(set, SET_HASHED);
  const nomatch = load<u32>(set, SET_KEY_NOMATCH);
  for (let i: u32 = 0; i < hashed; i += 4) {
    let difference = load<u32>(stored + i) ^ load<u32>(key + i);
    if (nomatch - i < 4) difference &= ~(nomatchMask(set) << ((nomatch - i) << 3));
    if (difference != 0) return false;
  }
  const at = load<u32>(set, SET_KEY_INTERFACE);
  if (at == SET_NO_FIELD) return true;
  const low = load<u32>(stored + at);
  return load<u32>(key + at) - low <= load<u32>(stored + at, 4) - low;
}

/** Of sets with interfaces: whether two elements are the same network. */
export function sharesNetwork(set: usize, stored: usize, key: usize): bool {
  const ip = load<u32>(set, SET_KEY_IP);
  const prefix = load<u32>(set, SET_KEY_PREFIX);
  // The flags stand behind the address.
  for (let i = ip; i + 4 < load<u32>(set, SET_HASHED); i += 4) {
    if (load<u32>(stored + i) != load<u32>(key + i)) return false;
  }
  return load<u8>(stored + prefix) == load<u8>(key + prefix);
}

/** Counts an element that comes (1) or goes (-1), and its prefix lengths. Ref: mtype_add_cidr(), mtype_del_cidr() */
export function countElement(set: usize, bucket: usize, element: usize, change: i32): void {
  store<u32>(set, load<u32>(set, SET_COUNT) + change, SET_COUNT);
  const region = regionOf(set, bucket);
  store<u32>(region, load<u32>(region) + change);
  if (load<u32>(set, SET_KEY_PREFIX) != SET_NO_FIELD) countPrefix(prefixesOf(set, 0), prefixOf(set, element, 0), change);
  if (load<u32>(set, SET_KEY_PREFIX2) != SET_NO_FIELD) countPrefix(prefixesOf(set, 1), prefixOf(set, element, 1), change);
}

function countPrefix(prefixes: usize, length: u32, change: i32): void {
  const elements = prefixes + PREFIXES_ELEMENTS + <usize>(length << 2);
  const before = load<u32>(elements);
  store<u32>(elements, before + change);
  const count = load<u32>(prefixes, PREFIXES_COUNT);
  const lengths = prefixes + PREFIXES_LENGTHS;
  let at: u32 = 0;
  while (at < count && load<u8>(lengths + at) > length) at++;
  if (before == 0) {
    memory.copy(lengths + at + 1, lengths + at, count - at);
    store<u8>(lengths + at, length);
    store<u32>(prefixes, count + 1, PREFIXES_COUNT);
  } else if (before + change == 0) {
    memory.copy(lengths + at, lengths + at + 1, count - at - 1);
    store<u32>(prefixes, count - 1, PREFIXES_COUNT);
  }
}

/** Moves the elements of a bucket to its front, and lets it be smaller; an empty one is no more. `unused`: places without one. */
export function shrink(set: usize, bucket: usize, unused: u32): void {
  const end: u32 = load<u8>(bucket, BUCKET_END);
  if (unused >= end) {
    store<u64>(bucket, 0, BUCKET_USED);
    store<u8>(bucket, 0, BUCKET_END);
    store<u8>(bucket, 0, BUCKET_SIZE);
    return;
  }
  if (unused < BUCKET_GROWTH) return;
  const bytes = load<u32>(set, SET_ELEMENT_BYTES);
  let next: u32 = 0;
  for (let i: u32 = 0; i < end; i++) {
    if (!isUsed(bucket, i)) continue;
    if (i != next) memory.copy(placeAt(set, bucket, next), placeAt(set, bucket, i), bytes);
    next++;
  }
  store<u64>(bucket, (<u64>1 << <u64>next) - 1, BUCKET_USED);
  store<u8>(bucket, next, BUCKET_END);
  store<u8>(bucket, load<u8>(bucket, BUCKET_SIZE) - BUCKET_GROWTH, BUCKET_SIZE);
}
