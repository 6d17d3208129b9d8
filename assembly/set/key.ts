// The element of a hash that a packet is, or that its network is, in the kernel's own bytes. Ref: hash_*_kadt() in ip_set_hash_*.c

import {
  PACKET_FLAG_IPV6,
  PACKET_FLAGS,
  PACKET_IN,
  PACKET_MARK,
  PACKET_OUT,
  PACKET_PROTO,
} from '../abi/packet.ts';
import {
  ASK_KEY,
  ASK_SOURCES,
  PREFIXES_BYTES,
  PREFIXES_COUNT,
  PREFIXES_LENGTHS,
  SET_DIM_INTERFACE,
  SET_DIM_IP,
  SET_DIM_IP2,
  SET_DIM_MAC,
  SET_DIM_PORT,
  SET_FLAGS,
  SET_IS_PACKED,
  SET_KEY_ELEMENT,
  SET_KEY_INTERFACE,
  SET_KEY_IP,
  SET_KEY_IP2,
  SET_KEY_MAC,
  SET_KEY_MARK,
  SET_KEY_PORT,
  SET_KEY_PREFIX,
  SET_KEY_PREFIX2,
  SET_KEY_PROTOCOL,
  SET_MARKMASK,
  SET_MASK,
  SET_NO_FIELD,
  SET_PREFIXES,
  SET_REFUSES_ZERO,
} from '../abi/set.ts';
import { addressOf, macOf, NO_PORT, portOf } from './packet.ts';

/** Room for the longest element. */
const KEY_BYTES: usize = 64;
const PACKED_NOMATCH: u32 = 0x80;
const PACKED_PREFIX: u32 = 0x7f;

/**
 * Writes the packet's element to the ask. `adds`: with the longest prefix that the set has; else as a single address.
 *
 * Returns: false when the packet has none.
 */
export function makeKey(env: usize, packet: usize, set: usize, ask: usize, adds: bool): bool {
  const key = ask + ASK_KEY;
  memory.fill(key, 0, KEY_BYTES);
  const isIpv6 = (load<u32>(packet, PACKET_FLAGS) & PACKET_FLAG_IPV6) != 0;
  return (
    putMac(env, packet, set, ask) &&
    putPort(packet, set, ask) &&
    putInterface(packet, set, ask) &&
    putMark(packet, set, key) &&
    putAddress(packet, set, ask, load<u32>(set, SET_KEY_IP), load<u32>(set, SET_DIM_IP), isIpv6) &&
    putAddress(packet, set, ask, load<u32>(set, SET_KEY_IP2), load<u32>(set, SET_DIM_IP2), isIpv6) &&
    putNetwork(set, key, 0, isIpv6, adds) &&
    putNetwork(set, key, 1, isIpv6, adds)
  );
}

function asksSource(ask: usize, dimension: u32): bool {
  return (load<u32>(ask, ASK_SOURCES) & dimension) != 0;
}

/** Ref: ip_set_hash_mac.c:hash_mac4_kadt() */
function putMac(env: usize, packet: usize, set: usize, ask: usize): bool {
  const at = load<u32>(set, SET_KEY_MAC);
  if (at == SET_NO_FIELD) return true;
  const mac = macOf(env, packet, asksSource(ask, load<u32>(set, SET_DIM_MAC)));
  if (mac == 0) return false;
  const place = ask + ASK_KEY + at;
  store<u32>(place, load<u32>(mac));
  store<u16>(place, load<u16>(mac, 4), 4);
  return true;
}

function putPort(packet: usize, set: usize, ask: usize): bool {
  const at = load<u32>(set, SET_KEY_PORT);
  if (at == SET_NO_FIELD) return true;
  const port = portOf(packet, asksSource(ask, load<u32>(set, SET_DIM_PORT)));
  if (port == NO_PORT) return false;
  const key = ask + ASK_KEY;
  store<u16>(key + at, bswap<u16>(<u16>port));
  store<u8>(key + load<u32>(set, SET_KEY_PROTOCOL), load<u32>(packet, PACKET_PROTO));
  return true;
}

/** The interface the packet came in by, or will leave by; there must be one. Ref: ip_set_hash_netiface.c:hash_netiface4_kadt() */
function putInterface(packet: usize, set: usize, ask: usize): bool {
  const at = load<u32>(set, SET_KEY_INTERFACE);
  if (at == SET_NO_FIELD) return true;
  const index = load<u32>(packet + (asksSource(ask, load<u32>(set, SET_DIM_INTERFACE)) ? PACKET_IN : PACKET_OUT));
  const key = ask + ASK_KEY;
  store<u32>(key + at, index);
  store<u32>(key + at, index, 4);
  store<u8>(key + load<u32>(set, SET_KEY_ELEMENT), 1);
  return index != 0;
}

function putMark(packet: usize, set: usize, key: usize): bool {
  const at = load<u32>(set, SET_KEY_MARK);
  if (at != SET_NO_FIELD) store<u32>(key + at, load<u32>(packet, PACKET_MARK) & load<u32>(set, SET_MARKMASK));
  return true;
}

function putAddress(packet: usize, set: usize, ask: usize, at: u32, dimension: u32, isIpv6: bool): bool {
  if (at == SET_NO_FIELD) return true;
  const address = addressOf(packet, asksSource(ask, dimension));
  const place = ask + ASK_KEY + at;
  let any: u32 = 0;
  const bytes: usize = isIpv6 ? 16 : 4;
  for (let i: usize = 0; i < bytes; i += 4) {
    const word = bswap<u32>(load<u32>(address + i)) & load<u32>(set + SET_MASK + i);
    store<u32>(place + i, word);
    any |= word;
  }
  return any != 0 || !(load<u32>(set, SET_FLAGS) & SET_REFUSES_ZERO);
}

/** Gives an address its prefix length: the whole one, or of an element that is added the longest of the set. */
function putNetwork(set: usize, key: usize, which: u32, isIpv6: bool, adds: bool): bool {
  const at = load<u32>(set + (which == 0 ? SET_KEY_PREFIX : SET_KEY_PREFIX2));
  if (at == SET_NO_FIELD) return true;
  let length: u32 = isIpv6 ? 128 : 32;
  if (adds) {
    const prefixes = prefixesOf(set, which);
    if (load<u32>(prefixes, PREFIXES_COUNT) != 0) length = load<u8>(prefixes, PREFIXES_LENGTHS);
  }
  setNetwork(set, key, which, length, isIpv6);
  return true;
}

/** The lengths of a set's first or second network. */
export function prefixesOf(set: usize, which: u32): usize {
  const index: u32 = hasTwoNetworks(set) ? which : 0;
  return set + load<u32>(set, SET_PREFIXES) + <usize>(index * PREFIXES_BYTES);
}

/** A set whose only network is its second address has one. */
export function hasTwoNetworks(set: usize): bool {
  return load<u32>(set, SET_KEY_PREFIX) != SET_NO_FIELD && load<u32>(set, SET_KEY_PREFIX2) != SET_NO_FIELD;
}

/** Masks one of an element's addresses and writes the prefix length down. */
export function setNetwork(set: usize, key: usize, which: u32, length: u32, isIpv6: bool): void {
  const place = key + load<u32>(set + (which == 0 ? SET_KEY_IP : SET_KEY_IP2));
  const bytes: u32 = isIpv6 ? 16 : 4;
  for (let i: u32 = 0; i < bytes; i += 4) {
    const bits = <i32>length - <i32>(i << 3);
    const mask: u32 = bits >= 32 ? 0xffffffff : bits <= 0 ? 0 : ~(<u32>0xffffffff >> <u32>bits);
    store<u32>(place + i, load<u32>(place + i) & bswap<u32>(mask));
  }
  const packed = (load<u32>(set, SET_FLAGS) & SET_IS_PACKED) != 0;
  store<u8>(key + load<u32>(set + (which == 0 ? SET_KEY_PREFIX : SET_KEY_PREFIX2)), packed ? length - 1 : length);
}

/** The prefix length of one of an element's networks. */
export function prefixOf(set: usize, element: usize, which: u32): u32 {
  const byte: u32 = load<u8>(element + load<u32>(set + (which == 0 ? SET_KEY_PREFIX : SET_KEY_PREFIX2)));
  return load<u32>(set, SET_FLAGS) & SET_IS_PACKED ? (byte & PACKED_PREFIX) + 1 : byte;
}

/** The bits of the byte with nomatch that say it. */
export function nomatchMask(set: usize): u32 {
  return load<u32>(set, SET_FLAGS) & SET_IS_PACKED ? PACKED_NOMATCH : 0xff;
}
