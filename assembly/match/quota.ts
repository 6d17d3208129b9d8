// TEST_QUOTA: bytes that packets use up.

import { ENV_STATE } from '../abi/batch.ts';
import { PACKET_LENGTH } from '../abi/packet.ts';
import { QUOTA_LEFT } from '../abi/rate.ts';

/**
 * Whether the packet's bytes are left, at the state's offset. From the first packet that is too long on nothing is left, also for
 * shorter ones. Ref: net/netfilter/xt_quota.c:quota_mt()
 */
export function isWithinQuota(env: usize, packet: usize, offset: u32): bool {
  const state = <usize>load<u32>(env, ENV_STATE) + offset;
  const left = load<u64>(state, QUOTA_LEFT);
  const length = <u64>load<u32>(packet, PACKET_LENGTH);
  const holds = left >= length;
  store<u64>(state, holds ? left - length : 0, QUOTA_LEFT);
  return holds;
}
