// -j CT: sets how conntrack looks at the packet, before it does.

import {
  CONNTRACK_TIMEOUTS_END,
  DIRECTION_ORIGINAL,
  DIRECTION_REPLY,
  FLOW_BYTES,
  FLOW_PROTO,
  FLOW_STATUS,
  IPS_CONFIRMED,
  IPS_OWN_TIMEOUTS,
  IPS_TEMPLATE,
  TEMPLATE_BY_MARK,
  TEMPLATE_DIRECTIONS,
  TEMPLATE_EVENTS,
  TEMPLATE_HELPER,
  TEMPLATE_TIMEOUTS,
  TEMPLATE_ZONE,
} from '../../assembly/abi/flow.ts';
import { ACTION_CT } from '../../assembly/abi/opcode.ts';
import { GENERIC_PROTOCOL, policySpan, type TimeoutPolicy, trackedProtocol } from '../ir/conntrack.ts';
import type { Action } from '../ir/ir.ts';
import { expectsOthers, HELPERS, HELPERS_KEY, helperIndex } from '../net/helper.ts';
import type { Argument, LowerContext, OptionContext, OptionSpec, RuleContext, TargetExtension } from '../ruleset/extension.ts';
import { UNKNOWN_TIMEOUT } from '../ruleset/lower.ts';
import type { Span } from '../text/source.ts';
import { didYouMean } from '../text/suggest.ts';
import { type Dashes, spaced } from './listing.ts';
import { UNTRACK } from './notrack.ts';
import { flagOption, saveValue, textOption, valueOption } from './specs.ts';
import { cutBytes, readBareText, readNumber, split, U16 } from './values.ts';

interface CtOptions {
  notrack?: boolean;
  helper?: string;
  timeout?: string;
  /** Where its name stands. */
  timeoutAt?: Span;
  ctevents?: number;
  expevents?: number;
  /** The zone option given last sets it. */
  zone?: number | 'mark';
  /** Which of the directions were named, by any zone option. */
  readonly directions: Set<'orig' | 'reply'>;
}

/** Bytes of the names, less the final NUL. Ref: include/uapi/linux/netfilter/xt_CT.h */
const HELPER_BYTES = 15;
const TIMEOUT_BYTES = 31;
/**
 * What the kernel gives back of a timeout's name: it takes the structure for its first revision, which ends earlier.
 * Ref: net/netfilter/xt_CT.c:xt_ct_tg_reg[]
 */
const TIMEOUT_BYTES_SHOWN = 4;

/** Bits of IPCT_*, in the order iptables prints them. Ref: include/uapi/linux/netfilter/nf_conntrack_common.h */
const CT_EVENTS: readonly (readonly [string, number])[] = [
  ['new', 1 << 0],
  ['related', 1 << 1],
  ['destroy', 1 << 2],
  ['reply', 1 << 3],
  ['assured', 1 << 4],
  ['protoinfo', 1 << 5],
  ['helper', 1 << 6],
  ['mark', 1 << 7],
  ['natseqinfo', 1 << 8],
  ['secmark', 1 << 9],
];
const EXPECT_EVENTS: typeof CT_EVENTS = [['new', 1 << 0]];

type ReadEvents = (argument: Argument, context: OptionContext) => number | undefined;

function readEvents(table: typeof CT_EVENTS): ReadEvents {
  return (argument, { diagnostics }) => {
    let bits = 0;
    for (const { text, span } of split(argument, ',')) {
      const found = table.find(([name]) => name === text);
      if (!found) {
        diagnostics.error('unknown-event', `"${text}" is not one of ${table.map(([name]) => name).join(', ')}`, span);
        return undefined;
      }
      bits |= found[1];
    }
    return bits;
  };
}

function formatEvents(table: typeof CT_EVENTS): (bits: number) => string {
  return (bits) =>
    table
      .filter(([, bit]) => (bits & bit) !== 0)
      .map(([name]) => name)
      .join(',');
}

const TIMEOUT: OptionSpec<CtOptions> = {
  name: 'timeout',
  argument: 'required',
  set(options, [argument], context) {
    options.timeout = readBareText(argument!, context, TIMEOUT_BYTES);
    options.timeoutAt = argument!.span;
  },
};

function zoneOption(name: string, direction?: 'orig' | 'reply'): OptionSpec<CtOptions> {
  return {
    name,
    argument: 'required',
    set(options, [argument], context) {
      const isMark = argument!.text.toLowerCase() === 'mark';
      const zone = isMark ? 'mark' : readNumber(argument!, context, U16);
      if (zone === undefined) return;
      // Once said, "by mark" stays, whatever number is given behind it.
      if (options.zone !== 'mark') options.zone = zone;
      if (direction) options.directions.add(direction);
    },
  };
}

/** Ref: net/netfilter/xt_CT.c:xt_ct_tg_check() */
function check({ notrack, helper, timeout }: CtOptions, { family, protocol, diagnostics, span }: RuleContext): void {
  if (timeout !== undefined && timeout !== cutBytes(timeout, TIMEOUT_BYTES_SHOWN)) {
    const message = `the kernel gives back ${TIMEOUT_BYTES_SHOWN} bytes of a timeout's name, so that is what iptables prints`;
    diagnostics.warning('text-cut', message, span);
  }
  if (notrack) return;
  const hasProtocol = protocol !== undefined && protocol.value !== 0 && !protocol.invert;
  const name = helper ? '--helper' : timeout ? '--timeout' : undefined;
  if (name && !hasProtocol) diagnostics.error('needs-protocol', `CT ${name} needs -p with a protocol`, span);
  else if (helper && helperIndex(helper, family, protocol!.value) < 0) {
    const known = HELPERS.map((one) => one.name).join(', ');
    const message = `the kernel has no helper "${helper}" for IPv${family} and this protocol (its helpers: ${known})`;
    diagnostics.error('unknown-helper', message, span);
  }
}

function wordsOf(options: CtOptions, dashes: Dashes): string[] {
  const { notrack, helper, timeout, ctevents, expevents } = options;
  return [
    ...(notrack ? [`${dashes}notrack`] : []),
    ...saveValue(`${dashes}helper`, helper || undefined),
    ...saveValue(`${dashes}timeout`, timeout && cutBytes(timeout, TIMEOUT_BYTES_SHOWN)),
    ...saveValue(`${dashes}ctevents`, ctevents, formatEvents(CT_EVENTS)),
    ...saveValue(`${dashes}expevents`, expevents, formatEvents(EXPECT_EVENTS)),
    ...zoneWords(options, dashes),
  ];
}

function zoneWords({ zone, directions }: CtOptions, dashes: Dashes): string[] {
  const [only, both] = directions;
  return zone ? [`${dashes}zone${only && !both ? `-${only}` : ''}`, String(zone)] : [];
}

/** The template that the kernel makes of the rule. Ref: net/netfilter/xt_CT.c:xt_ct_tg_check() */
function template(
  { zone = 0, directions, helper, ctevents = 0, expevents = 0 }: CtOptions,
  policy: TimeoutPolicy | undefined,
  { family, protocol }: LowerContext,
): Uint8Array {
  const entry = new DataView(new ArrayBuffer(policy ? TEMPLATE_TIMEOUTS + CONNTRACK_TIMEOUTS_END : FLOW_BYTES));
  const set = (offset: number, value: number): void => entry.setUint32(offset, value, true);
  const isOne = directions.size === 1;
  const original = !isOne || directions.has('orig') ? 1 << DIRECTION_ORIGINAL : 0;
  const reply = !isOne || directions.has('reply') ? 1 << DIRECTION_REPLY : 0;
  set(FLOW_STATUS, IPS_CONFIRMED | IPS_TEMPLATE | (policy ? IPS_OWN_TIMEOUTS : 0));
  set(FLOW_PROTO + TEMPLATE_ZONE, zone === 'mark' ? 0 : zone);
  set(FLOW_PROTO + TEMPLATE_BY_MARK, zone === 'mark' ? 1 : 0);
  set(FLOW_PROTO + TEMPLATE_DIRECTIONS, original | reply);
  set(FLOW_PROTO + TEMPLATE_EVENTS, ctevents | (expevents << 16));
  set(FLOW_PROTO + TEMPLATE_HELPER, helper ? helperIndex(helper, family, protocol!.value) + 1 : 0);
  for (const [i, { offset }] of (policy?.protocol.timeouts ?? []).entries()) {
    entry.setBigUint64(TEMPLATE_TIMEOUTS + offset, policySpan(policy!.seconds[i]!), true);
  }
  return new Uint8Array(entry.buffer);
}

/** The timeout policy of a name, if the kernel lets the rule have it. Ref: net/netfilter/nf_conntrack_timeout.c:nf_ct_set_timeout() */
function findPolicy(name: string, span: Span, { kernel, family, protocol, refuse }: LowerContext): TimeoutPolicy | undefined {
  const policy = kernel.timeouts.get(name);
  if (!policy) {
    const names = [...kernel.timeouts.keys()];
    const hint =
      didYouMean(name, names) || ' (timeout_policies of the host file, or timeouts.txt of a host folder, says which there are)';
    refuse(UNKNOWN_TIMEOUT, `there is no timeout policy "${name}"${hint}`, span);
    return undefined;
  }
  const isOfFamily = policy.family === family;
  if (isOfFamily && policy.protocol === trackedProtocol(protocol!.value)) return policy;
  const protocols =
    policy.protocol.number === GENERIC_PROTOCOL ? 'protocols without a tracker of their own' : policy.protocol.name;
  const use = isOfFamily ? `for ${protocols}` : `with IPv${policy.family}`;
  refuse('timeout-of-other-protocol', `timeout policy "${name}" can only be used ${use}`, span);
  return undefined;
}

function lower(options: CtOptions, context: LowerContext): Action | undefined {
  if (options.notrack) return UNTRACK;
  const policy = options.timeout ? findPolicy(options.timeout, options.timeoutAt!, context) : undefined;
  if (options.timeout && !policy) return { kind: 'continue' }; // reported
  const helper = options.helper ? HELPERS[helperIndex(options.helper, context.family, context.protocol!.value)] : undefined;
  const initial = template(options, policy, context);
  const spansFlows = helper !== undefined && expectsOthers(helper, context.kernel.helpers);
  if (helper) context.state({ bytes: 0, key: HELPERS_KEY, spansFlows: false });
  const reason = `gives connections helper "${helper?.name}", which expects others of other addresses`;
  const state = context.state({ bytes: initial.length, initial, spansFlows, ...(spansFlows ? { reason } : {}) });
  return { kind: 'effect', opcode: ACTION_CT, operands: [state], name: 'CT', changes: ['ctstate'] };
}

/** Without --notrack it makes the kernel track connections. Ref: net/netfilter/xt_CT.c:xt_ct_target() */
export const ct: TargetExtension<CtOptions> = {
  kind: 'target',
  name: 'CT',
  families: [4, 6],
  tables: ['raw'],
  usesConntrack: ({ notrack }) => notrack !== true,
  changes: ['ctstate'],
  options: [
    flagOption('notrack', 'notrack'),
    textOption('helper', 'helper', { bytes: HELPER_BYTES, bare: true }),
    TIMEOUT,
    valueOption('ctevents', 'ctevents', readEvents(CT_EVENTS)),
    valueOption('expevents', 'expevents', readEvents(EXPECT_EVENTS)),
    zoneOption('zone-orig', 'orig'),
    zoneOption('zone-reply', 'reply'),
    zoneOption('zone'),
  ],
  create: () => ({ directions: new Set() }),
  finish: check,
  save: (options) => wordsOf(options, '--'),
  print: (options) => spaced(['CT', ...wordsOf(options, '')]),
  lower,
};
