// How elements with their extensions stand in the core's memory.

import { HZ } from '../../assembly/abi/rate.ts';
import {
  PLACE_MAC,
  SET_EXPIRY_RELATIVE,
  SET_HAS_COMMENT,
  SET_HAS_COUNTERS,
  SET_HAS_SKBINFO,
  SET_HAS_TIMEOUT,
} from '../../assembly/abi/set.ts';
import type { Extensions } from './extensions.ts';
import type { Layout } from './layout.ts';
import type { Settings } from './settings.ts';

/** Offsets within an element; those of extensions that the set has not are 0. */
export interface ElementLayout {
  /** SET_HAS_* bits of the extensions. */
  readonly flags: number;
  readonly bytes: number;
  readonly counters: number;
  readonly expiry: number;
  readonly skbinfo: number;
  readonly comment: number;
}

const RELATIVE = BigInt(SET_EXPIRY_RELATIVE) << 32n;

/** Words behind the hashed bytes of an element with an interface: lowest index, highest index, wildcard. */
export const INTERFACE_WORDS = 3;

/** Bytes of an element's key in the core: the kernel's, where interfaces stand as indexes. */
export function keyBytes({ bytes, hashed, interface: name }: Layout): number {
  return name < 0 ? bytes : hashed + 4 * INTERFACE_WORDS;
}

/** Bytes of a list's member: the offset of its set, its index in the collection. */
export const MEMBER_KEY_BYTES = 8;

/** Bytes of a bitmap's place: its state, and the hardware address where there is one. */
export function placeKeyBytes(hasMac: boolean): number {
  return hasMac ? PLACE_MAC + 6 : 1;
}

/** Lays out elements whose key has so many bytes. */
export function layElements(key: number, { timeout, counters, skbinfo, comment }: Settings): ElementLayout {
  let end = key;
  let flags = 0;
  const take = (has: boolean, flag: number, bytes: number): number => {
    if (!has) return 0;
    const at = Math.ceil(end / 8) * 8;
    end = at + bytes;
    flags |= flag;
    return at;
  };
  const places = {
    counters: take(counters, SET_HAS_COUNTERS, 16),
    expiry: take(timeout !== undefined, SET_HAS_TIMEOUT, 8),
    skbinfo: take(skbinfo, SET_HAS_SKBINFO, 16),
    comment: take(comment, SET_HAS_COMMENT, 4),
  };
  const alignment = flags === 0 ? (key === 1 ? 1 : 4) : 8;
  return { flags, bytes: Math.ceil(end / alignment) * alignment, ...places };
}

/** Comments by number, from 1: they stay outside the core. */
export class Comments {
  private readonly texts: string[] = [];

  add(text: string | undefined): number {
    return text === undefined ? 0 : this.texts.push(text);
  }

  at(number: number): string | undefined {
    return this.texts[number - 1];
  }
}

/** Writes an element's extensions. `isOpen`: its time has not begun yet. */
export function writeExtensions(
  view: DataView,
  at: number,
  { flags, counters, expiry, skbinfo, comment }: ElementLayout,
  extensions: Extensions,
  comments: Comments,
  isOpen = false,
): void {
  if (flags & SET_HAS_COUNTERS) {
    view.setBigUint64(at + counters, extensions.packets, true);
    view.setBigUint64(at + counters + 8, extensions.bytes, true);
  }
  if (flags & SET_HAS_TIMEOUT && extensions.timeout > 0) {
    const seconds = BigInt(extensions.timeout);
    view.setBigUint64(at + expiry, isOpen ? seconds : RELATIVE | (seconds * BigInt(HZ)), true);
  }
  if (flags & SET_HAS_SKBINFO) {
    const words = [extensions.mark, extensions.markMask, extensions.priority, extensions.queue];
    for (const [i, word] of words.entries()) view.setUint32(at + skbinfo + 4 * i, word, true);
  }
  if (flags & SET_HAS_COMMENT) view.setUint32(at + comment, comments.add(extensions.comment), true);
}

/** When elements are read: the kernel's clock then, and when the rules were loaded. */
export interface Clock {
  readonly jiffies: bigint;
  readonly loaded: bigint;
}

/** Reads an element's extensions; undefined when its time is up. */
export function readExtensions(
  view: DataView,
  at: number,
  { flags, counters, expiry, skbinfo, comment }: ElementLayout,
  comments: Comments,
  clock: Clock,
  isOpen = false,
): Extensions | undefined {
  const raw = flags & SET_HAS_TIMEOUT ? view.getBigUint64(at + expiry, true) : 0n;
  const timeout = isOpen ? Number(raw) : secondsLeft(raw, clock);
  if (timeout === undefined) return undefined;
  const word = (i: number): number => (flags & SET_HAS_SKBINFO ? view.getUint32(at + skbinfo + 4 * i, true) : 0);
  const text = flags & SET_HAS_COMMENT ? comments.at(view.getUint32(at + comment, true)) : undefined;
  return {
    timeout,
    packets: flags & SET_HAS_COUNTERS ? view.getBigUint64(at + counters, true) : 0n,
    bytes: flags & SET_HAS_COUNTERS ? view.getBigUint64(at + counters + 8, true) : 0n,
    ...(text === undefined ? {} : { comment: text }),
    mark: word(0),
    markMask: word(1),
    priority: word(2),
    queue: word(3),
  };
}

/** Ref: net/netfilter/ipset/ip_set_core.c:ip_set_timeout_get() */
function secondsLeft(raw: bigint, { jiffies, loaded }: Clock): number | undefined {
  if (raw === 0n) return 0;
  const last = (raw & RELATIVE) === 0n ? raw : (raw & ~RELATIVE) + loaded;
  if (jiffies > last) return undefined;
  return Math.max(1, Number((last - jiffies) / BigInt(HZ)));
}

/** Seconds left of a timeout that began when the rules were loaded; undefined when it is over. */
export function stillLeft(timeout: number, clock: Clock): number | undefined {
  return timeout === 0 ? 0 : secondsLeft(RELATIVE | (BigInt(timeout) * BigInt(HZ)), clock);
}
