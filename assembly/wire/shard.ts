// Which shard a packet belongs to: every packet that can touch the same state must come to the same one.

import { ENV_SHARDS, ENV_SIDES, SLOT_QUOTES_GOES_ON, SLOT_QUOTES_STARTS } from '../abi/batch.ts';
import {
  PACKET_DST,
  PACKET_END,
  PACKET_FLAG_BAD_CHAIN,
  PACKET_FLAG_IPV6,
  PACKET_FLAG_LATER_FRAGMENT,
  PACKET_FLAG_MORE_FRAGMENTS,
  PACKET_FLAGS,
  PACKET_ICMP,
  PACKET_L3,
  PACKET_L4,
  PACKET_PROTO,
  PACKET_SRC,
} from '../abi/packet.ts';
import { SIDES_FLAGS, SIDES_TOGETHER } from '../abi/shard.ts';
import { ICMP_BYTES, ICMPV6_REDIRECT, isError4, isError6 } from './icmp.ts';
import { IPV4_BYTES, IPV4_DST, IPV4_SRC } from './ipv4.ts';
import { IPV6_BYTES, IPV6_DST, IPV6_SRC } from './ipv6.ts';
import { isInside4, isInside6 } from './sides.ts';
import { PROTO_ICMP, PROTO_ICMPV6 } from './transport.ts';

/** Odd, with bits all over. */
const SPREAD: u64 = 0x9e3779b97f4a7c15;

/**
 * The shard of a dissected packet: from its two addresses, whichever is the source, so that both directions and all fragments
 * come together; an ICMP error, and a redirect of either version, goes by the addresses of the packet it quotes.
 *
 * Where connections are translated (ENV_SIDES), it goes by the one of the two addresses that is outside, which neither direction has
 * changed, whatever has become of the other.
 *
 * An error that is itself a first fragment goes by its own addresses, as its other fragments do: see quotesOf().
 * Returns: 0 … ENV_SHARDS - 1; 0 for what is no IP packet.
 */
export function shardOf(env: usize, packet: usize): u32 {
  if (load<u32>(packet, PACKET_L3) == 0) return 0;
  const flags = load<u32>(packet, PACKET_FLAGS);
  const six = (flags & PACKET_FLAG_IPV6) != 0;
  const quoted: usize = (flags & PACKET_FLAG_MORE_FRAGMENTS) != 0 ? 0 : quotedPacket(packet, six);
  return quoted == 0 ? shardOfAddresses(env, packet, six) : shardOfQuote(env, quoted, six);
}

function shardOfAddresses(env: usize, packet: usize, six: bool): u32 {
  return shardOfPair(env, packet + PACKET_SRC, packet + PACKET_DST, six);
}

function shardOfQuote(env: usize, quoted: usize, six: bool): u32 {
  if (!six) return shardOf4(env, bswap<u32>(load<u32>(quoted, IPV4_SRC)), bswap<u32>(load<u32>(quoted, IPV4_DST)));
  const src = quoted + IPV6_SRC;
  const dst = quoted + IPV6_DST;
  return shardOf6(
    env,
    bswap<u64>(load<u64>(src)),
    bswap<u64>(load<u64>(src, 8)),
    bswap<u64>(load<u64>(dst)),
    bswap<u64>(load<u64>(dst, 8)),
  );
}

/**
 * What a fragment may bring to connection tracking once its packet is whole: an ICMP error that quotes a packet of another shard.
 *
 * Returns: SLOT_QUOTES_* bits, 0 for all others.
 */
export function quotesOf(env: usize, packet: usize): u32 {
  const flags = load<u32>(packet, PACKET_FLAGS);
  if ((flags & (PACKET_FLAG_MORE_FRAGMENTS | PACKET_FLAG_LATER_FRAGMENT)) == 0 || load<u32>(packet, PACKET_L3) == 0) return 0;
  const six = (flags & PACKET_FLAG_IPV6) != 0;
  // Behind other extension headers, which a fragment may end before, may be anything.
  if (load<u32>(packet, PACKET_PROTO) != (six ? PROTO_ICMPV6 : PROTO_ICMP) && (flags & PACKET_FLAG_BAD_CHAIN) == 0) return 0;
  if ((flags & PACKET_FLAG_LATER_FRAGMENT) != 0) return SLOT_QUOTES_GOES_ON;
  if (load<u32>(packet, PACKET_L4) == 0) return SLOT_QUOTES_STARTS;
  if (!quotes(packet, six)) return 0;
  const quoted = quotedPacket(packet, six);
  return quoted != 0 && shardOfQuote(env, quoted, six) == shardOfAddresses(env, packet, six) ? 0 : SLOT_QUOTES_STARTS;
}

/** Bytes of an ICMPv6 redirect before its options, and of the option header before the packet that the option quotes. */
const REDIRECT_BYTES: u32 = 40;
const REDIRECT_OPTION_BYTES: u32 = 8;

/**
 * Address of the packet that an ICMP error quotes, as far as its addresses are there; 0 = there is none. Where it stands is all that
 * counts: connection tracking takes the addresses there for those of the family, whatever version the quoted header says.
 */
function quotedPacket(packet: usize, six: bool): usize {
  const l4 = load<u32>(packet, PACKET_L4);
  if (l4 == 0 || !quotes(packet, six)) return 0;
  const isRedirect = six && load<u32>(packet, PACKET_ICMP) >> 8 == ICMPV6_REDIRECT;
  const quoteAt = isRedirect ? REDIRECT_BYTES + REDIRECT_OPTION_BYTES : ICMP_BYTES;
  if (load<u32>(packet, PACKET_END) - l4 < quoteAt + (six ? IPV6_BYTES : IPV4_BYTES)) return 0;
  return (l4 + quoteAt) as usize;
}

/** Whether a packet whose transport header is there is an ICMP message that quotes another packet. */
function quotes(packet: usize, six: bool): bool {
  if (load<u32>(packet, PACKET_PROTO) != (six ? PROTO_ICMPV6 : PROTO_ICMP)) return false;
  const type = load<u32>(packet, PACKET_ICMP) >> 8;
  return six ? type == ICMPV6_REDIRECT || isError6(type) : isError4(type);
}

/** The shard of what passes between two addresses, as tuples and records hold them, whichever is the source. */
export function shardOfPair(env: usize, a: usize, b: usize, six: bool): u32 {
  return six ? shardOf6(env, half(a), half(a + 8), half(b), half(b + 8)) : shardOf4(env, load<u32>(a), load<u32>(b));
}

/** Half of an IPv6 address of a record, as a number. */
function half(address: usize): u64 {
  return rotl<u64>(load<u64>(address), 32);
}

/** The shard of what passes between two IPv4 addresses. */
export function shardOf4(env: usize, a: u32, b: u32): u32 {
  return spread4(load<u32>(env, ENV_SIDES), load<u32>(env, ENV_SHARDS) - 1, a, b);
}

/** The same, with ENV_SIDES and the highest shard at hand. */
// @ts-ignore: decorator
@inline
export function spread4(sides: usize, last: u32, a: u32, b: u32): u32 {
  // Of two addresses this says as much as they do, whichever comes first. Nothing here waits for what cannot be foretold.
  let key = ((<u64>(a ^ b)) << 32) | (a + b);
  if (sides != 0) {
    const isInside = <u32>isInside4(sides, a);
    const isOther = <u32>isInside4(sides, b);
    if ((isInside & isOther) != 0 && isTogether(sides)) return 0;
    const outside: u64 = a ^ ((a ^ b) & -isInside);
    key ^= (key ^ outside) & -(<u64>(isInside ^ isOther));
  }
  return (mix(key) >> 32) as u32 & last;
}

function shardOf6(env: usize, aHigh: u64, aLow: u64, bHigh: u64, bLow: u64): u32 {
  const sides: usize = load<u32>(env, ENV_SIDES);
  if (sides != 0) {
    const isInside = isInside6(sides, aHigh, aLow);
    if (isInside != isInside6(sides, bHigh, bLow)) return shardBy(env, isInside ? hash6(bHigh, bLow) : hash6(aHigh, aLow));
    if (isInside && isTogether(sides)) return 0;
  }
  // Two hashes are added, which does not care for their order.
  return shardBy(env, hash6(aHigh, aLow) + hash6(bHigh, bLow));
}

function shardBy(env: usize, hash: u64): u32 {
  return ((hash >> 32) as u32) & (load<u32>(env, ENV_SHARDS) - 1);
}

/** Whether all that passes between addresses inside has one shard. */
function isTogether(sides: usize): bool {
  return (load<u32>(sides, SIDES_FLAGS) & SIDES_TOGETHER) != 0;
}

/** Mixes every bit into every other. Ref: Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014 (SplitMix64) */
// @ts-ignore: decorator
@inline
function mix(x: u64): u64 {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

function hash6(high: u64, low: u64): u64 {
  return mix(high * SPREAD + low);
}
