// A set of method list: other sets, in order.
//
// Ref: net/netfilter/ipset/ip_set_list_set.c

import { type Extensions, extensionsOf, type GivenExtensions, NO_EXTENSIONS } from './extensions.ts';
import type { Refusal } from './fault.ts';
import type { Settings } from './settings.ts';

export interface ListMember {
  /** Index of the set in the collection. */
  readonly index: number;
  extensions: Extensions;
}

/** A neighbour that an entry names. */
export interface Reference {
  readonly index: number;
  readonly place: 'before' | 'after';
}

export class SetList {
  readonly method = 'list';
  readonly members: ListMember[] = [];
  private readonly settings: Settings;

  constructor(settings: Settings) {
    this.settings = settings;
  }

  get count(): number {
    return this.members.length;
  }

  add(index: number, reference: Reference | undefined, given: GivenExtensions, exist: boolean): Refusal | undefined {
    const at = reference ? this.find(reference.index) : this.members.length;
    if (reference && (at < 0 || reference.index === index)) return 'reference-not-member';
    const old = this.members[this.find(index)];
    if (old) {
      if (!exist) return 'element-exists';
      old.extensions = extensionsOf(this.settings, given, old.extensions);
      return undefined;
    }
    const extensions = extensionsOf(this.settings, given, NO_EXTENSIONS);
    this.members.splice(reference?.place === 'after' ? at + 1 : at, 0, { index, extensions });
    return undefined;
  }

  delete(index: number, reference: Reference | undefined): Refusal | undefined {
    const at = this.find(index);
    if (at < 0) return reference ? 'reference-not-member' : 'no-such-element';
    if (reference && !this.isBeside(at, reference)) return 'reference-not-member';
    this.members.splice(at, 1);
    return undefined;
  }

  test(index: number, reference: Reference | undefined): boolean {
    const at = this.find(index);
    return at >= 0 && (!reference || this.isBeside(at, reference));
  }

  flush(): void {
    this.members.length = 0;
  }

  private find(index: number): number {
    return this.members.findIndex((member) => member.index === index);
  }

  private isBeside(at: number, { index, place }: Reference): boolean {
    return this.members[place === 'before' ? at + 1 : at - 1]?.index === index;
  }
}
