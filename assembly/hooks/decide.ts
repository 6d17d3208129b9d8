// Who decided about a packet, for its outcome.

import { OUTCOME_BY, OUTCOME_BY_FILTER, OUTCOME_FLAGS } from '../abi/batch.ts';
import { TABLE_FILTER } from '../abi/program.ts';
import { VERDICT_ACCEPT } from '../abi/verdict.ts';

/** Notes who decided: what ended the packet; while it goes on, the latest decision of table filter, else the latest of any. */
export function decided(outcome: usize, by: u32, step: u32, verdict: u32): void {
  const flags = load<u32>(outcome, OUTCOME_FLAGS);
  if (verdict == VERDICT_ACCEPT && step != TABLE_FILTER && (flags & OUTCOME_BY_FILTER) != 0) return;
  store<u32>(outcome, by, OUTCOME_BY);
  store<u32>(outcome, step == TABLE_FILTER ? flags | OUTCOME_BY_FILTER : flags & ~OUTCOME_BY_FILTER, OUTCOME_FLAGS);
}
