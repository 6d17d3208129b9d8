// Routing rules as `ip rule add` takes them, and as `ip rule` prints them.

import type { Family } from '../ir/ir.ts';
import { parseUnsigned } from '../net/number.ts';
import { parseProtocol } from '../net/protocol.ts';
import type { Diagnostics } from '../text/diagnostic.ts';
import type { Span } from '../text/source.ts';
import { didYouMean } from '../text/suggest.ts';
import { DEFAULT_RULES, type RoutingRule, RULE_ACTIONS, type RuleAction } from './host.ts';
import { isDefaultRule } from './image-rules.ts';
import { parseField, parseGroup, parseRealms, parseTable } from './names.ts';
import { parsePrefix } from './route-text.ts';
import { type Word, WordReader } from './words.ts';

const U32_MAX = 0xffff_ffff;
const PORT_MAX = 65534;
const DSCP_MAX = 63;
/** Bits of a type of service that count. Ref: net/ipv4/fib_rules.c:fib4_rule_match(), net/ipv6/fib6_rules.c:fib6_rule_match() */
const TOS_MASK = { 4: 0x1c, 6: 0xfc } as const;

/** What rules ask for and captures do not tell. */
const NOT_MODELLED: ReadonlySet<string> = new Set(['uidrange', 'l3mdev', 'tun_id', 'nat', 'map-to', 'flowlabel']);

const KEYWORDS = [
  ...[
    'not',
    'from',
    'to',
    'fwmark',
    'iif',
    'dev',
    'oif',
    'tos',
    'dsfield',
    'dscp',
    'ipproto',
    'sport',
    'dport',
    'lookup',
    'table',
  ],
  ...[
    'goto',
    'nop',
    'blackhole',
    'unreachable',
    'prohibit',
    'pref',
    'priority',
    'realms',
    'suppress_prefixlength',
    'suppress_ifgroup',
  ],
];

type RuleDraft = { -readonly [K in keyof RoutingRule]?: RoutingRule[K] };

/** A rule as written; without `priority` it stands before those that are there. */
export type RuleText = Omit<RoutingRule, 'priority'> & { readonly priority?: number; readonly span: Span };

/** Reads one rule. */
export function parseRule(words: readonly Word[], whole: Span, family: Family, diagnostics: Diagnostics): RuleText | undefined {
  const reader = new WordReader(words, whole, diagnostics);
  const before = diagnostics.errorCount;
  const draft: RuleDraft = { family };
  const first = /^([0-9]+):$/.exec(reader.peek()?.text ?? '');
  if (first) {
    draft.priority = Number(first[1]);
    reader.next();
  }
  for (let word = reader.next(); word; word = reader.next()) parseOption(word, draft, family, reader);
  const action = draft.action ?? 'lookup';
  if (diagnostics.errorCount > before) return undefined;
  if (action === 'lookup' && draft.table === undefined) {
    reader.error('bad-rule', 'the rule says neither "lookup" nor what else is done');
    return undefined;
  }
  if (action === 'goto' && draft.target === undefined) return undefined;
  return { ...draft, family, action, span: whole };
}

function parseOption(word: Word, draft: RuleDraft, family: Family, reader: WordReader): void {
  switch (word.text) {
    case 'not':
      draft.not = true;
      return;
    case 'from':
    case 'to':
      parseAddresses(word, draft, family, reader);
      return;
    case 'fwmark':
      parseMark(word, draft, reader);
      return;
    case 'iif':
    case 'dev':
      draft.iif = reader.value(word, 'the name of an interface')?.text ?? '';
      return;
    case 'oif':
      draft.oif = reader.value(word, 'the name of an interface')?.text ?? '';
      return;
    case 'tos':
    case 'dsfield':
      parseTos(word, draft, family, reader);
      return;
    case 'dscp':
      Object.assign(draft, reader.parsed(word, 'a code point', parseCodePoint, 'bad-dscp', `no number from 0 to ${DSCP_MAX}`));
      return;
    case 'ipproto':
      draft.protocol = reader.parsed(word, 'a protocol', parseProtocol, 'bad-protocol', 'no protocol') ?? 0;
      return;
    case 'sport':
    case 'dport':
      draft[word.text] = reader.parsed(
        word,
        'a port or two',
        parseRange,
        'bad-port',
        `no port from 1 to ${PORT_MAX}, nor two with "-" between`,
      ) ?? [1, 1];
      return;
    case 'realm':
    case 'realms':
      draft.realm = reader.parsed(word, 'realms', parseRealms, 'bad-realm', 'no realm, nor two with "/" between') ?? 0;
      return;
  }
  if (!parseAction(word, draft, reader)) parseOther(word, reader);
}

function parseAddresses(word: Word, draft: RuleDraft, family: Family, reader: WordReader): void {
  const value = reader.value(word, 'a network');
  if (!value || value.text === 'all' || value.text === 'any') return;
  const prefix = parsePrefix(value, family, reader);
  if (prefix && prefix.length > 0) draft[word.text as 'from' | 'to'] = prefix;
}

/** Without a mask all bits count; a mark of 0 then asks for nothing. Ref: net/core/fib_rules.c:fib_nl2rule() */
function parseMark(word: Word, draft: RuleDraft, reader: WordReader): void {
  const value = reader.value(word, 'a mark');
  if (!value) return;
  const [text, maskText] = value.text.split('/', 2);
  const mark = parseUnsigned(text!, U32_MAX);
  const mask = maskText === undefined ? (mark === 0 ? 0 : U32_MAX) : parseUnsigned(maskText, U32_MAX);
  if (mark === undefined || mask === undefined)
    reader.error('bad-mark', `"${value.text}" is no mark, nor one with a mask behind "/"`, value);
  else if (mask !== 0) Object.assign(draft, { mark, markMask: mask });
}

function parseTos(word: Word, draft: RuleDraft, family: Family, reader: WordReader): void {
  const tos = reader.parsed(word, 'a type of service', parseField, 'bad-tos', 'no type of service such as 0x10');
  if (!tos) return;
  const mask = TOS_MASK[family];
  if ((tos & ~mask) !== 0)
    reader.error('bad-tos', `the kernel takes only a type of service of the bits 0x${mask.toString(16)} here`, word);
  else Object.assign(draft, { tos, tosMask: mask });
}

/** All six bits count, or those of a mask behind "/". Ref: net/ipv4/fib_rules.c:fib4_nl2rule_dscp(), fib6_nl2rule_dscp() */
function parseCodePoint(text: string): Pick<RoutingRule, 'tos' | 'tosMask'> | undefined {
  const [first, last] = text.split('/', 2).map((part) => parseUnsigned(part, DSCP_MAX));
  if (first === undefined || (last === undefined && text.includes('/'))) return undefined;
  const mask = last ?? DSCP_MAX;
  return (first & ~mask) === 0 ? { tos: first << 2, tosMask: mask << 2 } : undefined;
}

function parseRange(text: string): [number, number] | undefined {
  const [first, last] = text.split('-', 2).map((part) => parseUnsigned(part, PORT_MAX, 1));
  if (first === undefined) return undefined;
  if (!text.includes('-')) return [first, first];
  return last === undefined || last < first ? undefined : [first, last];
}

/** What is done, and where the rule stands. Gives false for what is none of it. */
function parseAction(word: Word, draft: RuleDraft, reader: WordReader): boolean {
  const { text } = word;
  if (text === 'lookup' || text === 'table') {
    draft.table =
      reader.parsed(word, 'a table', parseTable, 'bad-table', 'no routing table: a number, main, local or default') ?? 0;
  } else if (text === 'goto') {
    draft.action = 'goto';
    const target = reader.number(word, 'the priority of a rule', U32_MAX);
    if (target !== undefined) draft.target = target;
  } else if (text === 'type') {
    const next = reader.peek();
    return next !== undefined && isAction(next.text) && reader.next() !== undefined && parseAction(next, draft, reader);
  } else if (isAction(text)) {
    draft.action = text;
  } else if (['pref', 'priority', 'preference', 'order'].includes(text)) {
    draft.priority = reader.number(word, 'a priority', U32_MAX) ?? 0;
  } else if (text === 'suppress_prefixlength' || text === 'sup_pl') {
    draft.suppressLength = reader.number(word, 'a prefix length', 128) ?? 0;
  } else if (text === 'suppress_ifgroup' || text === 'sup_group') {
    draft.suppressGroup = reader.parsed(word, 'a group', parseGroup, 'bad-group', 'no group of interfaces') ?? 0;
  } else if (text === 'protocol' || text === 'proto') {
    reader.value(word, 'who made the rule'); // says nothing about packets
  } else {
    return text === '[detached]' || text === '[unresolved]';
  }
  return true;
}

function isAction(text: string): text is RuleAction {
  return (RULE_ACTIONS as readonly string[]).includes(text);
}

function parseOther(word: Word, reader: WordReader): void {
  if (NOT_MODELLED.has(word.text)) {
    reader.error('not-modelled', `rule option "${word.text}" is not modelled yet`, word);
    while (reader.next());
  } else {
    reader.error('unknown-rule-option', `"${word.text}" is no option of a rule${didYouMean(word.text, KEYWORDS)}`, word);
  }
}

/** Adds rules to those that every host has, as one `ip rule add` after the other; those that are there already stay as they are. */
export function addRules(texts: readonly RuleText[]): RoutingRule[] {
  const rules = [...DEFAULT_RULES];
  for (const { span: _, priority, ...rest } of texts) {
    const rule = { ...rest, priority: priority ?? firstPriority(rules, rest.family) };
    if (!isDefaultRule(rule)) rules.push(rule);
    rules.sort((a, b) => a.family - b.family || a.priority - b.priority);
  }
  return rules;
}

/** One below the second rule. Ref: net/core/fib_rules.c:fib_default_rule_pref() */
function firstPriority(rules: readonly RoutingRule[], family: Family): number {
  const own = rules.filter((rule) => rule.family === family).sort((a, b) => a.priority - b.priority);
  return Math.max(0, own[1]!.priority - 1);
}
