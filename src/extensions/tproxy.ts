// -j TPROXY: hands the packet to a local socket without changing its addresses.

import { formatAddress } from '../net/address.ts';
import { hex } from '../net/number.ts';
import { PROTOCOL_TCP, PROTOCOL_UDP } from '../net/protocol.ts';
import type { TargetExtension } from '../ruleset/extension.ts';
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

/** Ref: net/netfilter/xt_TPROXY.c:tproxy_tg4_check(), tproxy_tg6_check() */
export const tproxy: TargetExtension<TproxyOptions> = {
  kind: 'target',
  name: 'TPROXY',
  families: [4, 6],
  tables: ['mangle'],
  hooks: ['PREROUTING'],
  protocols: [PROTOCOL_TCP, PROTOCOL_UDP],
  changes: ['mark'],
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
};
