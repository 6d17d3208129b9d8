// ASSURED: a connection that is more than a probe.

import { IPCT_ASSURED } from '../abi/event.ts';
import { FLOW_STATUS, IPS_ASSURED } from '../abi/flow.ts';
import { noteEvent } from './event.ts';

/** Makes an entry of `status` ASSURED. */
export function assure(entry: usize, status: u32): void {
  if (status & IPS_ASSURED) return;
  store<u32>(entry, status | IPS_ASSURED, FLOW_STATUS);
  noteEvent(entry, IPCT_ASSURED);
}
