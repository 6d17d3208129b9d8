// The memory that the kernel counts for a fragment.

/** Room that a driver leaves before a packet, and what the kernel keeps behind it (struct skb_shared_info) and beside it (struct sk_buff). */
const HEADROOM: u32 = 64;
const SHARED_INFO_BYTES: u32 = 320;
const BUFFER_BYTES: u32 = 256;
/** Small buffers come from a cache of their own, the others in powers of two up to a page, and then in pages. */
const SMALL_BYTES: u32 = 576;
const PAGE: u32 = 4096;

/**
 * The size of the buffer that holds a packet of `length` bytes. Differs: it is that of Linux 6.18 on x86-64 and of a driver that keeps a
 * packet in one buffer made to measure (TUN); others take more. Ref: net/core/skbuff.c:__alloc_skb(), skb->truesize
 */
export function bufferBytes(length: u32): u32 {
  const needed = HEADROOM + length + SHARED_INFO_BYTES;
  if (needed <= SMALL_BYTES) return SMALL_BYTES + BUFFER_BYTES;
  if (needed > PAGE) return ((needed + PAGE - 1) & ~(PAGE - 1)) + BUFFER_BYTES;
  return (1 << (32 - <u32>clz<u32>(needed - 1))) + BUFFER_BYTES;
}
