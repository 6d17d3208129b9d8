// Looking for an element of a bitmap, adding and deleting one. Ref: net/netfilter/ipset/ip_set_bitmap_gen.h

import { PACKET_PROTO } from '../abi/packet.ts';
import {
  ASK_EXIST,
  ASK_FLAGS,
  ASK_SOURCES,
  PLACE_EMPTY,
  PLACE_MAC,
  PLACE_OPEN,
  PLACE_STATE,
  PLACE_TAKEN,
  SET_COUNT,
  SET_ELEMENT_BYTES,
  SET_EXPIRY,
  SET_FIRST,
  SET_FLAGS,
  SET_HAS_TIMEOUT,
  SET_HOSTS,
  SET_LAST,
  SET_OF_MACS,
  SET_OF_PORTS,
  SET_PLACES,
  SET_TIMEOUT,
} from '../abi/set.ts';
import { PROTO_TCP, PROTO_UDP } from '../wire/transport.ts';
import { SET_DONE, SET_FOUND, SET_NOT_FOUND, SET_OPEN, SET_REFUSED } from './answer.ts';
import { dropComment, initExtensions, isExpired, matchExtensions, setExpiry, timeoutOf } from './extension.ts';
import { addressOf, macOf, NO_PORT, portOf } from './packet.ts';

/** Bits of ASK_SOURCES: the first and the second dimension. */
const FIRST: u32 = 2;
const SECOND: u32 = 4;

/** The packet's place in the set; 0 when it has none. Ref: ip_set_bitmap_ip.c:bitmap_ip_kadt(), ip_set_bitmap_port.c:bitmap_port_kadt() */
function placeOf(packet: usize, set: usize, ask: usize): usize {
  const source = (load<u32>(ask, ASK_SOURCES) & FIRST) != 0;
  let value: u32;
  if (load<u32>(set, SET_FLAGS) & SET_OF_PORTS) {
    const protocol = load<u32>(packet, PACKET_PROTO);
    value = protocol == PROTO_TCP || protocol == PROTO_UDP ? portOf(packet, source) : NO_PORT;
    if (value == NO_PORT) return 0;
  } else {
    value = load<u32>(addressOf(packet, source));
  }
  const first = load<u32>(set, SET_FIRST);
  if (value < first || value > load<u32>(set, SET_LAST)) return 0;
  const id = (value - first) / load<u32>(set, SET_HOSTS);
  return set + load<u32>(set, SET_PLACES) + <usize>id * load<u32>(set, SET_ELEMENT_BYTES);
}

/** The packet's hardware address where the set has them; 0 = it must have one and has none, 1 = the set has none. */
function hardwareOf(env: usize, packet: usize, set: usize, ask: usize): usize {
  if (!(load<u32>(set, SET_FLAGS) & SET_OF_MACS)) return 1;
  return macOf(env, packet, (load<u32>(ask, ASK_SOURCES) & SECOND) != 0);
}

function isSameMac(place: usize, mac: usize): bool {
  return load<u32>(place, PLACE_MAC) == load<u32>(mac) && load<u16>(place, PLACE_MAC + 4) == load<u16>(mac, 4);
}

function putMac(place: usize, mac: usize): void {
  store<u32>(place, load<u32>(mac), PLACE_MAC);
  store<u16>(place, load<u16>(mac, 4), PLACE_MAC + 4);
}

/** Whether the packet is in the set: SET_FOUND, SET_NOT_FOUND, SET_OPEN or SET_REFUSED. */
export function testBitmap(env: usize, packet: usize, set: usize, ask: usize): i32 {
  const place = placeOf(packet, set, ask);
  const mac = hardwareOf(env, packet, set, ask);
  if (place == 0 || mac == 0) return SET_REFUSED;
  const state: u32 = load<u8>(place, PLACE_STATE);
  if (state == PLACE_EMPTY) return SET_NOT_FOUND;
  if (state == PLACE_OPEN) return SET_OPEN;
  if (mac != 1 && !isSameMac(place, mac)) return SET_NOT_FOUND;
  return matchExtensions(env, packet, set, place, ask) ? SET_FOUND : SET_NOT_FOUND;
}

/** Adds the packet's element; one whose hardware address is not known yet gets it. Ref: mtype_add(), bitmap_ipmac_do_add() */
export function addToBitmap(env: usize, packet: usize, set: usize, ask: usize): i32 {
  const place = placeOf(packet, set, ask);
  const mac = hardwareOf(env, packet, set, ask);
  if (place == 0 || mac == 0) return SET_REFUSED;
  const state: u32 = load<u8>(place, PLACE_STATE);
  const exists = (load<u32>(ask, ASK_FLAGS) & ASK_EXIST) != 0;
  if (state == PLACE_TAKEN) {
    const expired = isExpired(env, packet, set, place);
    if (!exists && !expired) return SET_REFUSED;
    dropComment(set, place);
    if (mac != 1 && exists && !isSameMac(place, mac)) putMac(place, mac);
  } else {
    if (mac != 1) putMac(place, mac);
    if (state == PLACE_EMPTY) store<u32>(set, load<u32>(set, SET_COUNT) + 1, SET_COUNT);
  }
  if (load<u32>(set, SET_FLAGS) & SET_HAS_TIMEOUT) {
    setExpiry(env, packet, set, place, state == PLACE_OPEN ? openTimeout(set, place, ask) : timeoutOf(set, ask));
  }
  initExtensions(packet, set, place);
  store<u8>(place, PLACE_TAKEN, PLACE_STATE);
  return SET_DONE;
}

/** Seconds an element stays whose time begins now: its own, unless the rule says another. Ref: ip_set_bitmap_ipmac.c:bitmap_ipmac_add_timeout() */
function openTimeout(set: usize, place: usize, ask: usize): u32 {
  const given = timeoutOf(set, ask);
  return given == load<u32>(set, SET_TIMEOUT) ? <u32>load<u64>(place + load<u32>(set, SET_EXPIRY)) : given;
}

/** Deletes the packet's element, whatever its hardware address. Ref: mtype_del() */
export function deleteFromBitmap(env: usize, packet: usize, set: usize, ask: usize): i32 {
  const place = placeOf(packet, set, ask);
  if (place == 0 || hardwareOf(env, packet, set, ask) == 0) return SET_REFUSED;
  if (load<u8>(place, PLACE_STATE) == PLACE_EMPTY) return SET_REFUSED;
  store<u8>(place, PLACE_EMPTY, PLACE_STATE);
  store<u32>(set, load<u32>(set, SET_COUNT) - 1, SET_COUNT);
  dropComment(set, place);
  return isExpired(env, packet, set, place) ? SET_REFUSED : SET_DONE;
}
