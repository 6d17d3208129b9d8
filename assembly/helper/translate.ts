// What helpers do of connections that are translated: they announce to the other side what it can reach, and expect that.

import { ENV_CONNTRACK } from '../abi/batch.ts';
import {
  EXPECT_BUSY,
  EXPECT_DIRECTION,
  EXPECT_DONE,
  EXPECT_FUNCTION,
  EXPECT_FUNCTION_NAT_FOLLOW_MASTER,
  EXPECT_SAVED_PORT,
  EXPECT_TUPLE,
} from '../abi/expect.ts';
import { FLOW_STATUS, IPS_DST_NAT, IPS_SRC_NAT, TUPLE_DPORT } from '../abi/flow.ts';
import { VERDICT_ACCEPT, VERDICT_DROP } from '../abi/verdict.ts';
import { giveUpExpectation } from '../conntrack/expect.ts';
import { draw } from '../match/draw.ts';
import { manglePayload } from '../nat/payload.ts';
import { scaleHash } from '../wire/jhash.ts';
import { blockOf, put, register } from './expect.ts';

const PORT_MAX: u32 = 65535;
const ATTEMPTS_MAX: u32 = 128;

/** Whether a connection is translated. Ref: include/uapi/linux/netfilter/nf_conntrack_common.h IPS_NAT_MASK */
export function isTranslated(entry: usize): bool {
  return (load<u32>(entry, FLOW_STATUS) & (IPS_SRC_NAT | IPS_DST_NAT)) != 0;
}

/** Lets the connection that is expected follow its master, which sends in `direction`, to the port `saved`. */
export function followLater(expectation: usize, direction: u32, saved: u32): void {
  store<u16>(expectation, <u16>saved, EXPECT_SAVED_PORT);
  store<u8>(expectation, <u8>direction, EXPECT_DIRECTION);
  store<u32>(expectation, EXPECT_FUNCTION_NAT_FOLLOW_MASTER, EXPECT_FUNCTION);
}

/**
 * Registers an expectation at its port, or, while another has that, at one drawn from those above.
 *
 * Returns: the port, 0 = it cannot be registered.
 * Ref: net/netfilter/nf_nat_helper.c:nf_nat_exp_find_port()
 */
export function registerAtPort(env: usize, packet: usize, expectation: usize): u32 {
  const first = <u32>load<u16>(expectation, EXPECT_TUPLE + TUPLE_DPORT);
  const span = PORT_MAX - first;
  let port = first;
  let left = min(span, ATTEMPTS_MAX);
  while (true) {
    store<u16>(expectation, <u16>port, EXPECT_TUPLE + TUPLE_DPORT);
    const answer = register(env, packet, expectation, 0);
    if (answer == EXPECT_DONE) return port;
    if (answer != EXPECT_BUSY || left == 0) return 0;
    left--;
    port = first + scaleHash(draw(env, packet), span);
  }
}

/**
 * Puts text that announces a registered expectation into a packet, and gives the expectation back.
 *
 * Returns: the helper's verdict.
 */
export function announceIn(env: usize, packet: usize, expectation: usize, offset: u32, length: u32, text: usize, end: usize): u32 {
  const isDone = manglePayload(env, packet, offset, length, text, <u32>(end - text));
  if (!isDone) giveUpExpectation(<usize>load<u32>(env, ENV_CONNTRACK), blockOf(env, packet), expectation);
  put(env, packet, expectation);
  return isDone ? VERDICT_ACCEPT : VERDICT_DROP;
}

// ── Text ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Writes a number in decimal. Returns: where it ends. */
export function writeDecimal(at: usize, value: u32): usize {
  let digits: usize = 1;
  for (let rest = value / 10; rest != 0; rest /= 10) digits++;
  let rest = value;
  for (let i = digits; i > 0; i--, rest /= 10) store<u8>(at + i - 1, <u8>(0x30 + (rest % 10)));
  return at + digits;
}

/** Writes an IPv4 address with `separator` between its numbers. Returns: where it ends. */
export function writeIpv4(at: usize, address: u32, separator: u32): usize {
  let end = writeDecimal(at, address >>> 24);
  for (let shift: i32 = 16; shift >= 0; shift -= 8) {
    store<u8>(end, <u8>separator);
    end = writeDecimal(end + 1, (address >>> shift) & 255);
  }
  return end;
}

/** Writes an IPv6 address (TUPLE_SRC form) in full, eight groups of four digits. Returns: where it ends. */
export function writeIpv6(at: usize, address: usize): usize {
  let end = at;
  for (let i: usize = 0; i < 8; i++) {
    const group = (load<u32>(address + ((i >> 1) << 2)) >>> ((i & 1) == 0 ? 16 : 0)) & 0xffff;
    if (i != 0) store<u8>(end++, 0x3a);
    for (let shift: i32 = 12; shift >= 0; shift -= 4) {
      const digit = (group >>> shift) & 15;
      store<u8>(end++, <u8>(digit < 10 ? 0x30 + digit : 0x57 + digit));
    }
  }
  return end;
}
