// Routing rules of a snapshot: what `ip -j rule` prints, turned into the words that `ip rule add` takes.

import type { Family } from '../ir/ir.ts';
import type { Diagnostics } from '../text/diagnostic.ts';
import type { Source, Span } from '../text/source.ts';
import { DEFAULT_RULES, type RoutingRule } from './host.ts';
import { entrySpan, isRecord, type JsonRecord, readJsonList } from './json.ts';
import { parseRule } from './rule-text.ts';
import { splitWords } from './words.ts';

/** Keys that say the same as a word with one value. */
const WORDS: Readonly<Record<string, string>> = {
  priority: 'pref',
  iif: 'iif',
  oif: 'oif',
  tos: 'tos',
  dscp: 'dscp',
  sport: 'sport',
  dport: 'dport',
  table: 'lookup',
  suppress_prefixlen: 'suppress_prefixlength',
  suppress_ifgroup: 'suppress_ifgroup',
  goto: 'goto',
};

/** Actions as `ip -N` prints them: RTN_*. */
const NUMBERED: Readonly<Record<string, string>> = { '6': 'blackhole', '7': 'unreachable', '8': 'prohibit' };

/** Keys that say nothing by themselves. */
const BESIDE: ReadonlySet<string> = new Set([
  ...['srclen', 'dstlen', 'fwmask', 'iif_detached', 'oif_detached', 'unresolved', 'protocol'],
  ...['sport_end', 'dport_end', 'flow_from', 'uid_end'],
]);

/** The rules of a family; where there is no file, those that every host has. */
export function readRules(source: Source | undefined, family: Family, diagnostics: Diagnostics): readonly RoutingRule[] {
  if (!source || source.text.trim() === '') return DEFAULT_RULES.filter((rule) => rule.family === family);
  const rules = readJsonList(source, diagnostics).flatMap((entry, i) => {
    const span = entrySpan(source, i);
    const rule = isRecord(entry) ? readRule(entry, span, family, diagnostics) : undefined;
    return rule ? [rule] : [];
  });
  return rules.sort((a, b) => a.priority - b.priority);
}

function readRule(entry: JsonRecord, place: Span, family: Family, diagnostics: Diagnostics): RoutingRule | undefined {
  const words = Object.entries(entry).flatMap(([key, value]) => wordsOf(key, value, entry));
  const rule = parseRule(splitWords(words.join(' '), place), place, family, diagnostics);
  if (!rule) return undefined;
  const { span: _, priority = 0, ...rest } = rule;
  return { ...rest, priority };
}

function wordsOf(key: string, value: unknown, entry: JsonRecord): string[] {
  const word = WORDS[key];
  if (word !== undefined) return [word, String(value)];
  if (BESIDE.has(key)) return [];
  switch (key) {
    case 'not':
      return ['not'];
    case 'nop':
      return ['nop'];
    case 'action':
      return [NUMBERED[String(value)] ?? String(value)];
    case 'ipproto':
      return ['ipproto', String(value).replace(/^ipproto-/, '')];
    case 'src':
      return ['from', prefix(value, entry.srclen)];
    case 'dst':
      return ['to', prefix(value, entry.dstlen)];
    case 'fwmark':
      return ['fwmark', entry.fwmask === undefined ? String(value) : `${value}/${entry.fwmask}`];
    case 'sport_start':
      return ['sport', `${value}-${entry.sport_end}`];
    case 'dport_start':
      return ['dport', `${value}-${entry.dport_end}`];
    case 'flow_to':
      return ['realms', entry.flow_from === undefined ? String(value) : `${entry.flow_from}/${value}`];
    case 'uid_start':
      return ['uidrange'];
  }
  // What is left has words of its own, which parseRule() knows or not.
  return [key, ...(value === null ? [] : [String(value)])];
}

function prefix(address: unknown, length: unknown): string {
  return length === undefined ? String(address) : `${address}/${length}`;
}
