// -j TEE: sends a copy of the packet to another host of the local network.

import { ACTION_TEE } from '../../assembly/abi/opcode.ts';
import type { Action } from '../ir/ir.ts';
import { addressWords, formatAddress } from '../net/address.ts';
import type { LowerContext, OptionSpec, TargetExtension } from '../ruleset/extension.ts';
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

/**
 * What is sent to a multicast address comes back to this host where it listens to it: that is not followed.
 * Ref: net/ipv4/ip_output.c:ip_mc_output()
 */
function isMulticast(gateway: Uint8Array): boolean {
  return gateway.length === 4 ? gateway[0]! >> 4 === 0xe : gateway[0] === 0xff;
}

function lower({ gateway, oif }: TeeOptions, { interfaces, assume }: LowerContext): Action | undefined {
  if (isMulticast(gateway!)) return undefined;
  if (!oif) assume.noteRoutes();
  const operands = [oif ? interfaces.indexOf(oif) : 0, ...addressWords(gateway!)];
  return { kind: 'effect', opcode: ACTION_TEE, operands, name: 'TEE', changes: [] };
}

/** Ref: net/netfilter/xt_TEE.c:tee_tg_check() */
export const tee: TargetExtension<TeeOptions> = {
  kind: 'target',
  name: 'TEE',
  families: [4, 6],
  options: [GATEWAY, textOption('oif', 'oif', { bytes: INTERFACE_BYTES, bare: true })],
  create: () => ({}),
  interfaces: ({ oif }) => (oif ? [oif] : []),
  save: ({ gateway, oif }) => [...saveValue('--gateway', gateway, formatAddress), ...saveValue('--oif', oif || undefined)],
  print: ({ gateway, oif }) => (gateway ? ` TEE gw:${formatAddress(gateway)}${oif ? ` oif=${oif}` : ''}` : ''),
  lower,
};
