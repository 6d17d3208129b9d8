// Exit codes, and the error that ends a command with one.

export const EXIT_DONE = 0;
/** Bad input or usage. */
export const EXIT_BAD_INPUT = 2;

/** Hookline itself failed: a worker died, memory ran out. */
export const EXIT_FAILURE = 3;

/** Input that cannot be used. The message is for people; one that ends in a line end is printed as it is. */
export class InputError extends Error {
  override readonly name = 'InputError';
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EACCES: 'permission denied',
  EISDIR: 'is a directory',
  ENOTDIR: 'part of the path is not a directory',
  EMFILE: 'too many open files',
  ENOSPC: 'no space left on the device',
  EIO: 'input or output error of the device',
  EROFS: 'the file system is read-only',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'the links go in circles',
  Z_BUF_ERROR: 'its gzip data ends too early',
  Z_DATA_ERROR: 'its gzip data is damaged',
};

/** An InputError for a file that could not be opened, read or written. */
export function fileError(path: string, cause: unknown): InputError {
  return new InputError(`${path || "''"}: ${fileReason(cause)}`, { cause });
}

/** Why a file could not be used, in words. */
export function fileReason(cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException;
  return (code !== undefined && REASONS[code]) || message;
}
