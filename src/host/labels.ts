// Names of the labels of connections: `labels` of a host file, and connlabel.conf as iptables and conntrack read it.

import { isMap, isScalar, type Node } from 'yaml';
import { parseUnsigned } from '../net/number.ts';
import type { Diagnostics } from '../text/diagnostic.ts';
import type { Source, Span } from '../text/source.ts';
import { entriesOf, isNothing, type Reading, spanOf } from './yaml-node.ts';

/** Ref: include/uapi/linux/netfilter/xt_connlabel.h XT_CONNLABEL_MAXBIT */
const LABEL_MAX = 127;
const MEANING = `a label has a number from 0 to ${LABEL_MAX}`;

export type LabelNames = ReadonlyMap<string, number>;

class Names {
  readonly map = new Map<string, number>();
  private readonly diagnostics: Diagnostics;

  constructor(diagnostics: Diagnostics) {
    this.diagnostics = diagnostics;
  }

  add(name: string, number: string, span: Span): void {
    const label = parseUnsigned(number, LABEL_MAX);
    if (label === undefined) this.diagnostics.error('bad-label', `${MEANING}, not "${number}"`, span);
    else if (this.map.has(name)) this.diagnostics.error('duplicate-label', `"${name}" has a number already`, span);
    else this.map.set(name, label);
  }
}

/** Reads lines of a number and a name; `#` begins a comment. */
export function parseLabels(source: Source | undefined, diagnostics: Diagnostics): LabelNames {
  const names = new Names(diagnostics);
  for (const { 0: line, index } of source?.text.matchAll(/^[ \t]*[^\s#].*$/gm) ?? []) {
    const span = { source: source!, start: index, end: index + line.length };
    const [, number, name] = /^\s*(\S+)\s+([^\s#]+)\s*(?:#.*)?$/.exec(line) ?? [];
    if (number === undefined) diagnostics.error('bad-label', 'expected the number of a label and its name', span);
    else names.add(name!, number, span);
  }
  return names.map;
}

/** Reads a mapping from names to numbers. */
export function readLabels(node: Node | null, reading: Reading): LabelNames {
  const names = new Names(reading.diagnostics);
  if (isNothing(node)) return names.map;
  if (!isMap(node)) {
    reading.diagnostics.error('bad-host', 'labels is a mapping from names to numbers', spanOf(node, reading));
    return names.map;
  }
  for (const { key, value } of entriesOf(node, undefined, 'labels', reading)) {
    names.add(key, isScalar(value) ? String(value.source ?? value.value) : '', spanOf(value, reading));
  }
  return names.map;
}
