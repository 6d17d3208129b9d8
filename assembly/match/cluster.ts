// TEST_CLUSTER: `-m cluster`.

import { EXT_MASTER, FLOW_ORIGINAL, FLOW_STATUS, IPS_TEMPLATE, TUPLE_SRC } from '../abi/flow.ts';
import { PACKET_CT, PACKET_DST, PACKET_FLAG_IPV6, PACKET_FLAGS, PACKET_PKTTYPE, PKTTYPE_HOST, PKTTYPE_MULTICAST } from '../abi/packet.ts';
import { extensionWord } from '../conntrack/extend.ts';
import { hashWords, scaleHash } from '../wire/jhash.ts';
import { ANSWER_HOLDS, ANSWER_MISS, ANSWER_MISS_EITHER_WAY } from './answer.ts';

/**
 * Whether the connection falls to a local node. A packet for one host that came in a multicast frame is from then on one for this
 * host: that is how every node of a cluster gets to see it.
 *
 * Operands: nodes, bits of the local ones, seed.
 * One that was expected goes where its master goes.
 * Ref: net/netfilter/xt_cluster.c:xt_cluster_mt()
 */
export function isServedHere(packet: usize, operands: usize): u32 {
  if (load<u32>(packet, PACKET_PKTTYPE) == PKTTYPE_MULTICAST && !goesToGroup(packet)) {
    store<u32>(packet, PKTTYPE_HOST, PACKET_PKTTYPE);
  }
  const entry = <usize>load<u32>(packet, PACKET_CT);
  if (entry == 0 || load<u32>(entry, FLOW_STATUS) & IPS_TEMPLATE) return ANSWER_MISS_EITHER_WAY;
  const master = <usize>extensionWord(entry, EXT_MASTER);
  // Of an IPv6 address the kernel takes the first word only.
  const hash = hashWords(bswap<u32>(load<u32>(master == 0 ? entry : master, FLOW_ORIGINAL + TUPLE_SRC)), 0, 0, 1, load<u32>(operands, 8));
  const node = scaleHash(hash, load<u32>(operands));
  return (load<u32>(operands, 4) >> node) & 1 ? ANSWER_HOLDS : ANSWER_MISS;
}

function goesToGroup(packet: usize): bool {
  const first = load<u32>(packet, PACKET_DST);
  return load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_IPV6 ? first >> 24 == 0xff : first >> 28 == 0xe;
}
