// Calls that GRE carries (PPTP): which source key goes with a call's identifier, as the control connection said. A packet tells only
// the identifier of whom it goes to; the other one is looked up among the keys of all calls, the oldest first.
//
// The keys of a call lie in the extension of its control connection, one for each direction: EXT_STATE + PPTP_KEYS. They are in a
// list of the shard, as long as the control connection lives.

import {
  EXT_STATE,
  PPTP_KEY_BYTES,
  PPTP_KEY_NEXT,
  PPTP_KEYS,
  SHARD_GRE_KEYS,
  TUPLE_BYTES,
  TUPLE_DPORT,
  TUPLE_FAMILY,
  TUPLE_PROTO,
  TUPLE_SPORT,
  TUPLE_SRC,
} from '../abi/flow.ts';

/** Whether a key is for packets that a tuple tells of, whatever its source key and its zone. Ref: net/netfilter/nf_conntrack_proto_gre.c:gre_key_cmpfn() */
function isFor(key: usize, tuple: usize): bool {
  return (
    memory.compare(key + TUPLE_SRC, tuple + TUPLE_SRC, TUPLE_SPORT - TUPLE_SRC) == 0 &&
    load<u16>(key, TUPLE_DPORT) == load<u16>(tuple, TUPLE_DPORT) &&
    load<u8>(key, TUPLE_PROTO) == load<u8>(tuple, TUPLE_PROTO) &&
    load<u8>(key, TUPLE_FAMILY) == load<u8>(tuple, TUPLE_FAMILY)
  );
}

/** The source key of packets that a tuple tells of; 0 when no call is known. Ref: net/netfilter/nf_conntrack_proto_gre.c:gre_keymap_lookup() */
export function findGreKey(block: usize, tuple: usize): u16 {
  let key = <usize>load<u32>(block, SHARD_GRE_KEYS);
  while (key != 0 && !isFor(key, tuple)) key = <usize>load<u32>(key, PPTP_KEY_NEXT);
  return key == 0 ? 0 : load<u16>(key, TUPLE_SPORT);
}

/**
 * Adds the key of one direction of the call of a control connection, whose extension is given: the one in `tuple`.
 *
 * Returns: false when the connection has another for that direction. The same once more is not added again.
 * Ref: net/netfilter/nf_conntrack_proto_gre.c:nf_ct_gre_keymap_add()
 */
export function addGreKey(block: usize, extension: usize, direction: u32, tuple: usize): bool {
  const key = extension + EXT_STATE + PPTP_KEYS + direction * PPTP_KEY_BYTES;
  if (load<u8>(key, TUPLE_PROTO) != 0) return isFor(key, tuple);
  memory.copy(key, tuple, TUPLE_BYTES);
  store<u32>(key, 0, PPTP_KEY_NEXT);
  let link = block + SHARD_GRE_KEYS;
  while (load<u32>(link) != 0) link = <usize>load<u32>(link) + PPTP_KEY_NEXT;
  store<u32>(link, <u32>key);
  return true;
}

/** Removes the keys of a control connection's call. Ref: net/netfilter/nf_conntrack_proto_gre.c:nf_ct_gre_keymap_destroy() */
export function removeGreKeys(block: usize, extension: usize): void {
  const keys = extension + EXT_STATE + PPTP_KEYS;
  for (let key = keys; key < keys + 2 * PPTP_KEY_BYTES; key += PPTP_KEY_BYTES) {
    if (load<u8>(key, TUPLE_PROTO) == 0) continue;
    let link = block + SHARD_GRE_KEYS;
    while (<usize>load<u32>(link) != key) link = <usize>load<u32>(link) + PPTP_KEY_NEXT;
    store<u32>(link, load<u32>(key, PPTP_KEY_NEXT));
    store<u8>(key, 0, TUPLE_PROTO);
  }
}
