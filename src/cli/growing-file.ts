// A file that a replay writes as it goes.

import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { fileError } from './exit.ts';

export interface GrowingFile {
  /** Resolves when there is room for more. */
  write(piece: string | Uint8Array): Promise<void>;
  /** Resolves when everything is written. Both reject with an InputError when the file cannot be written. */
  end(): Promise<void>;
}

/** Makes the file anew. */
export function openGrowingFile(path: string): GrowingFile {
  const stream = createWriteStream(path);
  let failure: Error | undefined;
  stream.on('error', (error) => {
    failure = error;
  });
  const check = (): void => {
    if (failure) throw fileError(path, failure);
  };
  return {
    async write(piece) {
      check();
      if (piece.length === 0 || stream.write(piece)) return;
      await once(stream, 'drain').catch(() => undefined);
      check();
    },
    async end() {
      check();
      stream.end();
      await once(stream, 'close').catch(() => undefined);
      check();
    },
  };
}
