// sip: what is kept of a connection, and what is made out while one packet is looked at.

import { TUPLE_BYTES } from '../abi/flow.ts';
import { FOUND_BYTES } from './sip-header.ts';

// ── Kept of a connection ──────────────────────────────────────────────────────────────────────────────────────────────────
/** Sequence numbers of the latest REGISTER and INVITE that were let through. */
export const SIP_REGISTER_CSEQ: u32 = 0;
export const SIP_INVITE_CSEQ: u32 = 4;
/** u16: port that answers must go to whatever the packet says, for translation; 0 = none. */
export const SIP_FORCED_PORT: u32 = 8;

// ── Made out in the scratch ───────────────────────────────────────────────────────────────────────────────────────────────
/** What was found in the message. */
export const SCRATCH_FOUND: u32 = 0;
/** An address to keep meanwhile. */
export const SCRATCH_ADDRESS: u32 = SCRATCH_FOUND + FOUND_BYTES;
/** A tuple to look for. */
export const SCRATCH_TUPLE: u32 = SCRATCH_ADDRESS + 16;
/** The address that is told of a medium. */
export const SCRATCH_TOLD: u32 = SCRATCH_TUPLE + TUPLE_BYTES;
/** u32 each: where the message begins, and its end, which translation moves. */
export const SCRATCH_START: u32 = SCRATCH_TOLD + 16;
export const SCRATCH_END: u32 = SCRATCH_START + 4;
/** What was found of a parameter. */
export const SCRATCH_PARAMETER: u32 = SCRATCH_END + 4;
/** Text to write. */
export const SCRATCH_TEXT: u32 = SCRATCH_PARAMETER + FOUND_BYTES;
