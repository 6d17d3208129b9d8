// A hash as the core has it: see abi/set.ts.

import {
  BUCKET_BYTES,
  BUCKET_END,
  BUCKET_PLACES,
  BUCKET_SIZE,
  BUCKET_TUNED_MAX,
  BUCKET_USED,
  PREFIXES_BYTES,
  PREFIXES_COUNT,
  PREFIXES_ELEMENTS,
  PREFIXES_LENGTHS,
  SET_BUCKET_MASK,
  SET_BUCKETS,
  SET_BUCKETSIZE,
  SET_DIM_INTERFACE,
  SET_DIM_IP,
  SET_DIM_IP2,
  SET_DIM_MAC,
  SET_DIM_PORT,
  SET_HAS_FORCEADD,
  SET_HAS_NOMATCH,
  SET_HASH_BYTES,
  SET_HASHED,
  SET_INITVAL,
  SET_IS_PACKED,
  SET_KEY_ELEMENT,
  SET_KEY_INTERFACE,
  SET_KEY_IP,
  SET_KEY_IP2,
  SET_KEY_MAC,
  SET_KEY_MARK,
  SET_KEY_NOMATCH,
  SET_KEY_PORT,
  SET_KEY_PREFIX,
  SET_KEY_PREFIX2,
  SET_KEY_PROTOCOL,
  SET_MARKMASK,
  SET_MASK,
  SET_MAXELEM,
  SET_PREFIXES,
  SET_REFUSES_ZERO,
  SET_REGION_MAX,
  SET_REGIONS,
} from '../../assembly/abi/set.ts';
import type { InterfaceUniverse } from '../ir/ir.ts';
import type { IpSet } from './collection.ts';
import { type Bucket, type HashTable, REGION_BITS, regionMax } from './hash-table.ts';
import { decodeElement, type Layout } from './layout.ts';
import { type Comments, type ElementLayout, keyBytes, layElements, writeExtensions } from './place.ts';
import { addressMask } from './settings.ts';
import { hasNomatch, type Part, type SetType } from './types.ts';

/** What an image is made with besides the set. */
export interface ImageContext {
  readonly interfaces: InterfaceUniverse;
  readonly comments: Comments;
  /** Packets change the set: buckets have room for all that can come. */
  readonly changes: boolean;
}

/** Words by their offsets, and the bytes they stand in. */
export function putWords(view: DataView, words: readonly (readonly [offset: number, value: number])[]): void {
  for (const [offset, value] of words) view.setUint32(offset, value, true);
}

/** Where the parts of a hash's image stand. */
export interface HashPlan {
  readonly elements: ElementLayout;
  readonly prefixes: number;
  readonly regions: number;
  readonly buckets: number;
  readonly places: number;
  /** Places of a bucket; undefined: as many as it has elements. */
  readonly capacity: number | undefined;
  readonly bytes: number;
}

export function planHash({ type, settings }: IpSet, table: HashTable, changes: boolean): HashPlan {
  const elements = layElements(keyBytes(table.layout), settings);
  const hasNetworks = type.parts.includes('net');
  const prefixes = SET_HASH_BYTES;
  const regions = prefixes + (hasNetworks ? 2 * PREFIXES_BYTES : 0);
  const regionCount = 2 ** Math.max(0, table.bits - REGION_BITS);
  const buckets = regions + Math.ceil((4 * regionCount) / 16) * 16;
  const places = buckets + 2 ** table.bits * BUCKET_BYTES;
  const most = table.layout.interface >= 0 ? BUCKET_TUNED_MAX : table.bucketsize;
  const capacity = changes ? most : undefined;
  const count = capacity === undefined ? placesTaken(table) : capacity * 2 ** table.bits;
  return { elements, prefixes, regions, buckets, places, capacity, bytes: places + count * elements.bytes };
}

function placesTaken(table: HashTable): number {
  let count = 0;
  for (const [, { slots }] of table.entries()) count += slots.length;
  return count;
}

export function writeHash(view: DataView, set: IpSet, table: HashTable, plan: HashPlan, context: ImageContext): void {
  writeHead(view, set, table, plan);
  writePrefixes(view, table, plan);
  let next = plan.places;
  if (plan.capacity !== undefined) {
    for (let index = 0; index < 2 ** table.bits; index++) {
      view.setUint32(
        plan.buckets + index * BUCKET_BYTES + BUCKET_PLACES,
        next + index * plan.capacity * plan.elements.bytes,
        true,
      );
    }
  }
  for (const [index, bucket] of table.entries()) {
    const at = plan.buckets + index * BUCKET_BYTES;
    if (plan.capacity === undefined) view.setUint32(at + BUCKET_PLACES, next, true);
    writeBucket(view, at, view.getUint32(at + BUCKET_PLACES, true), bucket, table, plan, context);
    if (plan.capacity === undefined) next += bucket.slots.length * plan.elements.bytes;
  }
}

function writeBucket(
  view: DataView,
  at: number,
  places: number,
  { slots, size }: Bucket,
  { layout }: HashTable,
  { elements }: HashPlan,
  { interfaces, comments }: ImageContext,
): void {
  let used = 0n;
  for (const [i, slot] of slots.entries()) {
    const place = places + i * elements.bytes;
    if (slot.used) used |= 1n << BigInt(i);
    new Uint8Array(view.buffer, view.byteOffset + place).set(slot.key.subarray(0, layout.hashed));
    if (layout.interface >= 0) writeInterface(view, place + layout.hashed, layout, slot.key, interfaces);
    if (slot.used) writeExtensions(view, place, elements, slot.extensions, comments);
  }
  view.setBigUint64(at + BUCKET_USED, used, true);
  view.setUint8(at + BUCKET_END, slots.length);
  view.setUint8(at + BUCKET_SIZE, size);
}

/** A name as the interfaces it stands for. */
function writeInterface(view: DataView, at: number, layout: Layout, key: Uint8Array, interfaces: InterfaceUniverse): void {
  const { interface: name = '', wildcard } = decodeElement(layout, key);
  const [low, high] = wildcard ? interfaces.range(`${name}+`) : [interfaces.indexOf(name), interfaces.indexOf(name)];
  putWords(view, [
    [at, low],
    [at + 4, high],
    [at + 8, wildcard ? 1 : 0],
  ]);
}

function writeHead(view: DataView, { type, settings }: IpSet, table: HashTable, plan: HashPlan): void {
  const { layout, bits } = table;
  const mask = addressMask(settings) ?? new Uint8Array(16).fill(0xff);
  const dimension = (part: Part, last = false): number => {
    const index = last ? type.parts.lastIndexOf(part) : type.parts.indexOf(part);
    return index < 0 ? 0 : 1 << (index + 1);
  };
  putWords(view, [
    [SET_MAXELEM, settings.maxelem],
    [SET_BUCKETS, plan.buckets],
    [SET_BUCKET_MASK, 2 ** bits - 1],
    [SET_INITVAL, settings.initval],
    [SET_BUCKETSIZE, table.bucketsize],
    [SET_HASHED, layout.hashed],
    [SET_KEY_IP, layout.ip],
    [SET_KEY_IP2, layout.ip2],
    [SET_KEY_PORT, layout.port],
    [SET_KEY_PROTOCOL, layout.protocol],
    [SET_KEY_MAC, layout.mac],
    [SET_KEY_MARK, layout.mark],
    [SET_KEY_PREFIX, layout.prefix],
    [SET_KEY_PREFIX2, layout.prefix2],
    [SET_KEY_NOMATCH, layout.nomatch],
    [SET_KEY_ELEMENT, layout.element],
    [SET_KEY_INTERFACE, layout.interface < 0 ? -1 : layout.hashed],
    [SET_DIM_IP, 1 << 1],
    [SET_DIM_IP2, 1 << type.parts.length],
    [SET_DIM_PORT, dimension('port')],
    [SET_DIM_MAC, dimension('mac')],
    [SET_DIM_INTERFACE, dimension('interface')],
    [SET_MARKMASK, settings.markmask],
    [SET_REGIONS, plan.regions],
    [SET_REGION_MAX, regionMax(settings.maxelem, bits)],
    [SET_PREFIXES, plan.prefixes],
  ]);
  new Uint8Array(view.buffer, view.byteOffset + SET_MASK, 16).set(mask);
  for (let region = 0; region < 2 ** Math.max(0, bits - REGION_BITS); region++) {
    view.setUint32(plan.regions + 4 * region, table.regionCount(region), true);
  }
}

/** The SET_* flags that a hash has because of its type. */
export function hashFlags(type: SetType, layout: Layout, forceadd: boolean): number {
  return (
    (hasNomatch(type) ? SET_HAS_NOMATCH : 0) |
    (forceadd ? SET_HAS_FORCEADD : 0) |
    (layout.isPacked ? SET_IS_PACKED : 0) |
    (type.name === 'hash:ip' || type.name === 'hash:ip,port' ? SET_REFUSES_ZERO : 0)
  );
}

/** A set whose only network is its second address has its lengths where the first of two would be. */
function writePrefixes(view: DataView, table: HashTable, { prefixes }: HashPlan): void {
  const { prefix, prefix2 } = table.layout;
  const networks = ([0, 1] as const).filter((which) => (which === 0 ? prefix : prefix2) >= 0);
  for (const [i, which] of networks.entries()) {
    const at = prefixes + i * PREFIXES_BYTES;
    const counts = [...table.prefixCounts(which)].sort(([a], [b]) => b - a);
    view.setUint32(at + PREFIXES_COUNT, counts.length, true);
    for (const [k, [length, count]] of counts.entries()) {
      view.setUint8(at + PREFIXES_LENGTHS + k, length);
      view.setUint32(at + PREFIXES_ELEMENTS + 4 * length, count, true);
    }
  }
}
