// The lists of -m recent: folders like /proc/net/xt_recent, read before a replay and written behind it.

import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Engine } from '../engine/engine.ts';
import { RECENT_STATE } from '../extensions/recent.ts';
import type { Loaded } from '../load.ts';
import { poolMax } from '../state/pool.ts';
import { readRecent, stampsMax, writeRecent } from '../state/recent.ts';
import { parseRecent, printRecent } from '../state/recent-text.ts';
import { Diagnostics } from '../text/diagnostic.ts';
import { fileError } from './exit.ts';
import { checkResultFiles } from './result-files.ts';
import { readSource, reportOrFail } from './rules.ts';

const CLOCK_UNKNOWN =
  'The host file does not say what the kernel counted when (kernel: { jiffies, time }): times in recent lists are 1/250 seconds since 1970.';

/** Names of the lists that rules have, with their places in the state region. */
function listsOf({ images }: Loaded): { readonly name: string; readonly offset: number }[] {
  return images.state.objects.flatMap(({ key, offset }) =>
    key?.startsWith(RECENT_STATE) ? [{ name: key.slice(RECENT_STATE.length), offset }] : [],
  );
}

/** Fills the lists from a folder; with errors in its files the command ends. Gives what had to be assumed, in sentences. */
export function loadRecent(folder: string, engine: Engine, loaded: Loaded): readonly string[] {
  const { view, state } = engine.stateAt(0n);
  const lists = listsOf(loaded);
  const diagnostics = new Diagnostics();
  let entries = 0;
  for (const file of namesIn(folder)) {
    const list = lists.find(({ name }) => name === file);
    if (!list) {
      diagnostics.warning('unused-list', `${join(folder, file)}: no rule asks a recent list of this name`);
      continue;
    }
    const pool = { view, offset: state + list.offset };
    const limits = { entries: poolMax(pool), stamps: stampsMax(pool) };
    const read = parseRecent(readSource(join(folder, file)), limits, diagnostics);
    if (!diagnostics.hasErrors) writeRecent(pool, read);
    entries += read.length;
  }
  reportOrFail(diagnostics);
  return entries > 0 && loaded.host.clockNs === 0n ? [CLOCK_UNKNOWN] : [];
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    throw fileError(folder, error);
  }
}

/** Makes the folder for the lists, and looks whether their files can be written. */
export function checkRecent(folder: string, loaded: Loaded): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw fileError(folder, error);
  }
  checkResultFiles(
    listsOf(loaded).map(({ name }) => join(folder, name)),
    [],
  );
}

/** Each list as the kernel shows it, the address that was used longest ago first, with the path of its file. */
export function recentTexts(folder: string, engine: Engine, loaded: Loaded): { readonly path: string; readonly text: string }[] {
  const { view, state } = engine.stateAt(0n);
  return listsOf(loaded).map(({ name, offset }) => ({
    path: join(folder, name),
    text: printRecent(readRecent({ view, offset: state + offset })),
  }));
}
