// Firewall scripts of ours, recorded: what they print, return and make is what they do where the tools are real. The kernel suite
// runs them in a network namespace and compares.

import { expect, test } from 'vitest';
import { EXPECTED, readFiles, record, SHELLS } from './recording.ts';

test.each(Object.entries(SHELLS))('%s.sh', async (name, shell) => {
  const { code, stdout, files } = await record([shell, `${name}.sh`]);
  expect({ stdout, status: `${code}\n`, ...files }).toEqual(readFiles(`${EXPECTED}${name}`));
});
