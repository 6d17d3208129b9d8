// The words that choose among several paths, laid out and hashed as the kernel's flow keys are.

import { ENV_HOST, ENV_SEED, SCRATCH_FLOW, SCRATCH_HASH } from '../abi/batch.ts';
import { HOST_HASH_SEED } from '../abi/host.ts';
import { FLOW_ENV } from './flow.ts';

// struct flow_keys from `basic` on. Ref: include/net/flow_dissector.h
export const KEYS_PROTO: u32 = 2;
export const KEYS_LABEL: u32 = 4;
export const KEYS_PORTS: u32 = 28;
export const KEYS_ADDRESSES: u32 = 36;
/** Bytes that are hashed. */
const KEYS_BYTES4: u32 = 48;
const KEYS_BYTES6: u32 = 72;

/** Makes empty keys. There is one set in a shard, behind the flow. */
export function startKeys(flow: usize): usize {
  const keys = flow + (SCRATCH_HASH - SCRATCH_FLOW);
  for (let at: usize = 0; at < KEYS_BYTES6; at += 8) store<u64>(keys + at, 0);
  return keys;
}

/**
 * The hash of the keys, the same for both directions.
 *
 * Differs: where net.ipv4.fib_multipath_hash_seed is 0, the kernel starts from a secret of its own; this starts from the engine's seed.
 * Ref: include/net/ip_fib.h:fib_multipath_hash_from_keys(), net/core/flow_dissector.c:__flow_hash_consistentify()
 */
export function hashKeys(flow: usize, keys: usize, isIpv6: bool): u32 {
  sortDirections(keys, isIpv6);
  const env: usize = load<u32>(flow, FLOW_ENV);
  const given = load<u32>(load<u32>(env, ENV_HOST), HOST_HASH_SEED);
  const seed: u64 = given != 0 ? given : load<u32>(env, ENV_SEED);
  const hash = sipHash(keys, isIpv6 ? KEYS_BYTES6 : KEYS_BYTES4, (seed << 32) | seed);
  return hash == 0 ? 1 : hash;
}

/** Puts the lower address first, as it lies in memory, and the lower port. */
function sortDirections(keys: usize, isIpv6: bool): void {
  const a = keys + KEYS_ADDRESSES;
  if (!isIpv6) {
    const source = load<u32>(a);
    const destination = load<u32>(a, 4);
    store<u32>(a, min(source, destination));
    store<u32>(a, max(source, destination), 4);
  } else if (memory.compare(a + 16, a, 16) < 0) {
    const source = v128.load(a);
    v128.store(a, v128.load(a + 16));
    v128.store(a + 16, source);
  }
  const sport = load<u16>(keys, KEYS_PORTS);
  const dport = load<u16>(keys, KEYS_PORTS + 2);
  store<u16>(keys, min(sport, dport), KEYS_PORTS);
  store<u16>(keys, max(sport, dport), KEYS_PORTS + 2);
}

/** The lower half of SipHash-2-4 of `bytes`, a multiple of eight, with a key of twice the same half. Ref: lib/siphash.c:__siphash_aligned() */
function sipHash(at: usize, bytes: u32, key: u64): u32 {
  let v0: u64 = 0x736f6d6570736575 ^ key;
  let v1: u64 = 0x646f72616e646f6d ^ key;
  let v2: u64 = 0x6c7967656e657261 ^ key;
  let v3: u64 = 0x7465646279746573 ^ key;
  // The words, the length, and the end, which has four rounds.
  const words = bytes >>> 3;
  for (let i: u32 = 0; i <= words + 1; i++) {
    const isEnd = i == words + 1;
    const word: u64 = i < words ? load<u64>(at + (i << 3)) : isEnd ? 0 : (<u64>bytes) << 56;
    if (isEnd) v2 ^= 0xff;
    v3 ^= word;
    const rounds: u32 = isEnd ? 4 : 2;
    for (let round: u32 = 0; round < rounds; round++) {
      v0 += v1;
      v1 = rotl<u64>(v1, 13) ^ v0;
      v0 = rotl<u64>(v0, 32);
      v2 += v3;
      v3 = rotl<u64>(v3, 16) ^ v2;
      v0 += v3;
      v3 = rotl<u64>(v3, 21) ^ v0;
      v2 += v1;
      v1 = rotl<u64>(v1, 17) ^ v2;
      v2 = rotl<u64>(v2, 32);
    }
    v0 ^= word;
  }
  return <u32>(v0 ^ v1 ^ v2 ^ v3);
}
