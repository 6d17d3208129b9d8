import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { PROGRAM_VERSION } from '../assembly/abi/program.ts';

test('the built core runs images of the version the compiler writes', () => {
  const path = createRequire(import.meta.url).resolve('#core.wasm');
  const memory = new WebAssembly.Memory({ initial: 16, maximum: 16, shared: true });
  const core = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(path)), { env: { memory } });
  expect((core.exports.programVersion as () => number)()).toBe(PROGRAM_VERSION);
});
