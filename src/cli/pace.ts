// How V8 runs a command: most are over in a second, in which it would spend as much on compiling functions and moving young objects as they
// take to run.

import { setFlagsFromString } from 'node:v8';

/** The newest V8 that is known to have the options; a later one is left as it is. */
const V8_MAX = 13;

const OPTIONS = [
  // How much a function runs before it is optimised, some six times the usual: of thousands that a ruleset goes through only the hottest
  // are, and these sooner, for they need not wait for the others.
  '--interrupt-budget=400000',
  // Rules stay once they are read: room for young objects that grows step by step is copied from again and again.
  '--semi-space-growth-factor=16',
] as const;

/** Sets V8 up for a command. To be called before there is much to do. */
export function setPace(): void {
  if (Number.parseInt(process.versions.v8, 10) > V8_MAX) return;
  for (const option of OPTIONS) setFlagsFromString(option);
}
