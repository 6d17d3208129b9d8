// -j ECN: changes the bits of explicit congestion notification, in the IP header or in TCP's.

import { ACTION_ECN, ECN_IP } from '../../assembly/abi/opcode.ts';
import { PROTOCOL_TCP } from '../net/protocol.ts';
import type { OptionSpec, RuleContext, TargetExtension } from '../ruleset/extension.ts';
import { spaced } from './listing.ts';
import { numberOption, saveValue } from './specs.ts';
import { atLeastOne } from './values.ts';

interface EcnOptions {
  cwr?: number;
  ece?: number;
  /** The two bits of the IP header. */
  ect?: number;
}

const ECT_MAX = 3;

/** Flags of TCP. */
const TCP_ECE = 0x40;
const TCP_CWR = 0x80;

const REMOVE: OptionSpec<EcnOptions> = {
  name: 'ecn-tcp-remove',
  argument: 'none',
  excludes: ['ecn-tcp-cwr', 'ecn-tcp-ece'],
  set(options, _values, { diagnostics, option }) {
    if (options.ect !== undefined) {
      delete options.ect;
      diagnostics.warning('option-dropped', 'iptables forgets the --ecn-ip-ect that stands before this', option.span);
    }
    Object.assign(options, { cwr: 0, ece: 0 });
  },
};

/** Ref: net/ipv4/netfilter/ipt_ECN.c:ecn_tg_check() */
function checkProtocol({ cwr, ece }: EcnOptions, { protocol, diagnostics, span }: RuleContext): void {
  const isTcp = protocol?.value === PROTOCOL_TCP && !protocol.invert;
  if ((cwr === undefined && ece === undefined) || isTcp) return;
  diagnostics.error('needs-protocol', 'the options of ECN on TCP bits need -p tcp', span);
}

const BASE = atLeastOne<EcnOptions>('ECN', [
  REMOVE,
  numberOption('ecn-tcp-cwr', 'cwr', { max: 1, excludes: ['ecn-tcp-remove'] }),
  numberOption('ecn-tcp-ece', 'ece', { max: 1, excludes: ['ecn-tcp-remove'] }),
  numberOption('ecn-ip-ect', 'ect', { max: ECT_MAX }),
]);

function isRemoval({ cwr, ece, ect }: EcnOptions): boolean {
  return cwr === 0 && ece === 0 && ect === undefined;
}

/** Ref: net/ipv4/netfilter/ipt_ECN.c:ecn_tg() */
export const setEcn: TargetExtension<EcnOptions> = {
  kind: 'target',
  name: 'ECN',
  families: [4],
  tables: ['mangle'],
  changes: ['tos', 'tcpFlags'],
  options: BASE.options,
  create: () => ({}),
  finish(options, context) {
    BASE.finish(options, context);
    checkProtocol(options, context);
  },
  save(options) {
    const { cwr, ece, ect } = options;
    if (isRemoval(options)) return ['--ecn-tcp-remove'];
    return [...saveValue('--ecn-tcp-ece', ece), ...saveValue('--ecn-tcp-cwr', cwr), ...saveValue('--ecn-ip-ect', ect)];
  },
  print(options) {
    const { cwr, ece, ect } = options;
    if (isRemoval(options)) return ' ECN TCP remove';
    const fields = { ECE: ece, CWR: cwr, 'ECT codepoint': ect };
    const set = Object.entries(fields).filter(([, value]) => value !== undefined);
    return spaced(['ECN', ...set.map((field) => field.join('='))]);
  },
  lower({ cwr, ece, ect }) {
    const mask = (ece === undefined ? 0 : TCP_ECE) | (cwr === undefined ? 0 : TCP_CWR);
    const value = (ece ? TCP_ECE : 0) | (cwr ? TCP_CWR : 0);
    const operands = [ect === undefined ? 0 : ECN_IP | ect, mask, value];
    return { kind: 'effect', opcode: ACTION_ECN, operands, name: 'ECN', changes: ['tos', 'tcpFlags'] };
  },
};
