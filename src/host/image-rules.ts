// Routing rules of a host image.

import {
  RULE_ACTION,
  RULE_BLACKHOLE,
  RULE_BYTES,
  RULE_DPORT,
  RULE_DST,
  RULE_DST_MASK,
  RULE_FLAG_NOT,
  RULE_FLAGS,
  RULE_GOTO,
  RULE_IIF,
  RULE_LOOKUP,
  RULE_MARK,
  RULE_MARK_MASK,
  RULE_NOP,
  RULE_NOWHERE,
  RULE_OIF,
  RULE_PROHIBIT,
  RULE_PROTO,
  RULE_REALM,
  RULE_SPORT,
  RULE_SRC,
  RULE_SRC_MASK,
  RULE_SUPPRESS_GROUP,
  RULE_SUPPRESS_LENGTH,
  RULE_TARGET,
  RULE_TOS,
  RULE_TOS_MASK,
  RULE_UNREACHABLE,
} from '../../assembly/abi/host.ts';
import type { Family } from '../ir/ir.ts';
import { addressWords, prefixMask } from '../net/address.ts';
import { DEFAULT_RULES, LOOPBACK, type Prefix, type RoutingRule, type RuleAction } from './host.ts';

const ACTION_CODES: Readonly<Record<RuleAction, number>> = {
  lookup: RULE_LOOKUP,
  goto: RULE_GOTO,
  nop: RULE_NOP,
  blackhole: RULE_BLACKHOLE,
  unreachable: RULE_UNREACHABLE,
  prohibit: RULE_PROHIBIT,
};

/** Whether a rule is one that every host has. */
export function isDefaultRule(rule: RoutingRule): boolean {
  return DEFAULT_RULES.some((known) => {
    const keys = Object.keys({ ...known, ...rule }) as (keyof RoutingRule)[];
    return keys.every((key) => rule[key] === known[key]);
  });
}

/** Whether the rules of a family are others than those that every host has. */
export function hasCustomRules(rules: readonly RoutingRule[], family: Family): boolean {
  const own = rules.filter((rule) => rule.family === family);
  return own.length !== DEFAULT_RULES.filter((rule) => rule.family === family).length || !own.every(isDefaultRule);
}

/**
 * Whether some rule has packets looked into for what stands behind their IP header. One for `iif lo` does not: what a socket sends it tells
 * itself, and what is routed anew comes to no such rule unless another had it looked into.
 * Ref: include/net/fib_rules.h:fib_rule_requires_fldissect()
 */
export function asksTransport(rules: readonly RoutingRule[], family: Family): boolean {
  return rules.some((rule) => rule.family === family && rule.iif !== LOOPBACK && (rule.protocol || rule.sport || rule.dport));
}

/** Writes the rules of one family to `at`. `tableIndex` gives the place of a table in the image, if there is one. */
export function writeRules(
  view: DataView,
  at: number,
  rules: readonly RoutingRule[],
  numbers: ReadonlyMap<string, number>,
  tableIndex: (id: number) => number | undefined,
): void {
  for (const [i, rule] of rules.entries()) {
    const record = at + i * RULE_BYTES;
    const set = (offset: number, value: number): void => view.setUint32(record + offset, value, true);
    const device = (name: string | undefined): number => (name === undefined ? 0 : (numbers.get(name) ?? RULE_NOWHERE));
    const range = (ports: readonly [number, number] | undefined): number => (ports ? ((ports[0] << 16) | ports[1]) >>> 0 : 0);
    set(RULE_FLAGS, rule.not ? RULE_FLAG_NOT : 0);
    set(RULE_ACTION, ACTION_CODES[rule.action]);
    set(RULE_TARGET, targetOf(rule, i, rules, tableIndex));
    set(RULE_IIF, device(rule.iif));
    set(RULE_OIF, device(rule.oif));
    set(RULE_MARK, rule.mark ?? 0);
    set(RULE_MARK_MASK, rule.markMask ?? 0);
    set(RULE_TOS, rule.tos ?? 0);
    set(RULE_TOS_MASK, rule.tosMask ?? 0);
    set(RULE_PROTO, rule.protocol ?? 0);
    set(RULE_SPORT, range(rule.sport));
    set(RULE_DPORT, range(rule.dport));
    set(RULE_SUPPRESS_LENGTH, rule.suppressLength ?? 0xffffffff);
    set(RULE_SUPPRESS_GROUP, rule.suppressGroup ?? 0xffffffff);
    set(RULE_REALM, rule.realm ?? 0);
    writePrefix(view, record + RULE_SRC, record + RULE_SRC_MASK, rule.from, rule.family);
    writePrefix(view, record + RULE_DST, record + RULE_DST_MASK, rule.to, rule.family);
  }
}

/** `goto` leads to the first rule of its priority. Ref: net/core/fib_rules.c:fib_nl_newrule() */
function targetOf(
  rule: RoutingRule,
  index: number,
  rules: readonly RoutingRule[],
  tableIndex: (id: number) => number | undefined,
): number {
  if (rule.action === 'lookup') return tableIndex(rule.table!) ?? RULE_NOWHERE;
  if (rule.action !== 'goto') return 0;
  const found = rules.findIndex(({ priority }, i) => i > index && priority === rule.target);
  return found < 0 ? RULE_NOWHERE : found;
}

function writePrefix(view: DataView, at: number, maskAt: number, prefix: Prefix | undefined, family: Family): void {
  if (!prefix) return;
  const words = addressWords(prefix.address);
  const masks = addressWords(prefixMask(family, prefix.length));
  for (let i = 0; i < (family === 4 ? 1 : 4); i++) {
    view.setUint32(at + i * 4, words[i]!, true);
    view.setUint32(maskAt + i * 4, masks[i]!, true);
  }
}
