// Counters and the trace.

import { TRACE_COUNT, TRACE_IDS, TRACE_MAX } from '../abi/batch.ts';
import { RECORD_KIND_RULE } from '../abi/log.ts';
import { PACKET_FLAG_TRACE, PACKET_FLAGS, PACKET_LENGTH } from '../abi/packet.ts';
import { COUNTER_BYTES, COUNTER_BYTES_AT, COUNTER_PACKETS } from '../abi/program.ts';
import { counts } from '../journey/recorder.ts';
import { writeRecord } from '../wire/log.ts';

/** Adds a packet to a counter of the shard's array. */
// @ts-ignore: decorator
@inline
export function count(counters: usize, id: u32, packet: usize): void {
  countOnly(counters, id, packet);
  counts(packet, id);
}

/** The same for a packet of whose journey nothing takes note. */
// @ts-ignore: decorator
@inline
export function countOnly(counters: usize, id: u32, packet: usize): void {
  const counter = counters + <usize>id * COUNTER_BYTES;
  store<u64>(counter, load<u64>(counter, COUNTER_PACKETS) + 1, COUNTER_PACKETS);
  store<u64>(counter, load<u64>(counter, COUNTER_BYTES_AT) + load<u32>(packet, PACKET_LENGTH), COUNTER_BYTES_AT);
}

/**
 * Appends an id to the trace (0 = none is kept). One that is full says so by a count above TRACE_MAX. What a packet under TRACE meets
 * goes to the log as well.
 */
// @ts-ignore: decorator
@inline
export function note(env: usize, packet: usize, trace: usize, id: u32): void {
  if (trace != 0) noteIn(env, packet, trace, id);
}

function noteIn(env: usize, packet: usize, trace: usize, id: u32): void {
  if ((load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_TRACE) != 0) writeRecord(env, packet, RECORD_KIND_RULE, id);
  const at = load<u32>(trace, TRACE_COUNT);
  if (at >= TRACE_MAX) {
    store<u32>(trace, TRACE_MAX + 1, TRACE_COUNT);
    return;
  }
  store<u32>(trace + (<usize>at << 2), id, TRACE_IDS);
  store<u32>(trace, at + 1, TRACE_COUNT);
}
