// Standard output with back-pressure, and a quiet end when nobody reads on.

import type { Writable } from 'node:stream';
import { fileReason } from './exit.ts';

/** Whoever read the output has gone. Not an error: the command stops. */
export class OutputClosed extends Error {
  override readonly name = 'OutputClosed';
}

/** Standard output cannot be written. */
export class OutputError extends Error {
  override readonly name = 'OutputError';
  readonly code = 'ERR_OUTPUT';
}

export interface Output {
  /** Writes text, or its bytes; resolves when more may come. */
  write(text: string | Uint8Array): Promise<void>;
  /** Resolves when everything is written. */
  flush(): Promise<void>;
}

export function openOutput(stream: Writable): Output {
  let failure: Error | undefined;
  let wake: () => void = () => undefined;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    failure =
      error.code === 'EPIPE'
        ? new OutputClosed('output closed', { cause: error })
        : new OutputError(`standard output: ${fileReason(error)}`, { cause: error });
    wake();
  });
  stream.on('drain', () => wake());
  return {
    async write(text) {
      if (failure) throw failure;
      if (stream.write(text)) return;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
      if (failure) throw failure;
    },
    async flush() {
      await new Promise<void>((resolve) => {
        wake = resolve;
        stream.write('', () => resolve());
      });
      if (failure) throw failure;
    },
  };
}
