// Texts that iptables prints as they are, without quotes around them.

import type { Diagnostics } from '../text/diagnostic.ts';
import type { Argument } from './extension.ts';

/** Warns where what iptables prints of a text cannot be read back. */
export function checkBare({ text, span }: Argument, diagnostics: Diagnostics): void {
  if (!/[\s"]/.test(text)) return;
  diagnostics.warning('unreadable-print', `iptables prints "${text}" without quotes, and cannot read that back`, span);
}
