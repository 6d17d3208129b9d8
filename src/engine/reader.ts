// Fills slots from captures: reads bytes into a slot's chunk and lets the core walk them into frames.
//
// Comes in: byte sources, one after the other. Goes out: slots with frames, and what was wrong with a capture. A damaged
// capture ends where the damage is; the frames before it count, and the next capture is read.

import { FRAME_BYTES } from '../../assembly/abi/batch.ts';
import {
  beginFile,
  type CaptureFaultCode,
  captureFault,
  consumedBytes,
  formatKnown,
  foundName,
  interfaceCount,
  isInsideBlock,
  setInterface,
} from '../core/capture.ts';
import type { SlotMap } from '../core/memory.ts';
import { EngineError } from './error.ts';
import type { Bench } from './shard.ts';
import type { ByteSource } from './source.ts';

/** A capture that could not be read to its end. */
export interface CaptureDamage {
  readonly source: string;
  /** Bytes from the start of the (uncompressed) capture to what could not be read. */
  readonly offset: number;
  readonly code: CaptureFaultCode;
  readonly message: string;
}

export interface ReaderOptions {
  /** Most packets of a slot. */
  readonly packets: number;
  /** Index in the rules' interfaces of an interface name. */
  interfaceIndex(name: string): number;
  /** The name of interfaces to which a capture gives none; '' = they have none. */
  readonly unnamedInterface: string;
  /** Have the core look at frames as they are found, and tell their shards: nobody reads their records. */
  readonly looksAhead?: boolean;
  /** Ends the input where it is. */
  readonly signal?: AbortSignal;
}

/** With packets in hand, wait no longer than this for more: whoever watches a live capture wants to see them. */
const PATIENCE_MS = 50;

/** Frames that are found before they are looked at: their bytes are still at hand then. */
const FOUND_AT_ONCE = 1024;

/** The capture being read. */
interface Open {
  readonly source: ByteSource;
  eof: boolean;
  /** Damaged: nothing behind `offset` is read. */
  broken: boolean;
  error?: unknown;
  /** Bytes read but not walked: address and number. */
  restAt: number;
  rest: number;
  /** Offset in the capture of the first of them. */
  offset: number;
  /** A read under way, into the bytes right behind the rest. */
  pending?: Promise<number>;
}

/** A slot being filled. */
interface Fill {
  readonly slot: SlotMap;
  /** Bytes in its chunk, and how many of them are walked. */
  have: number;
  walked: number;
  frames: number;
}

export class Reader {
  /** Name of each entry of the interface table, '' = the capture gives none. */
  readonly interfaceNames: string[] = [];
  readonly damage: CaptureDamage[] = [];
  /** Bytes walked, all captures together. */
  bytes = 0;
  /** Captures begun. */
  captures = 0;
  /** A read that was under way when the reader was closed. */
  lateRead: Promise<unknown> | undefined;
  private readonly bench: Bench;
  private readonly sources: Iterator<ByteSource>;
  private readonly options: ReaderOptions;
  private next: ByteSource | undefined;
  private open: Open | undefined;
  private stopped = false;
  /** Frames of the slot being filled, at most. */
  private most = 0;
  /** Ends the waiting for a read. */
  private stopWaiting: () => void = () => undefined;

  constructor(bench: Bench, sources: Iterable<ByteSource>, options: ReaderOptions) {
    this.bench = bench;
    this.sources = sources[Symbol.iterator]();
    this.options = options;
    this.next = this.sources.next().value;
    options.signal?.addEventListener('abort', () => this.stop(), { once: true });
    if (options.signal?.aborted) this.stop();
  }

  /** Whether slots are filled with what the core knows of their frames. */
  get looksAhead(): boolean {
    return this.options.looksAhead === true;
  }

  /** Whether everything there is has been walked. */
  get finished(): boolean {
    return this.next === undefined && this.open === undefined;
  }

  /** Fills a slot, with so many frames at most. Returns their number; 0 = the input has ended. */
  async fill(slot: SlotMap, most = this.options.packets): Promise<number> {
    this.most = Math.min(most, this.options.packets);
    for (;;) {
      if (this.stopped) return 0;
      if (!this.open) {
        if (!this.next) return 0;
        this.open = this.begin(this.next);
        this.next = this.sources.next().value;
      }
      const frames = await this.fillFrom(this.open, slot);
      if (this.open.broken || (this.open.eof && this.open.rest === 0)) await this.end();
      if (frames > 0) return frames;
    }
  }

  /** Ends the input where it is, also one that is waited for. */
  stop(): void {
    this.stopped = true;
    this.stopWaiting();
  }

  /** Gives up what is left of the input. A read that is still under way may write into a slot's chunk until `lateRead` resolves. */
  async close(): Promise<void> {
    this.lateRead = this.open?.pending;
    this.next = undefined;
    await this.end();
  }

  private begin(source: ByteSource): Open {
    this.captures++;
    beginFile(this.bench.views, this.bench.map);
    return { source, eof: false, broken: false, restAt: 0, rest: 0, offset: 0 };
  }

  private async end(): Promise<void> {
    const open = this.open;
    this.open = undefined;
    await open?.source.close();
  }

  private async fillFrom(open: Open, slot: SlotMap): Promise<number> {
    const have = await this.takeRest(open, slot);
    if (have === undefined) return 0;
    const fill: Fill = { slot, have, walked: 0, frames: 0 };
    this.walk(open, fill);
    while (fill.frames < this.most && !open.broken && !this.stopped) {
      if (open.eof) {
        this.checkEnd(open, fill);
        break;
      }
      if (fill.have === slot.chunkBytes) {
        // The core takes no record that a chunk cannot hold; a chunk without packets is used up and goes round again.
        if (fill.walked === 0) throw new EngineError('ERR_CORE_FAULT', `no record in ${fill.have} bytes of ${open.source.name}`);
        break;
      }
      if (!(await this.readMore(open, fill))) break;
      this.walk(open, fill);
    }
    open.restAt = slot.chunk + fill.walked;
    open.rest = fill.have - fill.walked;
    open.offset += fill.walked;
    this.bytes += fill.walked;
    return fill.frames;
  }

  /** Brings the bytes that the last slot left over to the front of this one. Returns how many they are; undefined when the input ends here. */
  private async takeRest(open: Open, slot: SlotMap): Promise<number | undefined> {
    if (open.pending) {
      const got = await this.arrival(open.pending, undefined);
      if (got === undefined) return undefined;
      delete open.pending;
      if (got === 0) open.eof = true;
      open.rest += got;
    }
    // In shared memory, copyWithin() goes byte by byte.
    if (open.rest > 0) this.bench.views.u8.set(this.bench.views.u8.subarray(open.restAt, open.restAt + open.rest), slot.chunk);
    return open.rest;
  }

  /** Reads on into the chunk. Returns false when nothing came soon, or the input is to end here: the slot should go out as it is. */
  private async readMore(open: Open, fill: Fill): Promise<boolean> {
    const { chunk, chunkBytes } = fill.slot;
    const read = open.source.read(this.bench.views.u8.subarray(chunk + fill.have, chunk + chunkBytes)).catch((error: unknown) => {
      open.error = error;
      return 0;
    });
    const got = await this.arrival(read, fill.frames === 0 ? undefined : PATIENCE_MS);
    if (got === undefined) {
      open.pending = read;
      return false;
    }
    if (got === 0) open.eof = true;
    fill.have += got;
    return true;
  }

  /** What a read gives; undefined when that takes longer than the patience, or the input is to end here. */
  private arrival(read: Promise<number>, patienceMs: number | undefined): Promise<number | undefined> {
    if (this.stopped) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const timer = patienceMs === undefined ? undefined : setTimeout(resolve, patienceMs, undefined);
      this.stopWaiting = () => resolve(undefined);
      void read.then((got) => {
        clearTimeout(timer);
        resolve(got);
      });
    });
  }

  /** Walks what is there, naming the interfaces that turn up. */
  private walk(open: Open, fill: Fill): void {
    const { core, views, map } = this.bench;
    const { slot } = fill;
    for (;;) {
      const known = interfaceCount(views, map);
      const room = Math.min(this.most - fill.frames, FOUND_AT_ONCE);
      const at = slot.chunk + fill.walked;
      const found = core.walkCapture(map.capture, at, fill.have - fill.walked, slot.frames + fill.frames * FRAME_BYTES, room);
      const fault = captureFault(views, map);
      if (found < 0 && !fault) throw new EngineError('ERR_CORE_FAULT', `walking a capture: fault ${found}`);
      const used = consumedBytes(views, map);
      fill.frames += Math.max(found, 0);
      fill.walked += used;
      if (found > 0 && this.looksAhead && core.lookAhead(map.env, slot.slot, fill.frames) < 0)
        throw new EngineError('ERR_CORE_FAULT', 'looking ahead: the core refuses');
      const count = interfaceCount(views, map);
      for (let entry = known; entry < count; entry++) {
        const name = (entry === count - 1 && foundName(views, map)) || this.options.unnamedInterface;
        this.interfaceNames[entry] = name;
        setInterface(views, map, entry, this.options.interfaceIndex(name), name === 'lo');
      }
      if (fault) this.damaged(open, fill, fault.code, fault.message);
      if (fault || (used === 0 && count === known) || fill.frames === this.most) return;
    }
  }

  /** The capture has ended: is anything left that is no whole record? */
  private checkEnd(open: Open, fill: Fill): void {
    const left = fill.have - fill.walked;
    if (open.error !== undefined) {
      const message = open.error instanceof Error ? open.error.message : String(open.error);
      this.damaged(open, fill, 'ERR_CAPTURE_READ', `cannot be read on: ${message}`);
    } else if (open.offset + fill.have === 0) {
      this.damaged(open, fill, 'ERR_CAPTURE_FORMAT', 'not a capture: it is empty');
    } else if (left > 0 && !formatKnown(this.bench.views, this.bench.map)) {
      this.damaged(open, fill, 'ERR_CAPTURE_FORMAT', 'not a pcap or pcapng capture');
    } else if (left > 0 || isInsideBlock(this.bench.views, this.bench.map)) {
      this.damaged(open, fill, 'ERR_CAPTURE_TRUNCATED', 'cut short: it ends within a record');
    }
  }

  private damaged(open: Open, fill: Fill, code: CaptureFaultCode, message: string): void {
    open.broken = true;
    this.damage.push({ source: open.source.name, offset: open.offset + fill.walked, code, message });
  }
}
