// What rules keep from packet to packet: a region of the core's memory, planned while rules are lowered.
//
// A match or target that keeps something asks for room (LowerContext.state) and gets the offset within the region, which it puts
// into its operands. One plan serves both families, since some state belongs to both (recent lists, sets).

import type { Span } from '../text/source.ts';

/** Room in the region. */
export interface StateRequest {
  readonly bytes: number;
  /** What it holds at first, from its start; the rest is 0. */
  readonly initial?: Uint8Array;
  /** Objects of one key are one object: the first request counts. Without a key each request is an object of its own. */
  readonly key?: string;
  /** Packets of several connections read and change it, so that their order matters: all of them must pass one shard. */
  readonly spansFlows: boolean;
}

export interface StateObject extends StateRequest {
  /** Within the region. */
  readonly offset: number;
  /** Who asked first: `match "limit"`. */
  readonly title: string;
  readonly span: Span;
}

/** Every object starts on a cache line, so that no two share one. */
const ALIGN = 64;

export class StatePlan {
  private readonly list: StateObject[] = [];
  private readonly byKey = new Map<string, StateObject>();
  private end = 0;

  /** Gives the object's offset. */
  take(request: StateRequest, title: string, span: Span): number {
    const known = request.key === undefined ? undefined : this.byKey.get(request.key);
    if (known) return known.offset;
    const made = { ...request, offset: this.end, title, span };
    this.end += Math.ceil(request.bytes / ALIGN) * ALIGN;
    this.list.push(made);
    if (request.key !== undefined) this.byKey.set(request.key, made);
    return made.offset;
  }

  /** Bytes of the region. */
  get bytes(): number {
    return this.end;
  }

  get objects(): readonly StateObject[] {
    return this.list;
  }

  find(key: string): StateObject | undefined {
    return this.byKey.get(key);
  }

  /** The objects for whose sake all packets pass one shard. */
  get spanning(): readonly StateObject[] {
    return this.list.filter(({ spansFlows }) => spansFlows);
  }
}
