// The only exports of the core. Each checks its arguments, then calls inward.

import { PROGRAM_VERSION } from './abi/program.ts';

/** Version of the image format this core runs. */
export function programVersion(): u32 {
  return PROGRAM_VERSION;
}
