// The files that `--conntrack-events` and `--expectations-events` name: lines go there as their turn comes.

import type { Engine } from '../engine/engine.ts';
import { type EventWriter, eventWriter, expectEventWriter } from '../report/conntrack/events.ts';
import type { ConntrackOutput } from '../report/conntrack/output.ts';
import { tableSettings } from '../report/conntrack.ts';
import { plural } from '../report/summary.ts';
import { openGrowingFile } from './growing-file.ts';

export interface EventFile {
  /** Writes what is known of a batch. */
  write(...batch: Parameters<EventWriter['text']>): Promise<void>;
  /** Resolves when everything is written. Both reject with an InputError when the file cannot be written. */
  end(): Promise<void>;
}

/** Makes the file of what happens to connections anew. The engine must have been opened with `events`. */
export function openEvents(path: string, { views, map }: Engine, output: ConntrackOutput): EventFile {
  return openFile(path, eventWriter(views.data, tableSettings(views.data, map.conntrack), output));
}

/** The same of what happens to expectations. */
export function openExpectEvents(path: string, output: ConntrackOutput): EventFile {
  return openFile(path, expectEventWriter(output));
}

function openFile(path: string, writer: EventWriter): EventFile {
  const file = openGrowingFile(path);
  const begun = file.write(writer.head);
  return {
    async write(...batch) {
      await begun;
      await file.write(writer.text(...batch));
    },
    async end() {
      await begun;
      await file.write(writer.end());
      await file.end();
      if (writer.lost > 0) process.stderr.write(`hookline: warning: ${path}: ${plural(writer.lost, 'event')} are missing\n`);
    },
  };
}
