import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { demoCapture } from './make-capture.ts';

const path = new URL('office.pcapng', import.meta.url);

test('the committed demo capture is what its maker writes', () => {
  expect(Buffer.from(demoCapture()).equals(readFileSync(path))).toBe(true);
});
