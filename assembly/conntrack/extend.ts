// Extensions: what few entries have, in a slot of their own that is made when it is first needed.

import {
  EXT_BYTES,
  EXT_MASTER,
  EXT_REFS,
  FLOW_EXTENSION,
  FLOW_STATUS,
  IPS_DYING,
} from '../abi/flow.ts';
import { giveSlot, takeSlot } from './pool.ts';

/** The extension (EXT_*) of an entry, made with all 0 if it has none yet. Returns: 0 when there is no memory for one. */
export function extension(region: usize, block: usize, entry: usize): usize {
  const present = <usize>load<u32>(entry, FLOW_EXTENSION);
  if (present != 0) return present;
  const made = takeSlot(region, block);
  if (made == 0) return 0;
  memory.fill(made, 0, EXT_BYTES);
  store<u32>(entry, <u32>made, FLOW_EXTENSION);
  return made;
}

/** A word (EXT_*) of an entry's extension; 0 when it has none. */
export function extensionWord(entry: usize, offset: usize): u32 {
  const present = <usize>load<u32>(entry, FLOW_EXTENSION);
  return present == 0 ? 0 : load<u32>(present + offset);
}

/** Whether other connections name an entry as their master. */
export function isHeld(entry: usize): bool {
  return extensionWord(entry, EXT_REFS) != 0;
}

/**
 * Makes `master`, an entry of the same shard, the one that `entry` was expected by: its memory stays as long as that of `entry`.
 *
 * Returns: false when there is no memory for it.
 * Ref: net/netfilter/nf_conntrack_core.c:init_conntrack()
 */
export function setMaster(region: usize, block: usize, entry: usize, master: usize): bool {
  const own = extension(region, block, entry);
  const other = extension(region, block, master);
  if (own == 0 || other == 0) return false;
  store<u32>(own, <u32>master, EXT_MASTER);
  store<u32>(other, load<u32>(other, EXT_REFS) + 1, EXT_REFS);
  return true;
}

/**
 * Frees the extension of an entry, if it has one, and lets go of its master.
 *
 * Returns: the master, if it is over already and nobody else names it; else 0.
 */
export function freeExtension(region: usize, block: usize, entry: usize): usize {
  const own = <usize>load<u32>(entry, FLOW_EXTENSION);
  if (own == 0) return 0;
  const master = <usize>load<u32>(own, EXT_MASTER);
  giveSlot(region, block, own);
  if (master == 0) return 0;
  const other = <usize>load<u32>(master, FLOW_EXTENSION);
  store<u32>(other, load<u32>(other, EXT_REFS) - 1, EXT_REFS);
  const isOver = (load<u32>(master, FLOW_STATUS) & IPS_DYING) != 0 && !isHeld(master);
  return isOver ? master : 0;
}
