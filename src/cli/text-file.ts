// A file that a replay writes as it goes.

import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { fileError } from './exit.ts';

export interface TextFile {
  /** Resolves when there is room for more. */
  write(text: string): Promise<void>;
  /** Resolves when everything is written. Both reject with an InputError when the file cannot be written. */
  end(): Promise<void>;
}

/** Makes the file anew. */
export function openTextFile(path: string): TextFile {
  const stream = createWriteStream(path);
  let failure: Error | undefined;
  stream.on('error', (error) => {
    failure = error;
  });
  const check = (): void => {
    if (failure) throw fileError(path, failure);
  };
  return {
    async write(text) {
      check();
      if (text === '' || stream.write(text)) return;
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
