// TEE: a copy of the packet goes to another host at once, while the packet stands in its chain. It passes OUTPUT and POSTROUTING like what
// this host sends, without a connection, and is never copied again.

import {
  ENV_HOST,
  ENV_INTERFACES,
  ENV_SCRATCH,
  INTERFACE_BYTES,
  INTERFACE_INDEX,
  OUTCOME_BYTES,
  SCRATCH_OUTCOME,
  SCRATCH_SLOT,
  SCRATCH_TEE_OUTCOME,
  SHARD_SCRATCH_BYTES,
} from '../abi/batch.ts';
import {
  HOST_FLAG_ASSUMED,
  HOST_FLAGS,
  HOST_IF_EXISTS,
  HOST_IF_FLAGS,
  HOST_IF_UP,
  HOST_LOOPBACK,
  ROUTE_INTERFACE,
  ROUTE_TYPE,
} from '../abi/host.ts';
import { RECORD_KIND_COPY } from '../abi/log.ts';
import {
  PACKET_DRAWS,
  PACKET_DST,
  PACKET_FLAG_DF,
  PACKET_FLAG_IPV6,
  PACKET_FLAG_TEE,
  PACKET_FLAGS,
  PACKET_FRAME_INTERFACE,
  PACKET_HOOK,
  PACKET_IN,
  PACKET_OUT,
  PACKET_PIECES,
  PACKET_REALM,
  PACKET_ROUTE,
  PACKET_SHARD,
  PACKET_SPLIT,
  PACKET_TEMPLATE,
  PACKET_TOS,
  PACKET_TTL,
  PACKET_WAY,
  PACKET_WHY,
  RTN_ANYCAST,
  RTN_BROADCAST,
  RTN_LOCAL,
  SPLIT_FRAGMENTS,
  SPLIT_FRAGMENTS_DF,
  SPLIT_NONE,
} from '../abi/packet.ts';
import { HOOK_INPUT, HOOK_OUTPUT, HOOK_POSTROUTING, HOOK_PREROUTING } from '../abi/program.ts';
import { VERDICT_ACCEPT, VERDICT_DROP, VERDICT_NONE, WHY_NONE, WHY_NOT_MODELLED } from '../abi/verdict.ts';
import { setUntracked } from '../conntrack/attach.ts';
import { copyPacket, forbidFragments, setTtl } from '../wire/edit.ts';
import { writeRecord } from '../wire/log.ts';
import { isMulticast4, isMulticast6, LIMITED_BROADCAST4, needsDevice6 } from './address.ts';
import { hostInterface, listens6 } from './fib.ts';
import {
  FLOW_DEVICE,
  FLOW_DST,
  FLOW_FLAG_STRICT,
  FLOW_FLAGS,
  FLOW_OIF,
  FLOW_REALM,
  FLOW_TOS,
  setAddress,
  startFlow,
} from './flow.ts';
import { countersOf, programOf, runHook } from './hook.ts';
import { choosePath4 } from './multipath.ts';
import { output } from './output.ts';
import { wayRealm } from './realm.ts';
import { traceOf, writeEgress } from './record.ts';
import { takeWay } from './route-output.ts';
import { lookup4, lookup6 } from './rules.ts';
import { ROUTE_COPIED, ROUTE_DROPPED, ROUTE_LEAVES, ROUTE_LOOPS, whyOfType } from './way.ts';

/**
 * Carries out TEE. `operands`: the device that the copy must leave by, 0 = any, and the gateway's address.
 *
 * Returns: VERDICT_NONE; VERDICT_DROP where the copy would come back to this host, which is not modelled.
 * Ref: net/ipv4/netfilter/nf_dup_ipv4.c:nf_dup_ipv4(), net/ipv6/netfilter/nf_dup_ipv6.c:nf_dup_ipv6()
 */
export function sendCopy(env: usize, packet: usize, operands: usize): u32 {
  const flags = load<u32>(packet, PACKET_FLAGS);
  if ((flags & PACKET_FLAG_TEE) != 0) return VERDICT_NONE;
  const copy = copyPacket(env, packet);
  setUntracked(copy);
  store<u32>(copy, 0, PACKET_TEMPLATE);
  // It has a way of its own, whichever OUTPUT has found for the packet.
  store<u32>(copy, 0, PACKET_WAY);
  // The copy's bytes lie together: it does not come apart where the packet was joined.
  store<u32>(copy, 0, PACKET_PIECES);
  store<u32>(copy, SPLIT_NONE, PACKET_SPLIT);
  const hook = load<u32>(packet, PACKET_HOOK);
  if (hook == HOOK_PREROUTING || hook == HOOK_INPUT) setTtl(env, copy, (load<u32>(packet, PACKET_TTL) - 1) & 0xff);
  if ((flags & PACKET_FLAG_IPV6) == 0) forbidFragments(copy);
  const decision = routeCopy(env, copy, operands);
  let isModelled = decision == ROUTE_DROPPED;
  if (decision == ROUTE_LEAVES) {
    writeRecord(env, copy, RECORD_KIND_COPY, 1);
    isModelled = travel(env, packet, copy);
    writeRecord(env, copy, RECORD_KIND_COPY, 0);
  }
  // The draws of rules are one row.
  store<u32>(packet, load<u32>(copy, PACKET_DRAWS), PACKET_DRAWS);
  if (isModelled) return VERDICT_NONE;
  store<u32>(packet, WHY_NOT_MODELLED, PACKET_WHY);
  return VERDICT_DROP;
}

function scratchOf(env: usize, packet: usize): usize {
  return load<u32>(env, ENV_SCRATCH) + load<u32>(packet, PACKET_SHARD) * SHARD_SCRATCH_BYTES;
}

// ── The way ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * Decides where the copy goes: ROUTE_DROPPED when there is no way to the gateway, ROUTE_LEAVES by PACKET_OUT, or what comes back to this
 * host. A device that is not there is as none. With no host given the copy leaves by that device, or by the one of the capture.
 *
 * Ref: net/ipv4/netfilter/nf_dup_ipv4.c:nf_dup_ipv4_route(), net/ipv6/netfilter/nf_dup_ipv6.c:nf_dup_ipv6_route()
 */
function routeCopy(env: usize, copy: usize, operands: usize): u32 {
  const host: usize = load<u32>(env, ENV_HOST);
  const asked = load<u32>(operands);
  if ((load<u32>(host, HOST_FLAGS) & HOST_FLAG_ASSUMED) != 0) {
    const captured = load<u32>(env, ENV_INTERFACES) + load<u32>(copy, PACKET_FRAME_INTERFACE) * INTERFACE_BYTES;
    return leaves(host, copy, asked != 0 ? asked : load<u32>(captured, INTERFACE_INDEX));
  }
  const flags = load<u32>(hostInterface(host, asked), HOST_IF_FLAGS);
  const device = (flags & HOST_IF_EXISTS) != 0 ? asked : 0;
  if (device != 0 && (flags & HOST_IF_UP) == 0) return ROUTE_DROPPED;
  const gateway = operands + 4;
  const isIpv6 = (load<u32>(copy, PACKET_FLAGS) & PACKET_FLAG_IPV6) != 0;
  const flow = startFlow(env, copy);
  setAddress(flow + FLOW_DST, gateway);
  store<u32>(flow, device, FLOW_OIF);
  return isIpv6 ? route6(host, copy, flow, gateway, device) : route4(host, copy, flow, device);
}

function leaves(host: usize, copy: usize, out: u32): u32 {
  store<u32>(copy, out, PACKET_OUT);
  return out == load<u32>(host, HOST_LOOPBACK) ? ROUTE_LOOPS : ROUTE_LEAVES;
}

/** Without a route by a device the gateway is taken to be there. Ref: net/ipv4/route.c:ip_route_output_key_hash_rcu(), __mkroute_output() */
function route4(host: usize, copy: usize, flow: usize, device: u32): u32 {
  const gateway = load<u32>(flow, FLOW_DST);
  if (gateway >>> 24 == 0) return ROUTE_DROPPED;
  store<u32>(flow, load<u32>(copy, PACKET_TOS), FLOW_TOS);
  const found = lookup4(host, flow);
  const type = load<u32>(found, ROUTE_TYPE);
  const isRouted = whyOfType(type) == WHY_NONE;
  const route = isRouted && device == 0 ? choosePath4(host, flow, found) : found;
  store<u32>(copy, isRouted ? route as u32 : 0, PACKET_ROUTE);
  store<u32>(copy, wayRealm(isRouted ? route : 0, load<u32>(flow, FLOW_REALM), 0), PACKET_REALM);
  if (!isRouted && device == 0) return ROUTE_DROPPED;
  if (type == RTN_LOCAL) return ROUTE_LOOPS;
  if (type == RTN_BROADCAST || gateway == LIMITED_BROADCAST4 || isMulticast4(gateway)) return ROUTE_COPIED;
  return leaves(host, copy, isRouted ? load<u32>(route, ROUTE_INTERFACE) : device);
}

/** Ref: net/ipv6/route.c:ip6_route_output_flags() */
function route6(host: usize, copy: usize, flow: usize, gateway: usize, device: u32): u32 {
  store<u32>(flow, device, FLOW_DEVICE);
  if (device != 0 || needsDevice6(gateway)) store<u32>(flow, FLOW_FLAG_STRICT, FLOW_FLAGS);
  const route = lookup6(host, flow);
  const type = load<u32>(route, ROUTE_TYPE);
  if (whyOfType(type) != WHY_NONE) return ROUTE_DROPPED;
  store<u32>(copy, route as u32, PACKET_ROUTE);
  store<u32>(copy, 0, PACKET_REALM);
  if (type == RTN_LOCAL || type == RTN_ANYCAST) return ROUTE_LOOPS;
  return leaves(host, copy, load<u32>(route, ROUTE_INTERFACE));
}

/** A multicast for a group that this host listens to comes back to it. Ref: net/ipv6/ip6_output.c:ip6_finish_output2() */
function isHeardHere(host: usize, copy: usize): bool {
  if ((load<u32>(copy, PACKET_FLAGS) & PACKET_FLAG_IPV6) == 0) return false;
  const destination = copy + PACKET_DST;
  return isMulticast6(destination) && listens6(host, load<u32>(copy, PACKET_OUT), destination);
}

// ── The journey ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Takes the copy through OUTPUT and POSTROUTING, and out. Returns: false where it would come back to this host. */
function travel(env: usize, packet: usize, copy: usize): bool {
  const host: usize = load<u32>(env, ENV_HOST);
  if (isHeardHere(host, copy)) return false;
  const program = programOf(env, copy);
  const counters = countersOf(env, copy);
  const trace = traceOf(env, load<u32>(copy, PACKET_SHARD));
  const outcome = scratchOf(env, copy) + SCRATCH_TEE_OUTCOME;
  memory.fill(outcome, 0, OUTCOME_BYTES);
  const first = load<u32>(copy, PACKET_OUT);
  store<u32>(copy, 0, PACKET_IN);
  if (runHook(env, copy, outcome, program, counters, trace, HOOK_OUTPUT) != VERDICT_ACCEPT) return true;
  // It may go where its own destination lies since.
  if (takeWay(copy, ROUTE_LEAVES) != ROUTE_LEAVES || isHeardHere(host, copy)) return false;
  // POSTROUTING takes the device that the gateway is reached by for the one the copy came in by.
  store<u32>(copy, first, PACKET_IN);
  if (runHook(env, copy, outcome, program, counters, trace, HOOK_POSTROUTING) != VERDICT_ACCEPT) return true;
  store<u32>(copy, load<u32>(packet, PACKET_IN), PACKET_IN);
  if (output(env, copy) == WHY_NONE) depart(env, packet, copy);
  return true;
}

/** Writes down what left. Only a packet that was put together from fragments that all said "don't fragment" leaves in such fragments. */
function depart(env: usize, packet: usize, copy: usize): void {
  const scratch = scratchOf(env, copy);
  const slot: usize = load<u32>(scratch, SCRATCH_SLOT);
  if (slot == 0) return;
  const flags = load<u32>(packet, PACKET_FLAGS);
  if (load<u32>(copy, PACKET_SPLIT) == SPLIT_FRAGMENTS_DF && (flags & PACKET_FLAG_DF) == 0) store<u32>(copy, SPLIT_FRAGMENTS, PACKET_SPLIT);
  writeEgress(env, slot, load<u32>(scratch, SCRATCH_OUTCOME), copy, load<u32>(copy, PACKET_OUT));
}
