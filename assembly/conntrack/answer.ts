// What a protocol's tracker answers about a packet. Ref: net/netfilter/nf_conntrack_core.c:nf_conntrack_handle_packet()

/** Not a valid part of its connection: the packet goes on without an entry (the kernel's -NF_ACCEPT). */
export const HANDLED_INVALID: u32 = 0;
/** Part of its connection. */
export const HANDLED: u32 = 1;
/** The entry was of an older connection and is gone: look up again. */
export const HANDLED_REPEAT: u32 = 2;
