// TEST_CONNLABEL: `-m connlabel`.

import { ENV_CONNTRACK } from '../abi/batch.ts';
import { IPCT_LABEL } from '../abi/event.ts';
import { EXT_LABELS, FLOW_EXTENSION, FLOW_STATUS, IPS_TEMPLATE } from '../abi/flow.ts';
import { PACKET_CT, PACKET_SHARD } from '../abi/packet.ts';
import { noteEvent } from '../conntrack/event.ts';
import { extension } from '../conntrack/extend.ts';
import { shardBlock } from '../conntrack/table.ts';

/**
 * Whether the connection has a label; with `sets` one that has not gets it, if there is memory for it.
 *
 * Ref: net/netfilter/xt_connlabel.c:connlabel_mt()
 */
export function hasLabel(env: usize, packet: usize, label: u32, sets: bool): bool {
  const entry = <usize>load<u32>(packet, PACKET_CT);
  if (entry == 0 || load<u32>(entry, FLOW_STATUS) & IPS_TEMPLATE) return false;
  let labels = <usize>load<u32>(entry, FLOW_EXTENSION);
  if (labels == 0) {
    if (!sets) return false;
    const region = <usize>load<u32>(env, ENV_CONNTRACK);
    labels = extension(region, shardBlock(region, load<u32>(packet, PACKET_SHARD)), entry);
    if (labels == 0) return false;
  }
  const word = labels + (<usize>(label >> 5) << 2);
  const bit: u32 = 1 << (label & 31);
  const present = load<u32>(word, EXT_LABELS);
  if ((present & bit) != 0) return true;
  if (!sets) return false;
  store<u32>(word, present | bit, EXT_LABELS);
  noteEvent(entry, IPCT_LABEL);
  return true;
}
