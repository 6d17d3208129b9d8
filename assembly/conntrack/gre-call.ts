// The end of a call that GRE carries (PPTP): what was expected of it, and its connections, go.

import { EXPECT_TUPLE } from '../abi/expect.ts';
import {
  DIRECTION_ORIGINAL,
  DIRECTION_REPLY,
  EXT_STATE,
  FLOW_DIRECTION_TUPLE,
  FLOW_EXTENSION,
  PPTP_PAC_CALL_ID,
  PPTP_PNS_CALL_ID,
  SHARD_HELPER_SCRATCH,
  TUPLE_BYTES,
  TUPLE_DPORT,
  TUPLE_PROTO,
  TUPLE_SPORT,
  TUPLE_ZONE,
} from '../abi/flow.ts';
import { findExpectation, giveUpExpectation } from './expect.ts';
import { removeGreKeys } from './gre-keys.ts';
import { linkEntry, removeEntry } from './table.ts';
import { IPPROTO_GRE, invertTuple } from './tuple.ts';
import { entryZones, findInZones, originalZone, zoneId } from './zone.ts';

/**
 * Ends the call of a control connection: the keys of GRE, and in each direction its connection, else what is expected.
 *
 * Ref: net/netfilter/nf_conntrack_pptp.c:pptp_destroy_siblings()
 */
export function endCall(region: usize, block: usize, entry: usize, now: u64): void {
  const extension = <usize>load<u32>(entry, FLOW_EXTENSION);
  removeGreKeys(block, extension);
  const pns = load<u16>(extension + EXT_STATE, PPTP_PNS_CALL_ID);
  const pac = load<u16>(extension + EXT_STATE, PPTP_PAC_CALL_ID);
  endDirection(region, block, entry, DIRECTION_ORIGINAL, pns, pac, now);
  endDirection(region, block, entry, DIRECTION_REPLY, pac, pns, now);
}

/** Ref: net/netfilter/nf_conntrack_pptp.c:destroy_sibling_or_exp() */
function endDirection(region: usize, block: usize, entry: usize, direction: u32, from: u16, to: u16, now: u64): void {
  const zones = entryZones(entry);
  const tuple = block + SHARD_HELPER_SCRATCH;
  memory.copy(tuple, entry + direction * FLOW_DIRECTION_TUPLE, TUPLE_BYTES);
  store<u16>(tuple, <u16>originalZone(zones), TUPLE_ZONE);
  store<u8>(tuple, <u8>IPPROTO_GRE, TUPLE_PROTO);
  store<u16>(tuple, from, TUPLE_SPORT);
  store<u16>(tuple, to, TUPLE_DPORT);
  const link = findInZones(region, block, tuple, zones, now);
  if (link != 0) {
    removeEntry(region, block, linkEntry(link));
    return;
  }
  const expected = findExpectation(block, tuple, zoneId(zones), now);
  if (expected != 0) giveUpExpectation(region, block, expected);
}

/** Gives up what is expected of the other direction of a call, now that one has come. Ref: net/netfilter/nf_conntrack_pptp.c:pptp_expectfn() */
export function callHasCome(region: usize, block: usize, expected: usize, now: u64): void {
  const inverse = block + SHARD_HELPER_SCRATCH;
  invertTuple(expected + EXPECT_TUPLE, inverse);
  const other = findExpectation(block, inverse, load<u16>(expected, EXPECT_TUPLE + TUPLE_ZONE), now);
  if (other != 0) giveUpExpectation(region, block, other);
}
