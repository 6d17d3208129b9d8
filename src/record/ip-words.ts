// What the words of a call of ip mean.

import type { Family } from '../ir/ir.ts';
import type { HostRecord, RouteRecord } from './host.ts';

/** One call, or one line of a batch. */
export interface IpCall {
  readonly host: HostRecord;
  /** Said by -4 or -6. */
  readonly family: Family | undefined;
  readonly oneLine: boolean;
  /** Behind object and command. */
  readonly words: readonly string[];
}

export function isShow(command: string | undefined): boolean {
  return command === 'show' || command === 'list' || command === 'lst';
}

/** The word behind a keyword. */
export function wordBehind(words: readonly string[], keyword: string): string | undefined {
  const at = words.indexOf(keyword);
  return at < 0 ? undefined : words[at + 1];
}

/** The words less some keywords and what stands behind each. */
export function without(words: readonly string[], keywords: readonly string[]): string[] {
  return words.filter((word, i) => !keywords.includes(word) && !keywords.includes(words[i - 1] ?? ''));
}

const ROUTE_TYPES = ['unicast', 'local', 'broadcast', 'anycast', 'multicast', 'blackhole', 'unreachable', 'prohibit', 'throw'];

/** What tells routes apart: family, table, destination, metric. */
export function routeKey({ family, words }: RouteRecord): string {
  const table = wordBehind(words, 'table') ?? 'main';
  const metric = wordBehind(words, 'metric') ?? wordBehind(words, 'priority') ?? wordBehind(words, 'preference') ?? '0';
  return [family, table.replace(/^254$/, 'main'), destination(words), metric].join(' ');
}

export function destination(words: readonly string[]): string {
  const text = (ROUTE_TYPES.includes(words[0] ?? '') ? words[1] : words[0]) ?? '';
  if (text === 'default' || text === '0/0' || text === '0.0.0.0/0' || text === '::/0') return 'default';
  return text.includes('/') || text === '' ? text : `${text}/${text.includes(':') ? 128 : 32}`;
}

/** Whether a listing or a flush is of a route. */
export function isSelected(route: RouteRecord, { family = 4, words }: IpCall): boolean {
  const table = wordBehind(words, 'table') ?? 'main';
  const device = wordBehind(words, 'dev');
  const only = words.find(
    (word, i) =>
      !/^(table|dev|proto|scope|via|root|match|exact)$/.test(words[i - 1] ?? '') &&
      /^(default|[0-9a-f:.]+[.:/][0-9a-f:./]*)$/.test(word),
  );
  return (
    route.family === family &&
    (table === 'all' || table === (wordBehind(route.words, 'table') ?? 'main')) &&
    (device === undefined || device === wordBehind(route.words, 'dev')) &&
    (only === undefined || destination([only]) === destination(route.words))
  );
}
