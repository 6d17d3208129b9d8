// h323: what is kept of a connection, and while a message is followed.

import { READER_BYTES } from './h323-per.ts';

/** u16 by direction: port that calls are expected at, for what confirms a registration. */
export const H323_SIGNAL_PORT: u32 = 0;
/** RAS. u32: seconds that a registration holds. */
export const H323_TTL: u32 = 4;
/** Q.931 and H.245. u16 by direction: bytes of a message whose length came in a segment of its own. */
export const H323_TPKT: u32 = 4;
/** For translation. u16 by direction, H323_MEDIA_PAIRS of them: even ports of media, as each side knows them. */
export const H323_MEDIA_PORTS: u32 = 8;
export const H323_MEDIA_PAIRS: usize = 4;

// ── In the scratch, behind the reader ─────────────────────────────────────────────────────────────────────────────────────
/** The message's bytes: where places of addresses count from, and the end. */
export const MESSAGE_START: u32 = READER_BYTES;
export const MESSAGE_END: u32 = READER_BYTES + 4;
/** The latest address, as TUPLE_SRC, and its port. */
export const TOLD_ADDRESS: u32 = READER_BYTES + 8;
export const TOLD_PORT: u32 = READER_BYTES + 24;
/** Room for a tuple. */
export const TOLD_TUPLE: u32 = READER_BYTES + 28;
/** Room for an address and a port, as they are told. */
export const TOLD_TEXT: u32 = READER_BYTES + 68;
