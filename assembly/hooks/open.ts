// The way of a packet that opens a connection, where nothing is out of the ordinary: received, whole, TCP or UDP over IPv4 without options,
// and nobody reads what it met or what left. It is the way of traverse.ts without all that such a packet cannot come to, and goes on there
// where it comes to something else.

import {
  ENV_CONNTRACK,
  ENV_COUNTERS4,
  ENV_COUNTERS4_STRIDE,
  ENV_FLAG_EGRESS,
  ENV_FLAG_TRACE,
  ENV_FLAGS,
  ENV_HOST,
  ENV_LOG,
  ENV_PROGRAM4,
  ENV_SCRATCH,
  LOOK_DST,
  LOOK_END,
  LOOK_SRC,
  OUTCOME_BY,
  OUTCOME_CTSTATE,
  OUTCOME_DELIVERED,
  OUTCOME_FAMILY,
  OUTCOME_FLAGS,
  OUTCOME_OUT,
  SCRATCH_OUTCOME,
  SCRATCH_SLOT,
  SHARD_SCRATCH_BYTES,
} from '../abi/batch.ts';
import { HOST_FLAG_ASSUMED, HOST_FLAGS, HOST_IF_EXISTS, HOST_IF_FLAGS, HOST_IF_NO_CARRIER, HOST_IF_UP } from '../abi/host.ts';
import {
  CTINFO_NONE,
  CTSTATE_NEW,
  PACKET_CT,
  PACKET_CTINFO,
  PACKET_DPORT,
  PACKET_DST,
  PACKET_FACT_REDIRECT,
  PACKET_FACT_REDIRECTED,
  PACKET_FACTS,
  PACKET_FLAG_CUT,
  PACKET_FLAG_DF,
  PACKET_FLAG_PLAIN,
  PACKET_FLAGS,
  PACKET_HOOK,
  PACKET_IN,
  PACKET_LENGTH,
  PACKET_OUT,
  PACKET_PKTTYPE,
  PACKET_SHARD,
  PACKET_SPORT,
  PACKET_SRC,
  PACKET_TIME,
  PACKET_TTL,
  PACKET_WHY,
  PKTTYPE_HOST,
} from '../abi/packet.ts';
import {
  HOOK_FORWARD,
  HOOK_INPUT,
  HOOK_POSTROUTING,
  HOOK_PREROUTING,
  NO_COUNTER,
  PROGRAM_FLAGS,
  PROGRAM_NEEDS_ADDRTYPE,
  TABLE_FILTER,
  TABLE_MANGLE,
  TABLE_NAT,
  TABLE_RAW,
  TABLE_SECURITY,
} from '../abi/program.ts';
import { VERDICT_ACCEPT, WHY_NONE } from '../abi/verdict.ts';
import { confirmFirst, isAlone, opensPlainly, trackFirst } from '../conntrack/open.ts';
import { shardBlock } from '../conntrack/table.ts';
import { clear64 } from '../wire/clear.ts';
import { answerDelivered } from './answer-host.ts';
import { answerRedirected } from './answer-redirect.ts';
import { hostInterface } from './fib.ts';
import { chainOf, runConfirm, runTable, runTrack } from './hook.ts';
import { wayMtu } from './mtu.ts';
import { runNat, runNatFirst } from './nat.ts';
import { routeInput, routePlain } from './route-input.ts';
import { conclude, leaves, routed, runPacket } from './traverse.ts';
import { ROUTE_DROPPED, ROUTE_FORWARD, ROUTE_LOCAL } from './way.ts';

/** Flags that such packets may have besides the first. */
const PLAIN_FLAGS: u32 = PACKET_FLAG_DF | PACKET_FLAG_CUT;

/** Takes a packet whose tuple no entry in the table has, as the look at it says, through the hooks, and writes down what becomes of it. */
export function runOpening(env: usize, slot: usize, packet: usize, outcome: usize, look: usize): void {
  const shard = load<u32>(packet, PACKET_SHARD);
  const host: usize = load<u32>(env, ENV_HOST);
  const program: usize = load<u32>(env, ENV_PROGRAM4);
  if (!isOrdinary(env, host, program, packet)) return runPacket(env, shard, slot, packet, outcome);
  clear64(outcome);
  store<u32>(outcome, NO_COUNTER, OUTCOME_BY);
  store<u32>(outcome, 4, OUTCOME_FAMILY);
  const scratch = <usize>load<u32>(env, ENV_SCRATCH) + <usize>shard * SHARD_SCRATCH_BYTES;
  store<u32>(scratch, 0, SCRATCH_SLOT);
  store<u32>(scratch, outcome as u32, SCRATCH_OUTCOME);
  const counters = <usize>load<u32>(env, ENV_COUNTERS4) + <usize>shard * load<u32>(env, ENV_COUNTERS4_STRIDE);
  conclude(env, packet, outcome, comesIn(env, host, scratch, packet, outcome, program, counters, look));
}

/** Whether all that is left out on the way would have been for nothing. */
// @ts-ignore: decorator
@inline
function isOrdinary(env: usize, host: usize, program: usize, packet: usize): bool {
  if (((load<u32>(env, ENV_FLAGS) & (ENV_FLAG_TRACE | ENV_FLAG_EGRESS)) | load<u32>(env, ENV_LOG)) != 0) return false;
  const differs =
    ((load<u32>(packet, PACKET_FLAGS) & ~PLAIN_FLAGS) ^ PACKET_FLAG_PLAIN) |
    (load<u32>(packet, PACKET_PKTTYPE) ^ PKTTYPE_HOST) |
    (load<u32>(packet, PACKET_WHY) ^ WHY_NONE) |
    (load<u32>(program, PROGRAM_FLAGS) & PROGRAM_NEEDS_ADDRTYPE);
  if (differs != 0) return false;
  if ((load<u32>(host, HOST_FLAGS) & HOST_FLAG_ASSUMED) != 0) return true;
  const device = load<u32>(hostInterface(host, load<u32>(packet, PACKET_IN)), HOST_IF_FLAGS);
  return (device & HOST_IF_EXISTS) != 0 && (device & HOST_IF_UP) != 0;
}

/** From PREROUTING on. Returns the verdict. */
// @ts-ignore: decorator
@inline
function comesIn(
  env: usize,
  host: usize,
  scratch: usize,
  packet: usize,
  outcome: usize,
  program: usize,
  counters: usize,
  look: usize,
): u32 {
  const region: usize = load<u32>(env, ENV_CONNTRACK);
  const block = shardBlock(region, load<u32>(packet, PACKET_SHARD));
  store<u32>(packet, HOOK_PREROUTING, PACKET_HOOK);
  let verdict = runTable(env, packet, outcome, program, counters, 0, TABLE_RAW, HOOK_PREROUTING);
  if (verdict != VERDICT_ACCEPT) return verdict;
  const entry = isUntouched(packet, look) && opensPlainly(region, block) ? first(region, block, packet, look) : 0;
  const alone = entry != 0 && isAlone(region, block, entry);
  if (entry != 0) store<u32>(outcome, CTSTATE_NEW, OUTCOME_CTSTATE);
  else verdict = runTrack(env, packet, outcome);
  if (verdict == VERDICT_ACCEPT) verdict = runTable(env, packet, outcome, program, counters, 0, TABLE_MANGLE, HOOK_PREROUTING);
  if (verdict == VERDICT_ACCEPT) verdict = translates(env, block, packet, outcome, program, counters, HOOK_PREROUTING, entry, alone);
  if (verdict != VERDICT_ACCEPT) return verdict;
  const plain = routePlain(host, packet, scratch);
  const decision = plain == ROUTE_DROPPED ? routeInput(env, packet) : plain;
  if (decision == ROUTE_LOCAL) return delivered(env, region, block, packet, outcome, program, counters, entry, alone);
  const mtu = decision == ROUTE_FORWARD ? forwardMtuOf(host, packet) : 0;
  if (mtu == 0) return routed(env, packet, outcome, program, counters, 0, decision);
  return forwarded(env, host, region, block, packet, outcome, program, counters, entry, alone, mtu);
}

/** Whether table raw has left a packet to the tracker, with the tuple that it came with. */
// @ts-ignore: decorator
@inline
function isUntouched(packet: usize, look: usize): bool {
  const ports = load<u32>(look, LOOK_END);
  const differs =
    load<u32>(packet, PACKET_CT) |
    (load<u32>(packet, PACKET_CTINFO) ^ CTINFO_NONE) |
    (load<u32>(packet, PACKET_SRC) ^ load<u32>(look, LOOK_SRC)) |
    (load<u32>(packet, PACKET_DST) ^ load<u32>(look, LOOK_DST)) |
    ((load<u32>(packet, PACKET_SPORT) | (load<u32>(packet, PACKET_DPORT) << 16)) ^ ports);
  return differs == 0;
}

// @ts-ignore: decorator
@inline
function first(region: usize, block: usize, packet: usize, look: usize): usize {
  return trackFirst(region, block, packet, load<u32>(look, LOOK_SRC), load<u32>(look, LOOK_DST), load<u64>(look, LOOK_END));
}

/** To this host. */
// @ts-ignore: decorator
@inline
function delivered(
  env: usize,
  region: usize,
  block: usize,
  packet: usize,
  outcome: usize,
  program: usize,
  counters: usize,
  entry: usize,
  alone: bool,
): u32 {
  store<u32>(packet, HOOK_INPUT, PACKET_HOOK);
  let verdict = runTable(env, packet, outcome, program, counters, 0, TABLE_MANGLE, HOOK_INPUT);
  if (verdict == VERDICT_ACCEPT) verdict = runTable(env, packet, outcome, program, counters, 0, TABLE_FILTER, HOOK_INPUT);
  if (verdict == VERDICT_ACCEPT) verdict = runTable(env, packet, outcome, program, counters, 0, TABLE_SECURITY, HOOK_INPUT);
  if (verdict == VERDICT_ACCEPT) verdict = translates(env, block, packet, outcome, program, counters, HOOK_INPUT, entry, alone);
  if (verdict == VERDICT_ACCEPT) verdict = confirms(env, region, block, packet, outcome, entry, alone);
  if (verdict != VERDICT_ACCEPT) return verdict;
  store<u32>(outcome, load<u32>(outcome, OUTCOME_FLAGS) | OUTCOME_DELIVERED, OUTCOME_FLAGS);
  answerDelivered(env, packet);
  return verdict;
}

/**
 * How long a packet may be that goes on, if it is not longer, has hops left and no other hindrance (see forward()); else 0: nothing is done.
 */
// @ts-ignore: decorator
@inline
function forwardMtuOf(host: usize, packet: usize): u32 {
  const mtu = wayMtu(host, packet);
  return load<u32>(packet, PACKET_TTL) > 1 && load<u32>(packet, PACKET_LENGTH) <= mtu ? mtu : 0;
}

// @ts-ignore: decorator
@inline
function forwarded(
  env: usize,
  host: usize,
  region: usize,
  block: usize,
  packet: usize,
  outcome: usize,
  program: usize,
  counters: usize,
  entry: usize,
  alone: bool,
  mtu: u32,
): u32 {
  store<u32>(packet, load<u32>(packet, PACKET_TTL) - 1, PACKET_TTL);
  const facts = load<u32>(packet, PACKET_FACTS);
  if ((facts & PACKET_FACT_REDIRECT) != 0) {
    store<u32>(packet, facts | PACKET_FACT_REDIRECTED, PACKET_FACTS);
    answerRedirected(env, packet, WHY_NONE);
  }
  store<u32>(packet, HOOK_FORWARD, PACKET_HOOK);
  let verdict = runTable(env, packet, outcome, program, counters, 0, TABLE_MANGLE, HOOK_FORWARD);
  if (verdict == VERDICT_ACCEPT) verdict = runTable(env, packet, outcome, program, counters, 0, TABLE_FILTER, HOOK_FORWARD);
  if (verdict == VERDICT_ACCEPT) verdict = runTable(env, packet, outcome, program, counters, 0, TABLE_SECURITY, HOOK_FORWARD);
  if (verdict != VERDICT_ACCEPT) return verdict;
  store<u32>(packet, HOOK_POSTROUTING, PACKET_HOOK);
  verdict = runTable(env, packet, outcome, program, counters, 0, TABLE_MANGLE, HOOK_POSTROUTING);
  if (verdict == VERDICT_ACCEPT) verdict = translates(env, block, packet, outcome, program, counters, HOOK_POSTROUTING, entry, alone);
  if (verdict == VERDICT_ACCEPT) verdict = confirms(env, region, block, packet, outcome, entry, alone);
  if (verdict != VERDICT_ACCEPT) return verdict;
  const out = load<u32>(packet, PACKET_OUT);
  const device = load<u32>(hostInterface(host, out), HOST_IF_FLAGS);
  // A rule may have made it longer.
  if (load<u32>(packet, PACKET_LENGTH) > mtu || (device & HOST_IF_NO_CARRIER) != 0) return leaves(env, packet, outcome);
  store<u32>(outcome, out, OUTCOME_OUT);
  return VERDICT_ACCEPT;
}

/** Confirms the connection of a packet; `entry`: the one that it has opened, 0 = the tracker has found it something else. */
// @ts-ignore: decorator
@inline
function confirms(env: usize, region: usize, block: usize, packet: usize, outcome: usize, entry: usize, alone: bool): u32 {
  const isFirst = isStill(packet, entry);
  if (isFirst && confirmFirst(region, block, entry, load<u64>(packet, PACKET_TIME), alone)) return VERDICT_ACCEPT;
  return runConfirm(env, packet, outcome);
}

/** Takes a packet through table nat. */
// @ts-ignore: decorator
@inline
function translates(
  env: usize,
  block: usize,
  packet: usize,
  outcome: usize,
  program: usize,
  counters: usize,
  hook: u32,
  entry: usize,
  alone: bool,
): u32 {
  const chain = chainOf(program, TABLE_NAT, hook);
  if (chain == 0) return VERDICT_ACCEPT;
  if (!isStill(packet, entry)) return runNat(env, packet, outcome, program, chain, counters, 0, hook);
  return runNatFirst(env, block, packet, outcome, program, chain, counters, hook, entry, alone);
}

/** Whether a packet still has the entry that it has opened; 0 = it has opened none. */
// @ts-ignore: decorator
@inline
function isStill(packet: usize, entry: usize): bool {
  return entry != 0 && load<u32>(packet, PACKET_CT) == <u32>entry;
}
