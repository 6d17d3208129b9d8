// The built core as a mere tracker: packets in, what rules see of their connections out. No rules, and a host that takes all.

import {
  ALL_SHARDS,
  ENV_BYTES,
  ENV_CONNTRACK,
  ENV_HOST,
  ENV_INTERFACES,
  ENV_PROGRAM4,
  ENV_PROGRAM6,
  ENV_SCRATCH,
  ENV_SHARDS,
  FRAME_BYTES,
  FRAME_CAPTURED,
  FRAME_DATA,
  FRAME_FLAG_SENT,
  FRAME_FLAGS,
  FRAME_LENGTH,
  FRAME_NUMBER,
  FRAME_TIME,
  INTERFACE_BYTES,
  INTERFACE_INDEX,
  INTERFACE_LINKTYPE,
  OUTCOME_BYTES,
  OUTCOME_VERDICT,
  OUTCOME_WHY,
  SHARD_SCRATCH_BYTES,
  SLOT_BYTES,
  SLOT_CLASSES,
  SLOT_COUNT,
  SLOT_COUNTS,
  SLOT_FRAMES,
  SLOT_OUTCOMES,
  SLOT_PACKETS,
} from '../../assembly/abi/batch.ts';
import { LINKTYPE_RAW } from '../../assembly/abi/capture.ts';
import {
  HOST_FLAG_ASSUMED,
  HOST_FLAGS,
  HOST_HEADER_BYTES,
  HOST_IF_BYTES,
  HOST_INTERFACES,
  HOST_MAGIC,
  HOST_MAGIC_AT,
  HOST_VERSION,
  HOST_VERSION_AT,
} from '../../assembly/abi/host.ts';
import {
  CTINFO_IS_REPLY,
  CTINFO_RELATED_REPLY,
  CTSTATE_ESTABLISHED,
  CTSTATE_INVALID,
  CTSTATE_NEW,
  CTSTATE_RELATED,
  CTSTATE_UNTRACKED,
  PACKET_BYTES,
  PACKET_CTINFO,
  PACKET_CTSTATE,
} from '../../assembly/abi/packet.ts';
import {
  PROGRAM_FAMILY,
  PROGRAM_FLAGS,
  PROGRAM_HEADER_BYTES,
  PROGRAM_MAGIC,
  PROGRAM_MAGIC_AT,
  PROGRAM_USES_CONNTRACK,
  PROGRAM_VERSION,
  PROGRAM_VERSION_AT,
} from '../../assembly/abi/program.ts';
import { type ConntrackSize, conntrackRegionBytes, initConntrack, type SysctlValues } from '../../src/core/conntrack.ts';
import { type ConntrackStatistics, conntrackStatistics, type EntryTotals, entryTotals } from '../../src/core/flow.ts';
import type { ConntrackOutput } from '../../src/report/conntrack/output.ts';
import { conntrackText } from '../../src/report/conntrack.ts';
import { openCore } from '../support/core.ts';

export interface TrackedPacket {
  readonly bytes: Uint8Array;
  /** Nanoseconds since the epoch, not less than those before. */
  readonly time: bigint;
  /** This host sends it. */
  readonly sent?: boolean;
}

export interface Tracked {
  /** As `--ctstate` names it. */
  readonly state: string;
  readonly isReply: boolean;
  readonly verdict: number;
  readonly why: number;
}

export interface Tracker {
  /** Takes packets through the core in one batch. */
  feed(packets: readonly TrackedPacket[]): Tracked[];
  /** The table at a time, as `conntrack -L`, or in another form. */
  text(now: bigint, output?: ConntrackOutput): string;
  /** What has become of entries. */
  entries(): EntryTotals;
  statistics(): ConntrackStatistics;
}

export interface TrackerOptions extends Partial<ConntrackSize> {
  readonly sysctl?: SysctlValues;
  /** What the kernel's clock is ahead of the packets' times, nanoseconds. */
  readonly clockNs?: bigint;
  /** Run packets in input order, all shards as one. */
  readonly inOrder?: boolean;
}

const STATES: Readonly<Record<number, string>> = {
  [CTSTATE_INVALID]: 'INVALID',
  [CTSTATE_ESTABLISHED]: 'ESTABLISHED',
  [CTSTATE_RELATED]: 'RELATED',
  [CTSTATE_NEW]: 'NEW',
  [CTSTATE_UNTRACKED]: 'UNTRACKED',
};
const PAGE_BYTES = 65536;
/** Packets and bytes of one batch. */
const BATCH_PACKETS = 4096;
const BATCH_DATA_BYTES = 2 << 20;

export function openTracker({
  shards = 4,
  capacity = 1024,
  sysctl = {},
  clockNs = 0n,
  inOrder = false,
}: TrackerOptions = {}): Tracker {
  const regionBytes = conntrackRegionBytes({ shards, capacity });
  const core = openCore(Math.ceil((regionBytes + shards * SHARD_SCRATCH_BYTES + BATCH_DATA_BYTES) / PAGE_BYTES) + 64);
  const { view, exports, allocate } = core;
  const set = (at: number, value: number): void => view.setUint32(at, value, true);
  const get = (at: number): number => view.getUint32(at, true);

  const region = Math.ceil(allocate(regionBytes + 64) / 64) * 64;
  initConntrack(view, region, { shards, capacity, sysctl, clockNs });
  const interfaces = allocate(INTERFACE_BYTES);
  set(interfaces + INTERFACE_INDEX, 1);
  set(interfaces + INTERFACE_LINKTYPE, LINKTYPE_RAW);
  const host = allocate(HOST_HEADER_BYTES + 2 * HOST_IF_BYTES);
  set(host + HOST_MAGIC_AT, HOST_MAGIC);
  set(host + HOST_VERSION_AT, HOST_VERSION);
  set(host + HOST_FLAGS, HOST_FLAG_ASSUMED);
  set(host + HOST_INTERFACES, HOST_HEADER_BYTES);
  const emptyRuleset = (family: number): number => {
    const program = allocate(PROGRAM_HEADER_BYTES);
    set(program + PROGRAM_MAGIC_AT, PROGRAM_MAGIC);
    set(program + PROGRAM_VERSION_AT, PROGRAM_VERSION);
    set(program + PROGRAM_FAMILY, family);
    set(program + PROGRAM_FLAGS, PROGRAM_USES_CONNTRACK);
    return program;
  };
  const env = allocate(ENV_BYTES);
  set(env + ENV_PROGRAM4, emptyRuleset(4));
  set(env + ENV_PROGRAM6, emptyRuleset(6));
  set(env + ENV_HOST, host);
  set(env + ENV_CONNTRACK, region);
  set(env + ENV_SHARDS, shards);
  set(env + ENV_INTERFACES, interfaces);
  set(env + ENV_SCRATCH, allocate(shards * SHARD_SCRATCH_BYTES));

  const slot = allocate(SLOT_BYTES);
  const frames = allocate(BATCH_PACKETS * FRAME_BYTES);
  const packets = allocate(BATCH_PACKETS * PACKET_BYTES);
  const outcomes = allocate(BATCH_PACKETS * OUTCOME_BYTES);
  const data = allocate(BATCH_DATA_BYTES);
  set(slot + SLOT_FRAMES, frames);
  set(slot + SLOT_PACKETS, packets);
  set(slot + SLOT_OUTCOMES, outcomes);
  set(slot + SLOT_CLASSES, allocate(BATCH_PACKETS));
  set(slot + SLOT_COUNTS, allocate(shards * 4));
  let numbered = 0;

  const writeFrames = (batch: readonly TrackedPacket[]): void => {
    let at = data;
    for (const [i, { bytes, time, sent }] of batch.entries()) {
      const frame = frames + i * FRAME_BYTES;
      core.bytes.set(bytes, at);
      core.bytes.fill(0, frame, frame + FRAME_BYTES);
      set(frame + FRAME_DATA, at);
      set(frame + FRAME_CAPTURED, bytes.length);
      set(frame + FRAME_LENGTH, bytes.length);
      view.setBigUint64(frame + FRAME_TIME, time, true);
      set(frame + FRAME_FLAGS, sent ? FRAME_FLAG_SENT : 0);
      set(frame + FRAME_NUMBER, ++numbered);
      at += bytes.length;
    }
    if (at > data + BATCH_DATA_BYTES || batch.length > BATCH_PACKETS) throw new RangeError('the batch is too large');
    set(slot + SLOT_COUNT, batch.length);
  };

  return {
    feed(batch) {
      writeFrames(batch);
      if (exports.dissectSlot!(env, slot) !== batch.length) throw new Error('dissectSlot refuses the batch');
      for (const shard of inOrder ? [ALL_SHARDS] : Array.from({ length: shards }, (_, i) => i))
        if (exports.runSlot!(env, shard, slot) < 0) throw new Error('runSlot refuses the batch');
      return batch.map((_, i) => {
        const info = get(packets + i * PACKET_BYTES + PACKET_CTINFO);
        return {
          state: STATES[get(packets + i * PACKET_BYTES + PACKET_CTSTATE) & 127] ?? '?',
          isReply: info >= CTINFO_IS_REPLY && info <= CTINFO_RELATED_REPLY,
          verdict: get(outcomes + i * OUTCOME_BYTES + OUTCOME_VERDICT),
          why: get(outcomes + i * OUTCOME_BYTES + OUTCOME_WHY),
        };
      });
    },
    text: (now, output) => conntrackText(view, region, now, output),
    entries: () => entryTotals(view, region),
    statistics: () => conntrackStatistics(view, region),
  };
}
