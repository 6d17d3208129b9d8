// How often another host is told something: of a token bucket each, and of the redirects that it does not heed.

import { ENV_PEERS } from '../abi/batch.ts';
import {
  PEER_ADDRESS,
  PEER_BYTES,
  PEER_FAMILY,
  PEER_LAST,
  PEER_REDIRECTS,
  PEER_TOKENS,
  PEER_USED,
  PEERS_HEADER_BYTES,
  PEERS_MASK,
  PEERS_REDIRECT_LOAD,
  PEERS_REDIRECT_NUMBER,
  PEERS_REDIRECT_SILENCE,
  PEERS_ROUTE_BURST,
  PEERS_ROUTE_COST,
  PEERS_WAYS,
} from '../abi/peer.ts';
import { HZ } from '../abi/rate.ts';

/** Messages that a host may have saved up. */
const BURST: u64 = 6;
/** One that was not told anything yet was told something that long ago, in seconds. */
const LONG_AGO: u64 = 60;
const GOLDEN: u64 = 0x9e3779b97f4a7c15;

/**
 * The host of an address, four words of which IPv4 (`family` 4) has the first.
 *
 * Differs: where its set is full it takes the place of the one that was not looked for the longest. The kernel forgets hosts some minutes
 * after they were looked for, and sooner when there are 65,664; what they had saved up by then makes no difference.
 * Ref: net/ipv4/inetpeer.c:inet_getpeer()
 */
export function peerOf(env: usize, address: usize, family: u32, now: u64): usize {
  const region: usize = load<u32>(env, ENV_PEERS);
  const high = family == 4 ? <u64>load<u32>(address) : load<u64>(address);
  const low: u64 = family == 4 ? 0 : load<u64>(address, 8);
  const hash = (high ^ (low * GOLDEN) ^ (low >> 29)) * GOLDEN;
  const set = region + PEERS_HEADER_BYTES + ((hash >> 40) as u32 & load<u32>(region, PEERS_MASK)) * PEERS_WAYS * PEER_BYTES;
  let oldest = set;
  for (let way: u32 = 0; way < PEERS_WAYS; way++) {
    const peer = set + way * PEER_BYTES;
    const isOwn = load<u32>(peer, PEER_FAMILY) == family && load<u64>(peer) == high && load<u64>(peer, PEER_ADDRESS + 8) == low;
    if (isOwn) {
      store<u64>(peer, now + 1, PEER_USED);
      return peer;
    }
    // What is free was never looked for.
    if (load<u64>(peer, PEER_USED) < load<u64>(oldest, PEER_USED)) oldest = peer;
  }
  store<u64>(oldest, high, PEER_ADDRESS);
  store<u64>(oldest, low, PEER_ADDRESS + 8);
  store<u32>(oldest, family, PEER_FAMILY);
  store<u32>(oldest, 0, PEER_REDIRECTS);
  store<u64>(oldest, now - LONG_AGO * HZ, PEER_LAST);
  store<u64>(oldest, 0, PEER_TOKENS);
  store<u64>(oldest, now + 1, PEER_USED);
  return oldest;
}

/** Jiffies since a host was told something; captures may go back in time. */
function since(peer: usize, now: u64): i64 {
  return max<i64>(<i64>(now - load<u64>(peer, PEER_LAST)), 0);
}

/** Whether a host may be told something that it is told each `interval` jiffies. Ref: net/ipv4/inetpeer.c:inet_peer_xrlim_allow() */
export function mayTell(peer: usize, interval: u64, now: u64): bool {
  const elapsed = <u64>since(peer, now);
  // Within a jiffy it keeps what it has saved at other intervals.
  const saved = elapsed == 0 ? load<u64>(peer, PEER_TOKENS) : min(load<u64>(peer, PEER_TOKENS) + elapsed, BURST * interval);
  const may = saved >= interval;
  store<u64>(peer, now, PEER_LAST);
  store<u64>(peer, may ? saved - interval : saved, PEER_TOKENS);
  return may;
}

/** Whether a host is told that its IPv4 packet has no way. Ref: net/ipv4/route.c:ip_error() */
export function mayTellRoute(env: usize, peer: usize, now: u64): bool {
  const region: usize = load<u32>(env, ENV_PEERS);
  const cost: u64 = load<u32>(region, PEERS_ROUTE_COST);
  const saved = min(load<u64>(peer, PEER_TOKENS) + <u64>since(peer, now), <u64>load<u32>(region, PEERS_ROUTE_BURST));
  store<u64>(peer, now, PEER_LAST);
  store<u64>(peer, saved >= cost ? saved - cost : saved, PEER_TOKENS);
  return saved >= cost;
}

/**
 * Whether a host is sent an IPv4 redirect, each behind twice the time of the one before.
 *
 * Ref: net/ipv4/route.c:ip_rt_send_redirect()
 */
export function mayRedirect(env: usize, peer: usize, now: u64): bool {
  const region: usize = load<u32>(env, ENV_PEERS);
  const elapsed = since(peer, now);
  if (elapsed > <i64>load<u32>(region, PEERS_REDIRECT_SILENCE)) {
    store<u64>(peer, 0, PEER_TOKENS);
    store<u32>(peer, 0, PEER_REDIRECTS);
  }
  const sent = load<u32>(peer, PEER_REDIRECTS);
  const isDeaf = sent >= load<u32>(region, PEERS_REDIRECT_NUMBER);
  // What comes all the while keeps the silence from beginning.
  if (isDeaf) store<u64>(peer, now, PEER_LAST);
  return !isDeaf && (sent == 0 || elapsed > (<i64>load<u32>(region, PEERS_REDIRECT_LOAD)) << sent);
}

/** A host was sent an IPv4 redirect. */
export function tellRedirect(peer: usize, now: u64): void {
  store<u64>(peer, now, PEER_LAST);
  store<u32>(peer, load<u32>(peer, PEER_REDIRECTS) + 1, PEER_REDIRECTS);
}
