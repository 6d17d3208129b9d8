// The garbage of making traffic, cleared away before a clock starts: else it is collected while the clock runs.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Collects all garbage that there is. */
export function clearAway(): void {
  collect();
}
