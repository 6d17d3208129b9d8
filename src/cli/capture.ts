// Captures as files: opened when their turn comes, `-` for standard input, gzip unpacked on the way.

import { fstatSync, read as readFd, statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { isatty } from 'node:tty';
import { promisify } from 'node:util';
import { createGunzip } from 'node:zlib';
import type { ByteSource } from '../engine/source.ts';
import { fileError, fileReason, InputError } from './exit.ts';

const STDIN = '-';
const GZIP_MAGIC = [0x1f, 0x8b];
const CHUNK_BYTES = 1 << 16;

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

/** A capture. One that is no plain file can be read once only. */
export function captureSource(path: string): ByteSource {
  const source = unzipped(path === STDIN ? stdinSource() : pathSource(path));
  return checkCapture(path) === undefined ? source : { ...source, again: () => captureSource(path) };
}

/**
 * Standard input. What may keep silent is read as a stream: a thread that waits in read() would hold up the end of the program.
 */
function stdinSource(): ByteSource {
  const name = '<stdin>';
  const stat = fstatSync(0);
  return stat.isFIFO() || stat.isSocket() || isatty(0) ? streamSource(name, process.stdin) : descriptorSource(name, 0);
}

function pathSource(path: string): ByteSource {
  let handle: FileHandle | undefined;
  let inner: ByteSource | undefined;
  return {
    name: path,
    async read(target) {
      handle ??= await open(path);
      inner ??= descriptorSource(path, handle.fd);
      return inner.read(target);
    },
    async close() {
      await handle?.close();
    },
  };
}

const readOnce = promisify(readFd);

/** Reads an open file or device, straight into the target. */
function descriptorSource(name: string, fd: number): ByteSource {
  return {
    name,
    read: async (target) => (await readOnce(fd, target, 0, target.length, null)).bytesRead,
    close: () => Promise.resolve(),
  };
}

function streamSource(name: string, stream: Readable): ByteSource {
  const pieces: AsyncIterator<Uint8Array> = stream[Symbol.asyncIterator]();
  let rest: Uint8Array = new Uint8Array(0);
  return {
    name,
    async read(target) {
      while (rest.length === 0) {
        const next = await pieces.next();
        if (next.done) return 0;
        rest = next.value;
      }
      const part = rest.subarray(0, target.length);
      target.set(part);
      rest = rest.subarray(part.length);
      return part.length;
    },
    close() {
      stream.destroy();
      return Promise.resolve();
    },
  };
}

/** Looks at the first bytes of a source, and gives what is in it when they are those of gzip. */
function unzipped(source: ByteSource): ByteSource {
  let inner: ByteSource | undefined;
  return {
    name: source.name,
    async read(target) {
      try {
        if (inner) return await inner.read(target);
        let have = 0;
        for (let got = 1; got > 0 && have < GZIP_MAGIC.length; have += got) got = await source.read(target.subarray(have));
        inner = GZIP_MAGIC.every((byte, i) => i < have && target[i] === byte)
          ? gunzipSource(source, Uint8Array.from(target.subarray(0, have)))
          : source;
        return inner === source ? have : await inner.read(target);
      } catch (error) {
        throw new Error(fileReason(error), { cause: error });
      }
    },
    close: () => (inner ?? source).close(),
  };
}

/** What is in a gzipped source of which `first` has been read already. */
function gunzipSource(source: ByteSource, first: Uint8Array): ByteSource {
  const zipped = Readable.from(chunks(source, first));
  const gunzip = createGunzip();
  zipped.on('error', (error) => gunzip.destroy(error));
  const unpacked = streamSource(source.name, zipped.pipe(gunzip));
  return {
    ...unpacked,
    async close() {
      zipped.destroy();
      await unpacked.close();
      await source.close();
    },
  };
}

async function* chunks(source: ByteSource, first: Uint8Array): AsyncGenerator<Uint8Array> {
  yield first;
  for (;;) {
    const buffer = new Uint8Array(CHUNK_BYTES);
    const got = await source.read(buffer);
    if (got === 0) return;
    yield buffer.subarray(0, got);
  }
}
