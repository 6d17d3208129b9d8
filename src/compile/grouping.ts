// Children of a cut that have equal lists, found by hashes of them.

export interface Group {
  /** Where its list lies in `order`. */
  readonly from: number;
  to: number;
  readonly numbers: number[];
  /** Children that no packet comes to. */
  absent: readonly number[];
  /** Another of the same hash. */
  next: Group | undefined;
}

const NONE: readonly number[] = [];

/** Stretches of `order`, equal lists once: `code` tells what stands at each of its places. */
export class Grouping {
  readonly groups: Group[] = [];
  private readonly code: Int32Array;
  private readonly order: Int32Array;
  private readonly byHash = new Map<number, Group>();
  private empty: Group | undefined;

  constructor(code: Int32Array, order: Int32Array) {
    this.code = code;
    this.order = order;
  }

  /** The group of a stretch, to which the caller adds the children. */
  of(from: number, to: number): Group {
    if (from === to) {
      this.empty ??= this.make(from, to);
      return this.empty;
    }
    const hash = this.hashOf(from, to);
    let group = this.byHash.get(hash);
    for (; group; group = group.next) if (this.equal(group, from, to)) return group;
    group = this.make(from, to);
    group.next = this.byHash.get(hash);
    this.byHash.set(hash, group);
    return group;
  }

  private make(from: number, to: number): Group {
    const group: Group = { from, to, numbers: [], absent: NONE, next: undefined };
    this.groups.push(group);
    return group;
  }

  private hashOf(from: number, to: number): number {
    let hash = to - from;
    for (let i = from; i < to; i++) hash = Math.imul(hash ^ this.code[this.order[i]!]!, 0x01000193);
    return hash;
  }

  private equal({ from, to }: Group, otherFrom: number, otherTo: number): boolean {
    const { code, order } = this;
    if (to - from !== otherTo - otherFrom) return false;
    for (let i = from, j = otherFrom; i < to; i++, j++) if (code[order[i]!] !== code[order[j]!]) return false;
    return true;
  }
}
