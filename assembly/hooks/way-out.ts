// Whether two addresses lie behind one and the same way out of this host.

import { ENV_HOST } from '../abi/batch.ts';
import { HOST_FLAG_ASSUMED, HOST_FLAGS, ROUTE_FLAG_GATEWAY, ROUTE_FLAGS, ROUTE_TYPE } from '../abi/host.ts';
import { WHY_NONE } from '../abi/verdict.ts';
import { lookup4, lookup6, same6 } from './fib.ts';
import { whyOfType } from './route.ts';

/**
 * Whether packets to the addresses at `a` and `b` (four words, of a family) leave by the same interface to the same next hop, which is the
 * address itself where no gateway is.
 *
 * Differs: gateways of different routes count as different. Where no host is given, nothing is on one side.
 * Ref: net/netfilter/nf_conntrack_h323_main.c:callforward_do_filter()
 */
export function sameWayOut(env: usize, family: u32, a: usize, b: usize): bool {
  const host: usize = load<u32>(env, ENV_HOST);
  if ((load<u32>(host, HOST_FLAGS) & HOST_FLAG_ASSUMED) != 0) return false;
  const first = routeTo(host, family, a);
  const second = routeTo(host, family, b);
  if (whyOfType(load<u32>(first, ROUTE_TYPE)) != WHY_NONE || whyOfType(load<u32>(second, ROUTE_TYPE)) != WHY_NONE) return false;
  if (same6(a, b)) return true;
  return first == second && (load<u32>(first, ROUTE_FLAGS) & ROUTE_FLAG_GATEWAY) != 0;
}

function routeTo(host: usize, family: u32, address: usize): usize {
  return family == 4 ? lookup4(host, load<u32>(address), 0) : lookup6(host, address, 0, false);
}
