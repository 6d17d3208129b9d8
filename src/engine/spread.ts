// Which thread runs which shards. Each thread keeps its own, so that their connections stay in its cache and nobody hands them over; only when
// the load is uneven for some time do shards move.

/** Packets of a slot count for so much less with each slot behind it. */
const FADING = 0.8;
/** Packets that must have been counted before anything is concluded from them. */
const WEIGHT_MIN = 50_000;
/** The busiest thread may have so many times its share; a new spread must leave it with so much less. */
const UNEVEN = 1.15;
const GAIN = 0.93;

export class Spread {
  /** Shards of each thread. */
  parts: readonly (readonly number[])[];
  private readonly weights: Float64Array;

  constructor(shards: number, threads: number) {
    this.weights = new Float64Array(shards);
    this.parts = Array.from({ length: threads }, (_, thread) =>
      Array.from({ length: shards }, (_, shard) => shard).filter((shard) => shard % threads === thread),
    );
  }

  /** Takes note of how many packets of each shard came in a slot. */
  add(count: (shard: number) => number): void {
    for (let shard = 0; shard < this.weights.length; shard++) this.weights[shard] = this.weights[shard]! * FADING + count(shard);
  }

  /** A spread that is a good deal more even; undefined: it is even enough, or cannot be helped. */
  better(): readonly (readonly number[])[] | undefined {
    const loads = this.parts.map((shards) => this.sum(shards));
    const all = loads.reduce((a, b) => a + b, 0);
    const most = Math.max(...loads);
    if (all < WEIGHT_MIN || most * this.parts.length < all * UNEVEN) return undefined;
    const parts = this.evened();
    return Math.max(...parts.map((shards) => this.sum(shards))) < most * GAIN ? parts : undefined;
  }

  private sum(shards: readonly number[]): number {
    return shards.reduce((sum, shard) => sum + this.weights[shard]!, 0);
  }

  /** The heaviest first, each to the thread that has least. */
  private evened(): number[][] {
    const parts: { readonly shards: number[]; load: number }[] = this.parts.map(() => ({ shards: [], load: 0 }));
    const order = Array.from(this.weights.keys()).sort((a, b) => this.weights[b]! - this.weights[a]! || a - b);
    for (const shard of order) {
      const least = parts.reduce((a, b) => (b.load < a.load ? b : a));
      least.shards.push(shard);
      least.load += this.weights[shard]!;
    }
    return parts.map(({ shards }) => shards.sort((a, b) => a - b));
  }
}
