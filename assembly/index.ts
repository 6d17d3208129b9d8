// The only exports of the core. Each checks its arguments, then calls inward.

import { PROGRAM_VERSION } from './abi/program.ts';

/** Version of the image format this core runs. */
export function programVersion(): u32 {
  return PROGRAM_VERSION;
}

/** First byte behind the static data: TypeScript's memory map begins at or behind it. */
export function heapBase(): usize {
  return __heap_base;
}
