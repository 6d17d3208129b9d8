// What is asked of the socket that a packet of this host comes from: constants, since who sent a packet is assumed for all alike.

import { PACKET_FLAG_CLONE, PACKET_FLAG_SENT } from '../../assembly/abi/packet.ts';
import type { Sender } from '../ir/assume.ts';
import type { Test } from '../ir/ir.ts';
import type { LowerContext } from '../ruleset/extension.ts';
import { never } from './values.ts';

/**
 * Packets that carry their sender's socket: those on their way out. On loopback they lose it, and a copy of a broadcast never has it.
 * Ref: drivers/net/loopback.c:loopback_xmit(), net/core/skbuff.c:skb_clone()
 */
const FROM_SOCKET: readonly Test[] = [
  { kind: 'mask', field: 'flags', mask: PACKET_FLAG_SENT | PACKET_FLAG_CLONE, value: PACKET_FLAG_SENT, negate: false },
  { kind: 'range', field: 'in', low: 0, high: 0, negate: false },
];

/** Tests that hold for packets from the assumed socket as `ofSender` says, for all others as `otherwise` does. */
export function bySender({ assume }: LowerContext, ofSender: (sender: Sender) => boolean, otherwise: boolean): Test[] {
  const { sender } = assume;
  return byCase(FROM_SOCKET, sender ? ofSender(sender) : otherwise, otherwise);
}

/** Tests that hold as `inside` says where the tests of the case hold, elsewhere as `outside` does. */
export function byCase(tests: readonly Test[], inside: boolean, outside: boolean): Test[] {
  if (inside === outside) return inside ? [] : [never('flags')];
  return inside ? [...tests] : [{ kind: 'not', tests }];
}
