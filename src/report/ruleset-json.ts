// Rulesets as one JSON object, for programs: what -S says, in pieces.
//
//   { "rulesets": [ { "family": 4, "source": "office.rules", "tables": [ { "name": "filter", "chains": [ CHAIN … ] } … ] } … ] }
//   CHAIN   { "name", "policy" ("ACCEPT", "DROP"; null for a user chain), "packets", "bytes", "line", "column", "rules": [ RULE … ] }
//   RULE    { "number", "text" (the line of iptables-save), "packets", "bytes", "line", "column",
//             "source", "destination", "in", "out", "protocol", "fragment"   each { "value", "invert" }, where the rule asks for it,
//             "matches": [ { "name", "options": [ OPTION … ] } … ],
//             "target": { "kind": "verdict" | "chain" | "extension", "name", "goto" (chains), "options" (extensions) } or null }
//   OPTION  { "name" (with its dashes), "values": [ word … ], "invert" }
//
// Lines and columns count from 1, and are those of the text; counters are whole numbers of up to 64 bits.

import type { Family } from '../ir/ir.ts';
import { formatAddress, formatMask } from '../net/address.ts';
import { protocolName } from '../net/protocol.ts';
import { NO_COUNTERS } from '../ruleset/counters.ts';
import type { Extension, OptionSpec, PrintContext } from '../ruleset/extension.ts';
import { chainsInOrder, printContext, printRule } from '../ruleset/print.ts';
import type { AddressMask, ChainTree, Counters, Invertible, RulesetTree, RuleTree, TargetTree } from '../ruleset/tree.ts';
import { locate, type Span } from '../text/source.ts';

/** Gives the JSON text, ended by a line end. */
export function rulesetsJson(trees: readonly RulesetTree[]): string {
  const value = { rulesets: trees.map(rulesetJson) };
  // JSON.stringify takes no 64-bit numbers; and no text of a ruleset has a NUL.
  const text = JSON.stringify(value, (_key, item) => (typeof item === 'bigint' ? `\0${item}` : item), 2);
  return `${text.replace(/"\\u0000(\d+)"/g, '$1')}\n`;
}

function rulesetJson({ family, source, tables }: RulesetTree): object {
  return {
    family,
    source: source.name,
    tables: tables.map((table) => ({
      name: table.name,
      chains: chainsInOrder(table).map((chain) => chainJson(chain, family)),
    })),
  };
}

function chainJson({ name, policy, counters, span, rules }: ChainTree, family: Family): object {
  const list = rules.map((rule, index) => ({
    number: index + 1,
    text: `-A ${name}${printRule(rule, family)}`,
    ...ruleJson(rule, family),
  }));
  return { name, policy: policy ?? null, ...countersJson(counters), ...placeJson(span), rules: list };
}

function countersJson({ packets, bytes }: Counters = NO_COUNTERS): object {
  return { packets, bytes };
}

function placeJson({ source, start }: Span): object {
  const { line, column } = locate(source, start);
  return { line, column };
}

function ruleJson(rule: RuleTree, family: Family): object {
  const { counters, span, source, destination, inInterface, outInterface, protocol, fragment, matches, target } = rule;
  const context = printContext(rule, family, { numeric: true });
  const asked = {
    source: source && askedJson(source, addressText),
    destination: destination && askedJson(destination, addressText),
    in: inInterface && askedJson(inInterface, String),
    out: outInterface && askedJson(outInterface, String),
    protocol: protocol && askedJson(protocol, (number) => protocolName(number) ?? String(number)),
    fragment: fragment && { value: true, invert: fragment.invert },
  };
  return {
    ...countersJson(counters),
    ...placeJson(span),
    ...asked,
    matches: matches.map(({ extension, options }) => ({
      name: extension.name,
      options: optionsJson(extension, extension.save(options, context)),
    })),
    target: target ? targetJson(target, context) : null,
  };
}

function askedJson<T>({ value, invert }: Invertible<T>, format: (value: T) => string): object {
  return { value: format(value), invert };
}

function addressText({ address, mask }: AddressMask): string {
  return `${formatAddress(address)}/${formatMask(mask)}`;
}

function targetJson(target: TargetTree, context: PrintContext): object {
  switch (target.kind) {
    case 'standard':
      return { kind: 'verdict', name: target.verdict };
    case 'chain':
      return { kind: 'chain', name: target.chain, goto: target.jump === 'goto' };
    case 'extension': {
      const { extension, options } = target;
      return { kind: 'extension', name: extension.name, options: optionsJson(extension, extension.save(options, context)) };
    }
  }
}

/** Parts the words that an extension prints into options with their values. */
function optionsJson(extension: Extension, words: readonly string[]): object[] {
  const options: object[] = [];
  for (let at = 0; at < words.length; ) {
    const invert = words[at] === '!';
    if (invert) at++;
    const name = words[at++]!;
    const values = words.slice(at, at + valueCount(specOf(extension, name), words[at]));
    at += values.length;
    options.push({ name, values: values.map(unquoted), invert });
  }
  return options;
}

function specOf({ options }: Extension, word: string): OptionSpec<never> {
  const name = word.slice(2);
  const spec = (options as readonly OptionSpec<never>[]).find((known) => known.name === name || known.aliases?.includes(name));
  if (!spec) throw new Error(`"${word}" is printed, and is no option`);
  return spec;
}

function valueCount({ argument }: OptionSpec<never>, next: string | undefined): number {
  if (typeof argument === 'number') return argument;
  if (argument === 'optional') return next === undefined || /^[-!]/.test(next) ? 0 : 1;
  return argument === 'none' ? 0 : 1;
}

/** A word as it was before it was printed for a restore file. */
function unquoted(word: string): string {
  const text = word.trim();
  return /^".*"$/s.test(text) ? text.slice(1, -1).replace(/\\(.)/gs, '$1') : text;
}
