// SECMARK and CONNSECMARK: security marks of packets and connections.

import { ENV_STATE } from '../abi/batch.ts';
import { FLOW_SECMARK } from '../abi/flow.ts';
import { IPCT_SECMARK } from '../abi/event.ts';
import { PACKET_CT, PACKET_SECMARK } from '../abi/packet.ts';
import { noteEvent } from '../conntrack/event.ts';

/** Ref: net/netfilter/xt_SECMARK.c:secmark_tg() */
export function setSecmark(env: usize, packet: usize, state: u32): void {
  store<u32>(packet, load<u32>(env, ENV_STATE) + state, PACKET_SECMARK);
}

/** Copies the mark to where there is none yet. Ref: net/netfilter/xt_CONNSECMARK.c:secmark_save(), secmark_restore() */
export function copySecmark(packet: usize, restores: bool): void {
  const entry = <usize>load<u32>(packet, PACKET_CT);
  if (entry == 0) return;
  const ours = load<u32>(packet, PACKET_SECMARK);
  const theirs = load<u32>(entry, FLOW_SECMARK);
  if (restores) {
    if (ours == 0) store<u32>(packet, theirs, PACKET_SECMARK);
  } else if (theirs == 0 && ours != 0) {
    store<u32>(entry, ours, FLOW_SECMARK);
    noteEvent(entry, IPCT_SECMARK);
  }
}
