// SNAT, DNAT, MASQUERADE, REDIRECT, NETMAP: what a connection's source or destination becomes. Each ends its chain.

import { ENV_CONNTRACK } from '../abi/batch.ts';
import { FLOW_ORIGINAL, MANIP_DST, MANIP_SRC, TUPLE_FAMILY, TUPLE_SRC } from '../abi/flow.ts';
import { NAT_CHOSEN, NETMAP_MASK, NETMAP_NETWORK } from '../abi/nat.ts';
import { ACTION_DNAT, ACTION_MASQUERADE, ACTION_NETMAP, ACTION_REDIRECT, ACTION_SNAT } from '../abi/opcode.ts';
import { PACKET_CT, PACKET_DST, PACKET_HOOK, PACKET_OUT, PACKET_SHARD, PACKET_SRC } from '../abi/packet.ts';
import { HOOK_OUTPUT, HOOK_PREROUTING } from '../abi/program.ts';
import { VERDICT_ACCEPT, VERDICT_DROP } from '../abi/verdict.ts';
import { setMasquerade } from '../conntrack/sources.ts';
import { shardBlock } from '../conntrack/table.ts';
import { redirectAddress, sourceAddress } from '../hooks/route.ts';
import { isSettled, settle, settleAt } from '../nat/bind.ts';
import { roomOf } from '../nat/room.ts';

/** Carries out one of these targets on a packet that has an entry whose side is not settled. Returns: VERDICT_ACCEPT or VERDICT_DROP. */
export function translateTo(env: usize, packet: usize, action: u32, operands: usize): u32 {
  const entry: usize = load<u32>(packet, PACKET_CT);
  switch (action) {
    case ACTION_SNAT:
      settle(env, packet, entry, operands, MANIP_SRC);
      break;
    case ACTION_DNAT:
      settle(env, packet, entry, operands, MANIP_DST);
      break;
    case ACTION_MASQUERADE:
      return masquerade(env, packet, entry, operands);
    case ACTION_REDIRECT:
      return redirect(env, packet, entry, operands);
    case ACTION_NETMAP:
      moveNetwork(env, packet, entry, operands);
      break;
    default:
      // The compiler writes no other opcode.
      unreachable();
  }
  return VERDICT_ACCEPT;
}

/** A source of all zeros is not for others to answer: it is left alone. Ref: net/netfilter/nf_nat_masquerade.c:nf_nat_masquerade_ipv4() */
function masquerade(env: usize, packet: usize, entry: usize, operands: usize): u32 {
  const source = entry + FLOW_ORIGINAL + TUPLE_SRC;
  const address = roomOf(env, packet) + NAT_CHOSEN;
  if (<u32>load<u8>(entry, FLOW_ORIGINAL + TUPLE_FAMILY) == 4 && load<u32>(source) == 0) return VERDICT_ACCEPT;
  if (!sourceAddress(env, packet, address)) return VERDICT_DROP;
  settleAt(env, packet, entry, address, MANIP_SRC, operands);
  if (!isSettled(entry, MANIP_SRC)) return VERDICT_ACCEPT;
  const block = shardBlock(<usize>load<u32>(env, ENV_CONNTRACK), load<u32>(packet, PACKET_SHARD));
  setMasquerade(block, entry, load<u32>(packet, PACKET_OUT));
  return VERDICT_ACCEPT;
}

/** Ref: net/netfilter/nf_nat_redirect.c:nf_nat_redirect() */
function redirect(env: usize, packet: usize, entry: usize, operands: usize): u32 {
  const address = roomOf(env, packet) + NAT_CHOSEN;
  if (!redirectAddress(env, packet, address)) return VERDICT_DROP;
  settleAt(env, packet, entry, address, MANIP_DST, operands);
  return VERDICT_ACCEPT;
}

/** The packet's address with the network in its place. Ref: net/netfilter/xt_NETMAP.c:netmap_tg4(), netmap_tg6() */
function moveNetwork(env: usize, packet: usize, entry: usize, operands: usize): void {
  const hook = load<u32>(packet, PACKET_HOOK);
  const isDestination = hook == HOOK_PREROUTING || hook == HOOK_OUTPUT;
  const old = packet + (isDestination ? PACKET_DST : PACKET_SRC);
  const address = roomOf(env, packet) + NAT_CHOSEN;
  for (let i: usize = 0; i < 16; i += 4) {
    const mask = load<u32>(operands + i, NETMAP_MASK);
    store<u32>(address + i, (load<u32>(old + i) & ~mask) | (load<u32>(operands + i, NETMAP_NETWORK) & mask));
  }
  settleAt(env, packet, entry, address, isDestination ? MANIP_DST : MANIP_SRC, 0);
}
