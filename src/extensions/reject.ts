// -j REJECT: drops the packet and answers with an ICMP error or a TCP reset.

import { ACTION_REJECT, REJECT_ICMP, REJECT_ICMP6, REJECT_TCP_RESET } from '../../assembly/abi/opcode.ts';
import type { Family } from '../ir/ir.ts';
import { PROTOCOL_TCP } from '../net/protocol.ts';
import type { TargetExtension } from '../ruleset/extension.ts';

interface RejectOptions {
  type: RejectType;
}

interface RejectType {
  readonly name: string;
  readonly alias: string;
  /** Operand of ACTION_REJECT. */
  readonly operand: number;
}

function types(base: number, list: readonly (readonly [string, string, number])[]): readonly RejectType[] {
  return list.map(([name, alias, code]) => ({ name, alias, operand: code === REJECT_TCP_RESET ? code : base | code }));
}

// In the order iptables looks them up; the numbers are ICMP codes.
const TYPES: Readonly<Record<Family, readonly RejectType[]>> = {
  4: types(REJECT_ICMP, [
    ['icmp-net-unreachable', 'net-unreach', 0],
    ['icmp-host-unreachable', 'host-unreach', 1],
    ['icmp-proto-unreachable', 'proto-unreach', 2],
    ['icmp-port-unreachable', 'port-unreach', 3],
    ['icmp-net-prohibited', 'net-prohib', 9],
    ['icmp-host-prohibited', 'host-prohib', 10],
    ['tcp-reset', 'tcp-rst', REJECT_TCP_RESET],
    ['icmp-admin-prohibited', 'admin-prohib', 13],
  ]),
  6: types(REJECT_ICMP6, [
    ['icmp6-no-route', 'no-route', 0],
    ['icmp6-adm-prohibited', 'adm-prohibited', 1],
    ['icmp6-addr-unreachable', 'addr-unreach', 3],
    ['icmp6-port-unreachable', 'port-unreach', 4],
    ['tcp-reset', 'tcp-reset', REJECT_TCP_RESET],
    ['icmp6-policy-fail', 'policy-fail', 5],
    ['icmp6-reject-route', 'reject-route', 6],
  ]),
};

const DEFAULTS: Readonly<Record<Family, RejectType>> = { 4: TYPES[4][3]!, 6: TYPES[6][3]! };

/** Ref: net/ipv4/netfilter/ipt_REJECT.c:reject_tg(), net/ipv6/netfilter/ip6t_REJECT.c:reject_tg6() */
export const reject: TargetExtension<RejectOptions> = {
  kind: 'target',
  name: 'REJECT',
  families: [4, 6],
  tables: ['filter'],
  hooks: ['INPUT', 'FORWARD', 'OUTPUT'],
  options: [
    {
      name: 'reject-with',
      argument: 'required',
      set(options, [argument], context) {
        const { text, span } = argument!;
        const wanted = text.toLowerCase();
        // The first type of which the name, or the other name, begins so.
        const found = TYPES[context.family].find(({ name, alias }) => name.startsWith(wanted) || alias.startsWith(wanted));
        const names = TYPES[context.family].map(({ name }) => name).join(', ');
        if (found) options.type = found;
        else context.diagnostics.error('unknown-reject-type', `"${text}" is not one of ${names}`, span);
      },
    },
  ],
  create: (family) => ({ type: DEFAULTS[family] }),
  finish({ type }, { protocol, diagnostics, span }) {
    if (type.operand === REJECT_TCP_RESET && (protocol?.value !== PROTOCOL_TCP || protocol.invert)) {
      diagnostics.error('needs-protocol', 'REJECT --reject-with tcp-reset needs -p tcp', span);
    }
  },
  save: ({ type }) => ['--reject-with', type.name],
  print: ({ type }) => ` reject-with ${type.name}`,
  lower: ({ type }) => ({ kind: 'terminate', opcode: ACTION_REJECT, operands: [type.operand], name: 'REJECT' }),
};
