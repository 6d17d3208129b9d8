// Captures through the built core, in chunks cut as a test says.

import {
  FRAME_BYTES,
  FRAME_CAPTURED,
  FRAME_DATA,
  FRAME_FLAGS,
  FRAME_INTERFACE,
  FRAME_LENGTH,
  FRAME_NUMBER,
  FRAME_TIME,
  INTERFACE_BYTES,
  INTERFACE_LINKTYPE,
  INTERFACE_SNAPLEN,
} from '../../assembly/abi/batch.ts';
import {
  CAPTURE_BLOCK_OVERHEAD,
  CAPTURE_BYTES,
  CAPTURE_CONSUMED,
  CAPTURE_FAULT,
  CAPTURE_INTERFACE_COUNT,
  CAPTURE_INTERFACE_MAX,
  CAPTURE_INTERFACES,
  CAPTURE_NAME,
  CAPTURE_NAME_BYTES,
  CAPTURE_RECORD_MAX_DEFAULT,
} from '../../assembly/abi/capture.ts';
import { openCore, type TestCore } from './core.ts';

export interface WalkedFrame {
  readonly data: Uint8Array;
  readonly length: number;
  readonly interface: number;
  readonly time: bigint;
  readonly sent: boolean;
  readonly number: number;
}

export interface WalkedInterface {
  readonly name: string;
  readonly linktype: number;
  readonly snaplen: number;
}

export interface Walk {
  readonly frames: readonly WalkedFrame[];
  readonly interfaces: readonly WalkedInterface[];
  /** CAPTURE_FAULT_*; 0 = none. */
  readonly fault: number;
  /** Bytes of the file that were used up; where the fault is, if there is one. */
  readonly offset: number;
}

export interface WalkOptions {
  /** Sizes of the pieces that the file comes in; the last one is repeated. */
  readonly pieces?: readonly number[];
  /** Frames a call may write. */
  readonly capacity?: number;
  readonly interfaceMax?: number;
}

const CHUNK_BYTES = CAPTURE_RECORD_MAX_DEFAULT + CAPTURE_BLOCK_OVERHEAD;

/** A reader that owns its memory; each `walk` is a file of its own. */
export function captureReader(core: TestCore = openCore()): (file: Uint8Array, options?: WalkOptions) => Walk {
  const mark = core.allocate(0);
  return (file, options = {}) => {
    core.release(mark);
    return walk(core, file, options);
  };
}

function walk(core: TestCore, file: Uint8Array, options: WalkOptions): Walk {
  const { view, bytes, exports } = core;
  const { pieces = [CHUNK_BYTES], capacity = 64, interfaceMax = 256 } = options;
  const state = core.allocate(CAPTURE_BYTES);
  const table = core.allocate(interfaceMax * INTERFACE_BYTES);
  const list = core.allocate(capacity * FRAME_BYTES);
  const chunk = core.allocate(CHUNK_BYTES);
  const word = (field: number): number => view.getUint32(state + field, true);
  view.setUint32(state + CAPTURE_INTERFACES, table, true);
  view.setUint32(state + CAPTURE_INTERFACE_MAX, interfaceMax, true);
  const frames: WalkedFrame[] = [];
  const interfaces: WalkedInterface[] = [];
  let read = 0;
  let held = 0;
  let offset = 0;
  for (let piece = 0; ; piece++) {
    const size = Math.min(pieces[Math.min(piece, pieces.length - 1)]!, file.length - read, CHUNK_BYTES - held);
    bytes.set(file.subarray(read, read + size), chunk + held);
    read += size;
    held += size;
    for (;;) {
      const count = exports.walkCapture!(state, chunk, held, list, capacity);
      for (let i = 0; i < count; i++) frames.push(frameAt(core, list + i * FRAME_BYTES));
      const found = word(CAPTURE_INTERFACE_COUNT) > interfaces.length;
      if (found) interfaces.push(interfaceAt(core, table + interfaces.length * INTERFACE_BYTES, state));
      const consumed = word(CAPTURE_CONSUMED);
      offset += consumed;
      held -= consumed;
      bytes.copyWithin(chunk, chunk + consumed, chunk + consumed + held);
      if (word(CAPTURE_FAULT) !== 0) return { frames, interfaces, fault: word(CAPTURE_FAULT), offset };
      if (!found && count < capacity) break;
    }
    if (read === file.length) return { frames, interfaces, fault: 0, offset };
    if (held === CHUNK_BYTES) throw new Error(`the walk is stuck at offset ${offset}`);
  }
}

function frameAt({ view, bytes }: TestCore, at: number): WalkedFrame {
  const data = view.getUint32(at + FRAME_DATA, true);
  return {
    data: bytes.slice(data, data + view.getUint32(at + FRAME_CAPTURED, true)),
    length: view.getUint32(at + FRAME_LENGTH, true),
    interface: view.getUint32(at + FRAME_INTERFACE, true),
    time: view.getBigUint64(at + FRAME_TIME, true),
    sent: view.getUint32(at + FRAME_FLAGS, true) === 1,
    number: view.getUint32(at + FRAME_NUMBER, true),
  };
}

function interfaceAt({ view, bytes }: TestCore, entry: number, state: number): WalkedInterface {
  const name = view.getUint32(state + CAPTURE_NAME, true);
  return {
    name: Buffer.from(bytes.slice(name, name + view.getUint32(state + CAPTURE_NAME_BYTES, true))).toString(),
    linktype: view.getUint32(entry + INTERFACE_LINKTYPE, true),
    snaplen: view.getUint32(entry + INTERFACE_SNAPLEN, true),
  };
}
