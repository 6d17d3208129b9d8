// Where the checkout is, from sources and from what is built of them.

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL(import.meta.url.includes('/dist/') ? '../..' : '..', import.meta.url));

/** A file of the checkout. */
export function inCheckout(path: string): string {
  return join(ROOT, path);
}
