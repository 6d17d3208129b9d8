// h323: what is kept of a connection.

/** u16 by direction: port that calls are expected at, for what confirms a registration. */
export const H323_SIGNAL_PORT: u32 = 0;
/** RAS. u32: seconds that a registration holds. */
export const H323_TTL: u32 = 4;
/** Q.931 and H.245. u16 by direction: bytes of a message whose length came in a segment of its own. */
export const H323_TPKT: u32 = 4;
/** For translation. u16: ports of media, told and translated. */
export const H323_MEDIA_PORTS: u32 = 8;
