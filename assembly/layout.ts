// Records in memory as AssemblyScript itself would lay them out, and the proof that abi/ says the same.
//
// The code reads records by the offsets of abi/, which TypeScript reads too. The classes here have no other use than this: a field that
// overlaps another, is misaligned, or lies beyond its record ends the build with the line of the check that fails.

import {
  ENV_BYTES,
  ENV_CLOCK,
  ENV_CONNTRACK,
  ENV_COUNTERS4,
  ENV_COUNTERS4_STRIDE,
  ENV_COUNTERS6,
  ENV_COUNTERS6_STRIDE,
  ENV_FLAGS,
  ENV_FRAGMENTS,
  ENV_JOURNEYS,
  ENV_HOST,
  ENV_INTERFACES,
  ENV_LOADED,
  ENV_LOG,
  ENV_LOG_BYTES,
  ENV_PROGRAM4,
  ENV_PROGRAM6,
  ENV_SCRATCH,
  ENV_SEED,
  ENV_SHARDS,
  ENV_SIDES,
  ENV_STATE,
  FRAME_BYTES,
  FRAME_CAPTURED,
  FRAME_DATA,
  FRAME_FLAGS,
  FRAME_INTERFACE,
  FRAME_LENGTH,
  FRAME_LINK,
  FRAME_NUMBER,
  FRAME_TIME,
  INTERFACE_BYTES,
  INTERFACE_FLAGS,
  INTERFACE_INDEX,
  INTERFACE_LINKTYPE,
  INTERFACE_OFFSET,
  INTERFACE_SNAPLEN,
  INTERFACE_TICKS,
  OUTCOME_ANSWERS,
  OUTCOME_BY,
  OUTCOME_BYTES,
  OUTCOME_CT,
  OUTCOME_CTSTATE,
  OUTCOME_EGRESS,
  OUTCOME_EGRESS_LAST,
  OUTCOME_FAMILY,
  OUTCOME_FLAGS,
  OUTCOME_LOG,
  OUTCOME_LOG_BYTES,
  OUTCOME_OUT,
  OUTCOME_SOURCE,
  OUTCOME_TRACE,
  OUTCOME_TRACE_COUNT,
  OUTCOME_VERDICT,
  OUTCOME_WHY,
  SLOT_ARENA,
  SLOT_ARENA_BYTES,
  SLOT_ARENA_USED,
  SLOT_BYTES,
  SLOT_COUNT,
  SLOT_EGRESS_BYTES,
  SLOT_EGRESS_USED,
  SLOT_FRAMES,
  SLOT_LOOKED,
  SLOT_LOOKS,
  SLOT_CLASSED,
  SLOT_COUNTS,
  SLOT_OTHERS,
  SLOT_OUTCOMES,
  SLOT_PACKETS,
  SLOT_QUOTES,
  SLOT_STATE,
  SLOT_CLASSES,
  SLOT_NOTED,
} from './abi/batch.ts';
import {
  CONNTRACK_SHARD_BYTES,
  SHARD_BUCKETS,
  SHARD_CREATED,
  SHARD_DROP,
  SHARD_EARLY_DROP,
  SHARD_ERROR,
  SHARD_EXPECTATIONS,
  SHARD_EXPECT_BUCKETS,
  SHARD_FREE,
  SHARD_FREED,
  SHARD_FREE_COUNT,
  SHARD_GRE_KEYS,
  SHARD_HELPER_SCRATCH,
  SHARD_HELPER_SCRATCH_BYTES,
  SHARD_INSERT_FAILED,
  SHARD_INVALID,
  SHARD_INVERSE,
  SHARD_LIMBO,
  SHARD_LIMBO_NUMBER,
  SHARD_LIVE,
  SHARD_MET,
  SHARD_REAPED,
  SHARD_REAP_CURSOR,
  SHARD_EVENTS,
  SHARD_REAP_CREATED,
  SHARD_REAP_OWED,
  SHARD_SLOTS,
  SHARD_SOURCES,
  SHARD_SOURCE_BUCKETS,
  SHARD_SPARE,
  SHARD_TUPLE,
  SHARD_UNUSED,
  SHARD_UNUSED_END,
  COLD_BYTES_SEEN,
  COLD_BYTES_SEEN_REPLY,
  COLD_LAST,
  COLD_PACKETS,
  COLD_PACKETS_REPLY,
  EXT_BYTES,
  FLOW_BYTES,
  FLOW_DEADLINE,
  FLOW_EVENTS,
  FLOW_DIRECTION_TUPLE,
  FLOW_JOURNEYS,
  FLOW_MARK,
  FLOW_NEXT,
  FLOW_NEXT_REPLY,
  FLOW_NUMBER,
  FLOW_ORIGINAL,
  FLOW_EXTENSION,
  FLOW_PROTO,
  FLOW_PROTO_BYTES,
  CONNTRACK_COLD_BYTES,
  CONNTRACK_SLOT_BYTES,
  FLOW_REPLY,
  FLOW_SECMARK,
  FLOW_SHARD,
  FLOW_STATUS,
  FLOW_TEMPLATE,
  TUPLE_BYTES,
  TUPLE_DPORT,
  TUPLE_DST,
  TUPLE_FAMILY,
  TUPLE_PROTO,
  TUPLE_SPORT,
  TUPLE_SRC,
  TUPLE_ZONE,
} from './abi/flow.ts';
import {
  PACKET_BY,
  PACKET_BYTES,
  PACKET_SECMARK,
  PACKET_RECORDER,
  PACKET_TRACKED,
  PACKET_TRACKED_LINK,
  PACKET_TEMPLATE,
  PACKET_HOOK,
  PACKET_DRAWS,
  PACKET_CT,
  PACKET_CTINFO,
  PACKET_CTMARK,
  PACKET_CTSTATE,
  PACKET_DPORT,
  PACKET_DST,
  PACKET_DST_TYPE,
  PACKET_END,
  PACKET_FLAGS,
  PACKET_FRAG_MAX,
  PACKET_FRAG_OFFSET,
  PACKET_FRAME_INTERFACE,
  PACKET_ICMP,
  PACKET_IN,
  PACKET_L2,
  PACKET_L3,
  PACKET_L4,
  PACKET_L4_LENGTH,
  PACKET_LENGTH,
  PACKET_MARK,
  PACKET_NUMBER,
  PACKET_OUT,
  PACKET_PIECES,
  PACKET_PKTTYPE,
  PACKET_PROTO,
  PACKET_PULLED,
  PACKET_SHARD,
  PACKET_SPLIT,
  PACKET_ROUTE,
  PACKET_REALM,
  PACKET_WAY,
  PACKET_FACTS,
  PACKET_HOP,
  PACKET_SPORT,
  PACKET_SRC,
  PACKET_SRC_TYPE,
  PACKET_TCP_FLAGS,
  PACKET_TIME,
  PACKET_TOS,
  PACKET_TTL,
  PACKET_WHY,
} from './abi/packet.ts';
import {
  CHAIN_ABREAST,
  CHAIN_BYTES,
  CHAIN_ITEMS,
  CHAIN_ITEM_COUNT,
  CHAIN_POLICY,
  CHAIN_POLICY_VERDICT,
  CHAIN_ROOT,
  CHAIN_TREES,
  CHAIN_TREE_COUNT,
  ITEM_ACTION,
  ITEM_BYTES,
  ITEM_MISS,
  ITEM_NEXT,
  ITEM_OPERAND,
  ITEM_RULE,
  ITEM_TESTS,
  LEAF_BLOCKS,
  LEAF_BY,
  LEAF_COUNTER,
  LEAF_ENTRY,
  LEAF_FIELDS,
  LEAF_FLAGS,
  LEAF_ITEM,
  LEAF_ROWS,
  LEAF_STEP_COUNT,
  LEAF_STEPS,
  LEAF_VERDICT,
  STEP_BYTES,
  STEP_ITEM,
  STEP_MISS,
  STEP_NEXT,
  STEP_RULE,
  STEP_TESTS,
  STEP_VERDICT,
} from './abi/program.ts';

/** What is known of one packet. Ref: abi/packet.ts */
@unmanaged
class Packet {
  src: u64;
  srcLow: u64;
  dst: u64;
  dstLow: u64;
  sport: u32;
  dport: u32;
  proto: u32;
  icmp: u32;
  tcpFlags: u32;
  length: u32;
  tos: u32;
  ttl: u32;
  mark: u32;
  inInterface: u32;
  outInterface: u32;
  ctstate: u32;
  ctmark: u32;
  srcType: u32;
  dstType: u32;
  pkttype: u32;
  flags: u32;
  fragOffset: u32;
  l3: u32;
  l4: u32;
  end: u32;
  shard: u32;
  time: u64;
  ct: u32;
  ctinfo: u32;
  l4Length: u32;
  why: u32;
  frameInterface: u32;
  l2: u32;
  number: u32;
  by: u32;
  draws: u32;
  hook: u32;
  template: u32;
  secmark: u32;
  fragMax: u32;
  pieces: u32;
  pulled: u32;
  split: u32;
  route: u32;
  realm: u32;
  way: u32;
  facts: u32;
  hop: u32;
  recorder: u32;
  tracked: u32;
  trackedLink: u32;
}

/** What every call is told the address of. Ref: abi/batch.ts */
@unmanaged
class Environment {
  program4: u32;
  program6: u32;
  counters4: u32;
  counters4Stride: u32;
  counters6: u32;
  counters6Stride: u32;
  host: u32;
  conntrack: u32;
  shards: u32;
  flags: u32;
  seed: u32;
  interfaces: u32;
  scratch: u32;
  state: u32;
  loaded: u64;
  clock: u64;
  log: u32;
  logBytes: u32;
  fragments: u32;
  sides: u32;
  journeys: u32;
  spare1: u32;
}

/** An interface of a capture. Ref: abi/batch.ts */
@unmanaged
class Interface {
  index: u32;
  linktype: u32;
  ticks: u64;
  offset: u64;
  snaplen: u32;
  flags: u32;
}

/** A packet as the container holds it. Ref: abi/batch.ts */
@unmanaged
class Frame {
  data: u32;
  captured: u32;
  length: u32;
  interface: u32;
  time: u64;
  flags: u16;
  link: u16;
  number: u32;
}

/** A batch in flight. Ref: abi/batch.ts */
@unmanaged
class Slot {
  frames: u32;
  count: u32;
  packets: u32;
  outcomes: u32;
  counts: u32;
  classed: u32;
  arena: u32;
  arenaBytes: u32;
  arenaUsed: u32;
  egressBytes: u32;
  egressUsed: u32;
  quotes: u32;
  state: u32;
  classes: u32;
  noted: u32;
  others: u32;
  looks: u32;
  looked: u32;
}

/** What became of a packet. Ref: abi/batch.ts */
@unmanaged
class Outcome {
  verdict: u32;
  why: u32;
  by: u32;
  ctstate: u32;
  outInterface: u32;
  trace: u32;
  traceCount: u32;
  egress: u32;
  egressLast: u32;
  family: u32;
  flags: u32;
  ct: u32;
  log: u32;
  logBytes: u32;
  answers: u32;
  source: u32;
}

/** A chain of a compiled ruleset. Ref: abi/program.ts */
@unmanaged
class Chain {
  itemCount: u32;
  items: u32;
  abreast: u32;
  noTests: u32;
  policy: u32;
  policyVerdict: u32;
  treeCount: u32;
  trees: u32;
  root: u32;
  rootCut: u32;
  spare: u64;
}

/** A rule in one place of a flattened chain. Ref: abi/program.ts */
@unmanaged
class Item {
  tests: u32;
  rule: u32;
  action: u32;
  operand: u32;
  next: u32;
  miss: u32;
  spare: u32;
  spare1: u32;
}

/** A leaf of a decision tree, up to its blocks. Ref: abi/program.ts */
@unmanaged
class Leaf {
  entry: u64;
  item: u32;
  rows: u8;
  flags: u8;
  spare: u16;
  by: u32;
  verdict: u32;
  counter: u32;
  stepCount: u32;
  steps: u32;
  fields: u32;
  fields1: u32;
  fields2: u32;
}

/** An item as a leaf asks it. Ref: abi/program.ts */
@unmanaged
class Step {
  next: u32;
  miss: u32;
  item: u32;
  tests: u32;
  rule: u32;
  verdict: u32;
}

/** One direction of a connection. Ref: abi/flow.ts */
@unmanaged
class Tuple {
  src: u64;
  srcLow: u64;
  dst: u64;
  dstLow: u64;
  sport: u16;
  dport: u16;
  zone: u16;
  proto: u8;
  family: u8;
}

/** The block of a shard. Ref: abi/flow.ts */
@unmanaged
class Shard {
  free: u32;
  freeCount: u32;
  spare: u32;
  unused: u32;
  unusedEnd: u32;
  limbo: u32;
  limboNumber: u32;
  reapCursor: u32;
  buckets: u32;
  live: u32;
  created: u64;
  freed: u64;
  slots: u32;
  events: u32;
  tuple: u64;
  tuple1: u64;
  tuple2: u64;
  tuple3: u64;
  tuple4: u64;
  inverse: u64;
  inverse1: u64;
  inverse2: u64;
  inverse3: u64;
  inverse4: u64;
  sources: u32;
  sourceBuckets: u32;
  reapCreated: u32;
  room2: u32;
  expectBuckets: u32;
  expectations: u32;
  met: u32;
  greKeys: u32;
  invalid: u32;
  insertFailed: u32;
  drop: u32;
  earlyDrop: u32;
  error: u32;
  reapOwed: u32;
  reaped: u64;
}

/** A conntrack entry. Ref: abi/flow.ts */
@unmanaged
class Flow {
  original: u64;
  original1: u64;
  original2: u64;
  original3: u64;
  original4: u64;
  next: u32;
  journeys: u32;
  deadline: u64;
  status: u32;
  mark: u32;
  reply: u64;
  reply1: u64;
  reply2: u64;
  reply3: u64;
  reply4: u64;
  nextReply: u32;
  spare: u32;
  number: u32;
  shard: u16;
  events: u16;
  template: u32;
  secmark: u32;
  proto: u64;
  proto1: u64;
  proto2: u64;
  proto3: u64;
  proto4: u64;
  proto5: u64;
  proto6: u64;
  proto7: u32;
  extension: u32;
}

@unmanaged
class Cold {
  packets: u64;
  bytesSeen: u64;
  packetsReply: u64;
  bytesSeenReply: u64;
  last: u64;
}

if (offsetof<Packet>('src') != PACKET_SRC) ERROR('PACKET_SRC is not where Packet has it');
if (offsetof<Packet>('dst') != PACKET_DST) ERROR('PACKET_DST is not where Packet has it');
if (offsetof<Packet>('sport') != PACKET_SPORT) ERROR('PACKET_SPORT is not where Packet has it');
if (offsetof<Packet>('dport') != PACKET_DPORT) ERROR('PACKET_DPORT is not where Packet has it');
if (offsetof<Packet>('proto') != PACKET_PROTO) ERROR('PACKET_PROTO is not where Packet has it');
if (offsetof<Packet>('icmp') != PACKET_ICMP) ERROR('PACKET_ICMP is not where Packet has it');
if (offsetof<Packet>('tcpFlags') != PACKET_TCP_FLAGS) ERROR('PACKET_TCP_FLAGS is not where Packet has it');
if (offsetof<Packet>('length') != PACKET_LENGTH) ERROR('PACKET_LENGTH is not where Packet has it');
if (offsetof<Packet>('tos') != PACKET_TOS) ERROR('PACKET_TOS is not where Packet has it');
if (offsetof<Packet>('ttl') != PACKET_TTL) ERROR('PACKET_TTL is not where Packet has it');
if (offsetof<Packet>('mark') != PACKET_MARK) ERROR('PACKET_MARK is not where Packet has it');
if (offsetof<Packet>('inInterface') != PACKET_IN) ERROR('PACKET_IN is not where Packet has it');
if (offsetof<Packet>('outInterface') != PACKET_OUT) ERROR('PACKET_OUT is not where Packet has it');
if (offsetof<Packet>('ctstate') != PACKET_CTSTATE) ERROR('PACKET_CTSTATE is not where Packet has it');
if (offsetof<Packet>('ctmark') != PACKET_CTMARK) ERROR('PACKET_CTMARK is not where Packet has it');
if (offsetof<Packet>('srcType') != PACKET_SRC_TYPE) ERROR('PACKET_SRC_TYPE is not where Packet has it');
if (offsetof<Packet>('dstType') != PACKET_DST_TYPE) ERROR('PACKET_DST_TYPE is not where Packet has it');
if (offsetof<Packet>('pkttype') != PACKET_PKTTYPE) ERROR('PACKET_PKTTYPE is not where Packet has it');
if (offsetof<Packet>('flags') != PACKET_FLAGS) ERROR('PACKET_FLAGS is not where Packet has it');
if (offsetof<Packet>('fragOffset') != PACKET_FRAG_OFFSET) ERROR('PACKET_FRAG_OFFSET is not where Packet has it');
if (offsetof<Packet>('l3') != PACKET_L3) ERROR('PACKET_L3 is not where Packet has it');
if (offsetof<Packet>('l4') != PACKET_L4) ERROR('PACKET_L4 is not where Packet has it');
if (offsetof<Packet>('end') != PACKET_END) ERROR('PACKET_END is not where Packet has it');
if (offsetof<Packet>('shard') != PACKET_SHARD) ERROR('PACKET_SHARD is not where Packet has it');
if (offsetof<Packet>('time') != PACKET_TIME) ERROR('PACKET_TIME is not where Packet has it');
if (offsetof<Packet>('ct') != PACKET_CT) ERROR('PACKET_CT is not where Packet has it');
if (offsetof<Packet>('ctinfo') != PACKET_CTINFO) ERROR('PACKET_CTINFO is not where Packet has it');
if (offsetof<Packet>('l4Length') != PACKET_L4_LENGTH) ERROR('PACKET_L4_LENGTH is not where Packet has it');
if (offsetof<Packet>('why') != PACKET_WHY) ERROR('PACKET_WHY is not where Packet has it');
if (offsetof<Packet>('frameInterface') != PACKET_FRAME_INTERFACE) ERROR('PACKET_FRAME_INTERFACE is not where Packet has it');
if (offsetof<Packet>('l2') != PACKET_L2) ERROR('PACKET_L2 is not where Packet has it');
if (offsetof<Packet>('number') != PACKET_NUMBER) ERROR('PACKET_NUMBER is not where Packet has it');
if (offsetof<Packet>('by') != PACKET_BY) ERROR('PACKET_BY is not where Packet has it');
if (offsetof<Packet>('draws') != PACKET_DRAWS) ERROR('PACKET_DRAWS is not where Packet has it');
if (offsetof<Packet>('hook') != PACKET_HOOK) ERROR('PACKET_HOOK is not where Packet has it');
if (offsetof<Packet>('template') != PACKET_TEMPLATE) ERROR('PACKET_TEMPLATE is not where Packet has it');
if (offsetof<Packet>('secmark') != PACKET_SECMARK) ERROR('PACKET_SECMARK is not where Packet has it');
if (offsetof<Packet>('fragMax') != PACKET_FRAG_MAX) ERROR('PACKET_FRAG_MAX is not where Packet has it');
if (offsetof<Packet>('pieces') != PACKET_PIECES) ERROR('PACKET_PIECES is not where Packet has it');
if (offsetof<Packet>('pulled') != PACKET_PULLED) ERROR('PACKET_PULLED is not where Packet has it');
if (offsetof<Packet>('split') != PACKET_SPLIT) ERROR('PACKET_SPLIT is not where Packet has it');
if (offsetof<Packet>('route') != PACKET_ROUTE) ERROR('PACKET_ROUTE is not where Packet has it');
if (offsetof<Packet>('realm') != PACKET_REALM) ERROR('PACKET_REALM is not where Packet has it');
if (offsetof<Packet>('way') != PACKET_WAY) ERROR('PACKET_WAY is not where Packet has it');
if (offsetof<Packet>('facts') != PACKET_FACTS) ERROR('PACKET_FACTS is not where Packet has it');
if (offsetof<Packet>('hop') != PACKET_HOP) ERROR('PACKET_HOP is not where Packet has it');
if (offsetof<Packet>('recorder') != PACKET_RECORDER) ERROR('PACKET_RECORDER is not where Packet has it');
if (offsetof<Packet>('tracked') != PACKET_TRACKED) ERROR('PACKET_TRACKED is not where Packet has it');
if (offsetof<Packet>('trackedLink') != PACKET_TRACKED_LINK) ERROR('PACKET_TRACKED_LINK is not where Packet has it');
if (offsetof<Packet>() != PACKET_BYTES) ERROR('PACKET_BYTES is not the size of Packet');
if (offsetof<Environment>('program4') != ENV_PROGRAM4) ERROR('ENV_PROGRAM4 is not where Environment has it');
if (offsetof<Environment>('program6') != ENV_PROGRAM6) ERROR('ENV_PROGRAM6 is not where Environment has it');
if (offsetof<Environment>('counters4') != ENV_COUNTERS4) ERROR('ENV_COUNTERS4 is not where Environment has it');
if (offsetof<Environment>('counters4Stride') != ENV_COUNTERS4_STRIDE) ERROR('ENV_COUNTERS4_STRIDE is not where Environment has it');
if (offsetof<Environment>('counters6') != ENV_COUNTERS6) ERROR('ENV_COUNTERS6 is not where Environment has it');
if (offsetof<Environment>('counters6Stride') != ENV_COUNTERS6_STRIDE) ERROR('ENV_COUNTERS6_STRIDE is not where Environment has it');
if (offsetof<Environment>('host') != ENV_HOST) ERROR('ENV_HOST is not where Environment has it');
if (offsetof<Environment>('conntrack') != ENV_CONNTRACK) ERROR('ENV_CONNTRACK is not where Environment has it');
if (offsetof<Environment>('shards') != ENV_SHARDS) ERROR('ENV_SHARDS is not where Environment has it');
if (offsetof<Environment>('flags') != ENV_FLAGS) ERROR('ENV_FLAGS is not where Environment has it');
if (offsetof<Environment>('seed') != ENV_SEED) ERROR('ENV_SEED is not where Environment has it');
if (offsetof<Environment>('interfaces') != ENV_INTERFACES) ERROR('ENV_INTERFACES is not where Environment has it');
if (offsetof<Environment>('scratch') != ENV_SCRATCH) ERROR('ENV_SCRATCH is not where Environment has it');
if (offsetof<Environment>('state') != ENV_STATE) ERROR('ENV_STATE is not where Environment has it');
if (offsetof<Environment>('loaded') != ENV_LOADED) ERROR('ENV_LOADED is not where Environment has it');
if (offsetof<Environment>('clock') != ENV_CLOCK) ERROR('ENV_CLOCK is not where Environment has it');
if (offsetof<Environment>('log') != ENV_LOG) ERROR('ENV_LOG is not where Environment has it');
if (offsetof<Environment>('logBytes') != ENV_LOG_BYTES) ERROR('ENV_LOG_BYTES is not where Environment has it');
if (offsetof<Environment>('fragments') != ENV_FRAGMENTS) ERROR('ENV_FRAGMENTS is not where Environment has it');
if (offsetof<Environment>('sides') != ENV_SIDES) ERROR('ENV_SIDES is not where Environment has it');
if (offsetof<Environment>('journeys') != ENV_JOURNEYS) ERROR('ENV_JOURNEYS is not where Environment has it');
if (offsetof<Environment>() != ENV_BYTES) ERROR('ENV_BYTES is not the size of Environment');
if (offsetof<Interface>('index') != INTERFACE_INDEX) ERROR('INTERFACE_INDEX is not where Interface has it');
if (offsetof<Interface>('linktype') != INTERFACE_LINKTYPE) ERROR('INTERFACE_LINKTYPE is not where Interface has it');
if (offsetof<Interface>('ticks') != INTERFACE_TICKS) ERROR('INTERFACE_TICKS is not where Interface has it');
if (offsetof<Interface>('offset') != INTERFACE_OFFSET) ERROR('INTERFACE_OFFSET is not where Interface has it');
if (offsetof<Interface>('snaplen') != INTERFACE_SNAPLEN) ERROR('INTERFACE_SNAPLEN is not where Interface has it');
if (offsetof<Interface>('flags') != INTERFACE_FLAGS) ERROR('INTERFACE_FLAGS is not where Interface has it');
if (offsetof<Interface>() != INTERFACE_BYTES) ERROR('INTERFACE_BYTES is not the size of Interface');
if (offsetof<Frame>('data') != FRAME_DATA) ERROR('FRAME_DATA is not where Frame has it');
if (offsetof<Frame>('captured') != FRAME_CAPTURED) ERROR('FRAME_CAPTURED is not where Frame has it');
if (offsetof<Frame>('length') != FRAME_LENGTH) ERROR('FRAME_LENGTH is not where Frame has it');
if (offsetof<Frame>('interface') != FRAME_INTERFACE) ERROR('FRAME_INTERFACE is not where Frame has it');
if (offsetof<Frame>('time') != FRAME_TIME) ERROR('FRAME_TIME is not where Frame has it');
if (offsetof<Frame>('flags') != FRAME_FLAGS) ERROR('FRAME_FLAGS is not where Frame has it');
if (offsetof<Frame>('link') != FRAME_LINK) ERROR('FRAME_LINK is not where Frame has it');
if (offsetof<Frame>('number') != FRAME_NUMBER) ERROR('FRAME_NUMBER is not where Frame has it');
if (offsetof<Frame>() != FRAME_BYTES) ERROR('FRAME_BYTES is not the size of Frame');
if (offsetof<Slot>('frames') != SLOT_FRAMES) ERROR('SLOT_FRAMES is not where Slot has it');
if (offsetof<Slot>('count') != SLOT_COUNT) ERROR('SLOT_COUNT is not where Slot has it');
if (offsetof<Slot>('packets') != SLOT_PACKETS) ERROR('SLOT_PACKETS is not where Slot has it');
if (offsetof<Slot>('outcomes') != SLOT_OUTCOMES) ERROR('SLOT_OUTCOMES is not where Slot has it');
if (offsetof<Slot>('counts') != SLOT_COUNTS) ERROR('SLOT_COUNTS is not where Slot has it');
if (offsetof<Slot>('classed') != SLOT_CLASSED) ERROR('SLOT_CLASSED is not where Slot has it');
if (offsetof<Slot>('arena') != SLOT_ARENA) ERROR('SLOT_ARENA is not where Slot has it');
if (offsetof<Slot>('arenaBytes') != SLOT_ARENA_BYTES) ERROR('SLOT_ARENA_BYTES is not where Slot has it');
if (offsetof<Slot>('arenaUsed') != SLOT_ARENA_USED) ERROR('SLOT_ARENA_USED is not where Slot has it');
if (offsetof<Slot>('egressBytes') != SLOT_EGRESS_BYTES) ERROR('SLOT_EGRESS_BYTES is not where Slot has it');
if (offsetof<Slot>('egressUsed') != SLOT_EGRESS_USED) ERROR('SLOT_EGRESS_USED is not where Slot has it');
if (offsetof<Slot>('quotes') != SLOT_QUOTES) ERROR('SLOT_QUOTES is not where Slot has it');
if (offsetof<Slot>('state') != SLOT_STATE) ERROR('SLOT_STATE is not where Slot has it');
if (offsetof<Slot>('classes') != SLOT_CLASSES) ERROR('SLOT_CLASSES is not where Slot has it');
if (offsetof<Slot>('noted') != SLOT_NOTED) ERROR('SLOT_NOTED is not where Slot has it');
if (offsetof<Slot>('others') != SLOT_OTHERS) ERROR('SLOT_OTHERS is not where Slot has it');
if (offsetof<Slot>('looks') != SLOT_LOOKS) ERROR('SLOT_LOOKS is not where Slot has it');
if (offsetof<Slot>('looked') != SLOT_LOOKED) ERROR('SLOT_LOOKED is not where Slot has it');
if (offsetof<Slot>() != SLOT_BYTES) ERROR('SLOT_BYTES is not the size of Slot');
if (offsetof<Outcome>('verdict') != OUTCOME_VERDICT) ERROR('OUTCOME_VERDICT is not where Outcome has it');
if (offsetof<Outcome>('why') != OUTCOME_WHY) ERROR('OUTCOME_WHY is not where Outcome has it');
if (offsetof<Outcome>('by') != OUTCOME_BY) ERROR('OUTCOME_BY is not where Outcome has it');
if (offsetof<Outcome>('ctstate') != OUTCOME_CTSTATE) ERROR('OUTCOME_CTSTATE is not where Outcome has it');
if (offsetof<Outcome>('outInterface') != OUTCOME_OUT) ERROR('OUTCOME_OUT is not where Outcome has it');
if (offsetof<Outcome>('trace') != OUTCOME_TRACE) ERROR('OUTCOME_TRACE is not where Outcome has it');
if (offsetof<Outcome>('traceCount') != OUTCOME_TRACE_COUNT) ERROR('OUTCOME_TRACE_COUNT is not where Outcome has it');
if (offsetof<Outcome>('egress') != OUTCOME_EGRESS) ERROR('OUTCOME_EGRESS is not where Outcome has it');
if (offsetof<Outcome>('egressLast') != OUTCOME_EGRESS_LAST) ERROR('OUTCOME_EGRESS_LAST is not where Outcome has it');
if (offsetof<Outcome>('family') != OUTCOME_FAMILY) ERROR('OUTCOME_FAMILY is not where Outcome has it');
if (offsetof<Outcome>('flags') != OUTCOME_FLAGS) ERROR('OUTCOME_FLAGS is not where Outcome has it');
if (offsetof<Outcome>('ct') != OUTCOME_CT) ERROR('OUTCOME_CT is not where Outcome has it');
if (offsetof<Outcome>('log') != OUTCOME_LOG) ERROR('OUTCOME_LOG is not where Outcome has it');
if (offsetof<Outcome>('logBytes') != OUTCOME_LOG_BYTES) ERROR('OUTCOME_LOG_BYTES is not where Outcome has it');
if (offsetof<Outcome>('answers') != OUTCOME_ANSWERS) ERROR('OUTCOME_ANSWERS is not where Outcome has it');
if (offsetof<Outcome>('source') != OUTCOME_SOURCE) ERROR('OUTCOME_SOURCE is not where Outcome has it');
if (offsetof<Outcome>() != OUTCOME_BYTES) ERROR('OUTCOME_BYTES is not the size of Outcome');
if (offsetof<Chain>('itemCount') != CHAIN_ITEM_COUNT) ERROR('CHAIN_ITEM_COUNT is not where Chain has it');
if (offsetof<Chain>('items') != CHAIN_ITEMS) ERROR('CHAIN_ITEMS is not where Chain has it');
if (offsetof<Chain>('root') != CHAIN_ROOT) ERROR('CHAIN_ROOT is not where Chain has it');
if (offsetof<Chain>('policy') != CHAIN_POLICY) ERROR('CHAIN_POLICY is not where Chain has it');
if (offsetof<Chain>('policyVerdict') != CHAIN_POLICY_VERDICT) ERROR('CHAIN_POLICY_VERDICT is not where Chain has it');
if (offsetof<Chain>('abreast') != CHAIN_ABREAST) ERROR('CHAIN_ABREAST is not where Chain has it');
if (offsetof<Chain>('treeCount') != CHAIN_TREE_COUNT) ERROR('CHAIN_TREE_COUNT is not where Chain has it');
if (offsetof<Chain>('trees') != CHAIN_TREES) ERROR('CHAIN_TREES is not where Chain has it');
if (offsetof<Chain>() != CHAIN_BYTES) ERROR('CHAIN_BYTES is not the size of Chain');
if (offsetof<Item>('tests') != ITEM_TESTS) ERROR('ITEM_TESTS is not where Item has it');
if (offsetof<Item>('rule') != ITEM_RULE) ERROR('ITEM_RULE is not where Item has it');
if (offsetof<Item>('action') != ITEM_ACTION) ERROR('ITEM_ACTION is not where Item has it');
if (offsetof<Item>('operand') != ITEM_OPERAND) ERROR('ITEM_OPERAND is not where Item has it');
if (offsetof<Item>('next') != ITEM_NEXT) ERROR('ITEM_NEXT is not where Item has it');
if (offsetof<Item>('miss') != ITEM_MISS) ERROR('ITEM_MISS is not where Item has it');
if (offsetof<Item>() != ITEM_BYTES) ERROR('ITEM_BYTES is not the size of Item');
if (offsetof<Leaf>('entry') != LEAF_ENTRY) ERROR('LEAF_ENTRY is not where Leaf has it');
if (offsetof<Leaf>('counter') != LEAF_COUNTER) ERROR('LEAF_COUNTER is not where Leaf has it');
if (offsetof<Leaf>('verdict') != LEAF_VERDICT) ERROR('LEAF_VERDICT is not where Leaf has it');
if (offsetof<Leaf>('by') != LEAF_BY) ERROR('LEAF_BY is not where Leaf has it');
if (offsetof<Leaf>('item') != LEAF_ITEM) ERROR('LEAF_ITEM is not where Leaf has it');
if (offsetof<Leaf>('stepCount') != LEAF_STEP_COUNT) ERROR('LEAF_STEP_COUNT is not where Leaf has it');
if (offsetof<Leaf>('steps') != LEAF_STEPS) ERROR('LEAF_STEPS is not where Leaf has it');
if (offsetof<Leaf>('rows') != LEAF_ROWS) ERROR('LEAF_ROWS is not where Leaf has it');
if (offsetof<Leaf>('flags') != LEAF_FLAGS) ERROR('LEAF_FLAGS is not where Leaf has it');
if (offsetof<Leaf>('fields') != LEAF_FIELDS) ERROR('LEAF_FIELDS is not where Leaf has it');
if (offsetof<Leaf>() != LEAF_BLOCKS) ERROR('LEAF_BLOCKS is not the size of Leaf');
if (offsetof<Step>('item') != STEP_ITEM) ERROR('STEP_ITEM is not where Step has it');
if (offsetof<Step>('next') != STEP_NEXT) ERROR('STEP_NEXT is not where Step has it');
if (offsetof<Step>('miss') != STEP_MISS) ERROR('STEP_MISS is not where Step has it');
if (offsetof<Step>('tests') != STEP_TESTS) ERROR('STEP_TESTS is not where Step has it');
if (offsetof<Step>('rule') != STEP_RULE) ERROR('STEP_RULE is not where Step has it');
if (offsetof<Step>('verdict') != STEP_VERDICT) ERROR('STEP_VERDICT is not where Step has it');
if (offsetof<Step>() != STEP_BYTES) ERROR('STEP_BYTES is not the size of Step');
if (CHAIN_POLICY != STEP_RULE || CHAIN_POLICY_VERDICT != STEP_VERDICT || offsetof<Chain>('noTests') != STEP_TESTS) ERROR('a policy is not laid out as a step');
if (offsetof<Tuple>('src') != TUPLE_SRC) ERROR('TUPLE_SRC is not where Tuple has it');
if (offsetof<Tuple>('dst') != TUPLE_DST) ERROR('TUPLE_DST is not where Tuple has it');
if (offsetof<Tuple>('sport') != TUPLE_SPORT) ERROR('TUPLE_SPORT is not where Tuple has it');
if (offsetof<Tuple>('dport') != TUPLE_DPORT) ERROR('TUPLE_DPORT is not where Tuple has it');
if (offsetof<Tuple>('zone') != TUPLE_ZONE) ERROR('TUPLE_ZONE is not where Tuple has it');
if (offsetof<Tuple>('proto') != TUPLE_PROTO) ERROR('TUPLE_PROTO is not where Tuple has it');
if (offsetof<Tuple>('family') != TUPLE_FAMILY) ERROR('TUPLE_FAMILY is not where Tuple has it');
if (offsetof<Tuple>() != TUPLE_BYTES) ERROR('TUPLE_BYTES is not the size of Tuple');
if (offsetof<Shard>('free') != SHARD_FREE) ERROR('SHARD_FREE is not where Shard has it');
if (offsetof<Shard>('freeCount') != SHARD_FREE_COUNT) ERROR('SHARD_FREE_COUNT is not where Shard has it');
if (offsetof<Shard>('spare') != SHARD_SPARE) ERROR('SHARD_SPARE is not where Shard has it');
if (offsetof<Shard>('unused') != SHARD_UNUSED) ERROR('SHARD_UNUSED is not where Shard has it');
if (offsetof<Shard>('unusedEnd') != SHARD_UNUSED_END) ERROR('SHARD_UNUSED_END is not where Shard has it');
if (offsetof<Shard>('limbo') != SHARD_LIMBO) ERROR('SHARD_LIMBO is not where Shard has it');
if (offsetof<Shard>('limboNumber') != SHARD_LIMBO_NUMBER) ERROR('SHARD_LIMBO_NUMBER is not where Shard has it');
if (offsetof<Shard>('reapCursor') != SHARD_REAP_CURSOR) ERROR('SHARD_REAP_CURSOR is not where Shard has it');
if (offsetof<Shard>('buckets') != SHARD_BUCKETS) ERROR('SHARD_BUCKETS is not where Shard has it');
if (offsetof<Shard>('live') != SHARD_LIVE) ERROR('SHARD_LIVE is not where Shard has it');
if (offsetof<Shard>('created') != SHARD_CREATED) ERROR('SHARD_CREATED is not where Shard has it');
if (offsetof<Shard>('freed') != SHARD_FREED) ERROR('SHARD_FREED is not where Shard has it');
if (offsetof<Shard>('slots') != SHARD_SLOTS) ERROR('SHARD_SLOTS is not where Shard has it');
if (offsetof<Shard>('tuple') != SHARD_TUPLE) ERROR('SHARD_TUPLE is not where Shard has it');
if (offsetof<Shard>('inverse') != SHARD_INVERSE) ERROR('SHARD_INVERSE is not where Shard has it');
if (offsetof<Shard>('sources') != SHARD_SOURCES) ERROR('SHARD_SOURCES is not where Shard has it');
if (offsetof<Shard>('sourceBuckets') != SHARD_SOURCE_BUCKETS) ERROR('SHARD_SOURCE_BUCKETS is not where Shard has it');
if (offsetof<Shard>('expectBuckets') != SHARD_EXPECT_BUCKETS) ERROR('SHARD_EXPECT_BUCKETS is not where Shard has it');
if (offsetof<Shard>('expectations') != SHARD_EXPECTATIONS) ERROR('SHARD_EXPECTATIONS is not where Shard has it');
if (offsetof<Shard>('met') != SHARD_MET) ERROR('SHARD_MET is not where Shard has it');
if (offsetof<Shard>('greKeys') != SHARD_GRE_KEYS) ERROR('SHARD_GRE_KEYS is not where Shard has it');
if (offsetof<Shard>('invalid') != SHARD_INVALID) ERROR('SHARD_INVALID is not where Shard has it');
if (offsetof<Shard>('insertFailed') != SHARD_INSERT_FAILED) ERROR('SHARD_INSERT_FAILED is not where Shard has it');
if (offsetof<Shard>('drop') != SHARD_DROP) ERROR('SHARD_DROP is not where Shard has it');
if (offsetof<Shard>('earlyDrop') != SHARD_EARLY_DROP) ERROR('SHARD_EARLY_DROP is not where Shard has it');
if (offsetof<Shard>('error') != SHARD_ERROR) ERROR('SHARD_ERROR is not where Shard has it');
if (offsetof<Shard>('events') != SHARD_EVENTS) ERROR('SHARD_EVENTS is not where Shard has it');
if (offsetof<Shard>('reapCreated') != SHARD_REAP_CREATED) ERROR('SHARD_REAP_CREATED is not where Shard has it');
if (offsetof<Shard>('reapOwed') != SHARD_REAP_OWED) ERROR('SHARD_REAP_OWED is not where Shard has it');
if (offsetof<Shard>('reaped') != SHARD_REAPED) ERROR('SHARD_REAPED is not where Shard has it');
if (offsetof<Shard>() > SHARD_HELPER_SCRATCH) ERROR('Shard reaches into SHARD_HELPER_SCRATCH');
if (SHARD_HELPER_SCRATCH + SHARD_HELPER_SCRATCH_BYTES > CONNTRACK_SHARD_BYTES) ERROR('SHARD_HELPER_SCRATCH reaches beyond the block');
if (offsetof<Flow>('original') != FLOW_ORIGINAL) ERROR('FLOW_ORIGINAL is not where Flow has it');
if (offsetof<Flow>('next') != FLOW_NEXT) ERROR('FLOW_NEXT is not where Flow has it');
if (offsetof<Flow>('nextReply') != FLOW_NEXT_REPLY) ERROR('FLOW_NEXT_REPLY is not where Flow has it');
if (offsetof<Flow>('deadline') != FLOW_DEADLINE) ERROR('FLOW_DEADLINE is not where Flow has it');
if (offsetof<Flow>('status') != FLOW_STATUS) ERROR('FLOW_STATUS is not where Flow has it');
if (offsetof<Flow>('mark') != FLOW_MARK) ERROR('FLOW_MARK is not where Flow has it');
if (offsetof<Flow>('reply') != FLOW_REPLY) ERROR('FLOW_REPLY is not where Flow has it');
if (offsetof<Flow>('journeys') != FLOW_JOURNEYS) ERROR('FLOW_JOURNEYS is not where Flow has it');
if (FLOW_NEXT_REPLY != FLOW_NEXT + FLOW_DIRECTION_TUPLE) ERROR('FLOW_NEXT_REPLY is not where that of the direction is');
if (offsetof<Flow>('number') != FLOW_NUMBER) ERROR('FLOW_NUMBER is not where Flow has it');
if (offsetof<Flow>('shard') != FLOW_SHARD) ERROR('FLOW_SHARD is not where Flow has it');
if (offsetof<Flow>('events') != FLOW_EVENTS) ERROR('FLOW_EVENTS is not where Flow has it');
if (offsetof<Flow>('template') != FLOW_TEMPLATE) ERROR('FLOW_TEMPLATE is not where Flow has it');
if (offsetof<Flow>('secmark') != FLOW_SECMARK) ERROR('FLOW_SECMARK is not where Flow has it');
if (offsetof<Flow>('proto') != FLOW_PROTO) ERROR('FLOW_PROTO is not where Flow has it');
if (offsetof<Flow>('extension') != FLOW_EXTENSION) ERROR('FLOW_EXTENSION is not where Flow has it');
if (FLOW_PROTO + FLOW_PROTO_BYTES != FLOW_EXTENSION) ERROR('FLOW_PROTO reaches into FLOW_EXTENSION');
if (offsetof<Cold>('packets') != COLD_PACKETS) ERROR('COLD_PACKETS is not where Cold has it');
if (offsetof<Cold>('bytesSeen') != COLD_BYTES_SEEN) ERROR('COLD_BYTES_SEEN is not where Cold has it');
if (offsetof<Cold>('packetsReply') != COLD_PACKETS_REPLY) ERROR('COLD_PACKETS_REPLY is not where Cold has it');
if (offsetof<Cold>('bytesSeenReply') != COLD_BYTES_SEEN_REPLY) ERROR('COLD_BYTES_SEEN_REPLY is not where Cold has it');
if (offsetof<Cold>('last') != COLD_LAST) ERROR('COLD_LAST is not where Cold has it');
if (offsetof<Cold>() != CONNTRACK_COLD_BYTES) ERROR('CONNTRACK_COLD_BYTES is not the size of Cold');
if (FLOW_BYTES != CONNTRACK_SLOT_BYTES) ERROR('Flow does not fill a slot');
if (EXT_BYTES != CONNTRACK_SLOT_BYTES) ERROR('An extension does not fill a slot');
if (offsetof<Flow>() != FLOW_BYTES) ERROR('FLOW_BYTES is not the size of Flow');
