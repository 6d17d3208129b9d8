// Random draws: seeded, so that the same input gives the same output whichever worker makes them.

import { ENV_SEED } from '../abi/batch.ts';
import { PACKET_DRAWS, PACKET_NUMBER } from '../abi/packet.ts';

const GOLDEN: u64 = 0x9e3779b97f4a7c15;

/** Gives 32 random bits: a function of the seed, the packet's number, and how many draws were made for it before (SplitMix64). */
export function draw(env: usize, packet: usize): u32 {
  const draws = load<u32>(packet, PACKET_DRAWS);
  store<u32>(packet, draws + 1, PACKET_DRAWS);
  let bits = ((<u64>load<u32>(env, ENV_SEED) << 32) | load<u32>(packet, PACKET_NUMBER)) * GOLDEN + <u64>(draws + 1) * 0xbf58476d1ce4e5b9;
  bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
  bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
  return <u32>((bits ^ (bits >> 31)) >> 32);
}
