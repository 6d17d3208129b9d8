// What came of looking for an element, adding or deleting it.

/** There; added; deleted. */
export const SET_FOUND: i32 = 1;
export const SET_DONE: i32 = 0;
/** Not there. */
export const SET_NOT_FOUND: i32 = 0;
/** It cannot be: no such packet, a full set, an element that is there already or is not. */
export const SET_REFUSED: i32 = -1;
/** There, to say that it is not in the set. */
export const SET_EXCEPTED: i32 = -2;
/** There, but its hardware address is not known yet: the packet's is put in. */
export const SET_OPEN: i32 = -3;
