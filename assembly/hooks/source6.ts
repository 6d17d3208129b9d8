// Which of its IPv6 addresses a host sends from: the rules of source address selection, one after the other, each asked only where those
// before it find two addresses equal.

import {
  HOST_OWN6,
  HOST_OWN6_COUNT,
  OWN_ADDRESS,
  OWN_BYTES,
  OWN_FLAG_DEPRECATED,
  OWN_FLAG_TEMPORARY,
  OWN_FLAGS,
  OWN_INTERFACE,
  OWN_LENGTH,
} from '../abi/host.ts';
import { isLinkLocal6, isLoopback6, isMulticast6, isUnspecified6 } from './address.ts';

const SCOPE_LINK: i32 = 2;
const SCOPE_SITE: i32 = 5;
const SCOPE_GLOBAL: i32 = 14;
/** An address of a nearer scope than the destination is worse than any of a farther one. */
const SCOPE_TOO_NEAR: i32 = 128;
const RULES: u32 = 8;
/** The rule that goes by scope. */
const RULE_SCOPE: u32 = 1;

/** Ref: net/ipv6/addrconf_core.c:__ipv6_addr_type(), include/net/ipv6.h:__ipv6_addr_src_scope() */
function scopeOf(address: usize): i32 {
  if (isMulticast6(address)) return (load<u32>(address) >>> 16) & 15;
  if (isUnspecified6(address)) return -1;
  if (isLinkLocal6(address) || isLoopback6(address)) return SCOPE_LINK;
  return load<u32>(address) >>> 22 == 0x3fb ? SCOPE_SITE : SCOPE_GLOBAL;
}

/** Labels of address blocks, the longest prefix first. Ref: net/ipv6/addrlabel.c:ip6addrlbl_init_table */
function labelOf(address: usize): u32 {
  const first = load<u32>(address);
  if (isLoopback6(address)) return 0;
  if ((first | load<u32>(address, 4)) == 0) {
    const third = load<u32>(address, 8);
    if (third == 0xffff) return 4;
    if (third == 0) return 3;
  }
  if (first == 0x20010000) return 6;
  if (first >>> 4 == 0x2001001) return 7;
  if (first >>> 16 == 0x2002) return 2;
  if (first >>> 16 == 0x3ffe) return 12;
  if (first >>> 22 == 0x3fb) return 11;
  return first >>> 25 == 0x7e ? 5 : 1;
}

/** 2001:10::/28. */
function isOrchid(address: usize): bool {
  return load<u32>(address) >>> 4 == 0x2001001;
}

/** Bits that two addresses begin with in common. */
function commonBits(a: usize, b: usize): i32 {
  for (let i: usize = 0; i < 16; i += 4) {
    const difference = load<u32>(a + i) ^ load<u32>(b + i);
    if (difference != 0) return <i32>(i << 3) + <i32>clz<u32>(difference);
  }
  return 128;
}

/** What a rule makes of an address: more is better. Ref: net/ipv6/addrconf.c:ipv6_get_saddr_eval() */
function score(own: usize, destination: usize, device: u32, rule: u32): i32 {
  const address = own + OWN_ADDRESS;
  const flags = load<u32>(own, OWN_FLAGS);
  switch (rule) {
    case 0:
      return i32(commonBits(address, destination) == 128);
    case 1: {
      const scope = scopeOf(address);
      return scope >= scopeOf(destination) ? -scope : scope - SCOPE_TOO_NEAR;
    }
    case 2:
      return i32((flags & OWN_FLAG_DEPRECATED) == 0 || isLoopback6(address) || labelOf(address) == 3 || labelOf(address) == 4);
    case 3:
      return i32(load<u32>(own, OWN_INTERFACE) == device);
    case 4:
      return i32(labelOf(address) == labelOf(destination));
    case 5:
      return i32((flags & OWN_FLAG_TEMPORARY) == 0);
    case 6:
      return i32(isOrchid(address) == isOrchid(destination));
    default:
      return min(commonBits(address, destination), <i32>load<u32>(own, OWN_LENGTH));
  }
}

/**
 * The address that the host sends from to `destination` by `device`; 0 = it has none.
 *
 * Differs: as with net.ipv6.conf.*.use_tempaddr and use_oif_addrs_only at 0, and without labels of one's own.
 * Ref: net/ipv6/addrconf.c:ipv6_dev_get_saddr()
 */
export function sourceFor6(host: usize, destination: usize, device: u32): usize {
  const onlyDevice = isMulticast6(destination) || scopeOf(destination) <= SCOPE_LINK;
  const end = load<u32>(host, HOST_OWN6_COUNT);
  let best: usize = 0;
  // Behind an address too near those of its device, which are no farther, are passed over.
  let passed: u32 = 0;
  for (let i: u32 = 0; i < end; i++) {
    const own = host + load<u32>(host, HOST_OWN6) + i * OWN_BYTES;
    const at = load<u32>(own, OWN_INTERFACE);
    if (at == passed || (onlyDevice && at != device)) continue;
    if (best == 0) {
      best = own;
      continue;
    }
    for (let rule: u32 = 0; rule < RULES; rule++) {
      const difference = score(own, destination, device, rule) - score(best, destination, device, rule);
      if (difference == 0) continue;
      if (difference > 0) best = own;
      else if (rule == RULE_SCOPE && score(own, destination, device, rule) > 0) passed = at;
      break;
    }
  }
  return best == 0 ? 0 : best + OWN_ADDRESS;
}
