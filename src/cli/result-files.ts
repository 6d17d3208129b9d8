// Files that results are written to: looked at before the work begins, so that nobody waits for what cannot be written.

import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { fileError, InputError } from './exit.ts';

/** Characters that are written at a time. */
const BATCH_CHARS = 1 << 18;

/** Throws when one of the files cannot be written, would take the place of an input, or is named twice. */
export function checkResultFiles(paths: readonly string[], inputs: readonly string[]): void {
  const taken = new Map<string, string>();
  for (const input of inputs) {
    const id = identity(input);
    if (id !== undefined) taken.set(id, `${input}: it is read, so results cannot be written to it`);
  }
  for (const path of paths) {
    checkWritable(path);
    const id = identity(path);
    if (id === undefined) continue;
    const fault = taken.get(id);
    if (fault !== undefined) throw new InputError(fault);
    taken.set(id, `${path}: two results cannot be written to one file`);
  }
}

/** Writes a result, whole or in pieces; throws an InputError that says why it cannot be. */
export async function writeResult(path: string, text: string | Iterable<string>): Promise<void> {
  try {
    await writeFile(path, typeof text === 'string' ? text : batches(text));
  } catch (error) {
    throw fileError(path, error);
  }
}

/** Joins pieces into ones that are worth a system call. */
function* batches(pieces: Iterable<string>): Generator<string> {
  let joined = '';
  for (const piece of pieces) {
    joined += piece;
    if (joined.length < BATCH_CHARS) continue;
    yield joined;
    joined = '';
  }
  if (joined !== '') yield joined;
}

function checkWritable(path: string): void {
  if (path === '') throw new InputError('a file for results needs a name');
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.isDirectory()) throw new InputError(`${path}: is a directory`);
  const folder = dirname(path);
  if (!existsSync(folder)) throw new InputError(`${path}: there is no folder ${folder}`);
  try {
    accessSync(stat ? path : folder, constants.W_OK);
  } catch (error) {
    throw fileError(path, error);
  }
}

/** What is the same for two names of one plain file; undefined for devices and pipes, which may be named often. */
function identity(path: string): string | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return resolve(path);
  return stat.isFile() ? `${stat.dev}:${stat.ino}` : undefined;
}
