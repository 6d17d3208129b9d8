// Taking expired entries out of a hashlimit table.

import { HASHLIMIT_ENTRY_EXPIRES, HASHLIMIT_NEXT_SWEEP, HASHLIMIT_SWEEP } from '../abi/rate.ts';
import { jiffiesLoaded, timerGoesOff } from './jiffies.ts';
import { oldestEntry, removeEntry } from './pool.ts';

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
  let entry = oldestEntry(table);
  while (entry != 0 && swept >= load<u64>(entry, HASHLIMIT_ENTRY_EXPIRES)) {
    removeEntry(table, entry);
    entry = oldestEntry(table);
  }
}
