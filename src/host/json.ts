// JSON as the `ip` tool prints it: a list of flat objects, with places for diagnostics.

import { isSeq, parseDocument } from 'yaml';
import { parseUnsigned } from '../net/number.ts';
import type { Diagnostics } from '../text/diagnostic.ts';
import type { Source, Span } from '../text/source.ts';

export type JsonRecord = Readonly<Record<string, unknown>>;

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A text member, undefined for any other type. */
export function text(record: JsonRecord, key: string): string | undefined {
  const value = record[key];
  return typeof value === 'string' ? value : undefined;
}

/** A number member, undefined for any other type. */
export function number(record: JsonRecord, key: string): number | undefined {
  const value = record[key];
  return typeof value === 'number' ? value : undefined;
}

/**
 * A number that iproute2 may print by a name: the one that every machine has stands for 0. `fail` is told of any other name.
 */
export function namedNumber(
  value: string,
  zero: string,
  what: string,
  fail: (code: string, message: string) => void,
): number | undefined {
  const found = value === zero ? 0 : parseUnsigned(value, 0xffff_ffff);
  if (found === undefined) fail('unknown-name', `the number of ${what} by the name "${value}" is not known`);
  return found;
}

/** Reads a list; an absent or empty file is an empty one. Some versions of the tool print `[{},{…}]` where they skip an entry. */
export function readJsonList(source: Source | undefined, diagnostics: Diagnostics): readonly unknown[] {
  if (!source || source.text.trim() === '') return [];
  try {
    const value: unknown = JSON.parse(source.text);
    if (Array.isArray(value)) return value.filter((entry) => !isRecord(entry) || Object.keys(entry).length > 0);
    diagnostics.error('bad-snapshot', 'expected a JSON list', { source, start: 0, end: 1 });
  } catch {
    diagnostics.error('bad-snapshot', 'this is no JSON', faultSpan(source));
  }
  return [];
}

/** JSON is YAML, whose parser says where a fault is. */
function faultSpan(source: Source): Span {
  const [start, end] = parseDocument(source.text, { prettyErrors: false }).errors[0]?.pos ?? [0, 1];
  return { source, start, end: Math.max(end, start + 1) };
}

/** Where entry `index` (of the entries that are not empty) stands. Slow; for diagnostics. */
export function entrySpan(source: Source, index: number): Span {
  const list = parseDocument(source.text, { prettyErrors: false }).contents;
  const items = isSeq(list)
    ? list.items.filter((item) => !(item as { items?: unknown[] }).items || (item as { items: unknown[] }).items.length > 0)
    : [];
  const range = (items[index] as { range?: readonly number[] } | undefined)?.range;
  return { source, start: range?.[0] ?? 0, end: range?.[1] ?? 1 };
}
