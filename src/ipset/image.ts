// Sets as the core has them: objects in its region of state, for the sets that rules name.

import {
  MEMBER_SET,
  PLACE_MAC,
  PLACE_OPEN,
  PLACE_STATE,
  PLACE_TAKEN,
  SET_BITMAP,
  SET_BITMAP_BYTES,
  SET_COMMENT,
  SET_COUNT,
  SET_COUNTERS,
  SET_DIMENSION,
  SET_ELEMENT_BYTES,
  SET_EXPIRY,
  SET_FAMILY,
  SET_FIRST,
  SET_FLAGS,
  SET_HASH,
  SET_HOSTS,
  SET_LAST,
  SET_LIST,
  SET_LIST_BYTES,
  SET_MEMBERS,
  SET_METHOD,
  SET_OF_MACS,
  SET_OF_PORTS,
  SET_PLACES,
  SET_SKBINFO,
  SET_TIMEOUT,
} from '../../assembly/abi/set.ts';
import type { InterfaceUniverse } from '../ir/ir.ts';
import type { SetPlace, SetSource, SetUse, StateRequest } from '../ir/state.ts';
import type { Bitmap } from './bitmap.ts';
import type { IpSet, IpsetCollection } from './collection.ts';
import { hashFlags, type ImageContext, planHash, putWords, writeHash } from './image-hash.ts';
import { decodeElement } from './layout.ts';
import { Comments, type ElementLayout, layElements, MEMBER_KEY_BYTES, placeKeyBytes, writeExtensions } from './place.ts';
import type { SetList } from './set-list.ts';

/** A set that is in the region. */
export interface PlacedSet {
  readonly index: number;
  readonly offset: number;
}

/** The most bytes of one set: what a 32-bit memory can hold beside everything else. */
const SET_BYTES_MAX = 2 ** 30;

/** Puts sets into the region of state, each once, and the members of lists with them. */
export class SetImages implements SetSource {
  readonly collection: IpsetCollection;
  readonly comments = new Comments();
  private readonly interfaces: InterfaceUniverse;
  private readonly changing = new Set<number>();
  private readonly comparing = new Set<number>();
  private readonly offsets = new Map<number, number>();

  private readonly knowsInterfaces: boolean;

  /** `knowsInterfaces`: packets come in and leave by no interface that has no name in `interfaces`. */
  constructor(
    collection: IpsetCollection,
    interfaces: InterfaceUniverse,
    uses: readonly SetUse[],
    { knowsInterfaces }: { readonly knowsInterfaces: boolean },
  ) {
    this.collection = collection;
    this.interfaces = interfaces;
    this.knowsInterfaces = knowsInterfaces;
    for (const { name, changes, compares } of uses) {
      const index = collection.indexOf(name);
      if (changes) this.markChanging(index);
      if (compares) this.comparing.add(index);
    }
  }

  names(): readonly string[] {
    return this.collection.names();
  }

  place(name: string, take: (request: StateRequest) => number): SetPlace | undefined {
    const index = this.collection.indexOf(name);
    const offset = index < 0 ? undefined : this.placeAt(index, take);
    if (offset === undefined) return undefined;
    return {
      offset,
      hasEffect: this.someMember(index, (i) => this.hasEffect(i)),
      takesInterfaces: this.someMember(index, (i) => this.takesInterfaces(i)),
      family: this.collection.at(index)!.set.settings.family,
    };
  }

  /** The sets that are in the region. */
  placed(): PlacedSet[] {
    return [...this.offsets].map(([index, offset]) => ({ index, offset }));
  }

  /** Whether something is so of a set, or of a member of a list. */
  private someMember(index: number, isSo: (index: number) => boolean): boolean {
    const { members } = this.collection.at(index)!.set;
    return isSo(index) || (members.method === 'list' && members.members.some((member) => isSo(member.index)));
  }

  private hasEffect(index: number): boolean {
    const { set } = this.collection.at(index)!;
    return set.settings.counters || this.spansFlows(index, set);
  }

  private takesInterfaces(index: number): boolean {
    return !this.knowsInterfaces && this.changing.has(index) && this.collection.at(index)!.set.type.parts.includes('interface');
  }

  /** What packets do to a list they do to its members. */
  private markChanging(index: number): void {
    this.changing.add(index);
    const members = this.collection.at(index)?.set.members;
    if (members?.method === 'list') for (const member of members.members) this.markChanging(member.index);
  }

  private placeAt(index: number, take: (request: StateRequest) => number): number | undefined {
    const known = this.offsets.get(index);
    if (known !== undefined) return known;
    const { name, set } = this.collection.at(index)!;
    const initial = this.image(index, set, take);
    if (!initial) return undefined;
    const offset = take({ bytes: initial.length, initial, key: `set ${name}`, spansFlows: this.spansFlows(index, set) });
    this.offsets.set(index, offset);
    return offset;
  }

  /** Whether what one packet does to the set can be seen by another. Counting alone cannot: sums do not depend on the order. */
  private spansFlows(index: number, { settings, members }: IpSet): boolean {
    if (this.changing.has(index) || (settings.counters && this.comparing.has(index))) return true;
    // A packet that asks fills in a hardware address that is not known.
    return members.method === 'bitmap' && members.isOpen;
  }

  private image(index: number, set: IpSet, take: (request: StateRequest) => number): Uint8Array | undefined {
    const { type, settings, members } = set;
    const context: ImageContext = {
      interfaces: this.interfaces,
      comments: this.comments,
      changes: this.changing.has(index),
    };
    if (members.method === 'list') return this.listImage(set, members, take);
    if (members.method === 'bitmap') return bitmapImage(set, members, this.comments);
    const plan = planHash(set, members, context.changes);
    if (plan.bytes > SET_BYTES_MAX) return undefined;
    const view = newImage(plan.bytes);
    putHead(view, set, plan.elements, SET_HASH, hashFlags(type, members.layout, settings.forceadd));
    writeHash(view, set, members, plan, context);
    return new Uint8Array(view.buffer);
  }

  private listImage(set: IpSet, list: SetList, take: (request: StateRequest) => number): Uint8Array | undefined {
    const elements = layElements(MEMBER_KEY_BYTES, set.settings);
    const view = newImage(SET_LIST_BYTES + list.count * elements.bytes);
    putHead(view, set, elements, SET_LIST, 0);
    view.setUint32(SET_MEMBERS, SET_LIST_BYTES, true);
    for (const [i, { index, extensions }] of list.members.entries()) {
      const at = SET_LIST_BYTES + i * elements.bytes;
      const member = this.placeAt(index, take);
      if (member === undefined) return undefined;
      putWords(view, [[at + MEMBER_SET, member]]);
      writeExtensions(view, at, elements, extensions, this.comments);
    }
    return new Uint8Array(view.buffer);
  }
}

function newImage(bytes: number): DataView {
  return new DataView(new ArrayBuffer(Math.ceil(bytes / 8) * 8));
}

function putHead(
  view: DataView,
  { type, settings, members }: IpSet,
  elements: ElementLayout,
  method: number,
  flags: number,
): void {
  putWords(view, [
    [SET_METHOD, method],
    [SET_DIMENSION, type.parts.length],
    [SET_FAMILY, settings.family],
    [SET_FLAGS, elements.flags | flags],
    [SET_TIMEOUT, settings.timeout ?? 0],
    [SET_COUNT, members.count],
    [SET_ELEMENT_BYTES, elements.bytes],
    [SET_COUNTERS, elements.counters],
    [SET_EXPIRY, elements.expiry],
    [SET_SKBINFO, elements.skbinfo],
    [SET_COMMENT, elements.comment],
  ]);
}

function bitmapImage(set: IpSet, bitmap: Bitmap, comments: Comments): Uint8Array {
  const { type, settings } = set;
  const hasMac = type.parts.includes('mac');
  const elements = layElements(placeKeyBytes(hasMac), settings);
  const view = newImage(SET_BITMAP_BYTES + bitmap.places * elements.bytes);
  const flags = (hasMac ? SET_OF_MACS : 0) | (type.families === 'none' ? SET_OF_PORTS : 0);
  putHead(view, set, elements, SET_BITMAP, flags);
  putWords(view, [
    [SET_FIRST, settings.first],
    [SET_LAST, settings.last],
    [SET_HOSTS, bitmap.hosts],
    [SET_PLACES, SET_BITMAP_BYTES],
  ]);
  for (const [id, { mac, extensions }] of bitmap.members()) {
    const at = SET_BITMAP_BYTES + id * elements.bytes;
    const isOpen = hasMac && !mac;
    view.setUint8(at + PLACE_STATE, isOpen ? PLACE_OPEN : PLACE_TAKEN);
    if (mac) new Uint8Array(view.buffer, at + PLACE_MAC, mac.length).set(mac);
    writeExtensions(view, at, elements, extensions, comments, isOpen);
  }
  return new Uint8Array(view.buffer);
}

/** The patterns by which sets tell interfaces apart: names, and names with a `+` behind them. */
export function interfacePatterns(collection: IpsetCollection): string[] {
  const patterns = new Set<string>();
  for (const { set } of collection.sets()) {
    const { members } = set;
    if (members.method !== 'hash' || members.layout.interface < 0) continue;
    for (const { key } of members.slots()) {
      const { interface: name = '', wildcard } = decodeElement(members.layout, key);
      patterns.add(wildcard ? `${name}+` : name);
    }
  }
  return [...patterns];
}
