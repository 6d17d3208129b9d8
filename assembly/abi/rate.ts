// What the matches that count over time keep: layouts of their state, and the units they count in.
//
// Portable constants, shared by both compilers: no code, imports only from this folder.

/** Ticks of the kernel's clock (jiffies) a second, in the kernel that is the reference (CONFIG_HZ). */
export const HZ: u32 = 250;
export const JIFFY_NS: u32 = 4_000_000;

// ── State of TEST_LIMIT ───────────────────────────────────────────────────────────────────────────────────────────────────
/** u64: jiffies when it was asked last; 0 = it was not asked yet. */
export const LIMIT_PREV: u32 = 0;
/** Credit left. */
export const LIMIT_CREDIT: u32 = 8;
export const LIMIT_BYTES: u32 = 16;
/** The power of two below 2^32 / (HZ * 60 * 60 * 24). Ref: net/netfilter/xt_limit.c CREDITS_PER_JIFFY */
export const LIMIT_CREDITS_PER_JIFFY: u32 = 128;

// ── State of TEST_QUOTA ───────────────────────────────────────────────────────────────────────────────────────────────────
/** u64: bytes left. */
export const QUOTA_LEFT: u32 = 0;
export const QUOTA_BYTES: u32 = 8;
