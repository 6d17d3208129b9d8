// A set of method hash, kept as the kernel keeps it: buckets of a few elements each, more buckets when one is full.
//
// With the same seed, the order of the elements, the number of buckets and what a full set refuses are the kernel's own.
// Ref: net/netfilter/ipset/ip_set_hash_gen.h

import { type Extensions, extensionsOf, type GivenExtensions, NO_EXTENSIONS } from './extensions.ts';
import type { Refusal } from './fault.ts';
import { jhash } from './jhash.ts';
import { isNomatch, type Layout, layoutOf, PACKED_PREFIX, setNomatch } from './layout.ts';
import type { Settings } from './settings.ts';
import type { SetType } from './types.ts';

/** A place in a bucket; one that was deleted keeps its extensions until the place is taken again. */
export interface Slot {
  key: Uint8Array;
  extensions: Extensions;
  used: boolean;
}

export interface Bucket {
  /** As many as the kernel's `pos`. */
  readonly slots: Slot[];
  /** Places there is memory for. */
  size: number;
}

export interface AddFlags {
  /** Change an element that is there already. */
  readonly exist: boolean;
  readonly nomatch: boolean;
}

/** Places by which a bucket grows. Ref: AHASH_INIT_SIZE, AHASH_MAX_TUNED */
const GROWTH = 2;
const TUNED_MAX = 64;
/** Ref: ip_set_hash_gen.h:htable_size() */
const BITS_MAX = 27;
/** Buckets of a region, as a power of two: each region has its share of the elements. Ref: HTABLE_REGION_BITS */
export const REGION_BITS = 10;

/** Elements a region may have before all are counted. */
export function regionMax(maxelem: number, bits: number): number {
  return Math.floor(maxelem / 2 ** Math.max(0, bits - REGION_BITS));
}

export class HashTable {
  readonly method = 'hash';
  readonly layout: Layout;
  /** log2 of the number of buckets. */
  bits: number;
  /** Grows where elements can differ only in their interface. */
  bucketsize: number;
  count = 0;
  private buckets = new Map<number, Bucket>();
  /** Elements of each region. */
  private regions = new Map<number, number>();
  private readonly settings: Settings;
  /** How many elements have each prefix length, of the first and of the second network. */
  private readonly prefixes = [new Map<number, number>(), new Map<number, number>()] as const;

  constructor(type: SetType, settings: Settings) {
    this.layout = layoutOf(type, settings.family);
    this.settings = settings;
    this.bits = settings.hashBits;
    this.bucketsize = settings.bucketsize;
  }

  /** Adds an element, or gives why it cannot be. */
  add(key: Uint8Array, given: GivenExtensions, flags: AddFlags): Refusal | undefined {
    for (;;) {
      const result = this.insert(key, given, flags);
      if (result !== 'again') return result;
      if (!this.resize()) return 'set-full';
    }
  }

  delete(key: Uint8Array): Refusal | undefined {
    const index = this.indexOf(key);
    const bucket = this.buckets.get(index);
    const at = bucket ? bucket.slots.findIndex((slot) => slot.used && this.isEqual(slot.key, key)) : -1;
    if (!bucket || at < 0) return 'no-such-element';
    const { slots } = bucket;
    slots[at]!.used = false;
    if (at + 1 === slots.length) slots.pop();
    this.countElement(index, key, -1);
    const unused = slots.filter((slot) => !slot.used).length;
    if (unused === slots.length) {
      this.buckets.delete(index);
    } else if (unused >= GROWTH) {
      this.buckets.set(index, { slots: slots.filter((slot) => slot.used), size: bucket.size - GROWTH });
    }
    return undefined;
  }

  /** Whether the element is there: `nomatch` when it is there to say that it is not. */
  test(key: Uint8Array): boolean | 'nomatch' {
    for (const candidate of this.candidates(key)) {
      const slots = [...this.bucket(this.indexOf(candidate))];
      const slot = slots.find((one) => this.isEqual(one.key, candidate));
      if (slot) return isNomatch(this.layout, slot.key) ? 'nomatch' : true;
      // The kernel looks no further once it has found the network with other interfaces.
      if (slots.some((one) => this.sharesNetwork(one.key, candidate))) return false;
    }
    return false;
  }

  flush(): void {
    this.buckets = new Map();
    this.regions = new Map();
    this.count = 0;
    for (const prefixes of this.prefixes) prefixes.clear();
  }

  /** All elements in the kernel's order. */
  *slots(): Generator<Slot> {
    for (const index of [...this.buckets.keys()].sort((a, b) => a - b)) yield* this.bucket(index);
  }

  /** The elements of one bucket. */
  *bucket(index: number): Generator<Slot> {
    for (const slot of this.buckets.get(index)?.slots ?? []) if (slot.used) yield slot;
  }

  /** Buckets with their indexes, in order. */
  *entries(): Generator<readonly [number, Bucket]> {
    for (const index of [...this.buckets.keys()].sort((a, b) => a - b)) yield [index, this.buckets.get(index)!];
  }

  /** Puts buckets in place of what there is. */
  replace(buckets: Iterable<readonly [number, Bucket]>): void {
    this.flush();
    for (const [index, bucket] of buckets) {
      this.buckets.set(index, bucket);
      for (const { used, key } of bucket.slots) if (used) this.countElement(index, key, 1);
    }
  }

  /** How many elements have each prefix length, of the first network of an element and of the second. */
  prefixCounts(which: 0 | 1): ReadonlyMap<number, number> {
    return this.prefixes[which];
  }

  /** Elements of a region. */
  regionCount(region: number): number {
    return this.regions.get(region) ?? 0;
  }

  private indexOf(key: Uint8Array): number {
    return jhash(key, this.layout.hashed, this.settings.initval) & (2 ** this.bits - 1);
  }

  private insert(key: Uint8Array, given: GivenExtensions, flags: AddFlags): Refusal | 'again' | undefined {
    const { maxelem, forceadd } = this.settings;
    const index = this.indexOf(key);
    const inRegion = this.regions.get(index >> REGION_BITS) ?? 0;
    const isFull = inRegion >= regionMax(maxelem, this.bits) && this.count >= maxelem;
    const force = isFull && forceadd;
    const bucket = this.buckets.get(index);
    if (!bucket) {
      if (isFull) return 'set-full';
      this.buckets.set(index, { slots: [this.newSlot(index, key, given, flags, undefined)], size: GROWTH });
      return undefined;
    }
    const { slots } = bucket;
    let free = -1;
    let alike = 0;
    for (let i = 0; i < slots.length; i++) {
      const slot = slots[i]!;
      if (!slot.used) {
        if (free < 0) free = i;
        continue;
      }
      if (this.sharesNetwork(slot.key, key)) alike++;
      if (!this.isEqual(slot.key, key)) continue;
      if (!flags.exist) return 'element-exists';
      slot.extensions = extensionsOf(this.settings, given, slot.extensions);
      setNomatch(this.layout, slot.key, flags.nomatch);
      return undefined;
    }
    if (free >= 0 || force) {
      const at = Math.max(0, free);
      const old = slots[at]!;
      if (free < 0) this.countElement(index, old.key, -1);
      slots[at] = this.newSlot(index, key, given, flags, old.extensions);
      return undefined;
    }
    if (isFull) return 'set-full';
    if (slots.length >= bucket.size) {
      const refusal = this.grow(bucket, alike);
      if (refusal) return refusal;
    }
    slots.push(this.newSlot(index, key, given, flags, undefined));
    return undefined;
  }

  /** Makes place in a bucket. */
  private grow(bucket: Bucket, alike: number): Refusal | 'again' | undefined {
    if (this.layout.interface >= 0) {
      if (this.bucketsize >= TUNED_MAX) return 'set-full';
      if (this.bucketsize <= alike) this.bucketsize += GROWTH;
    }
    if (bucket.size >= this.bucketsize) return 'again';
    bucket.size += GROWTH;
    return undefined;
  }

  private newSlot(
    index: number,
    key: Uint8Array,
    given: GivenExtensions,
    { nomatch }: AddFlags,
    before: Extensions | undefined,
  ): Slot {
    const stored = key.slice();
    setNomatch(this.layout, stored, nomatch);
    this.countElement(index, stored, 1);
    return { key: stored, extensions: extensionsOf(this.settings, given, before ?? NO_EXTENSIONS), used: true };
  }

  private countElement(index: number, key: Uint8Array, change: 1 | -1): void {
    this.count += change;
    const region = index >> REGION_BITS;
    this.regions.set(region, (this.regions.get(region) ?? 0) + change);
    this.countPrefixes(key, change);
  }

  /** Doubles the buckets until every element finds a place. Ref: mtype_resize() */
  private resize(): boolean {
    const elements = [...this.slots()];
    retry: while (this.bits < BITS_MAX) {
      this.bits++;
      const buckets = new Map<number, Bucket>();
      const regions = new Map<number, number>();
      for (const slot of elements) {
        const key = slot.key.slice();
        setNomatch(this.layout, key, false);
        const index = this.indexOf(key);
        const bucket = buckets.get(index);
        if (!bucket) buckets.set(index, { slots: [slot], size: GROWTH });
        else {
          if (bucket.slots.length >= bucket.size) {
            if (bucket.size >= this.bucketsize) continue retry;
            bucket.size += GROWTH;
          }
          bucket.slots.push(slot);
        }
        regions.set(index >> REGION_BITS, (regions.get(index >> REGION_BITS) ?? 0) + 1);
      }
      this.buckets = buckets;
      this.regions = regions;
      return true;
    }
    return false;
  }

  /** The networks an address can be in, most specific first; a network is itself. Ref: mtype_test_cidrs() */
  private *candidates(key: Uint8Array): Generator<Uint8Array> {
    const { prefix, prefix2, ip, ip2, addressBytes } = this.layout;
    const host = addressBytes * 8;
    const places = [
      ...(prefix >= 0 ? [{ prefix, ip, counts: this.prefixes[0] }] : []),
      ...(prefix2 >= 0 ? [{ prefix: prefix2, ip: ip2, counts: this.prefixes[1] }] : []),
    ];
    if (places.length === 0 || places.some((place) => this.prefixAt(key, place.prefix) !== host)) {
      yield key;
      return;
    }
    const [outer, inner] = places;
    for (const length of lengthsOf(outer!.counts)) {
      const one = this.withPrefix(key, outer!.prefix, outer!.ip, length);
      if (!inner) yield one;
      else for (const other of lengthsOf(inner.counts)) yield this.withPrefix(one, inner.prefix, inner.ip, other);
    }
  }

  private prefixAt(key: Uint8Array, at: number): number {
    return this.layout.isPacked ? (key[at]! & PACKED_PREFIX) + 1 : key[at]!;
  }

  private withPrefix(key: Uint8Array, at: number, ip: number, length: number): Uint8Array {
    const masked = key.slice();
    for (let i = 0; i < this.layout.addressBytes; i++) {
      masked[ip + i] = masked[ip + i]! & (0xff00 >> Math.min(8, Math.max(0, length - 8 * i)));
    }
    masked[at] = this.layout.isPacked ? length - 1 : length;
    return masked;
  }

  private countPrefixes(key: Uint8Array, change: 1 | -1): void {
    for (const [i, at] of [this.layout.prefix, this.layout.prefix2].entries()) {
      if (at < 0) continue;
      const counts = this.prefixes[i]!;
      const length = this.prefixAt(key, at);
      const count = (counts.get(length) ?? 0) + change;
      if (count > 0) counts.set(length, count);
      else counts.delete(length);
    }
  }

  private isEqual(stored: Uint8Array, key: Uint8Array): boolean {
    const { layout } = this;
    const { nomatch, interface: name } = layout;
    for (let i = 0; i < layout.hashed; i++) {
      const mask = i !== nomatch ? 0xff : layout.isPacked ? PACKED_PREFIX : 0;
      if (((stored[i]! ^ key[i]!) & mask) !== 0) return false;
    }
    if (name < 0) return true;
    // The name of a wildcard in the set stands for every name that begins so.
    const isWildcard = stored[layout.wildcard] !== 0;
    for (let i = name; i < layout.bytes; i++) {
      if (isWildcard && stored[i] === 0) return true;
      if (stored[i] !== key[i]) return false;
      if (stored[i] === 0) return true;
    }
    return true;
  }

  /** Of sets with interfaces: whether two elements differ at most in the interface. */
  private sharesNetwork(stored: Uint8Array, key: Uint8Array): boolean {
    const { ip, addressBytes, prefix, interface: name } = this.layout;
    if (name < 0) return false;
    for (let i = ip; i < ip + addressBytes; i++) if (stored[i] !== key[i]) return false;
    return stored[prefix] === key[prefix];
  }
}

function lengthsOf(counts: ReadonlyMap<number, number>): number[] {
  return [...counts.keys()].sort((a, b) => b - a);
}
