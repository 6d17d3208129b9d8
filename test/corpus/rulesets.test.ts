// Every ruleset of the corpus: what loads prints exactly what iptables-legacy-save printed after loading it, what does not is
// refused for what it holds. Needs CORPUS (a folder with `rulesets/`); counters and header lines are left aside.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { extensions } from '../../src/extensions/index.ts';
import { detectFamily } from '../../src/ruleset/family.ts';
import { interfaceUniverse } from '../../src/ruleset/interfaces.ts';
import { lowerRuleset, NOT_EVALUATED, UNKNOWN_SET } from '../../src/ruleset/lower.ts';
import { parseRuleset } from '../../src/ruleset/parser.ts';
import { printRuleset } from '../../src/ruleset/print.ts';
import { type Diagnostic, Diagnostics } from '../../src/text/diagnostic.ts';
import { renderDiagnostics } from '../../src/text/render.ts';
import { decodeSource, encodeText, locate } from '../../src/text/source.ts';
import { familyOf, REFUSALS } from './unloadable.ts';

const corpus = process.env.CORPUS;
const folder = corpus ? join(corpus, 'rulesets') : '';
const isThere = corpus !== undefined && existsSync(folder);
if (!isThere) console.warn('SKIPPED: the rulesets of the corpus: set CORPUS to its folder');

/** Codes that say "not yet", which is not what iptables says. */
const NOT_YET: readonly string[] = ['unsupported-extension', 'not-supported-yet'];

/** Files outside of `unloadable/` that iptables-legacy-restore itself refuses, and what must be said about them. */
const REFUSED_BY_LEGACY: Readonly<Record<string, string>> = {
  'libvirt-bootc.v4.rules': 'bad-chain-line',
  'libvirt-bootc.v6.rules': 'bad-chain-line',
};

const outcomes = new Map<string, string[]>();

function note(outcome: string, file: string): void {
  outcomes.set(outcome, [...(outcomes.get(outcome) ?? []), file]);
}

function rulesIn(path: string): string[] {
  return isThere ? readdirSync(path).filter((name) => name.endsWith('.rules')) : [];
}

function load(path: string, name: string) {
  const source = decodeSource(name, readFileSync(join(path, name)));
  const diagnostics = new Diagnostics();
  const family = familyOf(name);
  const tree = parseRuleset(source, family, extensions, diagnostics);
  const errors = diagnostics.list.filter(({ severity }) => severity === 'error');
  return { source, family, tree, diagnostics, errors };
}

/** The text that is compared: no header lines, no counters; bytes as Latin-1, for some files are not UTF-8. */
function body(bytes: Uint8Array): string[] {
  return Buffer.from(bytes)
    .toString('latin1')
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .map((line) => line.replace(/^\[\d+:\d+\] /, '').replace(/^(:\S+ \S+) \[\d+:\d+\]$/, '$1'));
}

function namesOf(errors: readonly Diagnostic[]): string {
  const names = errors.map(({ span }) => span!.source.text.slice(span!.start, span!.end));
  return [...new Set(names)].sort().join(' ');
}

function otherThanNotYet(errors: readonly Diagnostic[]): Diagnostic[] {
  return errors.filter(({ code }) => !NOT_YET.includes(code));
}

describe.skipIf(!isThere)('rulesets of the corpus', () => {
  test.each(rulesIn(folder))('%s', (name) => {
    const { source, family, tree, diagnostics, errors } = load(folder, name);
    const refusal = REFUSED_BY_LEGACY[name];
    if (refusal) {
      expect(errors.map(({ code }) => code)).toContain(refusal);
      note('refused, as iptables does', name);
      return;
    }
    // What iptables loads must not be refused for anything but what is not there yet.
    expect(renderDiagnostics(otherThanNotYet(errors))).toBe('');
    if (errors.length > 0) {
      note('refused: extensions not there yet', `${name} (${namesOf(errors)})`);
      return;
    }
    expect(detectFamily(source)).toBe(family);
    const saved = readFileSync(join(folder, 'canonical-legacy', name.replace(/\.rules$/, '.save')));
    expect(body(encodeText(printRuleset(tree, { counters: true })))).toEqual(body(saved));
    lowerRuleset(tree, interfaceUniverse([tree], []), diagnostics);
    // The sets of a ruleset are not in its file.
    const unevaluated = diagnostics.list.filter(({ code }) => code === NOT_EVALUATED || code === UNKNOWN_SET);
    expect(diagnostics.errorCount).toBe(unevaluated.length);
    note(
      `loads and prints exactly as iptables${unevaluated.length > 0 ? ', with what is not evaluated or not there' : ''}`,
      name,
    );
  });
});

describe.skipIf(!isThere)('rulesets that iptables refuses', () => {
  const path = join(folder, 'unloadable');
  test('are all known', () => {
    expect(rulesIn(path)).toEqual(Object.keys(REFUSALS));
  });

  test.each(Object.entries(REFUSALS))('%s', (name, { line, code, ours }) => {
    const [first] = load(path, name).errors;
    const place = locate(first!.span!.source, first!.span!.start);
    expect([place.line, first!.code]).toEqual([ours?.line ?? line, code]);
    note(ours ? 'unloadable: refused, in another line' : 'unloadable: refused, in the line that iptables names', name);
  });
});

afterAll(() => {
  const rows = [...outcomes].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [outcome, files] of rows) console.log(`${String(files.length).padStart(4)}  ${outcome}`);
  for (const [outcome, files] of rows) {
    if (outcome.includes('not there yet')) console.log(`${outcome}:\n  ${files.join('\n  ')}`);
  }
});
