// Negative results an export may return. A hostile packet is an outcome, never a fault.

export const FAULT_BAD_ARGUMENT: i32 = -1; // an address or count outside its region
export const FAULT_NO_PROGRAM: i32 = -2; // the image is missing or of another version
export const FAULT_CAPTURE_FORMAT: i32 = -3; // not a capture, see CAPTURE_FAULT
export const FAULT_NO_MEMORY: i32 = -4; // connections and what belongs to them take more slots than there are
