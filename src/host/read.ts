// The host from disk: one YAML file, or a snapshot folder.

import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Diagnostics } from '../text/diagnostic.ts';
import { decodeSource, type Source } from '../text/source.ts';
import type { Host } from './host.ts';
import { parseSnapshot } from './snapshot.ts';
import { SNAPSHOT_FILES, SNAPSHOT_NAMES, type SnapshotFile } from './snapshot-files.ts';
import { parseHostYaml } from './yaml.ts';

export interface HostReading {
  /** Absent when the input cannot be made sense of; incomplete when `diagnostics` has errors. */
  readonly host?: Host;
  readonly diagnostics: Diagnostics;
  /** Rulesets that a snapshot holds. */
  readonly rules4?: Source;
  readonly rules6?: Source;
  /** Its IP sets. */
  readonly sets?: Source;
  /** Its connections, as conntrack lists them. */
  readonly connections?: Source;
  /** The folder of its lists of -m recent. */
  readonly recent?: string;
}

/** Reads a host file or folder. Throws only what the file system does. */
export function readHost(path: string): HostReading {
  const diagnostics = new Diagnostics();
  if (!statSync(path).isDirectory()) {
    const host = parseHostYaml(decodeSource(path, readFileSync(path)), diagnostics);
    return { diagnostics, ...(host ? { host } : {}) };
  }
  const sources: Partial<Record<SnapshotFile, Source>> = {};
  for (const file of SNAPSHOT_FILES) {
    if ('isFolder' in file) continue;
    const source = readIfThere(join(path, file.name));
    if (source) sources[file.name] = source;
  }
  if (Object.keys(sources).length === 0) {
    diagnostics.error('empty-snapshot', `${path} has none of the files of a snapshot: ${SNAPSHOT_NAMES.join(', ')}`);
    return { diagnostics };
  }
  const host = parseSnapshot(sources, diagnostics);
  const { 'rules.v4': rules4, 'rules.v6': rules6, 'sets.ipset': sets, 'conntrack.txt': connections } = sources;
  const recent = join(path, 'recent' satisfies SnapshotFile);
  return {
    host,
    diagnostics,
    ...(rules4 ? { rules4 } : {}),
    ...(rules6 ? { rules6 } : {}),
    ...(sets ? { sets } : {}),
    ...(connections ? { connections } : {}),
    ...(existsSync(recent) ? { recent } : {}),
  };
}

function readIfThere(path: string): Source | undefined {
  try {
    return decodeSource(path, readFileSync(path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
