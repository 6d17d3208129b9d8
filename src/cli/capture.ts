// Captures as files: opened when their turn comes, `-` for standard input, gzip read in place.

import { createReadStream, read as readFd, statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { createGunzip } from 'node:zlib';
import type { ByteSource } from '../engine/source.ts';
import { fileError, fileReason, InputError } from './exit.ts';

const STDIN = '-';
const RETRY_MS = 10;
const GZIP_MAGIC = 0x8b1f;

/** Checks that a capture can be read; gives its size, undefined for one that is not a plain file. */
export function checkCapture(path: string): number | undefined {
  if (path === STDIN) return undefined;
  try {
    const stat = statSync(path);
    if (stat.isDirectory()) throw new InputError(`${path}: is a directory`);
    return stat.isFile() ? stat.size : undefined;
  } catch (error) {
    throw error instanceof InputError ? error : fileError(path, error);
  }
}

/** A capture to be read once. */
export function captureSource(path: string): ByteSource {
  return path === STDIN ? descriptorSource('<stdin>', 0) : fileSource(path);
}

function fileSource(path: string): ByteSource {
  let inner: ByteSource | undefined;
  let handle: FileHandle | undefined;
  const start = async (): Promise<ByteSource> => {
    handle = await open(path);
    const stat = await handle.stat();
    if (stat.isFile() && (await isGzip(handle))) return gzipSource(path);
    return descriptorSource(path, handle.fd);
  };
  return {
    name: path,
    async read(target) {
      try {
        inner ??= await start();
        return await inner.read(target);
      } catch (error) {
        throw new Error(fileReason(error), { cause: error });
      }
    },
    async close() {
      await inner?.close();
      await handle?.close();
    },
  };
}

async function isGzip(handle: FileHandle): Promise<boolean> {
  const magic = Buffer.alloc(2);
  const { bytesRead } = await handle.read(magic, 0, 2, 0);
  return bytesRead === 2 && magic.readUInt16LE() === GZIP_MAGIC;
}

const readOnce = promisify(readFd);

/** Reads an open file, pipe or terminal, straight into the target. */
function descriptorSource(name: string, fd: number): ByteSource {
  return {
    name,
    async read(target) {
      for (;;) {
        try {
          return (await readOnce(fd, target, 0, target.length, null)).bytesRead;
        } catch (error) {
          const { code } = error as NodeJS.ErrnoException;
          if (code === 'EOF') return 0;
          // A descriptor that another process has set non-blocking.
          if (code !== 'EAGAIN') throw error;
          await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
        }
      }
    },
    close: () => Promise.resolve(),
  };
}

function gzipSource(path: string): ByteSource {
  const file = createReadStream(path);
  const unzipped = createGunzip();
  file.on('error', (error) => unzipped.destroy(error));
  const chunks: AsyncIterator<Uint8Array> = file.pipe(unzipped)[Symbol.asyncIterator]();
  let rest = new Uint8Array(0);
  return {
    name: path,
    async read(target) {
      while (rest.length === 0) {
        const next = await chunks.next();
        if (next.done) return 0;
        rest = new Uint8Array(next.value);
      }
      const part = rest.subarray(0, target.length);
      target.set(part);
      rest = rest.subarray(part.length);
      return part.length;
    },
    async close() {
      file.destroy();
      unzipped.destroy();
    },
  };
}
