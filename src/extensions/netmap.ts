// -j NETMAP: gives the addresses of one network those of another, host bits kept.

import { ACTION_NETMAP } from '../../assembly/abi/opcode.ts';
import { formatAddress, formatMask } from '../net/address.ts';
import type { TargetExtension } from '../ruleset/extension.ts';
import { type Network, readNetwork } from './addresses.ts';
import { fourWords, natAction } from './nat-lower.ts';

interface NetmapOptions {
  to?: Network;
}

/** The mask is printed always. */
function formatWhole({ address, mask }: Network): string {
  return `${formatAddress(address)}/${formatMask(mask)}`;
}

/** Ref: net/netfilter/xt_NETMAP.c:netmap_tg4(), netmap_tg6() */
export const netmap: TargetExtension<NetmapOptions> = {
  kind: 'target',
  name: 'NETMAP',
  families: [4, 6],
  tables: ['nat'],
  usesConntrack: true,
  options: [
    {
      name: 'to',
      argument: 'required',
      mandatory: true,
      set(options, [argument], context) {
        const network = readNetwork(argument!, context);
        if (network) options.to = { ...network, address: network.address.map((byte, i) => byte & network.mask[i]!) };
      },
    },
  ],
  create: () => ({}),
  save: ({ to }) => (to ? ['--to', formatWhole(to)] : []),
  print: ({ to }) => (to ? ` to:${formatWhole(to)}` : ''),
  lower: ({ to }) => natAction('NETMAP', ACTION_NETMAP, [...fourWords(to!.address), ...fourWords(to!.mask)]),
};
