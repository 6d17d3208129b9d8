// What is asked of the socket that a packet of this host comes from: constants, since who sent a packet is assumed for all alike.

import { PACKET_FLAG_CLONE, PACKET_FLAG_KERNEL_SOCKET, PACKET_FLAG_SENT } from '../../assembly/abi/packet.ts';
import type { Sender } from '../ir/assume.ts';
import type { Test } from '../ir/ir.ts';
import type { LowerContext } from '../ruleset/extension.ts';
import { never } from './values.ts';

/** On loopback packets lose their socket. Ref: drivers/net/loopback.c:loopback_xmit() */
const LEAVING: Test = { kind: 'range', field: 'in', low: 0, high: 0, negate: false };

/**
 * Packets that carry their sender's socket: those on their way out. A copy of a broadcast never has it.
 * Ref: net/core/skbuff.c:skb_clone()
 */
const FROM_SOCKET: readonly Test[] = [
  { kind: 'mask', field: 'flags', mask: PACKET_FLAG_SENT | PACKET_FLAG_CLONE, value: PACKET_FLAG_SENT, negate: false },
  LEAVING,
];

/** Packets that the kernel itself answers with, from sockets of its own. Ref: net/ipv4/icmp.c:icmp_init() */
const FROM_KERNEL: readonly Test[] = [
  { kind: 'mask', field: 'flags', mask: PACKET_FLAG_KERNEL_SOCKET, value: PACKET_FLAG_KERNEL_SOCKET, negate: false },
  LEAVING,
];

/** What is said of the packets of each kind of sender. */
export interface SenderCases {
  readonly ofSender: (sender: Sender) => boolean;
  readonly ofKernel: boolean;
  readonly otherwise: boolean;
}

/** Tests that hold for packets from the assumed socket as `ofSender` says, for what the kernel answers as `ofKernel` does, for all others as `otherwise`. */
export function bySender({ assume }: LowerContext, { ofSender, ofKernel, otherwise }: SenderCases): Test[] {
  const { sender } = assume;
  const odd = [
    ...(sender && ofSender(sender) !== otherwise ? [FROM_SOCKET] : []),
    ...(ofKernel === otherwise ? [] : [FROM_KERNEL]),
  ];
  const neither = odd.map((tests): Test => ({ kind: 'not', tests }));
  if (otherwise) return neither;
  if (odd.length === 0) return [never('flags')];
  return odd.length === 1 ? [...odd[0]!] : [{ kind: 'not', tests: neither }];
}

/** Tests that hold as `inside` says where the tests of the case hold, elsewhere as `outside` does. */
export function byCase(tests: readonly Test[], inside: boolean, outside: boolean): Test[] {
  if (inside === outside) return inside ? [] : [never('flags')];
  return inside ? [...tests] : [{ kind: 'not', tests }];
}
