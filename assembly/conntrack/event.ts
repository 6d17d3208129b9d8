// Events: what is told of connections when it happens. Comes in: what has changed of an entry; goes out: records in the buffer of the
// shard (abi/event.ts), if somebody listens.
//
// What changes on a packet's way is noted on the entry and told at its end, when the packet is confirmed; what is noted on the way
// of a packet that does not get there waits for the next. An end is told at once.

import {
  EVENT_BITS,
  EVENT_BYTES,
  EVENT_COLD,
  EVENT_CREATED,
  EVENT_ENTRY,
  EVENT_EXTENDED,
  EVENT_EXTENSION,
  EVENT_KIND,
  EVENT_KIND_DESTROY,
  EVENT_KIND_EXPECT_NEW,
  EVENT_KIND_NEW,
  EVENT_KIND_UPDATE,
  EVENT_MASTER,
  EVENT_NUMBER,
  EVENT_TIME,
  EVENTS_BY_RULES,
  EVENTS_LOST,
  EVENTS_NUMBER,
  EVENTS_OFF,
  EVENTS_RECORDS,
  EVENTS_ROOM,
  EVENTS_TIME,
  EVENTS_USED,
  IPCT_DESTROY,
  IPCT_NEW,
  IPCT_RELATED,
  IPEXP_DESTROY,
  IPEXP_NEW,
} from '../abi/event.ts';
import { EXPECT_BYTES, EXPECT_DEADLINE, EXPECT_MASTER } from '../abi/expect.ts';
import {
  CONNTRACK_COLD_BYTES,
  CONNTRACK_EVENTS,
  CONNTRACK_ORDERED,
  CONNTRACK_SHARD_BLOCKS,
  EXT_STATE,
  FLOW_BYTES,
  FLOW_DEADLINE,
  FLOW_EVENTS,
  FLOW_EXTENSION,
  FLOW_PROTO,
  FLOW_STATUS,
  FLOW_TEMPLATE,
  IPS_CONFIRMED,
  IPS_DYING,
  SHARD_EVENTS,
  TEMPLATE_EVENTS,
} from '../abi/flow.ts';
import { PACKET_NUMBER, PACKET_TIME } from '../abi/packet.ts';
import { cold, createdAt } from './pool.ts';

/** Every event. */
const ALL: u32 = 0xffff;

/** Takes note of a change (IPCT_*) of an entry. Ref: include/net/netfilter/nf_conntrack_ecache.h:nf_conntrack_event_cache() */
export function noteEvent(entry: usize, event: u32): void {
  store<u16>(entry, load<u16>(entry, FLOW_EVENTS) | (<u16>1 << <u16>event), FLOW_EVENTS);
}

/**
 * Tells what is noted of the entry of a packet that has come to its end.
 *
 * Ref: net/netfilter/nf_conntrack_ecache.c:nf_ct_deliver_cached_events()
 */
export function deliverEvents(region: usize, block: usize, entry: usize): void {
  if (load<u32>(region, CONNTRACK_EVENTS) == EVENTS_OFF) return;
  const bits = <u32>load<u16>(entry, FLOW_EVENTS);
  if (bits == 0 || (load<u32>(entry, FLOW_STATUS) & (IPS_CONFIRMED | IPS_DYING)) != IPS_CONFIRMED) return;
  store<u16>(entry, 0, FLOW_EVENTS);
  if ((bits & eventMask(region, entry)) == 0) return;
  const isNew = (bits & ((1 << IPCT_NEW) | (1 << IPCT_RELATED))) != 0;
  writeEvent(region, block, entry, newEvent(region, block, isNew ? EVENT_KIND_NEW : EVENT_KIND_UPDATE, bits));
}

/**
 * Tells the end of an entry: because of the packet in hand, or because its time was up before that.
 *
 * Ref: net/netfilter/nf_conntrack_core.c:nf_ct_delete()
 */
export function tellEnd(region: usize, block: usize, entry: usize): void {
  if (load<u32>(region, CONNTRACK_EVENTS) == EVENTS_OFF || !(load<u32>(entry, FLOW_STATUS) & IPS_CONFIRMED)) return;
  if ((eventMask(region, entry) & (1 << IPCT_DESTROY)) == 0) return;
  writeEvent(region, block, entry, newEnd(region, block, EVENT_KIND_DESTROY, 1 << IPCT_DESTROY, load<u64>(entry, FLOW_DEADLINE)));
}

/**
 * Tells of an expectation: that it is there (EVENT_KIND_EXPECT_NEW), or that it is over (EVENT_KIND_EXPECT_DESTROY), because of the packet in
 * hand, or because its time or its master's was up before that.
 *
 * Ref: net/netfilter/nf_conntrack_ecache.c:nf_ct_expect_event_report()
 */
export function tellExpectation(region: usize, block: usize, expectation: usize, kind: u32): void {
  if (load<u32>(region, CONNTRACK_EVENTS) == EVENTS_OFF) return;
  const master = <usize>load<u32>(expectation, EXPECT_MASTER);
  const event = kind == EVENT_KIND_EXPECT_NEW ? IPEXP_NEW : IPEXP_DESTROY;
  if (((expectMask(region, master) >> event) & 1) == 0) return;
  const deadline = min<u64>(load<u64>(expectation, EXPECT_DEADLINE), endOf(master));
  const record = event == IPEXP_NEW ? newEvent(region, block, kind, 1) : newEnd(region, block, kind, 1 << IPEXP_DESTROY, deadline);
  if (record == 0) return;
  memory.copy(record + EVENT_ENTRY, expectation, EXPECT_BYTES);
  // Of the master: its tuples, and all else up to its protocol's state.
  memory.copy(record + EVENT_MASTER, master, FLOW_PROTO);
}

/** When an entry ends if nothing else happens. Before it is confirmed its deadline is a span. */
function endOf(entry: usize): u64 {
  return load<u32>(entry, FLOW_STATUS) & IPS_CONFIRMED ? load<u64>(entry, FLOW_DEADLINE) : u64.MAX_VALUE;
}

/**
 * Events that are told of an entry: those that the rule says whose template it was made after, else all or none.
 *
 * Ref: net/netfilter/nf_conntrack_ecache.c:nf_ct_ecache_ext_add()
 */
export function eventMask(region: usize, entry: usize): u32 {
  const masks = templateMasks(entry);
  if (masks != 0) return masks & ALL;
  return load<u32>(region, CONNTRACK_EVENTS) == EVENTS_BY_RULES ? 0 : ALL;
}

/** The same of the expectations that an entry has: IPEXP_* bits. */
export function expectMask(region: usize, entry: usize): u32 {
  const masks = templateMasks(entry);
  if (masks != 0) return masks >> 16;
  return load<u32>(region, CONNTRACK_EVENTS) == EVENTS_BY_RULES ? 0 : ALL;
}

/** Events of connections, and of expectations in the upper half; 0 = the rule says nothing. */
function templateMasks(entry: usize): u32 {
  const template = <usize>load<u32>(entry, FLOW_TEMPLATE);
  return template == 0 ? 0 : load<u32>(template, FLOW_PROTO + TEMPLATE_EVENTS);
}

/** Makes a packet the one in hand. */
export function beginPacket(events: usize, packet: usize): void {
  store<u64>(events, load<u64>(packet, PACKET_TIME), EVENTS_TIME);
  store<u32>(events, load<u32>(packet, PACKET_NUMBER), EVENTS_NUMBER);
}

/** Whether a buffer has room for all that one packet may tell. */
export function hasRoom(events: usize): bool {
  return load<u32>(events, EVENTS_USED) <= load<u32>(events, EVENTS_ROOM) >> 1;
}

/** Starts the record of an event that the packet in hand brings about. Returns: 0 when there is no room for it. */
function newEvent(region: usize, block: usize, kind: u32, bits: u32): usize {
  const hand = inHand(region, block);
  return takeRecord(block, kind, bits, load<u64>(hand, EVENTS_TIME), load<u32>(hand, EVENTS_NUMBER));
}

/** The same of an end, which came at the deadline if that was before. */
function newEnd(region: usize, block: usize, kind: u32, bits: u32, deadline: u64): usize {
  if (deadline > load<u64>(inHand(region, block), EVENTS_TIME)) return newEvent(region, block, kind, bits);
  return takeRecord(block, kind, bits, deadline, 0);
}

/** The buffer that says which packet is in hand: the shard's own, or the first where the packets of all shards run in their order. */
function inHand(region: usize, block: usize): usize {
  const shard = load<u32>(region, CONNTRACK_ORDERED) != 0 ? <usize>load<u32>(region, CONNTRACK_SHARD_BLOCKS) : block;
  return load<u32>(shard, SHARD_EVENTS);
}

/** Takes room for a record in the shard's buffer. Returns: 0 when there is none, which is counted. */
function takeRecord(block: usize, kind: u32, bits: u32, time: u64, number: u32): usize {
  const events = <usize>load<u32>(block, SHARD_EVENTS);
  const used = load<u32>(events, EVENTS_USED);
  if (used + EVENT_BYTES > load<u32>(events, EVENTS_ROOM)) {
    store<u32>(events, load<u32>(events, EVENTS_LOST) + 1, EVENTS_LOST);
    return 0;
  }
  store<u32>(events, used + EVENT_BYTES, EVENTS_USED);
  const record = events + EVENTS_RECORDS + used;
  store<u64>(record, time, EVENT_TIME);
  store<u32>(record, number, EVENT_NUMBER);
  store<u32>(record, kind, EVENT_KIND);
  store<u32>(record, bits, EVENT_BITS);
  store<u32>(record, 0, EVENT_EXTENDED);
  return record;
}

/** Writes an entry as it is now into a record, 0 = there is none. */
function writeEvent(region: usize, block: usize, entry: usize, record: usize): void {
  if (record == 0) return;
  memory.copy(record + EVENT_ENTRY, entry, FLOW_BYTES);
  memory.copy(record + EVENT_COLD, cold(region, entry), CONNTRACK_COLD_BYTES);
  store<u64>(record, load<u64>(createdAt(region, entry)), EVENT_CREATED);
  const extension = <usize>load<u32>(entry, FLOW_EXTENSION);
  if (extension == 0) return;
  memory.copy(record + EVENT_EXTENSION, extension, EXT_STATE);
  store<u32>(record, 1, EVENT_EXTENDED);
}
