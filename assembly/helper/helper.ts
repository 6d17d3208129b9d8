// Connection tracking helpers: they read what a connection says, and expect the connections that it announces.
//
// Comes in: a packet whose connection has a helper (IPS_HELPER), where the kernel runs it: last at INPUT and POSTROUTING, before
// the packet's connection is confirmed, and so twice for a packet over the loopback device. Goes out: expectations, and
// VERDICT_ACCEPT or VERDICT_DROP.
//
// A helper is a function (env, packet, entry) in a file of its own, named in the switch below. What it may count on:
//   - the packet is whole: all bytes from PACKET_L4 to payloadEnd() are there, in one piece. payload.ts and address.ts read text;
//     every length is checked there or by the helper. What the packet says is never a reason to trap.
//   - PACKET_CTINFO may be anything but CTINFO_RELATED_REPLY; packetDirection(packet) is the direction. Tuples of the
//     connection: entry + direction * FLOW_DIRECTION_TUPLE, with TUPLE_* offsets; addresses are passed on by their address.
//   - context.ts: state(entry) is EXT_STATE_BYTES that are its own for as long as the connection lives, 0 at first.
//     parameter(env, entry, PARAMETER_*) is what its module was told; src/core/helpers.ts lists parameters and policies;
//     scratch(env, packet) is SHARD_HELPER_SCRATCH_BYTES that are its own until it returns.
//   - expect.ts: expectation() makes one, announce() registers it and gives the verdict; register() and put() are the two steps
//     of it. Class, flags (EXPECT_FLAG_PERMANENT …), EXPECT_ASSIGN_HELPER and EXPECT_FUNCTION are set in between.
//     conntrack/expect.ts: findExpectation(), giveUpExpectation(), removeExpectations().
//   - Once it has registered one, an expectation that it has looked up before may be gone.
// Translation: where isTranslated(entry) the kernel lets nat change the payload, and the expectation, before it is registered. A helper
// calls what translate.ts has instead of announce(); EXPECT_SAVED_*, EXPECT_DIRECTION and EXPECT_FUNCTION are nat's. The packet's bytes
// lie elsewhere then, and may be more or less.
//
// Ref: net/netfilter/nf_conntrack_proto.c:nf_confirm()

import {
  HELPER_AMANDA,
  HELPER_FTP,
  HELPER_H245,
  HELPER_IRC,
  HELPER_PPTP,
  HELPER_Q931,
  HELPER_RAS,
  HELPER_NETBIOS_NS,
  HELPER_SANE,
  HELPER_SNMP,
  HELPER_SNMP_TRAP,
  HELPER_SIP,
  HELPER_TFTP,
} from '../abi/expect.ts';
import { PACKET_END } from '../abi/packet.ts';
import { VERDICT_ACCEPT } from '../abi/verdict.ts';
import { helperOf } from '../conntrack/expect.ts';
import { amanda } from './amanda.ts';
import { broadcast } from './broadcast.ts';
import { ftp } from './ftp.ts';
import { ras } from './h323-ras.ts';
import { h245, q931 } from './h323-stream.ts';
import { irc } from './irc.ts';
import { payloadEnd } from './payload.ts';
import { pptp } from './pptp.ts';
import { sane } from './sane.ts';
import { sip } from './sip.ts';
import { snmp } from './snmp.ts';
import { tftp } from './tftp.ts';

/**
 * Shows a packet to the helper of its connection.
 *
 * Differs: a packet that the capture has cut is not shown, since what is missing might be what it says.
 * Returns: VERDICT_ACCEPT or VERDICT_DROP.
 * Ref: net/netfilter/nf_conntrack_proto.c:nf_confirm()
 */
export function help(env: usize, packet: usize, entry: usize): u32 {
  if (payloadEnd(packet) > <usize>load<u32>(packet, PACKET_END)) return VERDICT_ACCEPT;
  switch (helperOf(entry)) {
    case HELPER_FTP:
      return ftp(env, packet, entry);
    case HELPER_TFTP:
      return tftp(env, packet, entry);
    case HELPER_IRC:
      return irc(env, packet, entry);
    case HELPER_AMANDA:
      return amanda(env, packet, entry);
    case HELPER_SANE:
      return sane(env, packet, entry);
    case HELPER_NETBIOS_NS:
      return broadcast(env, packet, entry);
    case HELPER_SNMP:
      broadcast(env, packet, entry);
      return snmp(env, packet, entry);
    case HELPER_SNMP_TRAP:
      return snmp(env, packet, entry);
    case HELPER_SIP:
      return sip(env, packet, entry);
    case HELPER_PPTP:
      return pptp(env, packet, entry);
    case HELPER_RAS:
      return ras(env, packet, entry);
    case HELPER_Q931:
      return q931(env, packet, entry);
    case HELPER_H245:
      return h245(env, packet, entry);
    default:
      return VERDICT_ACCEPT;
  }
}
