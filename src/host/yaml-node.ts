// Nodes of a YAML document, with their places.

import { isScalar, type Node, type Pair, type Scalar, type YAMLMap } from 'yaml';
import type { Diagnostics } from '../text/diagnostic.ts';
import type { Source, Span } from '../text/source.ts';
import { didYouMean } from '../text/suggest.ts';

/** What reading needs at every step. */
export interface Reading {
  readonly source: Source;
  readonly diagnostics: Diagnostics;
  readonly resolve: (node: unknown) => Node | null;
}

export function spanOf(node: Node | null | undefined, { source }: Reading): Span {
  const range = node?.range;
  return { source, start: range?.[0] ?? 0, end: range?.[1] ?? 0 };
}

export interface Entry {
  readonly key: string;
  readonly keySpan: Span;
  readonly value: Node | null;
}

/** The entries of a mapping. With `known`, other keys are refused. */
export function entriesOf(map: YAMLMap, known: readonly string[] | undefined, what: string, reading: Reading): Entry[] {
  const entries: Entry[] = [];
  for (const pair of map.items as Pair<Node, Node>[]) {
    const keyNode = reading.resolve(pair.key);
    const keySpan = spanOf(keyNode, reading);
    if (!isScalar(keyNode)) {
      reading.diagnostics.error('bad-host', `${what} has names as keys`, keySpan);
      continue;
    }
    const key = isScalarText(keyNode) ? keyNode.value : String(keyNode.source ?? keyNode.value);
    if (known && !known.includes(key)) {
      const message = `${what} has no key "${key}"${didYouMean(key, known) || ` (its keys are ${known.join(', ')})`}`;
      reading.diagnostics.error('unknown-key', message, keySpan);
    } else {
      entries.push({ key, keySpan, value: reading.resolve(pair.value) });
    }
  }
  return entries;
}

export function isScalarText(node: unknown): node is Scalar<string> {
  return isScalar(node) && typeof node.value === 'string';
}

export function isNothing(node: Node | null): boolean {
  return node === null || (isScalar(node) && node.value === null);
}
