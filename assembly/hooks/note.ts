// Packets of which the engine wants to know behind the batch, even where it reads no outcomes: those whose translation other shards may have
// a say in (nat/foresight.ts). They are few, so whoever looks for them shall not have to read all outcomes.

import { CLASS_NOTED, OUTCOME_BYTES, SLOT_CLASSES, SLOT_NOTED, SLOT_OUTCOMES } from '../abi/batch.ts';

/** Marks packet `index` of a slot. `outcome`: its outcome, which comes to its place in the slot if it is not there. */
export function notePacket(slot: usize, index: u32, outcome: usize): void {
  const place = <usize>load<u32>(slot, SLOT_OUTCOMES) + <usize>index * OUTCOME_BYTES;
  if (outcome != place) memory.copy(place, outcome, OUTCOME_BYTES);
  const packetClass = <usize>load<u32>(slot, SLOT_CLASSES) + index;
  store<u8>(packetClass, load<u8>(packetClass) | <u8>CLASS_NOTED);
  // Every shard reads this line all the time: it is written once.
  if (load<u32>(slot, SLOT_NOTED) == 0) store<u32>(slot, 1, SLOT_NOTED);
}
