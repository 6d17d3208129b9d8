// Runs of one scenario side by side that differ in what is drawn: what all of them agree on has nothing drawn in it.

import { formatOutcome, type PacketOutcome } from '../../support/outcome.ts';
import { parsePacketLine, type ScenarioPacket } from '../../support/packet-line.ts';
import { ScenarioTrial } from '../../support/scenario-replay.ts';
import type { GeneratedScenario } from '../generate.ts';
import { type Entry, parseEntries } from './traffic.ts';

/** Draws from a small range may be the same for two seeds. */
const SEEDS = [1, 2, 3];
/** Packets that are left out of a round before all of it is. */
const LEFT_OUT = 4;

export class Trials {
  /** Those that have run. */
  readonly lines: string[] = [];
  /** The connections behind them. */
  entries: readonly Entry[] = [];
  private readonly draft: Omit<GeneratedScenario, 'packets'>;
  private trials: readonly ScenarioTrial[];

  constructor(draft: Omit<GeneratedScenario, 'packets'>) {
    this.draft = draft;
    this.trials = this.open();
  }

  /** Runs packets, less those for which something is drawn; gives what became of each that ran. */
  async send(lines: readonly string[]): Promise<ReadonlyMap<string, PacketOutcome>> {
    let kept = lines;
    for (let tried = 0; kept.length > 0; tried++) {
      const packets = kept.map((line) => parsePacketLine(line));
      const runs = await Promise.all(this.trials.map((trial) => trial.send(packets)));
      const [outcomes] = runs;
      const drawn = firstDifference(runs, packets);
      if (drawn === undefined && this.agree()) {
        this.lines.push(...kept);
        this.entries = parseEntries(this.trials[0]!.listed().conntrack);
        return new Map(kept.map((line, i) => [line, outcomes![i]!]));
      }
      await this.again();
      kept = drawn === undefined || tried === LEFT_OUT ? [] : kept.filter((_, i) => i !== drawn);
    }
    return new Map();
  }

  async close(): Promise<void> {
    for (const trial of this.trials) await trial.close();
  }

  private open(): ScenarioTrial[] {
    return SEEDS.map((seed) => new ScenarioTrial(this.draft, { seed, linear: true }));
  }

  /** Whether the connections of all runs are the same, and who is expected. */
  private agree(): boolean {
    const [first, ...others] = this.trials.map((trial) => Object.values(trial.listed()).join());
    return others.every((text) => text === first);
  }

  /** Back to where the round began. */
  private async again(): Promise<void> {
    await this.close();
    this.trials = this.open();
    const packets = this.lines.map((line) => parsePacketLine(line));
    if (packets.length > 0) for (const trial of this.trials) await trial.send(packets);
  }
}

/** The first packet that runs do not agree on. */
function firstDifference(runs: readonly (readonly PacketOutcome[])[], packets: readonly ScenarioPacket[]): number | undefined {
  const [first, ...others] = runs.map((outcomes) => outcomes.map((outcome, i) => formatOutcome(outcome, packets[i]!.bytes)));
  const at = packets.findIndex((_, i) => others.some((texts) => texts[i] !== first![i]));
  return at < 0 ? undefined : at;
}
