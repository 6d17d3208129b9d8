// What a test answers.

/** The test does not hold: the rule does not match. */
export const ANSWER_MISS: u32 = 0;
/** The test holds. */
export const ANSWER_HOLDS: u32 = 1;
/** The packet is dropped on the spot (the kernel's hotdrop). */
export const ANSWER_HOTDROP: u32 = 2;
/** The test does not hold, and its negation neither. */
export const ANSWER_MISS_EITHER_WAY: u32 = 3;
