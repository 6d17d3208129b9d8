// Pools of entries (abi/pool.ts).

import {
  ENTRY_HASH,
  ENTRY_KEY,
  ENTRY_NEWER,
  ENTRY_NEXT,
  ENTRY_OLDER,
  POOL_ASKED,
  POOL_BUCKET_COUNT,
  POOL_COUNT,
  POOL_ENTRY_BYTES,
  POOL_FREE,
  POOL_KEY_WORDS,
  POOL_MAX,
  POOL_NEWEST,
  POOL_OLDEST,
  POOL_ROOM,
  POOL_USED,
} from '../abi/pool.ts';

const GOLDEN: u32 = 0x9e3779b1;

function entriesOf(pool: usize): usize {
  return pool + load<u32>(pool, POOL_ROOM) + (<usize>load<u32>(pool, POOL_BUCKET_COUNT) << 2);
}

/** The entry of that number; 0 of 0. */
function entryAt(pool: usize, number: u32): usize {
  return number == 0 ? 0 : entriesOf(pool) + <usize>(number - 1) * load<u32>(pool, POOL_ENTRY_BYTES);
}

function numberOf(pool: usize, entry: usize): u32 {
  return (<u32>(entry - entriesOf(pool)) / load<u32>(pool, POOL_ENTRY_BYTES)) + 1;
}

/** Address of a bucket's first entry. */
function bucketOf(pool: usize, hash: u32): usize {
  return pool + load<u32>(pool, POOL_ROOM) + (<usize>(hash & (load<u32>(pool, POOL_BUCKET_COUNT) - 1)) << 2);
}

function keyBytes(pool: usize): usize {
  return <usize>load<u32>(pool, POOL_KEY_WORDS) << 2;
}

function hashOf(key: usize, bytes: usize): u32 {
  let hash: u32 = 0;
  for (let at: usize = 0; at < bytes; at += 4) hash = (rotl<u32>(hash, 5) ^ load<u32>(key + at)) * GOLDEN;
  return hash ^ (hash >> 15);
}

/** Gives the entry of the key that is asked for, 0 when there is none. */
export function findEntry(pool: usize): usize {
  const key = pool + POOL_ASKED;
  const bytes = keyBytes(pool);
  const hash = hashOf(key, bytes);
  let entry = entryAt(pool, load<u32>(bucketOf(pool, hash)));
  while (entry != 0 && (load<u32>(entry, ENTRY_HASH) != hash || memory.compare(entry + ENTRY_KEY, key, bytes) != 0)) {
    entry = entryAt(pool, load<u32>(entry, ENTRY_NEXT));
  }
  return entry;
}

/** Makes an entry, the newest, for the key that is asked for. What it had behind the key stays. Returns: 0 when the pool is full. */
export function addEntry(pool: usize): usize {
  const count = load<u32>(pool, POOL_COUNT);
  if (count >= load<u32>(pool, POOL_MAX)) return 0;
  store<u32>(pool, count + 1, POOL_COUNT);
  let number = load<u32>(pool, POOL_FREE);
  if (number != 0) {
    store<u32>(pool, load<u32>(entryAt(pool, number), ENTRY_NEXT), POOL_FREE);
  } else {
    number = load<u32>(pool, POOL_USED) + 1;
    store<u32>(pool, number, POOL_USED);
  }
  const entry = entryAt(pool, number);
  const bytes = keyBytes(pool);
  const hash = hashOf(pool + POOL_ASKED, bytes);
  const bucket = bucketOf(pool, hash);
  memory.copy(entry + ENTRY_KEY, pool + POOL_ASKED, bytes);
  store<u32>(entry, hash, ENTRY_HASH);
  store<u32>(entry, load<u32>(bucket), ENTRY_NEXT);
  store<u32>(bucket, number);
  append(pool, entry, number);
  return entry;
}

/** The entry that was used longest ago; 0 = there is none. */
export function oldestEntry(pool: usize): usize {
  return entryAt(pool, load<u32>(pool, POOL_OLDEST));
}

/** Makes the entry the newest. */
export function touchEntry(pool: usize, entry: usize): void {
  if (load<u32>(entry, ENTRY_NEWER) == 0) return;
  unlink(pool, entry);
  append(pool, entry, numberOf(pool, entry));
}

export function removeEntry(pool: usize, entry: usize): void {
  const number = numberOf(pool, entry);
  unlink(pool, entry);
  let link = bucketOf(pool, load<u32>(entry, ENTRY_HASH));
  while (load<u32>(link) != number) link = entryAt(pool, load<u32>(link)) + ENTRY_NEXT;
  store<u32>(link, load<u32>(entry, ENTRY_NEXT));
  store<u32>(entry, load<u32>(pool, POOL_FREE), ENTRY_NEXT);
  store<u32>(pool, number, POOL_FREE);
  store<u32>(pool, load<u32>(pool, POOL_COUNT) - 1, POOL_COUNT);
}

function append(pool: usize, entry: usize, number: u32): void {
  const newest = load<u32>(pool, POOL_NEWEST);
  store<u32>(entry, newest, ENTRY_OLDER);
  store<u32>(entry, 0, ENTRY_NEWER);
  if (newest == 0) store<u32>(pool, number, POOL_OLDEST);
  else store<u32>(entryAt(pool, newest), number, ENTRY_NEWER);
  store<u32>(pool, number, POOL_NEWEST);
}

/** Takes the entry out of the list of ages. */
function unlink(pool: usize, entry: usize): void {
  const older = load<u32>(entry, ENTRY_OLDER);
  const newer = load<u32>(entry, ENTRY_NEWER);
  if (older == 0) store<u32>(pool, newer, POOL_OLDEST);
  else store<u32>(entryAt(pool, older), newer, ENTRY_NEWER);
  if (newer == 0) store<u32>(pool, older, POOL_NEWEST);
  else store<u32>(entryAt(pool, newer), older, ENTRY_OLDER);
}
