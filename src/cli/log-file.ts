// The file that `--log` names: lines go there as the replay comes to them.

import type { Engine } from '../engine/engine.ts';
import type { Loaded } from '../load.ts';
import { type LogWriter, logWriter } from '../report/log/lines.ts';
import { plural } from '../report/summary.ts';
import { openGrowingFile } from './growing-file.ts';

export interface LogFile {
  /** The replay must tell what each packet meets. */
  readonly needsTrace: boolean;
  /** Writes the lines of a batch. */
  write(...batch: Parameters<LogWriter['text']>): Promise<void>;
  /** Resolves when everything is written. Both reject with an InputError when the file cannot be written. */
  end(): Promise<void>;
}

/** Makes the file anew. The engine must have been opened with `log`, and the rulesets loaded with it. */
export function openLog(path: string, engine: Engine, { log, rulesets, interfaces, fingerprints, sender }: Loaded): LogFile {
  const writer = logWriter({
    entries: log?.entries ?? [],
    trees: rulesets.map(({ tree }) => tree),
    interfaces,
    fingerprints,
    ...(sender ? { sender } : {}),
    linkType: (entry) => engine.linkType(entry),
  });
  const file = openGrowingFile(path);
  return {
    needsTrace: writer.needsTrace,
    write: (...batch) => file.write(writer.text(...batch)),
    async end() {
      await file.end();
      if (writer.cut > 0) {
        process.stderr.write(
          `hookline: warning: ${path}: of ${plural(writer.cut, 'packet')} lines are missing: they have too many\n`,
        );
      }
    },
  };
}
