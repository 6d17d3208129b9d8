// All the sets of a host, as `ipset` changes them.

import { Bitmap } from './bitmap.ts';
import type { Refusal } from './fault.ts';
import { HashTable } from './hash-table.ts';
import { SetList } from './set-list.ts';
import type { Settings } from './settings.ts';
import type { SetType } from './types.ts';

export interface IpSet {
  readonly type: SetType;
  readonly settings: Settings;
  readonly members: HashTable | Bitmap | SetList;
}

/** A set with its name. A name keeps its place while sets are swapped behind it. */
export interface NamedSet {
  name: string;
  set: IpSet;
}

/** The sets by index: the first free place is taken. Lists refer to sets by index. Ref: net/netfilter/ipset/ip_set_core.c */
export class IpsetCollection {
  private readonly places: (NamedSet | undefined)[] = [];

  /** The index of a name; -1 when there is no such set. */
  indexOf(name: string): number {
    return this.places.findIndex((place) => place?.name === name);
  }

  at(index: number): NamedSet | undefined {
    return this.places[index];
  }

  find(name: string): IpSet | undefined {
    return this.places[this.indexOf(name)]?.set;
  }

  /** All sets with their indexes, in the order in which `ipset save` prints them: lists behind what they may refer to. */
  *sets(): Generator<NamedSet & { readonly index: number }> {
    for (const isList of [false, true]) {
      for (const [index, place] of this.places.entries()) {
        if (place && (place.set.members.method === 'list') === isList) yield { ...place, index };
      }
    }
  }

  names(): string[] {
    return [...this.sets()].map(({ name }) => name);
  }

  /** How often lists refer to a set. */
  references(index: number): number {
    let count = 0;
    for (const place of this.places) {
      if (place?.set.members.method === 'list') {
        count += place.set.members.members.filter((member) => member.index === index).length;
      }
    }
    return count;
  }

  create(name: string, type: SetType, settings: Settings): void {
    const set = { type, settings, members: emptyMembers(type, settings) };
    const free = this.places.indexOf(undefined);
    this.places[free < 0 ? this.places.length : free] = { name, set };
  }

  destroy(index: number): void {
    this.places[index] = undefined;
  }

  destroyAll(): void {
    this.places.length = 0;
  }

  rename(index: number, name: string): void {
    this.places[index]!.name = name;
  }

  /** A collection of the same names with other sets behind them. */
  mapSets(replace: (set: IpSet, index: number) => IpSet): IpsetCollection {
    const other = new IpsetCollection();
    for (const [index, place] of this.places.entries()) {
      other.places[index] = place && { name: place.name, set: replace(place.set, index) };
    }
    return other;
  }

  /** What stood behind one name stands behind the other. */
  swap(a: number, b: number): Refusal | undefined {
    const [one, other] = [this.places[a]!, this.places[b]!];
    if (featuresOf(one.set) !== featuresOf(other.set)) return 'type-mismatch';
    [one.set, other.set] = [other.set, one.set];
    return undefined;
  }
}

function emptyMembers(type: SetType, settings: Settings): IpSet['members'] {
  if (type.method === 'list') return new SetList(settings);
  return type.method === 'hash' ? new HashTable(type, settings) : new Bitmap(type, settings);
}

/** What must be the same for sets to be swapped: what is in an element, and the family. Ref: ip_set_core.c:ip_set_swap() */
function featuresOf({ type, settings }: IpSet): string {
  const fields = type.parts.map((part) => (/^(single-)?ip$|^net$/.test(part) ? 'ip' : part === 'bare-port' ? 'port' : part));
  return `${fields.join(',')} ${type.add.includes('nomatch')} ${settings.family}`;
}

/** Whether `create` of a set that is there asks for the same. Ref: ip_set_hash_gen.h:mtype_same_set() and its sisters */
export function isSameSet({ type, settings }: IpSet, otherType: SetType, other: Settings): boolean {
  const has = (s: Settings): string => JSON.stringify([s.counters, s.comment, s.skbinfo, s.timeout]);
  return (
    type === otherType &&
    has(settings) === has(other) &&
    settings.first === other.first &&
    settings.last === other.last &&
    settings.maxelem === other.maxelem &&
    settings.size === other.size &&
    settings.markmask === other.markmask &&
    settings.netmask === other.netmask &&
    String(settings.bitmask) === String(other.bitmask)
  );
}
