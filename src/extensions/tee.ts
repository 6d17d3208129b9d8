// -j TEE: sends a copy of the packet to another host of the local network.

import { formatAddress } from '../net/address.ts';
import type { OptionSpec, TargetExtension } from '../ruleset/extension.ts';
import { readHost } from './addresses.ts';
import { saveValue, textOption } from './specs.ts';

interface TeeOptions {
  gateway?: Uint8Array;
  oif?: string;
}

/** Longest name of an interface. Ref: include/uapi/linux/if.h:IFNAMSIZ */
const INTERFACE_BYTES = 15;

const GATEWAY: OptionSpec<TeeOptions> = {
  name: 'gateway',
  argument: 'required',
  mandatory: true,
  set(options, [argument], context) {
    const address = readHost(argument!, context);
    if (!address) return;
    options.gateway = address;
    if (address.every((byte) => byte === 0)) {
      context.diagnostics.error('bad-address', 'the gateway cannot be the address of all zeros', argument!.span);
    }
  },
};

/** Ref: net/netfilter/xt_TEE.c:tee_tg_check() */
export const tee: TargetExtension<TeeOptions> = {
  kind: 'target',
  name: 'TEE',
  families: [4, 6],
  options: [GATEWAY, textOption('oif', 'oif', { bytes: INTERFACE_BYTES, bare: true })],
  create: () => ({}),
  save: ({ gateway, oif }) => [...saveValue('--gateway', gateway, formatAddress), ...saveValue('--oif', oif || undefined)],
  print: ({ gateway, oif }) => (gateway ? ` TEE gw:${formatAddress(gateway)}${oif ? ` oif=${oif}` : ''}` : ''),
};
