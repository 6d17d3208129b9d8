// What a helper has besides the packet: what it keeps of the connection, what its module was told, room to work in.

import { ENV_CONNTRACK } from '../abi/batch.ts';
import { HELPER_PARAMETERS } from '../abi/expect.ts';
import { EXT_STATE, FLOW_EXTENSION, SHARD_HELPER_SCRATCH } from '../abi/flow.ts';
import { helperOf, helperSettings } from '../conntrack/expect.ts';
import { blockOf } from './expect.ts';

/** What the helper keeps of a connection. */
export function state(entry: usize): usize {
  return <usize>load<u32>(entry, FLOW_EXTENSION) + EXT_STATE;
}

/** A parameter of the connection's helper. */
export function parameter(env: usize, entry: usize, place: u32): u32 {
  const settings = helperSettings(<usize>load<u32>(env, ENV_CONNTRACK), helperOf(entry));
  return load<u32>(settings + (<usize>place << 2), HELPER_PARAMETERS);
}

/** Room for what a helper makes out while it looks at one packet. */
export function scratch(env: usize, packet: usize): usize {
  return blockOf(env, packet) + SHARD_HELPER_SCRATCH;
}
