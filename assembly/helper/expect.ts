// What helpers do with expectations: make one for the connection that a packet belongs to, and register it. The expectations
// themselves are conntrack/expect.ts.

import { ENV_CONNTRACK } from '../abi/batch.ts';
import { EXPECT_DIRECTION, EXPECT_DONE } from '../abi/expect.ts';
import { PACKET_CT, PACKET_NUMBER, PACKET_SHARD, PACKET_TIME } from '../abi/packet.ts';
import { VERDICT_ACCEPT, VERDICT_DROP } from '../abi/verdict.ts';
import { describeExpectation, giveUpExpectation, newExpectation, putExpectation, registerExpectation } from '../conntrack/expect.ts';
import { packetDirection } from '../conntrack/expire.ts';
import { shardBlock } from '../conntrack/table.ts';
import { foreseeExpected } from '../nat/foresight.ts';

/** The block of the packet's shard, where its expectations are. */
export function blockOf(env: usize, packet: usize): usize {
  return shardBlock(<usize>load<u32>(env, ENV_CONNTRACK), load<u32>(packet, PACKET_SHARD));
}

/**
 * Makes an expectation of the packet's connection. Arguments as describeExpectation() takes them.
 *
 * Returns: 0 when there is no memory: the helper then drops the packet.
 */
export function expectation(
  env: usize,
  packet: usize,
  klass: u32,
  source: usize,
  destination: usize,
  proto: u32,
  sport: i32,
  dport: u32,
): usize {
  const region = <usize>load<u32>(env, ENV_CONNTRACK);
  const master = <usize>load<u32>(packet, PACKET_CT);
  const made = newExpectation(region, blockOf(env, packet), master, load<u32>(packet, PACKET_NUMBER), load<u64>(packet, PACKET_TIME));
  if (made == 0) return 0;
  describeExpectation(made, klass, source, destination, proto, sport, dport);
  store<u8>(made, <u8>packetDirection(packet), EXPECT_DIRECTION);
  return made;
}

/** Registers an expectation that expectation() made. Returns: EXPECT_DONE, or why it cannot be. */
export function register(env: usize, packet: usize, made: usize, flags: u32): u32 {
  foreseeExpected(env, packet, made);
  const region = <usize>load<u32>(env, ENV_CONNTRACK);
  return registerExpectation(region, blockOf(env, packet), made, flags, load<u64>(packet, PACKET_TIME));
}

/** Gives up an expectation that register() has registered. It is still to be given back. */
export function giveUp(env: usize, packet: usize, made: usize): void {
  giveUpExpectation(<usize>load<u32>(env, ENV_CONNTRACK), blockOf(env, packet), made);
}

/** Gives back an expectation that expectation() made, registered or not. */
export function put(env: usize, packet: usize, made: usize): void {
  putExpectation(<usize>load<u32>(env, ENV_CONNTRACK), blockOf(env, packet), made);
}

/**
 * Registers what a packet announces and gives it back: all that most helpers do with it. `made` may be 0, no memory.
 *
 * Returns: the helper's verdict: a packet whose announcement cannot be followed is dropped.
 */
export function announce(env: usize, packet: usize, made: usize): u32 {
  if (made == 0) return VERDICT_DROP;
  const answer = register(env, packet, made, 0);
  put(env, packet, made);
  return answer == EXPECT_DONE ? VERDICT_ACCEPT : VERDICT_DROP;
}
