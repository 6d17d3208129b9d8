// sip with translation: what a session description tells becomes what the other side can reach, and that is expected.

import {
  EXPECT_ANY_PORT,
  EXPECT_BUSY,
  EXPECT_DONE,
  EXPECT_SAVED_PORT,
  EXPECT_SKIP_MASTER,
  EXPECT_TUPLE,
} from '../abi/expect.ts';
import { FLOW_ORIGINAL, TUPLE_DPORT, TUPLE_DST, TUPLE_FAMILY } from '../abi/flow.ts';
import { VERDICT_ACCEPT, VERDICT_DROP } from '../abi/verdict.ts';
import { IPPROTO_UDP } from '../conntrack/tuple.ts';
import { copyAddress } from '../nat/room.ts';
import { scratch } from './context.ts';
import { expectation, giveUp, put, register } from './expect.ts';
import { findSdp, SDP_CONNECTION, SDP_OWNER, SDP_VERSION } from './sdp.ts';
import { FOUND, FOUND_AT, FOUND_END, findHeader, HEADER_CONTENT_LENGTH, MISSING } from './sip-header.ts';
import { SCRATCH_FOUND, SCRATCH_START } from './sip-memory.ts';
import { translateExpected } from './sip-nat.ts';
import { messageEnd, rewriteAddress, rewriteNumber } from './sip-text.ts';

/** Bytes of "v=", with which a description begins. */
const VERSION_NAME_BYTES: u32 = 2;
const PORT_MAX: u32 = 65535;

function familyOf(entry: usize): u32 {
  return load<u8>(entry, FLOW_ORIGINAL + TUPLE_FAMILY);
}

/**
 * Expects a stream to an address and an even port at a pair of ports where the other side knows it, the next that is free, and tells the
 * port (from `from` to `to` in the message). The address becomes the one that is told.
 *
 * Returns: VERDICT_ACCEPT or VERDICT_DROP.
 * Ref: net/netfilter/nf_nat_sip.c:nf_nat_sdp_media()
 */
export function expectTranslatedStream(
  env: usize,
  packet: usize,
  entry: usize,
  klass: u32,
  source: usize,
  address: usize,
  port: u32,
  from: usize,
  to: usize,
): u32 {
  for (let next = port; next <= PORT_MAX; next += 2) {
    const data = translated(env, packet, entry, klass, source, address, port, next);
    const control: usize = data == 0 ? 0 : translated(env, packet, entry, klass, source, address, port, next + 1);
    const answer = control == 0 ? EXPECT_DONE : registerPair(env, packet, data, control);
    const isDone = control != 0 && answer == EXPECT_DONE;
    if (isDone) copyAddress(address, data + EXPECT_TUPLE + TUPLE_DST);
    const isTold = isDone && (next == port || tellPort(env, packet, entry, from, to, next));
    if (isDone && !isTold) {
      giveUp(env, packet, data);
      giveUp(env, packet, control);
    }
    if (control != 0) put(env, packet, control);
    if (data != 0) put(env, packet, data);
    if (isTold) return VERDICT_ACCEPT;
    if (answer != EXPECT_BUSY) return VERDICT_DROP;
  }
  return VERDICT_DROP;
}

/** What is expected at `at` instead of `port`. */
function translated(
  env: usize,
  packet: usize,
  entry: usize,
  klass: u32,
  source: usize,
  address: usize,
  port: u32,
  at: u32,
): usize {
  const made = expectation(env, packet, klass, source, address, IPPROTO_UDP, EXPECT_ANY_PORT, port);
  if (made == 0) return 0;
  translateExpected(packet, entry, made);
  store<u16>(made, <u16>(port + (at & 1)), EXPECT_SAVED_PORT);
  store<u16>(made, <u16>at, EXPECT_TUPLE + TUPLE_DPORT);
  return made;
}

/** Returns: EXPECT_DONE, EXPECT_BUSY when either is taken, or another reason. */
function registerPair(env: usize, packet: usize, data: usize, control: usize): u32 {
  const first = register(env, packet, data, EXPECT_SKIP_MASTER);
  if (first != EXPECT_DONE) return first;
  const second = register(env, packet, control, EXPECT_SKIP_MASTER);
  if (second != EXPECT_DONE) giveUp(env, packet, data);
  return second;
}

/** Tells a port. Ref: net/netfilter/nf_nat_sip.c:nf_nat_sdp_port() */
export function tellPort(env: usize, packet: usize, entry: usize, from: usize, to: usize, port: u32): bool {
  return rewriteNumber(env, packet, from, to, port) && tellLength(env, packet, entry);
}

/** Tells the address of a medium, behind `at`. Ref: net/netfilter/nf_nat_sip.c:nf_nat_sdp_addr() */
export function tellConnection(env: usize, packet: usize, entry: usize, at: usize, address: usize): bool {
  return tellAddress(env, packet, entry, SDP_CONNECTION, at, address) == FOUND && tellLength(env, packet, entry);
}

/** Tells the addresses of the session, behind `at`; its connection may lack one. Ref: net/netfilter/nf_nat_sip.c:nf_nat_sdp_session() */
export function tellSession(env: usize, packet: usize, entry: usize, at: usize, address: usize): bool {
  if (tellAddress(env, packet, entry, SDP_OWNER, at, address) != FOUND) return false;
  const answer = tellAddress(env, packet, entry, SDP_CONNECTION, at, address);
  return answer != UNTOLD && tellLength(env, packet, entry);
}

/** There is no room for it. */
const UNTOLD: i32 = -2;

function tellAddress(env: usize, packet: usize, entry: usize, header: u32, at: usize, address: usize): i32 {
  const found = scratch(env, packet) + SCRATCH_FOUND;
  if (findSdp(header, true, familyOf(entry), at, messageEnd(env, packet), found) != FOUND) return MISSING;
  const isTold = rewriteAddress(env, packet, entry, load<u32>(found, FOUND_AT), load<u32>(found, FOUND_END), address, false);
  return isTold ? FOUND : UNTOLD;
}

/** Tells the length of the description. Ref: net/netfilter/nf_nat_sip.c:mangle_content_len() */
function tellLength(env: usize, packet: usize, entry: usize): bool {
  const found = scratch(env, packet) + SCRATCH_FOUND;
  const at = load<u32>(scratch(env, packet), SCRATCH_START);
  const end = messageEnd(env, packet);
  if (findSdp(SDP_VERSION, false, familyOf(entry), at, end, found) != FOUND) return false;
  const length = <u32>end - load<u32>(found, FOUND_AT) + VERSION_NAME_BYTES;
  if (findHeader(HEADER_CONTENT_LENGTH, familyOf(entry), at, end, found) != FOUND) return false;
  return rewriteNumber(env, packet, load<u32>(found, FOUND_AT), load<u32>(found, FOUND_END), length);
}
