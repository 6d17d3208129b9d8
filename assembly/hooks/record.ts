// What is written down of a packet when asked for: the ids it hit, and the bytes that left. Both go into the slot's arena, which
// all shards of a batch fill together.

import {
  ENV_HOST,
  OUTCOME_ARENA_FULL,
  OUTCOME_EGRESS,
  OUTCOME_EGRESS_BYTES,
  OUTCOME_FLAGS,
  OUTCOME_OUT,
  OUTCOME_REWRITTEN,
  OUTCOME_TRACE,
  OUTCOME_TRACE_COUNT,
  SLOT_ARENA,
  SLOT_ARENA_BYTES,
  SLOT_ARENA_USED,
  TRACE_COUNT,
  TRACE_IDS,
  TRACE_MAX,
} from '../abi/batch.ts';
import { HOST_LOOPBACK } from '../abi/host.ts';
import { PACKET_END, PACKET_L3 } from '../abi/packet.ts';
import { writeLayer3 } from '../wire/rewrite.ts';

/** Takes bytes of the slot's arena. Returns their address, 0 when there is no room. */
function take(slot: usize, outcome: usize, bytes: u32): usize {
  const at = atomic.add<u32>(slot + SLOT_ARENA_USED, (bytes + 3) & ~3);
  if (<u64>at + bytes > load<u32>(slot, SLOT_ARENA_BYTES)) {
    noRoom(outcome);
    return 0;
  }
  return load<u32>(slot, SLOT_ARENA) + at;
}

function noRoom(outcome: usize): void {
  store<u32>(outcome, load<u32>(outcome, OUTCOME_FLAGS) | OUTCOME_ARENA_FULL, OUTCOME_FLAGS);
}

/** Copies the ids that a packet hit, in the order met. */
export function writeTrace(slot: usize, outcome: usize, trace: usize): void {
  const count = load<u32>(trace, TRACE_COUNT);
  if (count == 0) return;
  if (count > TRACE_MAX) return noRoom(outcome);
  const target = take(slot, outcome, count * 4);
  if (target == 0) return;
  memory.copy(target, trace + TRACE_IDS, count * 4);
  store<u32>(outcome, target as u32, OUTCOME_TRACE);
  store<u32>(outcome, count, OUTCOME_TRACE_COUNT);
}

/** Writes the layer-3 bytes of a packet that left this host. */
export function writeEgress(env: usize, slot: usize, packet: usize, outcome: usize): void {
  const out = load<u32>(outcome, OUTCOME_OUT);
  if (out == 0 || out == load<u32>(load<u32>(env, ENV_HOST), HOST_LOOPBACK)) return;
  if ((load<u32>(outcome, OUTCOME_FLAGS) & OUTCOME_REWRITTEN) != 0) return;
  const target = take(slot, outcome, load<u32>(packet, PACKET_END) - load<u32>(packet, PACKET_L3));
  if (target == 0) return;
  store<u32>(outcome, target as u32, OUTCOME_EGRESS);
  store<u32>(outcome, writeLayer3(packet, target), OUTCOME_EGRESS_BYTES);
}
