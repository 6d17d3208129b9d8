// -j SNPT and -j DNPT: give addresses of IPv6 another prefix, packet by packet, without connections.

import { ACTION_DNPT, ACTION_SNPT } from '../../assembly/abi/opcode.ts';
import type { Action, Field, HookName } from '../ir/ir.ts';
import { formatAddress, maskPrefix } from '../net/address.ts';
import type { OptionSpec, RuleContext, TargetExtension } from '../ruleset/extension.ts';
import { type Network, readNetwork } from './addresses.ts';
import { fourWords } from './nat-lower.ts';

export interface NptOptions {
  src?: Network;
  dst?: Network;
}

/** Ref: net/ipv6/netfilter/ip6t_NPT.c:ip6t_npt_checkentry() */
const NPT_PREFIX_MAX = 64;

function prefixOption(side: 'src' | 'dst'): OptionSpec<NptOptions> {
  return {
    name: `${side}-pfx`,
    argument: 'required',
    mandatory: true,
    set(options, [argument], context) {
      const network = readNetwork(argument!, context);
      if (!network) return;
      options[side] = network;
      const { address, mask } = network;
      if (maskPrefix(mask)! > NPT_PREFIX_MAX) {
        const message = `the prefix is longer than ${NPT_PREFIX_MAX} bits`;
        context.diagnostics.error('bad-mask', message, argument!.span);
      } else if (address.some((byte, i) => (byte & ~mask[i]!) !== 0)) {
        context.diagnostics.error('bad-address', 'bits behind the prefix are set', argument!.span);
      }
    },
  };
}

/** Both targets print nothing for ::/0, and need both prefixes. */
function warnOfAny({ src, dst }: NptOptions, { diagnostics, span }: RuleContext): void {
  if ([src, dst].some((network) => network && isAny(network))) {
    diagnostics.warning(
      'unreadable-print',
      'iptables leaves out the prefix ::/0 where it prints, and cannot read that back',
      span,
    );
  }
}

function isAny({ address, mask }: Network): boolean {
  return [...address, ...mask].every((byte) => byte === 0);
}

function formatPrefix({ address, mask }: Network): string {
  return `${formatAddress(address)}/${maskPrefix(mask)}`;
}

function save({ src, dst }: NptOptions): string[] {
  const word = (name: string, network: Network | undefined): string[] =>
    network && !isAny(network) ? [name, formatPrefix(network)] : [];
  return [...word('--src-pfx', src), ...word('--dst-pfx', dst)];
}

/** Rules behind see the new address. */
function lowerNpt(name: 'SNPT' | 'DNPT', src: Network, dst: Network): Action {
  const operands = [...fourWords(src.address), ...fourWords(dst.address), maskPrefix(src.mask)!, maskPrefix(dst.mask)!];
  const changes: readonly Field[] =
    name === 'SNPT' ? ['src0', 'src1', 'src2', 'src3', 'srcType'] : ['dst0', 'dst1', 'dst2', 'dst3', 'dstType'];
  return { kind: 'effect', opcode: name === 'SNPT' ? ACTION_SNPT : ACTION_DNPT, operands, name, changes };
}

/** Makes `SNPT` or `DNPT`. */
export function nptTarget(name: 'SNPT' | 'DNPT', hooks: readonly HookName[]): TargetExtension<NptOptions> {
  return {
    kind: 'target',
    name,
    families: [6],
    tables: ['mangle'],
    hooks,
    options: [prefixOption('src'), prefixOption('dst')],
    create: () => ({}),
    finish: warnOfAny,
    save,
    lower: ({ src, dst }) => lowerNpt(name, src!, dst!),
    print: ({ src, dst }) => (src && dst ? ` ${name} src-pfx ${formatPrefix(src)} dst-pfx ${formatPrefix(dst)}` : ''),
  };
}
