// Closing a connection from outside the tracker.

import { ENV_CONNTRACK } from '../abi/batch.ts';
import { IPCT_PROTOINFO } from '../abi/event.ts';
import {
  CONNTRACK_TCP_TIMEOUTS,
  FLOW_DEADLINE,
  FLOW_ORIGINAL,
  FLOW_PROTO,
  FLOW_STATUS,
  IPS_CONFIRMED,
  IPS_FIXED_TIMEOUT,
  TCP_CT_CLOSE,
  TCP_STATE,
  TUPLE_PROTO,
} from '../abi/flow.ts';
import { PACKET_CT, PACKET_TIME } from '../abi/packet.ts';
import { noteEvent } from './event.ts';
import { timeoutsOf } from './expire.ts';
import { PROTO_TCP } from '../wire/transport.ts';

/**
 * Takes the packet's TCP connection to CLOSE, as REJECT does when it answers with a reset. One that is not confirmed, as that of a
 * first packet, stays as it is: it goes with the packet.
 *
 * Ref: net/netfilter/nf_conntrack_proto_tcp.c:nf_conntrack_tcp_set_closing()
 */
export function closeConnection(env: usize, packet: usize): void {
  const entry: usize = load<u32>(packet, PACKET_CT);
  if (entry == 0 || load<u8>(entry, FLOW_ORIGINAL + TUPLE_PROTO) != PROTO_TCP) return;
  const status = load<u32>(entry, FLOW_STATUS);
  if (!(status & IPS_CONFIRMED)) return;
  const old = load<u8>(entry, FLOW_PROTO + TCP_STATE);
  store<u8>(entry, <u8>TCP_CT_CLOSE, FLOW_PROTO + TCP_STATE);
  if (old == TCP_CT_CLOSE || status & IPS_FIXED_TIMEOUT) return;
  const region: usize = load<u32>(env, ENV_CONNTRACK);
  const span = load<u64>(timeoutsOf(region, entry, status) + (<usize>TCP_CT_CLOSE << 3), CONNTRACK_TCP_TIMEOUTS);
  store<u64>(entry, load<u64>(packet, PACKET_TIME) + span, FLOW_DEADLINE);
  noteEvent(entry, IPCT_PROTOINFO);
}
