import { expect, test } from 'vitest';
import { CORE_EXPORTS, compileCore } from '../../src/core/core.ts';

test('the built core exports the functions that TypeScript declares, and no other', () => {
  const names = WebAssembly.Module.exports(compileCore())
    .filter(({ kind }) => kind === 'function')
    .map(({ name }) => name);
  expect(names.sort()).toEqual([...CORE_EXPORTS].sort());
});

test('the core imports nothing but its memory: it cannot call out', () => {
  expect(WebAssembly.Module.imports(compileCore())).toEqual([{ module: 'env', name: 'memory', kind: 'memory' }]);
});
