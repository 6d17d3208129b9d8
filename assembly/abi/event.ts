// Events of connection tracking: what `conntrack -E` tells of connections and expectations.

/** enum ip_conntrack_events: numbers of bits. Ref: include/uapi/linux/netfilter/nf_conntrack_common.h */
export const IPCT_NEW: u32 = 0;
export const IPCT_RELATED: u32 = 1;
export const IPCT_DESTROY: u32 = 2;
export const IPCT_REPLY: u32 = 3;
export const IPCT_ASSURED: u32 = 4;
export const IPCT_PROTOINFO: u32 = 5;
export const IPCT_HELPER: u32 = 6;
export const IPCT_MARK: u32 = 7;
export const IPCT_SEQADJ: u32 = 8;
export const IPCT_SECMARK: u32 = 9;
export const IPCT_LABEL: u32 = 10;
