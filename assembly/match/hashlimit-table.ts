// The entries of a hashlimit table: found by key, kept in the order in which they were asked for, swept when they have expired.

import {
  ENTRY_BYTES,
  ENTRY_EXPIRES,
  ENTRY_HASH,
  ENTRY_KEY,
  ENTRY_KEY_WORDS,
  ENTRY_NEWER,
  ENTRY_NEXT,
  ENTRY_OLDER,
  HASHLIMIT_ASKED,
  HASHLIMIT_BUCKET_COUNT,
  HASHLIMIT_COUNT,
  HASHLIMIT_FREE,
  HASHLIMIT_HEADER_BYTES,
  HASHLIMIT_MAX,
  HASHLIMIT_NEWEST,
  HASHLIMIT_NEXT_SWEEP,
  HASHLIMIT_OLDEST,
  HASHLIMIT_SWEEP,
  HASHLIMIT_USED,
} from '../abi/rate.ts';
import { jiffiesLoaded, timerGoesOff } from './jiffies.ts';

const KEY_BYTES: usize = <usize>ENTRY_KEY_WORDS << 2;
const GOLDEN: u32 = 0x9e3779b1;

/** The entry of that number; 0 of 0. */
function entryAt(table: usize, number: u32): usize {
  if (number == 0) return 0;
  const entries = table + HASHLIMIT_HEADER_BYTES + (<usize>load<u32>(table, HASHLIMIT_BUCKET_COUNT) << 2);
  return entries + <usize>(number - 1) * ENTRY_BYTES;
}

/** Address of a bucket's first entry. */
function bucketOf(table: usize, hash: u32): usize {
  return table + HASHLIMIT_HEADER_BYTES + (<usize>(hash & (load<u32>(table, HASHLIMIT_BUCKET_COUNT) - 1)) << 2);
}

function hashOf(key: usize): u32 {
  let hash: u32 = 0;
  for (let at: usize = 0; at < KEY_BYTES; at += 4) hash = (rotl<u32>(hash, 5) ^ load<u32>(key + at)) * GOLDEN;
  return hash ^ (hash >> 15);
}

/** Gives the entry of the key that is asked for, 0 when there is none. */
export function findEntry(table: usize): usize {
  const key = table + HASHLIMIT_ASKED;
  const hash = hashOf(key);
  let entry = entryAt(table, load<u32>(bucketOf(table, hash)));
  while (entry != 0 && (load<u32>(entry, ENTRY_HASH) != hash || memory.compare(entry + ENTRY_KEY, key, KEY_BYTES) != 0)) {
    entry = entryAt(table, load<u32>(entry, ENTRY_NEXT));
  }
  return entry;
}

/** Makes an entry for the key that is asked for. Returns: 0 when the table is full. */
export function addEntry(table: usize): usize {
  const count = load<u32>(table, HASHLIMIT_COUNT);
  if (count >= load<u32>(table, HASHLIMIT_MAX)) return 0;
  store<u32>(table, count + 1, HASHLIMIT_COUNT);
  let number = load<u32>(table, HASHLIMIT_FREE);
  if (number != 0) {
    store<u32>(table, load<u32>(entryAt(table, number), ENTRY_NEXT), HASHLIMIT_FREE);
  } else {
    number = load<u32>(table, HASHLIMIT_USED) + 1;
    store<u32>(table, number, HASHLIMIT_USED);
  }
  const entry = entryAt(table, number);
  const key = table + HASHLIMIT_ASKED;
  const hash = hashOf(key);
  const bucket = bucketOf(table, hash);
  memory.copy(entry + ENTRY_KEY, key, KEY_BYTES);
  store<u32>(entry, hash, ENTRY_HASH);
  store<u32>(entry, load<u32>(bucket), ENTRY_NEXT);
  store<u32>(bucket, number);
  append(table, entry, number);
  return entry;
}

/** Makes the entry the newest. */
export function touchEntry(table: usize, entry: usize): void {
  const newer = load<u32>(entry, ENTRY_NEWER);
  if (newer == 0) return;
  const number = load<u32>(entryAt(table, newer), ENTRY_OLDER);
  unlink(table, entry);
  append(table, entry, number);
}

function append(table: usize, entry: usize, number: u32): void {
  const newest = load<u32>(table, HASHLIMIT_NEWEST);
  store<u32>(entry, newest, ENTRY_OLDER);
  store<u32>(entry, 0, ENTRY_NEWER);
  if (newest == 0) store<u32>(table, number, HASHLIMIT_OLDEST);
  else store<u32>(entryAt(table, newest), number, ENTRY_NEWER);
  store<u32>(table, number, HASHLIMIT_NEWEST);
}

/** Takes the entry out of the list of ages. */
function unlink(table: usize, entry: usize): void {
  const older = load<u32>(entry, ENTRY_OLDER);
  const newer = load<u32>(entry, ENTRY_NEWER);
  if (older == 0) store<u32>(table, newer, HASHLIMIT_OLDEST);
  else store<u32>(entryAt(table, older), newer, ENTRY_NEWER);
  if (newer == 0) store<u32>(table, older, HASHLIMIT_NEWEST);
  else store<u32>(entryAt(table, newer), older, ENTRY_OLDER);
}

/**
 * Takes out what had expired when the table was swept last. Sweeps are set from one to the next, from the loading of the rules on; what
 * expires between two of them stays until the second. All entries stay as long, so that the oldest expires first.
 *
 * Differs: the kernel's sweep may be late on a machine that sleeps.
 * Ref: net/netfilter/xt_hashlimit.c:htable_gc(), htable_selective_cleanup()
 */
export function sweep(env: usize, table: usize, now: u64): void {
  const interval = load<u64>(table, HASHLIMIT_SWEEP);
  let next = load<u64>(table, HASHLIMIT_NEXT_SWEEP);
  if (next == 0) {
    const loaded = jiffiesLoaded(env);
    next = timerGoesOff(loaded, loaded + interval);
  }
  if (now >= next) {
    // From the first on, sweeps are at steps of the timer wheel, hence at even distances.
    const distance = timerGoesOff(next, next + interval) - next;
    const last = now - ((now - next) % distance);
    next = last + distance;
    dropExpired(table, last);
  }
  store<u64>(table, next, HASHLIMIT_NEXT_SWEEP);
}

function dropExpired(table: usize, swept: u64): void {
  while (true) {
    const number = load<u32>(table, HASHLIMIT_OLDEST);
    const entry = entryAt(table, number);
    if (entry == 0 || swept < load<u64>(entry, ENTRY_EXPIRES)) return;
    unlink(table, entry);
    takeFromBucket(table, entry, number);
    store<u32>(entry, load<u32>(table, HASHLIMIT_FREE), ENTRY_NEXT);
    store<u32>(table, number, HASHLIMIT_FREE);
    store<u32>(table, load<u32>(table, HASHLIMIT_COUNT) - 1, HASHLIMIT_COUNT);
  }
}

function takeFromBucket(table: usize, entry: usize, number: u32): void {
  let link = bucketOf(table, load<u32>(entry, ENTRY_HASH));
  while (load<u32>(link) != number) link = entryAt(table, load<u32>(link)) + ENTRY_NEXT;
  store<u32>(link, load<u32>(entry, ENTRY_NEXT));
}
