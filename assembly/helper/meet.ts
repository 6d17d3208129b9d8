// What is further to be done with a connection that was expected, when its first packet has been tracked (EXPECT_FUNCTION_*).

import { ENV_CONNTRACK } from '../abi/batch.ts';
import { EXPECT_FUNCTION, EXPECT_FUNCTION_NAT_FOLLOW_MASTER, EXPECT_FUNCTION_NAT_CALL_FORWARDING, EXPECT_FUNCTION_NAT_Q931, EXPECT_FUNCTION_PPTP, EXPECT_FUNCTION_SIP, EXPECT_MASTER } from '../abi/expect.ts';
import { SHARD_MET } from '../abi/flow.ts';
import { PACKET_CT, PACKET_TIME } from '../abi/packet.ts';
import { putExpectation } from '../conntrack/expect.ts';
import { callHasCome } from '../conntrack/gre-call.ts';
import { followMaster } from '../nat/follow.ts';
import { blockOf } from './expect.ts';
import { leadCall, leadForwarded } from './h323-nat.ts';
import { translatedCallHasCome } from './pptp-nat.ts';
import { leadExpected } from './sip-nat.ts';
import { isTranslated } from './translate.ts';

/**
 * Lets the expectation that a packet has met do with its connection what it was made for, and gives it back. The packet may have lost its
 * connection in the tracker since: PACKET_CT is 0 then.
 *
 * Ref: net/netfilter/nf_conntrack_core.c:init_conntrack()
 */
// @ts-ignore: decorator
@inline
export function meetExpectation(env: usize, packet: usize): void {
  const expectation = <usize>load<u32>(blockOf(env, packet), SHARD_MET);
  if (expectation != 0) meet(env, packet, expectation);
}

function meet(env: usize, packet: usize, expectation: usize): void {
  const region = <usize>load<u32>(env, ENV_CONNTRACK);
  const block = blockOf(env, packet);
  store<u32>(block, 0, SHARD_MET);
  if (load<u32>(expectation, EXPECT_FUNCTION) == EXPECT_FUNCTION_PPTP) {
    if (isTranslated(load<u32>(expectation, EXPECT_MASTER))) translatedCallHasCome(env, packet, expectation);
    else callHasCome(region, block, expectation, load<u64>(packet, PACKET_TIME));
  }
  const entry = <usize>load<u32>(packet, PACKET_CT);
  if (load<u32>(expectation, EXPECT_FUNCTION) == EXPECT_FUNCTION_SIP) leadExpected(env, packet, expectation);
  if (entry != 0 && load<u32>(expectation, EXPECT_FUNCTION) == EXPECT_FUNCTION_NAT_FOLLOW_MASTER) followMaster(env, packet, entry, expectation);
  if (entry != 0 && load<u32>(expectation, EXPECT_FUNCTION) == EXPECT_FUNCTION_NAT_Q931) leadCall(env, packet, entry, expectation);
  if (entry != 0 && load<u32>(expectation, EXPECT_FUNCTION) == EXPECT_FUNCTION_NAT_CALL_FORWARDING) leadForwarded(env, packet, entry, expectation);
  putExpectation(region, block, expectation);
}
