// What rules keep from packet to packet: a region of the core's memory, planned while rules are lowered.
//
// A match or target that keeps something asks for room (LowerContext.state) and gets the offset within the region, which it puts
// into its operands. One plan serves both families, since some state belongs to both (recent lists, sets).

import type { Span } from '../text/source.ts';

/** Room in the region. */
export interface StateRequest {
  readonly bytes: number;
  /** What it holds at first, from its start; the rest is 0. Until all rules are lowered it may be changed. */
  readonly initial?: Uint8Array;
  /** Room besides, which the requests of one key may raise: where it begins, in bytes from the object, becomes the word at `at`. */
  readonly room?: { readonly bytes: number; readonly at: number };
  /** Objects of one key are one object: the first request counts. Without a key each request is an object of its own. */
  readonly key?: string;
  /** Packets of several connections read and change it, so that their order matters: all of them must pass one shard. */
  readonly spansFlows: boolean;
  /** Why, in words that may follow who asked; absent = it keeps what packets of several connections change. */
  readonly reason?: string;
}

export interface StateObject extends StateRequest {
  /** Within the region. */
  readonly offset: number;
  /** Who asked first: `match "limit"`. */
  readonly title: string;
  readonly span: Span;
}

interface PlannedObject extends StateObject {
  readonly room?: { bytes: number; readonly at: number };
}

/** Who has all packets pass one shard: a match, target or set, and where it stands, or a setting of the host. */
export interface SpanningCause {
  /** As a person would call it: `match "limit"`. */
  readonly title: string;
  /** What it does, in words that may follow the title. */
  readonly reason: string;
  readonly source?: string;
  /** From 1. */
  readonly line?: number;
  readonly column?: number;
}

/** A cause by its title and place. */
export function causeTitle({ title, source, line, column }: SpanningCause): string {
  return source === undefined ? title : `${title} at ${source}:${line}:${column}`;
}

/** The same before its place is looked up. */
export interface Spanning {
  readonly title: string;
  readonly reason: string;
  readonly span?: Span;
}

/** What has a replay with several shards start over with one. */
export interface Telling {
  /** What it is about, as a person would call it. */
  readonly title: string;
  /** When, in words that may follow "once more". */
  readonly when: string;
}

const KEEPS = 'keeps what packets of several connections change';

/** Every object starts on a cache line, so that no two share one. */
const ALIGN = 64;

function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGN) * ALIGN;
}

export class StatePlan {
  private readonly list: PlannedObject[] = [];
  private readonly causes: Spanning[] = [];
  private readonly byKey = new Map<string, PlannedObject>();
  private end = 0;

  /** Gives the object's offset. */
  take(request: StateRequest, title: string, span: Span): number {
    const known = request.key === undefined ? undefined : this.byKey.get(request.key);
    if (known) {
      if (request.room && known.room) known.room.bytes = Math.max(known.room.bytes, request.room.bytes);
      return known.offset;
    }
    const made = { ...request, ...(request.room ? { room: { ...request.room } } : {}), offset: this.end, title, span };
    this.end += aligned(request.bytes);
    this.list.push(made);
    if (request.key !== undefined) this.byKey.set(request.key, made);
    return made.offset;
  }

  /** Bytes of the region. */
  get bytes(): number {
    return this.list.reduce((bytes, { room }) => bytes + aligned(room?.bytes ?? 0), this.end);
  }

  /** All objects; their rooms lie behind the last of them. */
  get objects(): readonly StateObject[] {
    let next = this.end;
    return this.list.map((object) => {
      const { room, offset } = object;
      if (!room) return object;
      const initial = new Uint8Array(object.bytes);
      initial.set(object.initial ?? []);
      new DataView(initial.buffer).setUint32(room.at, next - offset, true);
      next += aligned(room.bytes);
      return { ...object, initial };
    });
  }

  find(key: string): StateObject | undefined {
    return this.byKey.get(key);
  }

  /** Has all packets pass one shard for the sake of a setting, or of a rule that keeps nothing itself. */
  spanFor(cause: Spanning): void {
    this.causes.push(cause);
  }

  /** For whose sake all packets pass one shard. */
  get spanning(): readonly Spanning[] {
    const objects = this.list.filter(({ spansFlows }) => spansFlows);
    return [...objects.map(({ title, span, reason = KEEPS }) => ({ title, span, reason })), ...this.causes];
  }
}

/** What a rule does with an IP set besides asking whether it has a packet. */
export interface SetUse {
  readonly name: string;
  /** It adds packets, or takes them out. */
  readonly changes: boolean;
  /** It compares counters. */
  readonly compares: boolean;
}

/** An IP set as rules have it. */
export interface SetPlace {
  /** Within the region. */
  readonly offset: number;
  /** Asking counts, or the answer is another one after other packets. */
  readonly hasEffect: boolean;
  /** Packets put interfaces into it, and not of all of them the names are known. */
  readonly takesInterfaces: boolean;
  /** 0 = of no family: rules of both may name it. */
  readonly family: 4 | 6 | 0;
}

/** Where rules find IP sets: each that a rule names gets its place in the region. */
export interface SetSource {
  /** Undefined when there is none of that name, or it is too large. */
  place(name: string, take: (request: StateRequest) => number): SetPlace | undefined;
  names(): readonly string[];
}
