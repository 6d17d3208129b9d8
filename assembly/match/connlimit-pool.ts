// The pool that all connlimit rules take their keys and connections from. Place 0 of each array is scratch.

import {
  CONNLIMIT_FREE_NODE,
  CONNLIMIT_HEADER_BYTES,
  CONNLIMIT_KEYS,
  CONNLIMIT_NODES,
  CONNLIMIT_USED_KEYS,
  CONNLIMIT_USED_NODES,
  KEY_BYTES,
  NODE_BYTES,
  NODE_NEXT,
} from '../abi/connlimit.ts';

export function keyAt(pool: usize, place: u32): usize {
  return pool + CONNLIMIT_HEADER_BYTES + <usize>place * KEY_BYTES;
}

export function nodeAt(pool: usize, place: u32): usize {
  return pool + CONNLIMIT_HEADER_BYTES + CONNLIMIT_KEYS * KEY_BYTES + <usize>place * NODE_BYTES;
}

/** Room for the connection in hand. */
export function scratchNode(pool: usize): usize {
  return nodeAt(pool, 0);
}

/** A key that no rule has, all 0; 0 = there is none left. A key stays with its rule, as mostly in the kernel. */
export function takeKey(pool: usize): u32 {
  const used = load<u32>(pool, CONNLIMIT_USED_KEYS) + 1;
  if (used == CONNLIMIT_KEYS) return 0;
  store<u32>(pool, used, CONNLIMIT_USED_KEYS);
  return used;
}

/** A connection that is in no list; 0 = there is none left. */
export function takeNode(pool: usize): u32 {
  const free = load<u32>(pool, CONNLIMIT_FREE_NODE);
  if (free != 0) {
    store<u32>(pool, load<u32>(nodeAt(pool, free), NODE_NEXT), CONNLIMIT_FREE_NODE);
    return free;
  }
  const used = load<u32>(pool, CONNLIMIT_USED_NODES) + 1;
  if (used == CONNLIMIT_NODES) return 0;
  store<u32>(pool, used, CONNLIMIT_USED_NODES);
  return used;
}

export function freeNode(pool: usize, place: u32): void {
  store<u32>(nodeAt(pool, place), load<u32>(pool, CONNLIMIT_FREE_NODE), NODE_NEXT);
  store<u32>(pool, place, CONNLIMIT_FREE_NODE);
}
