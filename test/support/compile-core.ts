// Functions of the core that it does not export, compiled by themselves for tests.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type APIOptions, main } from 'assemblyscript/asc';
import { openModule, type TestCore } from './core.ts';

const ROOT = join(import.meta.dirname, '../..');
const ENTRY = 'entry.ts';
const HEAP_BASE = 'export function heapBase(): usize { return __heap_base; }';

/** Compiles an AssemblyScript text, whose imports are written from the repository's root, as the core is compiled. */
export async function compileCore(source: string): Promise<TestCore> {
  let wasm: Uint8Array | undefined;
  const messages: string[] = [];
  const options: APIOptions = {
    stderr: { write: (chunk: unknown) => void messages.push(String(chunk)) } as never,
    readFile: (name, base) =>
      name === ENTRY ? `${source}\n${HEAP_BASE}\n` : (readFile(join(base, name), 'utf8').catch(() => null) as never),
    writeFile: (name, contents) => {
      if (name === 'out.wasm') wasm = contents as Uint8Array;
    },
    listFiles: () => [],
  };
  const config = JSON.parse(await readFile(join(ROOT, 'asconfig.json'), 'utf8')) as { options: Record<string, unknown> };
  const { enable, runtime } = config.options as { enable: string[]; runtime: string };
  const flags = ['--runtime', runtime, '--importMemory', '--sharedMemory', '--maximumMemory', '65536', '--use', 'abort='];
  const { error } = await main(
    [ENTRY, '--baseDir', ROOT, '--outFile', 'out.wasm', '-O1', ...flags, ...enable.flatMap((feature) => ['--enable', feature])],
    options,
  );
  if (error !== null || wasm === undefined) throw new Error(`asc: ${messages.join('')}${String(error)}`);
  return openModule(wasm);
}
