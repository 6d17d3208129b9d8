// Scripts put to `hookline record`, and what it wrote of them.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Ran, runHookline } from '../support/hookline.ts';

export const SCRIPTS = fileURLToPath(new URL('scripts/', import.meta.url));
export const EXPECTED = fileURLToPath(new URL('expected/', import.meta.url));

/** The shell that each script of ours is for. */
export const SHELLS: Readonly<Record<string, string>> = { router: 'sh', knocking: 'bash', limits: 'sh' };

export interface Recording extends Ran {
  /** Files by name. */
  readonly files: Readonly<Record<string, string>>;
}

/** Records a command. `options` stand before `--`. */
export async function record(
  command: readonly string[],
  options: readonly string[] = [],
  stdin?: Uint8Array,
): Promise<Recording> {
  const folder = mkdtempSync(join(tmpdir(), 'hookline-test-'));
  try {
    const ran = await runHookline(SCRIPTS, ['record', '-o', folder, ...options, '--', ...command], stdin);
    return { ...ran, stderr: ran.stderr.replaceAll(folder, 'DIR'), files: readFiles(folder) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Records lines of sh. */
export function recordLines(...lines: readonly string[]): Promise<Recording> {
  return record(['sh', '-c', lines.join('\n')]);
}

/** The files of a folder, less the lines that say when they were made. */
export function readFiles(folder: string): Record<string, string> {
  return Object.fromEntries(readdirSync(folder).map((name) => [name, plain(readFileSync(join(folder, name), 'utf8'))]));
}

/** A ruleset's text without its comments. */
export function plain(text: string): string {
  return text.replace(/^#.*\n/gm, '');
}
