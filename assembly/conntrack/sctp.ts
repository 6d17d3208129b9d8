// The SCTP tracker: states by chunk, and the verification tags that each direction must carry. States seen from the middle:
//
//   COOKIE_WAIT        an INIT, and perhaps its INIT_ACK
//   COOKIE_ECHOED      a COOKIE_ECHO
//   ESTABLISHED        a COOKIE_ACK
//   SHUTDOWN_SENT      a SHUTDOWN from the originator; SHUTDOWN_RECD: from the replier
//   SHUTDOWN_ACK_SENT  the SHUTDOWN_ACK to it
//   HEARTBEAT_SENT     a HEARTBEAT out of nowhere: a second path of an association that is tracked elsewhere

import { IPCT_PROTOINFO } from '../abi/event.ts';
import {
  CONNTRACK_SCTP_TIMEOUTS,
  DIRECTION_ORIGINAL,
  DIRECTION_REPLY,
  FLOW_PROTO,
  FLOW_PROTO_BYTES,
  FLOW_STATUS,
  IPS_CONFIRMED,
  SCTP_CT_CLOSED,
  SCTP_CT_COOKIE_ECHOED,
  SCTP_CT_COOKIE_WAIT,
  SCTP_CT_ESTABLISHED,
  SCTP_CT_HEARTBEAT_SENT,
  SCTP_CT_INVALID,
  SCTP_CT_NONE,
  SCTP_CT_SHUTDOWN_ACK_SENT,
  SCTP_CT_SHUTDOWN_RECD,
  SCTP_CT_SHUTDOWN_SENT,
  SCTP_FLAG_HEARTBEAT_VTAG_FAILED,
  SCTP_FLAGS,
  SCTP_INIT,
  SCTP_LAST_DIRECTION,
  SCTP_STATE,
  SCTP_VTAG,
} from '../abi/flow.ts';
import { PACKET_END, PACKET_L4, PACKET_L4_LENGTH } from '../abi/packet.ts';
import { HANDLED, HANDLED_INVALID } from './answer.ts';
import { assure } from './assure.ts';
import { badSctpChecksum } from './checksum.ts';
import { noteEvent } from './event.ts';
import { packetDirection, refresh, timeoutsOf } from './expire.ts';
import { be16 } from './tuple.ts';

const SCTP_HEADER_BYTES: u32 = 12;
const CHUNK_HEADER_BYTES: u32 = 4;
const INIT_HEADER_BYTES: u32 = 16;

const CHUNK_DATA: u32 = 0;
const CHUNK_INIT: u32 = 1;
const CHUNK_INIT_ACK: u32 = 2;
const CHUNK_HEARTBEAT: u32 = 4;
const CHUNK_HEARTBEAT_ACK: u32 = 5;
const CHUNK_ABORT: u32 = 6;
const CHUNK_SHUTDOWN_ACK: u32 = 8;
const CHUNK_COOKIE_ECHO: u32 = 10;
const CHUNK_COOKIE_ACK: u32 = 11;
const CHUNK_SHUTDOWN_COMPLETE: u32 = 14;
/** Chunk flag T: the sender had no tag of its own and reflects the other's. */
const CHUNK_FLAG_T: u32 = 1;

/** Chunks that have tag rules of their own, or carry the tag to be learnt (RFC 9260, 8.5.1). */
const OWN_TAG_RULES: u32 =
  (1 << CHUNK_INIT) |
  (1 << CHUNK_SHUTDOWN_COMPLETE) |
  (1 << CHUNK_COOKIE_ECHO) |
  (1 << CHUNK_ABORT) |
  (1 << CHUNK_SHUTDOWN_ACK) |
  (1 << CHUNK_HEARTBEAT) |
  (1 << CHUNK_HEARTBEAT_ACK);
/** Chunks that no connection starts with (RFC 9260, 8.4). */
const NEVER_FIRST: u32 = (1 << CHUNK_ABORT) | (1 << CHUNK_SHUTDOWN_COMPLETE) | (1 << CHUNK_COOKIE_ACK);

const STATES: u32 = 9;
const CHUNKS: u32 = 15;
const CL: u8 = <u8>SCTP_CT_CLOSED;
const CW: u8 = <u8>SCTP_CT_COOKIE_WAIT;
const CE: u8 = <u8>SCTP_CT_COOKIE_ECHOED;
const ES: u8 = <u8>SCTP_CT_ESTABLISHED;
const SS: u8 = <u8>SCTP_CT_SHUTDOWN_SENT;
const SR: u8 = <u8>SCTP_CT_SHUTDOWN_RECD;
const SA: u8 = <u8>SCTP_CT_SHUTDOWN_ACK_SENT;
const HS: u8 = <u8>SCTP_CT_HEARTBEAT_SENT;
const iv: u8 = <u8>SCTP_CT_INVALID;
/** A chunk that changes no state: DATA, SACK, ECNE, CWR (and every type above 14). */
const __: u8 = 0xff;

/**
 * The state after a chunk, by direction, state before, chunk type 0 to 14.
 *
 * Ref: net/netfilter/nf_conntrack_proto_sctp.c:sctp_conntracks
 */
// prettier-ignore
const GRID: StaticArray<u8> = [
  // From the originator:
  // DATA INIT INITACK SACK HB HBACK ABORT SHUT SHUTACK ERR ECHO COOKACK ECNE CWR SHUTCOMPL
  __, CL, CL, __, HS, CL, CL, CL, SA, CL, CL, CL, __, __, CL, // NONE: opened by an INIT (as CLOSED until it is answered), a heartbeat, or a late SHUTDOWN_ACK
  __, CL, CL, __, CL, CL, CL, CL, CL, CL, CL, CL, __, __, CL, // CLOSED: stays until the INIT is answered
  __, CW, CW, __, CW, CW, CL, CW, CW, CW, CE, CW, __, __, CW, // COOKIE_WAIT: the cookie comes back
  __, CE, CE, __, CE, CE, CL, CE, CE, CE, CE, ES, __, __, CE, // COOKIE_ECHOED: the originator may acknowledge where INITs collided
  __, ES, ES, __, ES, ES, CL, SS, ES, ES, ES, ES, __, __, ES, // ESTABLISHED
  __, CL, SS, __, SS, SS, CL, SS, SA, SS, SS, SS, __, __, SS, // SHUTDOWN_SENT: an INIT starts over
  __, CL, SR, __, SR, SR, CL, SR, SA, SR, SR, SR, __, __, SR, // SHUTDOWN_RECD: likewise
  __, SA, SA, __, SA, SA, CL, SA, SA, SA, SA, SA, __, __, CL, // SHUTDOWN_ACK_SENT: the end
  __, CW, CL, __, HS, HS, CL, CL, SA, CL, CL, CL, __, __, CL, // HEARTBEAT_SENT: an association may start on the path after all
  // From the replier:
  iv, iv, iv, iv, iv, iv, iv, iv, iv, iv, iv, iv, iv, iv, iv, // NONE: cannot be
  __, CL, CW, __, CL, CL, CL, CL, CL, CL, CL, CL, __, __, CL, // CLOSED: the INIT is answered
  __, CW, CW, __, CW, CW, CL, CW, CW, CW, CE, CW, __, __, CW, // COOKIE_WAIT
  __, CE, CE, __, CE, CE, CL, CE, CE, CL, CE, ES, __, __, CE, // COOKIE_ECHOED: accepted, or refused as stale (ERROR)
  __, ES, ES, __, ES, ES, CL, SR, ES, ES, ES, ES, __, __, ES, // ESTABLISHED
  __, SS, SS, __, SS, SS, CL, SS, SA, SS, SS, SS, __, __, SS, // SHUTDOWN_SENT
  __, SR, SR, __, SR, SR, CL, SR, SA, SR, SR, SR, __, __, SR, // SHUTDOWN_RECD
  __, SA, SA, __, SA, SA, CL, SA, SA, SA, SA, SA, __, __, CL, // SHUTDOWN_ACK_SENT
  __, iv, iv, __, HS, ES, iv, iv, iv, iv, iv, iv, __, __, iv, // HEARTBEAT_SENT: only its answer makes it a path
];

function nextState(direction: u32, state: u32, type: u32): u32 {
  if (type >= CHUNKS) return state;
  const next = <u32>GRID[(direction * STATES + state) * CHUNKS + type];
  return next == <u32>__ || (next == SCTP_CT_INVALID && (type == CHUNK_DATA || type == 3 || type == 12 || type == 13)) ? state : next;
}

/** The chunk at `at` can be read. The walk goes from the common header on, padded to four bytes. */
function hasChunk(at: usize, end: usize): bool {
  return at + CHUNK_HEADER_BYTES <= end;
}

function nextChunk(at: usize): usize {
  return at + <usize>((be16(at + 2) + 3) & ~3);
}

/**
 * Tracks an SCTP packet.
 *
 * Ref: net/netfilter/nf_conntrack_proto_sctp.c:nf_conntrack_sctp_packet()
 */
export function trackSctp(region: usize, entry: usize, packet: usize): u32 {
  const header = <usize>load<u32>(packet, PACKET_L4);
  const end = <usize>load<u32>(packet, PACKET_END);
  if (load<u32>(packet, PACKET_L4_LENGTH) < SCTP_HEADER_BYTES || header + SCTP_HEADER_BYTES > end) return HANDLED_INVALID;
  if (badSctpChecksum(region, packet)) return HANDLED_INVALID;
  const chunks = header + SCTP_HEADER_BYTES;
  const present = chunkTypes(chunks, end);
  if (present == NO_CHUNKS) return HANDLED_INVALID;
  const state = entry + FLOW_PROTO;
  const vtag = load<u32>(header, 4);
  const status = load<u32>(entry, FLOW_STATUS);
  if (!(status & IPS_CONFIRMED)) {
    if (present & NEVER_FIRST) return HANDLED_INVALID;
    if (!open(state, chunks, end, vtag)) return HANDLED_INVALID;
  }
  const direction = packetDirection(packet);
  if (!(present & OWN_TAG_RULES) && vtag != tag(state, direction)) return HANDLED_INVALID;

  let next = SCTP_CT_NONE;
  let keepsTimeout = false;
  for (let at = chunks; hasChunk(at, end); at = nextChunk(at)) {
    const type = <u32>load<u8>(at);
    const answer = checkTag(state, at, vtag, direction, present, keepsTimeout);
    if (answer == TAG_WRONG) return HANDLED_INVALID;
    if (answer == TAG_TOLERATED) {
      keepsTimeout = true;
      continue;
    }
    const old = <u32>load<u8>(state, SCTP_STATE);
    next = nextState(direction, old, type);
    if (next == SCTP_CT_INVALID) return HANDLED_INVALID;
    if (type == CHUNK_INIT) {
      if (!noteInit(state, at, end, direction, old)) return HANDLED_INVALID;
      // An INIT sent again does not renew, as a SYN does not.
      if (next == SCTP_CT_CLOSED && old == SCTP_CT_CLOSED && status & IPS_CONFIRMED) keepsTimeout = true;
    } else if (type == CHUNK_INIT_ACK) {
      if (!noteInitAck(state, at, end, direction)) return HANDLED_INVALID;
    }
    store<u8>(state, <u8>next, SCTP_STATE);
    if (old == next) continue;
    noteEvent(entry, IPCT_PROTOINFO);
    if (next == SCTP_CT_ESTABLISHED) assure(entry, load<u32>(entry, FLOW_STATUS));
  }
  if (!keepsTimeout) {
    refresh(region, entry, packet, load<u64>(timeoutsOf(region, entry, status) + (<usize>next << 3), CONNTRACK_SCTP_TIMEOUTS));
  }
  return HANDLED;
}

const NO_CHUNKS: u32 = 0x80000000;

/**
 * The chunk types of a packet as a bit set (types below 15), or NO_CHUNKS when there are none or they may not stand together:
 * INIT, INIT_ACK and SHUTDOWN_COMPLETE stand alone, COOKIE_ECHO and COOKIE_ACK come first, and no chunk is empty.
 *
 * Ref: net/netfilter/nf_conntrack_proto_sctp.c:do_basic_checks()
 */
function chunkTypes(chunks: usize, end: usize): u32 {
  let present: u32 = 0;
  let alone = false;
  let count: u32 = 0;
  for (let at = chunks; hasChunk(at, end); at = nextChunk(at)) {
    const type = <u32>load<u8>(at);
    if (type == CHUNK_INIT || type == CHUNK_INIT_ACK || type == CHUNK_SHUTDOWN_COMPLETE) alone = true;
    if (count != 0 && (alone || type == CHUNK_COOKIE_ACK || type == CHUNK_COOKIE_ECHO)) return NO_CHUNKS;
    if (load<u16>(at, 2) == 0) return NO_CHUNKS;
    if (type < CHUNKS) present |= 1 << type;
    count++;
  }
  return count == 0 ? NO_CHUNKS : present;
}

/**
 * Sets up a new entry from its first packet.
 *
 * Ref: net/netfilter/nf_conntrack_proto_sctp.c:sctp_new()
 */
function open(state: usize, chunks: usize, end: usize, vtag: u32): bool {
  memory.fill(state, 0, FLOW_PROTO_BYTES);
  for (let at = chunks; hasChunk(at, end); at = nextChunk(at)) {
    const type = <u32>load<u8>(at);
    const next = nextState(DIRECTION_ORIGINAL, SCTP_CT_NONE, type);
    if (next == SCTP_CT_NONE || next == SCTP_CT_INVALID) return false;
    if (type == CHUNK_INIT) {
      if (vtag != 0 || at + CHUNK_HEADER_BYTES + INIT_HEADER_BYTES > end) return false;
      setTag(state, DIRECTION_REPLY, load<u32>(at, CHUNK_HEADER_BYTES));
    } else if (type == CHUNK_HEARTBEAT) setTag(state, DIRECTION_ORIGINAL, vtag);
    else if (type == CHUNK_SHUTDOWN_ACK) setTag(state, DIRECTION_REPLY, vtag);
  }
  return true;
}

const TAG_WRONG: u32 = 0;
const TAG_RIGHT: u32 = 1;
/** A heartbeat with another tag: let through once, without effect, as the association may have started over. */
const TAG_TOLERATED: u32 = 2;

/** The tag rules of single chunks (RFC 9260, 8.5.1). */
function checkTag(state: usize, at: usize, vtag: u32, direction: u32, present: u32, tolerated: bool): u32 {
  const type = <u32>load<u8>(at);
  if (type == CHUNK_INIT) return vtag == 0 ? TAG_RIGHT : TAG_WRONG;
  if (type == CHUNK_ABORT || type == CHUNK_SHUTDOWN_COMPLETE) {
    const side = <u32>load<u8>(at, 1) & CHUNK_FLAG_T ? direction ^ 1 : direction;
    return vtag == tag(state, side) ? TAG_RIGHT : TAG_WRONG;
  }
  if (type == CHUNK_COOKIE_ECHO) return vtag == tag(state, direction) ? TAG_RIGHT : TAG_WRONG;
  if (type == CHUNK_COOKIE_ACK) {
    store<u8>(state, 0, SCTP_INIT);
    store<u8>(state, 0, SCTP_INIT + 1);
    return TAG_RIGHT;
  }
  if (type != CHUNK_HEARTBEAT && type != CHUNK_HEARTBEAT_ACK) return TAG_RIGHT;
  const flags = <u32>load<u8>(state, SCTP_FLAGS);
  if (tag(state, direction) == 0) {
    setTag(state, direction, vtag);
    return TAG_RIGHT;
  }
  if (vtag == tag(state, direction)) {
    store<u8>(state, <u8>(flags & ~SCTP_FLAG_HEARTBEAT_VTAG_FAILED), SCTP_FLAGS);
    return TAG_RIGHT;
  }
  if (present & (1 << CHUNK_DATA) || tolerated) return TAG_WRONG;
  if (type == CHUNK_HEARTBEAT) {
    store<u8>(state, <u8>(flags | SCTP_FLAG_HEARTBEAT_VTAG_FAILED), SCTP_FLAGS);
    store<u8>(state, <u8>direction, SCTP_LAST_DIRECTION);
    return TAG_TOLERATED;
  }
  // The answer to a heartbeat let through: its tag is the new one, and the other side's is to be learnt.
  if (!(flags & SCTP_FLAG_HEARTBEAT_VTAG_FAILED) || <u32>load<u8>(state, SCTP_LAST_DIRECTION) == direction) return TAG_WRONG;
  store<u8>(state, <u8>(flags & ~SCTP_FLAG_HEARTBEAT_VTAG_FAILED), SCTP_FLAGS);
  setTag(state, direction, vtag);
  setTag(state, direction ^ 1, 0);
  return TAG_RIGHT;
}

/** Takes the tag of an INIT, and notes that it is outstanding unless it repeats what is known. False: cut short. */
function noteInit(state: usize, at: usize, end: usize, direction: u32, old: u32): bool {
  if (at + CHUNK_HEADER_BYTES + INIT_HEADER_BYTES > end) return false;
  const own = load<u32>(at, CHUNK_HEADER_BYTES);
  const mine = state + SCTP_INIT + <usize>direction;
  const other = state + SCTP_INIT + <usize>(direction ^ 1);
  if (old == SCTP_CT_NONE || tag(state, direction ^ 1) != own) {
    if (load<u8>(mine) != 0 && load<u8>(other) != 0) store<u8>(other, 0);
    store<u8>(mine, 1);
  }
  setTag(state, direction ^ 1, own);
  return true;
}

/** Takes the tag of an INIT_ACK; false when it is cut short or contradicts what is known. */
function noteInitAck(state: usize, at: usize, end: usize, direction: u32): bool {
  if (at + CHUNK_HEADER_BYTES + INIT_HEADER_BYTES > end) return false;
  const own = load<u32>(at, CHUNK_HEADER_BYTES);
  const known = tag(state, direction ^ 1);
  const mineOutstanding = load<u8>(state + SCTP_INIT + <usize>direction) != 0;
  const otherOutstanding = load<u8>(state + SCTP_INIT + <usize>(direction ^ 1)) != 0;
  if (!otherOutstanding && known != 0 && known != own) return false;
  if (mineOutstanding && otherOutstanding && known != own) return false; // INITs collided
  setTag(state, direction ^ 1, own);
  return true;
}

function tag(state: usize, direction: u32): u32 {
  return load<u32>(state + (<usize>direction << 2), SCTP_VTAG);
}

function setTag(state: usize, direction: u32, vtag: u32): void {
  store<u32>(state + (<usize>direction << 2), vtag, SCTP_VTAG);
}
