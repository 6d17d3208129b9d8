// Records of the log: the packet as it is when a rule speaks of it.

import { ENV_LOG, ENV_LOG_BYTES, ENV_SCRATCH, SCRATCH_TRACE, SHARD_SCRATCH_BYTES, TRACE_COUNT } from '../abi/batch.ts';
import {
  LOG_FULL,
  LOG_LAST,
  LOG_LAST_BYTES,
  LOG_RECORDS,
  LOG_USED,
  RECORD_BYTES,
  RECORD_FLAGS,
  RECORD_HOOK,
  RECORD_ID,
  RECORD_IN,
  RECORD_KIND,
  RECORD_LENGTH,
  RECORD_LINK,
  RECORD_MARK,
  RECORD_MET,
  RECORD_OUT,
  RECORD_PACKET,
  RECORD_PACKET_BYTES,
  RECORD_SIZE,
} from '../abi/log.ts';
import {
  PACKET_END,
  PACKET_FLAGS,
  PACKET_HOOK,
  PACKET_IN,
  PACKET_L2,
  PACKET_L3,
  PACKET_LENGTH,
  PACKET_MARK,
  PACKET_OUT,
  PACKET_SHARD,
} from '../abi/packet.ts';
import { writeLayer3 } from './rewrite.ts';

/** Appends a record to the log of the packet's shard, if one is kept. `id` means what the kind says. */
export function writeRecord(env: usize, packet: usize, kind: u32, id: u32): void {
  const first: usize = load<u32>(env, ENV_LOG);
  if (first == 0) return;
  const room = load<u32>(env, ENV_LOG_BYTES);
  const shard = load<u32>(packet, PACKET_SHARD);
  const log = first + <usize>shard * room;
  const used = load<u32>(log, LOG_USED);
  const length = load<u32>(packet, PACKET_END) - load<u32>(packet, PACKET_L3);
  if (load<u32>(log, LOG_FULL) != 0 || LOG_RECORDS + used + RECORD_BYTES + ((length + 3) & ~3) > room) {
    store<u32>(log, 1, LOG_FULL);
    return;
  }
  const record = log + LOG_RECORDS + used;
  store<u32>(record, kind, RECORD_KIND);
  store<u32>(record, id, RECORD_ID);
  store<u32>(record, load<u32>(packet, PACKET_IN), RECORD_IN);
  store<u32>(record, load<u32>(packet, PACKET_OUT), RECORD_OUT);
  store<u32>(record, load<u32>(packet, PACKET_MARK), RECORD_MARK);
  store<u32>(record, load<u32>(packet, PACKET_LENGTH), RECORD_LENGTH);
  store<u32>(record, load<u32>(packet, PACKET_FLAGS), RECORD_FLAGS);
  store<u32>(record, load<u32>(packet, PACKET_HOOK), RECORD_HOOK);
  const trace: usize = load<u32>(env, ENV_SCRATCH) + shard * SHARD_SCRATCH_BYTES + SCRATCH_TRACE;
  store<u32>(record, load<u32>(trace, TRACE_COUNT), RECORD_MET);
  v128.store(record, v128.load(load<u32>(packet, PACKET_L2)), RECORD_LINK);
  const size = RECORD_BYTES + copyPacket(log, packet, record + RECORD_BYTES);
  store<u32>(record, load<u32>(log, LOG_LAST), RECORD_PACKET);
  store<u32>(record, load<u32>(log, LOG_LAST_BYTES), RECORD_PACKET_BYTES);
  store<u32>(record, size, RECORD_SIZE);
  store<u32>(log, used + size, LOG_USED);
}

/** Copies the packet's bytes, unless they are those that were copied last. Returns the bytes that the copy takes. */
function copyPacket(log: usize, packet: usize, target: usize): u32 {
  const length = writeLayer3(packet, target);
  const last = log + LOG_RECORDS + load<u32>(log, LOG_LAST);
  if (load<u32>(log, LOG_LAST_BYTES) == length && memory.compare(last, target, length) == 0) return 0;
  store<u32>(log, <u32>(target - log) - LOG_RECORDS, LOG_LAST);
  store<u32>(log, length, LOG_LAST_BYTES);
  return (length + 3) & ~3;
}
