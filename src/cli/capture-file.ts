// The captures that `--write` and `--write-dropped` name: packets go there as the replay comes to them.

import type { Engine } from '../engine/engine.ts';
import type { Loaded } from '../load.ts';
import { namedRules } from '../report/names.ts';
import { plural } from '../report/summary.ts';
import { type CaptureWriter, droppedWriter, egressWriter, type WrittenSource } from '../report/written.ts';
import { openGrowingFile } from './growing-file.ts';

export interface CaptureFile {
  /** Writes the packets of a batch. */
  write(...batch: Parameters<CaptureWriter['bytes']>): Promise<void>;
  /** Resolves when everything is written. Both reject with an InputError when the file cannot be written. */
  end(): Promise<void>;
}

/** Makes the file anew. The replay must be told to keep what leaves. */
export function openEgress(path: string, engine: Engine, loaded: Loaded): CaptureFile {
  return open(path, egressWriter(sourceOf(engine, loaded)));
}

/** Makes the file anew. */
export function openDropped(path: string, engine: Engine, loaded: Loaded): CaptureFile {
  return open(path, droppedWriter(sourceOf(engine, loaded)));
}

function sourceOf(engine: Engine, { rulesets, interfaces }: Loaded): WrittenSource {
  return { interfaces, linkType: (entry) => engine.linkType(entry), ...namedRules(rulesets) };
}

function open(path: string, writer: CaptureWriter): CaptureFile {
  const file = openGrowingFile(path);
  return {
    write: (...batch) => file.write(writer.bytes(...batch)),
    async end() {
      // Without packets it is still a capture.
      await file.write(writer.rest());
      await file.end();
      const { missing } = writer;
      if (missing > 0) {
        process.stderr.write(
          `hookline: warning: ${path}: ${plural(missing, 'packet')} that left are missing: their bytes are not known\n`,
        );
      }
    },
  };
}
