// A few made-up extensions, so that the language can be tested without the real ones.

import type { Family } from '../../src/ir/ir.ts';
import type { ExtensionRegistry, MatchExtension, OptionSpec, TargetExtension } from '../../src/ruleset/extension.ts';

type Words = Map<string, string>;

/** An option that keeps its words; the word `bad` is a bad value. */
function keep(name: string, rest: Partial<OptionSpec<Words>> = {}): OptionSpec<Words> {
  return {
    name,
    argument: 'required',
    ...rest,
    set(options, values, { invert, diagnostics }) {
      const bad = values.find(({ text }) => text === 'bad');
      if (bad) diagnostics.error('bad-value', `"${bad.text}" is a bad value`, bad.span);
      else options.set(name, [...(invert ? ['!'] : []), `--${name}`, ...values.map(({ text }) => text)].join(' '));
    },
  };
}

/** Is read and printed, but never evaluated. */
function unevaluatedMatch(name: string, options: OptionSpec<Words>[]): MatchExtension<Words> {
  return {
    kind: 'match',
    name,
    families: [4, 6],
    options,
    create: () => new Map(),
    save: (words) => [...words.values()],
  };
}

function match(name: string, options: OptionSpec<Words>[], rest: Partial<MatchExtension<Words>> = {}): MatchExtension<Words> {
  return {
    ...unevaluatedMatch(name, options),
    lower: () => [{ kind: 'mask', field: 'mark', mask: 0xffffffff, value: name.length, negate: false }],
    ...rest,
  };
}

function target(name: string, options: OptionSpec<Words>[], rest: Partial<TargetExtension<Words>> = {}): TargetExtension<Words> {
  return {
    kind: 'target',
    name,
    families: [4, 6],
    options,
    create: () => new Map(),
    save: (words) => [...words.values()],
    lower: () => ({ kind: 'continue' }),
    ...rest,
  };
}

const port = { invertible: true } as const;
const MATCHES = [
  match('tcp', [keep('sport', { ...port, aliases: ['source-port'] }), keep('dport', port), keep('tcp-flags', { argument: 2 })], {
    protocols: [6],
  }),
  match('udp', [keep('sport', port), keep('dport', port)], { protocols: [17] }),
  match('icmp6', [keep('icmpv6-type')], { families: [6], protocols: [58] }),
  match('mark', [keep('mark', port)]),
  match('connmark', [keep('mark', port)], { usesConntrack: true }),
  match('strict', [
    keep('must', { mandatory: true }),
    keep('left', { excludes: ['right'] }),
    keep('right', { excludes: ['left'] }),
    keep('needy', { needs: ['left'] }),
    keep('again', { repeatable: true }),
    keep('maybe', { argument: 'optional' }),
    keep('flag', { argument: 'none', invertible: true }),
  ]),
  unevaluatedMatch('bpf', [keep('bytecode')]),
  match('cpu', [keep('cpu')], { lower: (words) => (words.size > 0 ? undefined : []) }),
];
const TARGETS = [
  target('REJECT', [keep('reject-with')], { tables: ['filter'], hooks: ['INPUT', 'FORWARD', 'OUTPUT'] }),
  target('PRE', [], { hooks: ['PREROUTING'] }),
  target('SET', [], { lower: () => undefined }),
  target('LOG', [keep('log-prefix'), keep('log-level')]),
  target('PICKY', [], {
    finish(_options, { diagnostics, span, hooks }) {
      diagnostics.warning('picky', `reached from ${[...hooks].join(' ') || 'nowhere'}`, span);
    },
  }),
];
/** Names iptables has that are not here. */
const KNOWN = { match: ['limit', 'ttl', 'sctp'], target: ['DNAT', 'TTL'] };
const ONLY_IPV4: readonly string[] = ['ttl', 'TTL'];

export const registry: ExtensionRegistry = {
  match: (name, family) => MATCHES.find((m) => m.name === name && m.families.includes(family)),
  target: (name, family) => TARGETS.find((t) => t.name === name && t.families.includes(family)),
  names: (kind, family) =>
    [...(kind === 'match' ? MATCHES : TARGETS)].filter((e) => e.families.includes(family)).map((e) => e.name),
  isKnown: (kind, name, family: Family) =>
    (KNOWN[kind].includes(name) && !(family === 6 && ONLY_IPV4.includes(name))) ||
    (kind === 'match' ? registry.match(name, family) : registry.target(name, family)) !== undefined,
};
