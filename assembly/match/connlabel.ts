// TEST_CONNLABEL: `-m connlabel`.

import { FLOW_LABELS, FLOW_STATUS, IPS_TEMPLATE } from '../abi/flow.ts';
import { PACKET_CT } from '../abi/packet.ts';

/** Whether the connection has a label; with `sets` one that has not gets it. Ref: net/netfilter/xt_connlabel.c:connlabel_mt() */
export function hasLabel(packet: usize, label: u32, sets: bool): bool {
  const entry = <usize>load<u32>(packet, PACKET_CT);
  if (entry == 0 || load<u32>(entry, FLOW_STATUS) & IPS_TEMPLATE) return false;
  const word = entry + (<usize>(label >> 5) << 2);
  const bit: u32 = 1 << (label & 31);
  const labels = load<u32>(word, FLOW_LABELS);
  if ((labels & bit) != 0) return true;
  if (sets) store<u32>(word, labels | bit, FLOW_LABELS);
  return sets;
}
