// Sets back out of the core's memory, as packets have left them.

import {
  BUCKET_BYTES,
  BUCKET_END,
  BUCKET_PLACES,
  BUCKET_SIZE,
  BUCKET_USED,
  PLACE_EMPTY,
  PLACE_MAC,
  PLACE_OPEN,
  PLACE_STATE,
  SET_BITMAP_BYTES,
  SET_BUCKETS,
  SET_BUCKETSIZE,
  SET_LIST_BYTES,
} from '../../assembly/abi/set.ts';
import type { InterfaceUniverse } from '../ir/ir.ts';
import { Bitmap } from './bitmap.ts';
import type { IpSet, IpsetCollection } from './collection.ts';
import { type Extensions, NO_EXTENSIONS } from './extensions.ts';
import { type Bucket, HashTable, type Slot } from './hash-table.ts';
import type { SetImages } from './image.ts';
import { INTERFACE_BYTES, type Layout, MAC_BYTES } from './layout.ts';
import {
  type Clock,
  type Comments,
  type ElementLayout,
  keyBytes,
  layElements,
  MEMBER_KEY_BYTES,
  placeKeyBytes,
  readExtensions,
  stillLeft,
} from './place.ts';
import { SetList } from './set-list.ts';

interface Reading {
  /** The core's memory, and where the set begins in it. */
  readonly view: DataView;
  readonly base: number;
  readonly clock: Clock;
  readonly comments: Comments;
  readonly interfaces: InterfaceUniverse;
}

/** The core's memory at a time. */
export interface CoreState {
  readonly view: DataView;
  /** Where the region of state begins. */
  readonly state: number;
  readonly clock: Clock;
}

/** Gives all sets as they are at a time: those that rules name out of memory, of the others what is left of their elements. */
export function readPlacedSets(
  images: SetImages,
  interfaces: InterfaceUniverse,
  { view, state, clock }: CoreState,
): IpsetCollection {
  const offsets = new Map(images.placed().map(({ index, offset }) => [index, offset]));
  const { collection, comments } = images;
  return collection.mapSets((set, index) => {
    const offset = offsets.get(index);
    if (offset === undefined) return aged(set, clock);
    return read(set, { view, base: state + offset, clock, comments, interfaces });
  });
}

function read(set: IpSet, reading: Reading): IpSet {
  const { members } = set;
  if (members.method === 'hash') return { ...set, members: readHash(set, members, reading) };
  return { ...set, members: members.method === 'bitmap' ? readBitmap(set, members, reading) : readList(set, members, reading) };
}

function readHash(set: IpSet, old: HashTable, { view, base, clock, comments, interfaces }: Reading): HashTable {
  const table = new HashTable(set.type, set.settings);
  const elements = layElements(keyBytes(old.layout), set.settings);
  const buckets = base + view.getUint32(base + SET_BUCKETS, true);
  const read: [number, Bucket][] = [];
  for (let index = 0; index < 2 ** old.bits; index++) {
    const at = buckets + index * BUCKET_BYTES;
    const size = view.getUint8(at + BUCKET_SIZE);
    if (size === 0) continue;
    const used = view.getBigUint64(at + BUCKET_USED, true);
    const places = base + view.getUint32(at + BUCKET_PLACES, true);
    const slots = Array.from({ length: view.getUint8(at + BUCKET_END) }, (_, i): Slot => {
      const place = places + i * elements.bytes;
      const key = readKey(view, place, old.layout, interfaces);
      const isUsed = ((used >> BigInt(i)) & 1n) !== 0n;
      const extensions = isUsed ? readExtensions(view, place, elements, comments, clock) : undefined;
      return { key, extensions: extensions ?? NO_EXTENSIONS, used: extensions !== undefined };
    });
    read.push([index, { slots, size }]);
  }
  table.bits = old.bits;
  table.bucketsize = view.getUint32(base + SET_BUCKETSIZE, true);
  table.replace(read);
  return table;
}

function readKey(view: DataView, at: number, layout: Layout, interfaces: InterfaceUniverse): Uint8Array {
  const key = new Uint8Array(layout.bytes);
  key.set(readBytes(view, at, layout.hashed));
  if (layout.interface < 0) return key;
  const name = interfaces.names[view.getUint32(at + layout.hashed, true)] ?? '';
  const isWildcard = view.getUint32(at + layout.hashed + 8, true) !== 0;
  const bytes = new TextEncoder().encode(isWildcard ? name.replace(/\+$/, '') : name);
  key.set(bytes.subarray(0, INTERFACE_BYTES - 1), layout.interface);
  key[layout.wildcard] = isWildcard ? 1 : 0;
  return key;
}

function readBytes(view: DataView, at: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => view.getUint8(at + i));
}

function readBitmap({ type, settings }: IpSet, old: Bitmap, { view, base, clock, comments }: Reading): Bitmap {
  const bitmap = new Bitmap(type, settings);
  const hasMac = type.parts.includes('mac');
  const elements: ElementLayout = layElements(placeKeyBytes(hasMac), settings);
  for (let id = 0; id < old.places; id++) {
    const at = base + SET_BITMAP_BYTES + id * elements.bytes;
    const state = view.getUint8(at + PLACE_STATE);
    if (state === PLACE_EMPTY) continue;
    const isOpen = state === PLACE_OPEN;
    const extensions = readExtensions(view, at, elements, comments, clock, isOpen);
    const mac = hasMac && !isOpen ? readBytes(view, at + PLACE_MAC, MAC_BYTES) : undefined;
    if (extensions) bitmap.put(id, { extensions, used: true, ...(mac ? { mac } : {}) });
  }
  return bitmap;
}

function readList({ settings }: IpSet, old: SetList, { view, base, clock, comments }: Reading): SetList {
  const list = new SetList(settings);
  const elements = layElements(MEMBER_KEY_BYTES, settings);
  for (const [i, { index }] of old.members.entries()) {
    const extensions = readExtensions(view, base + SET_LIST_BYTES + i * elements.bytes, elements, comments, clock);
    if (extensions) list.members.push({ index, extensions });
  }
  return list;
}

/** A set that no rule names, with what time has left of it. */
function aged(set: IpSet, clock: Clock): IpSet {
  const { members, type, settings } = set;
  if (settings.timeout === undefined) return set;
  const left = (extensions: Extensions): Extensions | undefined => {
    const timeout = stillLeft(extensions.timeout, clock);
    return timeout === undefined ? undefined : { ...extensions, timeout };
  };
  if (members.method === 'hash') return { ...set, members: agedHash(set, members, left) };
  if (members.method === 'bitmap') {
    const bitmap = new Bitmap(type, settings);
    for (const [id, element] of members.members()) {
      const isOpen = type.parts.includes('mac') && !element.mac;
      const extensions = isOpen ? element.extensions : left(element.extensions);
      if (extensions) bitmap.put(id, { ...element, extensions });
    }
    return { ...set, members: bitmap };
  }
  const list = new SetList(settings);
  for (const { index, extensions } of members.members) {
    const rest = left(extensions);
    if (rest) list.members.push({ index, extensions: rest });
  }
  return { ...set, members: list };
}

function agedHash(
  { type, settings }: IpSet,
  old: HashTable,
  left: (extensions: Extensions) => Extensions | undefined,
): HashTable {
  const table = new HashTable(type, settings);
  table.bits = old.bits;
  table.bucketsize = old.bucketsize;
  const buckets = [...old.entries()].map(([index, { slots, size }]): [number, Bucket] => {
    const rest = slots.map(({ key, extensions, used }): Slot => {
      const kept = used ? left(extensions) : undefined;
      return { key, extensions: kept ?? NO_EXTENSIONS, used: kept !== undefined };
    });
    return [index, { slots: rest, size }];
  });
  table.replace(buckets);
  return table;
}
