// The state of a capture walk, as the main thread drives it: files begin, interfaces turn up, faults are read.

import {
  INTERFACE_BYTES,
  INTERFACE_FLAG_LOOPBACK,
  INTERFACE_FLAGS,
  INTERFACE_INDEX,
  INTERFACE_LINKTYPE,
} from '../../assembly/abi/batch.ts';
import {
  CAPTURE_BYTES,
  CAPTURE_CONSUMED,
  CAPTURE_FAULT,
  CAPTURE_FAULT_BLOCK_LENGTH,
  CAPTURE_FAULT_INTERFACE,
  CAPTURE_FAULT_INTERFACE_TABLE,
  CAPTURE_FAULT_MAGIC,
  CAPTURE_FAULT_NONE,
  CAPTURE_FAULT_OPTION,
  CAPTURE_FAULT_RECORD_LENGTH,
  CAPTURE_FAULT_TIME_UNIT,
  CAPTURE_FAULT_VERSION,
  CAPTURE_FORMAT,
  CAPTURE_FORMAT_UNKNOWN,
  CAPTURE_INTERFACE_COUNT,
  CAPTURE_INTERFACE_MAX,
  CAPTURE_INTERFACES,
  CAPTURE_NAME,
  CAPTURE_NAME_BYTES,
  CAPTURE_PACKETS,
  CAPTURE_RECORD_MAX,
  CAPTURE_SKIP_TOTAL,
  CAPTURE_TIME,
} from '../../assembly/abi/capture.ts';
import type { MemoryMap, MemoryViews } from './memory.ts';

function word(views: MemoryViews, map: MemoryMap, offset: number): number {
  return views.u32[(map.capture + offset) >>> 2]!;
}

function setWord(views: MemoryViews, map: MemoryMap, offset: number, value: number): void {
  views.u32[(map.capture + offset) >>> 2] = value;
}

/** Words of the state that go on from one file to the next. */
const KEPT_BETWEEN_FILES: readonly number[] = [
  CAPTURE_INTERFACE_COUNT,
  CAPTURE_INTERFACE_MAX,
  CAPTURE_INTERFACES,
  CAPTURE_PACKETS,
  CAPTURE_TIME,
  CAPTURE_TIME + 4,
  CAPTURE_RECORD_MAX,
];

/** Makes the state for a new input: packet 1 is next, no interface is known. */
export function resetCapture(views: MemoryViews, map: MemoryMap): void {
  views.u8.fill(0, map.capture, map.capture + CAPTURE_BYTES);
  setWord(views, map, CAPTURE_INTERFACES, map.interfaces);
  setWord(views, map, CAPTURE_INTERFACE_MAX, map.interfaceMax);
}

/** Begins the next file of the input: its format is unknown again, its interfaces come behind those of the files before it. */
export function beginFile(views: MemoryViews, map: MemoryMap): void {
  const kept = KEPT_BETWEEN_FILES.map((offset) => word(views, map, offset));
  views.u8.fill(0, map.capture, map.capture + CAPTURE_BYTES);
  KEPT_BETWEEN_FILES.forEach((offset, i) => {
    setWord(views, map, offset, kept[i]!);
  });
}

/** Whether the first bytes of the current file have said what it is. */
export function formatKnown(views: MemoryViews, map: MemoryMap): boolean {
  return word(views, map, CAPTURE_FORMAT) !== CAPTURE_FORMAT_UNKNOWN;
}

/** Whether the walk stands inside a block that it is passing over. */
export function isInsideBlock(views: MemoryViews, map: MemoryMap): boolean {
  return word(views, map, CAPTURE_SKIP_TOTAL) !== 0;
}

/** Bytes the last walk used up. */
export function consumedBytes(views: MemoryViews, map: MemoryMap): number {
  return word(views, map, CAPTURE_CONSUMED);
}

/** Interfaces found so far, in all files. */
export function interfaceCount(views: MemoryViews, map: MemoryMap): number {
  return word(views, map, CAPTURE_INTERFACE_COUNT);
}

/** The name of the interface that stopped the last walk, '' when the capture gives none. */
export function foundName(views: MemoryViews, map: MemoryMap): string {
  const bytes = word(views, map, CAPTURE_NAME_BYTES);
  const base = word(views, map, CAPTURE_NAME);
  return bytes === 0 ? '' : views.buffer.toString('utf8', base, base + bytes);
}

/** Says which interface of the rules a capture's interface is, and whether it is the loopback device. */
export function setInterface(views: MemoryViews, map: MemoryMap, entry: number, index: number, isLoopback: boolean): void {
  const base = map.interfaces + entry * INTERFACE_BYTES;
  views.u32[(base + INTERFACE_INDEX) >>> 2] = index;
  views.u32[(base + INTERFACE_FLAGS) >>> 2] = isLoopback ? INTERFACE_FLAG_LOOPBACK : 0;
}

/** Link type (LINKTYPE_*) of a capture's interface. */
export function linkType(views: MemoryViews, map: MemoryMap, entry: number): number {
  return views.u32[(map.interfaces + entry * INTERFACE_BYTES + INTERFACE_LINKTYPE) >>> 2]!;
}

/** The latest packet time, in nanoseconds since the epoch. */
export function latestTime(views: MemoryViews, map: MemoryMap): bigint {
  return views.u64[(map.capture + CAPTURE_TIME) >>> 3]!;
}

/** Why a capture cannot be read on. */
export type CaptureFaultCode =
  | 'ERR_CAPTURE_FORMAT'
  | 'ERR_CAPTURE_VERSION'
  | 'ERR_CAPTURE_RECORD'
  | 'ERR_CAPTURE_INTERFACE'
  | 'ERR_CAPTURE_INTERFACES'
  | 'ERR_CAPTURE_TRUNCATED'
  | 'ERR_CAPTURE_READ';

const FAULTS: Readonly<Record<number, { code: CaptureFaultCode; message: string }>> = {
  [CAPTURE_FAULT_MAGIC]: { code: 'ERR_CAPTURE_FORMAT', message: 'not a pcap or pcapng capture' },
  [CAPTURE_FAULT_VERSION]: { code: 'ERR_CAPTURE_VERSION', message: 'this version of the capture format is not known' },
  [CAPTURE_FAULT_RECORD_LENGTH]: { code: 'ERR_CAPTURE_RECORD', message: 'the length of a packet record cannot be right' },
  [CAPTURE_FAULT_BLOCK_LENGTH]: { code: 'ERR_CAPTURE_RECORD', message: 'the length of a block cannot be right' },
  [CAPTURE_FAULT_INTERFACE]: {
    code: 'ERR_CAPTURE_INTERFACE',
    message: 'a packet names an interface that the capture has not described',
  },
  [CAPTURE_FAULT_OPTION]: { code: 'ERR_CAPTURE_INTERFACE', message: 'an option of an interface description is damaged' },
  [CAPTURE_FAULT_TIME_UNIT]: { code: 'ERR_CAPTURE_INTERFACE', message: 'the time unit of an interface is too fine to be true' },
  [CAPTURE_FAULT_INTERFACE_TABLE]: { code: 'ERR_CAPTURE_INTERFACES', message: 'the captures describe too many interfaces' },
};

/** The fault the last walk met, undefined when it met none. */
export function captureFault(views: MemoryViews, map: MemoryMap): { code: CaptureFaultCode; message: string } | undefined {
  const fault = word(views, map, CAPTURE_FAULT);
  if (fault === CAPTURE_FAULT_NONE) return undefined;
  return FAULTS[fault] ?? { code: 'ERR_CAPTURE_RECORD', message: `the capture is damaged (fault ${fault})` };
}
