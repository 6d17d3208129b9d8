// A set of method bitmap: one place for each address or port of a range.
//
// Ref: net/netfilter/ipset/ip_set_bitmap_gen.h

import { type Extensions, extensionsOf, type GivenExtensions, NO_EXTENSIONS } from './extensions.ts';
import type { Refusal } from './fault.ts';
import type { AddFlags } from './hash-table.ts';
import type { Settings } from './settings.ts';
import type { SetType } from './types.ts';

export interface BitmapElement {
  extensions: Extensions;
  used: boolean;
  /** Of bitmap:ip,mac; absent until it is known: the first packet that asks fills it in. */
  mac?: Uint8Array;
}

export class Bitmap {
  readonly method = 'bitmap';
  count = 0;
  /** Addresses or ports that share a place. */
  readonly hosts: number;
  /** Number of places. */
  readonly places: number;
  private readonly elements = new Map<number, BitmapElement>();
  private readonly settings: Settings;
  private readonly hasMac: boolean;

  constructor(type: SetType, settings: Settings) {
    this.settings = settings;
    this.hasMac = type.parts.includes('mac');
    this.hosts = settings.netmask === undefined ? 1 : 2 ** (32 - settings.netmask);
    this.places = Math.ceil((settings.last - settings.first + 1) / this.hosts);
  }

  /** The place of an address or port; undefined outside the range. */
  idOf(value: number): number | undefined {
    const { first, last } = this.settings;
    return value < first || value > last ? undefined : Math.floor((value - first) / this.hosts);
  }

  valueOf(id: number): number {
    return this.settings.first + id * this.hosts;
  }

  add(id: number, mac: Uint8Array | undefined, given: GivenExtensions, { exist }: Pick<AddFlags, 'exist'>): Refusal | undefined {
    const old = this.elements.get(id);
    if (old?.used) {
      const fills = this.hasMac && mac !== undefined && old.mac === undefined;
      if (!exist && !fills) return 'element-exists';
      if (mac) old.mac = mac;
      // A timeout that waited for the hardware address begins now, unless the entry says another.
      const stored = fills && (given.timeout ?? this.settings.timeout) === this.settings.timeout;
      const timeout = stored ? { timeout: old.extensions.timeout } : {};
      old.extensions = extensionsOf(this.settings, { ...given, ...timeout }, old.extensions);
      return undefined;
    }
    const extensions = extensionsOf(this.settings, given, old?.extensions ?? NO_EXTENSIONS);
    this.elements.set(id, { extensions, used: true, ...(mac ? { mac } : {}) });
    this.count++;
    return undefined;
  }

  delete(id: number): Refusal | undefined {
    const element = this.elements.get(id);
    if (!element?.used) return 'no-such-element';
    element.used = false;
    this.count--;
    return undefined;
  }

  /** Whether the element is there; one without a hardware address is there for every one. */
  test(id: number, mac: Uint8Array | undefined): boolean {
    const element = this.elements.get(id);
    if (!element?.used) return false;
    return !mac || !element.mac || element.mac.every((byte, i) => byte === mac[i]);
  }

  /** Some element has no hardware address yet. */
  get isOpen(): boolean {
    if (!this.hasMac) return false;
    for (const { used, mac } of this.elements.values()) if (used && !mac) return true;
    return false;
  }

  flush(): void {
    for (const element of this.elements.values()) element.used = false;
    this.count = 0;
  }

  /** Puts an element where there is none. */
  put(id: number, element: BitmapElement): void {
    this.elements.set(id, element);
    this.count++;
  }

  /** The elements with their places, in order. */
  *members(): Generator<readonly [number, BitmapElement]> {
    for (const id of [...this.elements.keys()].sort((a, b) => a - b)) {
      const element = this.elements.get(id)!;
      if (element.used) yield [id, element];
    }
  }
}
