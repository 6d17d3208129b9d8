// sip: what is kept of a connection, and what is made out while one packet is looked at.

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
