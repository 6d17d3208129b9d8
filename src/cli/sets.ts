// IP sets: the file of `--ipset`, and what becomes of the sets.

import type { Engine } from '../engine/engine.ts';
import type { IpsetCollection } from '../ipset/collection.ts';
import { printSave } from '../ipset/print.ts';
import { readPlacedSets } from '../ipset/read-image.ts';
import { readIpsets } from '../ipset/restore.ts';
import type { Loaded } from '../load.ts';
import { Diagnostics } from '../text/diagnostic.ts';
import type { Source } from '../text/source.ts';
import { readSource, reportOrFail } from './rules.ts';

/** Reads `ipset save` text; with errors in it the command ends. `seed`: for hashes whose text does not say theirs. */
export function readSets(text: string | Source, seed = 0): IpsetCollection {
  const source = typeof text === 'string' ? readSource(text) : text;
  const diagnostics = new Diagnostics();
  const sets = readIpsets(source, { random: randomFrom(seed) }, diagnostics);
  reportOrFail(diagnostics);
  return sets;
}

/** Numbers below 2 to the 32nd. Mulberry32. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
}

/** The sets as they are at a time, as `ipset save` prints them. */
export function setsText(engine: Engine, { sets, interfaces }: Loaded, latestNs: bigint): string {
  return sets ? printSave(readPlacedSets(sets, interfaces, engine.stateAt(latestNs))) : '';
}
