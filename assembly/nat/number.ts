// The port, id or key that a translated tuple gets.

import { FLOW_STATUS, IPS_EXPECTED, MANIP_DST, TUPLE_PROTO } from '../abi/flow.ts';
import {
  NAT_RANGE_PROTO_OFFSET,
  NAT_RANGE_PROTO_RANDOM_ALL,
  NAT_RANGE_PROTO_SPECIFIED,
  RANGE_FLAGS,
  RANGE_PORT_BASE,
  RANGE_PORT_MAX,
  RANGE_PORT_MIN,
} from '../abi/nat.ts';
import { IPPROTO_GRE, IPPROTO_ICMP, IPPROTO_ICMPV6 } from '../conntrack/tuple.ts';
import { draw } from '../match/draw.ts';
import { hasNumbers, hasPorts, portAt } from './range.ts';
import { isTupleTakenStill } from './taken.ts';

/** Ref: net/netfilter/nf_nat_core.c:NF_NAT_MAX_ATTEMPTS */
const ATTEMPTS_MAX: u32 = 128;
/** Below so many, no more rounds are begun. */
const ATTEMPTS_MIN: u32 = 16;
const NUMBERS: u32 = 65536;

// Ports without a range stay among their kind, since some believe in low ones. First of each kind, and first behind it.
const LOWEST: u32 = 1;
const LOW: u32 = 512;
const RESERVED: u32 = 600;
const USUAL: u32 = 1024;

// A range of numbers is two halves of a word: the first, and how many.
function numbers(first: u32, count: u32): u64 {
  return (<u64>count << 32) | first;
}

/** The range to look in for a number in place of `current`. Ref: net/netfilter/nf_nat_core.c:nf_nat_l4proto_unique_tuple() */
function numbersFor(proto: u32, current: u32, range: usize): u64 {
  const first = load<u32>(range, RANGE_PORT_MIN);
  const last = load<u32>(range, RANGE_PORT_MAX);
  if (load<u32>(range, RANGE_FLAGS) & NAT_RANGE_PROTO_SPECIFIED) {
    return last < first ? numbers(last, first - last + 1) : numbers(first, last - first + 1);
  }
  if (proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6) return numbers(0, NUMBERS);
  if (proto == IPPROTO_GRE) return numbers(1, NUMBERS - 1);
  if (current < LOW) return numbers(LOWEST, LOW - LOWEST);
  return current < USUAL ? numbers(RESERVED, USUAL - RESERVED) : numbers(USUAL, NUMBERS - USUAL);
}

/**
 * Gives the side (MANIP_*) of a tuple a number of the range that makes it unique, or, after some attempts, the last that was tried.
 *
 * The place to start from is shifted with the number if the range says so; of a destination it is the range's first, unless it is to be
 * random; of a source it is random always.
 * Ref: net/netfilter/nf_nat_core.c:nf_nat_l4proto_unique_tuple()
 */
export function chooseNumber(env: usize, packet: usize, entry: usize, tuple: usize, range: usize, manip: u32): void {
  const proto = <u32>load<u8>(tuple, TUPLE_PROTO);
  const flags = load<u32>(range, RANGE_FLAGS);
  if (!hasNumbers(proto)) return;
  // GRE that is not expected is not PPTP: its keys are not ours to change.
  if (proto == IPPROTO_GRE && !(load<u32>(entry, FLOW_STATUS) & IPS_EXPECTED)) return;
  if (hasPorts(proto) && manip == MANIP_DST && !(flags & NAT_RANGE_PROTO_SPECIFIED)) return;
  const at = portAt(tuple, manip);
  const current = <u32>load<u16>(at);
  const among = numbersFor(proto, current, range);
  const first = <u32>among;
  const count = <u32>(among >> 32);
  let offset: u32 = 0;
  if (flags & NAT_RANGE_PROTO_OFFSET) offset = (current - load<u32>(range, RANGE_PORT_BASE)) & 0xffff;
  else if (flags & NAT_RANGE_PROTO_RANDOM_ALL || manip != MANIP_DST) offset = draw(env, packet) & 0xffff;
  for (let attempts = min(count, ATTEMPTS_MAX); ; attempts >>= 1) {
    for (let i: u32 = 0; i < attempts; i++) {
      store<u16>(at, <u16>(first + (offset % count)));
      if (!isTupleTakenStill(env, packet, entry, tuple, attempts - i)) return;
      offset = (offset + 1) & 0xffff;
    }
    if (attempts >= count || attempts < ATTEMPTS_MIN) return;
    offset = draw(env, packet) & 0xffff;
  }
}
