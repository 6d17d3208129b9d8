// -j TPROXY: hands the packet to a local socket without changing its addresses.

import { ACTION_TPROXY } from '../../assembly/abi/opcode.ts';
import type { Action } from '../ir/ir.ts';
import { formatAddress } from '../net/address.ts';
import { hex } from '../net/number.ts';
import { PROTOCOL_TCP, PROTOCOL_UDP } from '../net/protocol.ts';
import type { LowerContext, TargetExtension } from '../ruleset/extension.ts';
import { readHost } from './addresses.ts';
import { saveValue, valueOption } from './specs.ts';
import { readPortAnyProtocol, readValueMask } from './values.ts';

interface TproxyOptions {
  port?: number;
  address: Uint8Array;
  mark: { readonly value: number; readonly mask: number };
}

/** The mask is printed always. */
function formatMark({ value, mask }: TproxyOptions['mark']): string {
  return `${hex(value)}/${hex(mask)}`;
}

/** Without a transparent socket to hand it to the packet is dropped. */
function lower({ mark }: TproxyOptions, context: LowerContext): Action {
  if (context.assume.socket !== 'transparent') return { kind: 'verdict', verdict: 'DROP' };
  context.warn('TPROXY marks the packet, which then goes on by its address: routes by mark are not known here');
  const operands = [~mark.mask >>> 0, mark.value];
  return { kind: 'effect', opcode: ACTION_TPROXY, operands, name: 'TPROXY', changes: ['mark'] };
}

/** Ref: net/netfilter/xt_TPROXY.c:tproxy_tg4_check(), tproxy_tg6_check() */
export const tproxy: TargetExtension<TproxyOptions> = {
  kind: 'target',
  name: 'TPROXY',
  families: [4, 6],
  tables: ['mangle'],
  hooks: ['PREROUTING'],
  protocols: [PROTOCOL_TCP, PROTOCOL_UDP],
  changes: ['mark'],
  defragments: true,
  options: [
    valueOption('on-port', 'port', readPortAnyProtocol, { mandatory: true }),
    valueOption('on-ip', 'address', readHost),
    valueOption('tproxy-mark', 'mark', readValueMask),
  ],
  create: (family) => ({ address: new Uint8Array(family === 4 ? 4 : 16), mark: { value: 0, mask: 0 } }),
  save: ({ port, address, mark }) => [
    ...saveValue('--on-port', port),
    '--on-ip',
    formatAddress(address),
    '--tproxy-mark',
    formatMark(mark),
  ],
  print: ({ port, address, mark }) => ` TPROXY redirect ${formatAddress(address)}:${port} mark ${formatMark(mark)}`,
  lower,
};
