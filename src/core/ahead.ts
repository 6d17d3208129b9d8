// Memory for connections to come. A page of the pool is given by the system when it is first written, which takes longer than all else that is
// done for the connections in it; so whoever has time for it has pages given before shards come to them.

import {
  CONNTRACK_ACCT,
  CONNTRACK_COLD,
  CONNTRACK_COLD_BYTES,
  CONNTRACK_CREATED,
  CONNTRACK_CREATED_BYTES,
  CONNTRACK_POOL,
  CONNTRACK_POOL_END,
  CONNTRACK_POOL_NEXT,
  CONNTRACK_SLOT_BYTES,
} from '../../assembly/abi/flow.ts';
import { LINK_BYTES, SOURCES_LINKS } from '../../assembly/abi/nat.ts';
import type { MemoryMap, MemoryViews } from './memory.ts';

const PAGE_BYTES = 4096;
/** The part of the pool that is ready. While shards run it is only added to: nothing that they have written is changed. */
export class SlotsAhead {
  private readonly words: Uint32Array;
  private readonly next: number;
  private readonly first: number;
  private readonly end: number;
  /** For each slot: where its part lies, and its bytes. */
  private readonly parts: readonly { readonly from: number; readonly bytes: number }[];
  private taken: number;
  private ready: number;

  constructor({ u32 }: MemoryViews, { conntrack, sources }: MemoryMap) {
    const word = (address: number): number => u32[address / 4]!;
    const counts = word(conntrack + CONNTRACK_ACCT) !== 0;
    this.words = u32;
    this.next = (conntrack + CONNTRACK_POOL_NEXT) / 4;
    this.first = word(conntrack + CONNTRACK_POOL);
    this.end = word(conntrack + CONNTRACK_POOL_END);
    this.taken = Atomics.load(u32, this.next);
    this.ready = this.taken;
    this.parts = [
      { from: this.first, bytes: CONNTRACK_SLOT_BYTES },
      { from: word(conntrack + CONNTRACK_CREATED), bytes: CONNTRACK_CREATED_BYTES },
      ...(counts ? [{ from: word(conntrack + CONNTRACK_COLD), bytes: CONNTRACK_COLD_BYTES }] : []),
      ...(sources === 0 ? [] : [{ from: word(sources + SOURCES_LINKS), bytes: LINK_BYTES }]),
    ];
  }

  /** Makes slots ready for so many packets that are to be run, if of late there were any that took new ones. */
  prepare(packets: number): void {
    const taken = Atomics.load(this.words, this.next);
    const most = Math.min(2 * (taken - this.taken), packets * CONNTRACK_SLOT_BYTES);
    const until = Math.min(this.end, taken + most);
    this.taken = taken;
    const from = Math.max(this.ready, taken);
    if (until <= from) return;
    for (const part of this.parts) this.touch(this.placeOf(from, part), this.placeOf(until, part));
    this.ready = until;
  }

  private placeOf(slot: number, { from, bytes }: { readonly from: number; readonly bytes: number }): number {
    return from + Math.floor(((slot - this.first) / CONNTRACK_SLOT_BYTES) * bytes);
  }

  private touch(from: number, until: number): void {
    for (let page = Math.ceil(from / PAGE_BYTES) * PAGE_BYTES; page < until; page += PAGE_BYTES) {
      // Writes without a read before, which would have the page given twice, and changes nothing.
      Atomics.compareExchange(this.words, page / 4, 0, 0);
    }
  }
}
