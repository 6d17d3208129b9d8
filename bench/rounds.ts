// Measures things in turn, round by round, so that a noisy moment does not fall on one of them alone.

/** Something that can be measured again and again; throws when its answer is wrong. */
export interface Contestant {
  readonly name: string;
  /** One sample of each of its figures, by the figure's name. */
  measure(): Promise<Readonly<Record<string, number>>>;
}

export interface RoundOptions {
  readonly rounds: number;
  note?(text: string): void;
}

/** Measures each once to warm up, then once a round, every other round backwards. */
export async function alternate(contestants: readonly Contestant[], { rounds, note }: RoundOptions): Promise<Samples> {
  if (new Set(contestants.map(({ name }) => name)).size !== contestants.length)
    throw new Error('two contestants of the same name');
  const samples = new Samples();
  for (let round = -1; round < rounds; round++) {
    note?.(round < 0 ? 'warm-up' : `round ${round + 1} of ${rounds}`);
    for (const { name, measure } of round % 2 === 0 ? contestants : [...contestants].reverse()) {
      const measured = await measure();
      if (round >= 0) for (const [figure, sample] of Object.entries(measured)) samples.add(name, figure, sample);
    }
  }
  return samples;
}

/** What was measured, by contestant and figure. */
export class Samples {
  private readonly lists = new Map<string, number[]>();

  add(name: string, figure: string, sample: number): void {
    const key = `${name}\0${figure}`;
    const list = this.lists.get(key);
    if (list) list.push(sample);
    else this.lists.set(key, [sample]);
  }

  /** Whether the figure was measured. */
  has(name: string, figure: string): boolean {
    return this.lists.has(`${name}\0${figure}`);
  }

  /** The samples of a figure, in the order of rounds. */
  of(name: string, figure: string): readonly number[] {
    const samples = this.lists.get(`${name}\0${figure}`);
    if (!samples) throw new Error(`${figure} of ${name} was not measured`);
    return samples;
  }
}
