// Seeded random numbers for benchmarks: the same seed gives the same rules and traffic everywhere.

export interface Random {
  /** Uniform 32-bit unsigned integer. */
  word(): number;
  /** Uniform integer in 0 … below - 1. */
  below(below: number): number;
  pick<T>(list: readonly T[]): T;
}

/** Mulberry32: 32 bits of state, enough for rules and traffic. */
export function random(seed: number): Random {
  let state = seed >>> 0;
  const word = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
  const below = (n: number): number => Math.floor((word() / 4294967296) * n);
  return { word, below, pick: (list) => list[below(list.length)]! };
}
