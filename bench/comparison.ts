// Two runs beside each other: what became slower, what faster, and what cannot be told from noise.

import type { BenchResult } from './result.ts';
import { type Change, change, median, spread } from './statistics.ts';
import type { Figure } from './suite.ts';
import { amount } from './table.ts';

export interface ComparedFigure extends Pick<Change, 'ratio' | 'noise'> {
  readonly suite: string;
  readonly before: Figure;
  readonly after: Figure;
  /** `other`: it differs, but is not of Hookline. */
  readonly verdict: 'same' | 'better' | 'worse' | 'other';
}

export interface Comparison {
  readonly figures: readonly ComparedFigure[];
  /** What only one of the runs has: figures as `suite: of: what`, and whole suites. */
  readonly missing: readonly string[];
  readonly added: readonly string[];
  /** Why the figures of the two might differ beside the code. */
  readonly cautions: readonly string[];
}

const keyOf = (suite: string, { of, what }: Figure): string => `${suite}: ${of}: ${what}`;

function byKey({ suites }: BenchResult): Map<string, { readonly suite: string; readonly figure: Figure }> {
  return new Map(
    Object.entries(suites).flatMap(([suite, { figures }]) =>
      figures.map((figure) => [keyOf(suite, figure), { suite, figure }] as const),
    ),
  );
}

/** Compares figure by figure. Differences up to `tolerance` are the same. */
export function compareResults(first: BenchResult, second: BenchResult, tolerance: number): Comparison {
  const [before, after] = [byKey(first), byKey(second)];
  const figures = [...before].flatMap(([key, { suite, figure }]) => {
    const other = after.get(key)?.figure;
    return other ? [compareFigure(suite, figure, other, tolerance)] : [];
  });
  return {
    figures,
    missing: onlyIn(first, second),
    added: onlyIn(second, first),
    cautions: cautions(first, second),
  };
}

function onlyIn(one: BenchResult, other: BenchResult): string[] {
  const others = byKey(other);
  return Object.entries(one.suites).flatMap(([suite, { figures }]) => {
    if (figures.length > 0 && !other.suites[suite]) return [`suite ${suite}`];
    return figures.map((figure) => keyOf(suite, figure)).filter((key) => !others.has(key));
  });
}

function compareFigure(suite: string, before: Figure, after: Figure, tolerance: number): ComparedFigure {
  const { ratio, noise, verdict } = change(before.samples, after.samples, tolerance);
  const differs = after.isReference ? 'other' : verdict === (before.better === 'less' ? 'more' : 'less') ? 'worse' : 'better';
  return { suite, before, after, ratio, noise, verdict: verdict === 'same' ? 'same' : differs };
}

function cautions(first: BenchResult, second: BenchResult): string[] {
  const differs = (['cpu', 'processors', 'node', 'seed', 'scale'] as const).filter((key) => first[key] !== second[key]);
  return differs.map((key) => `${key} differs: ${first[key]} and ${second[key]}`);
}

const WORDS = { same: '', other: 'not Hookline', better: 'better', worse: 'WORSE' } as const;

/** The comparison as lines for a terminal; the figures that differ last, so that they are seen. */
export function comparisonText({ figures, missing, added, cautions }: Comparison): string {
  const order = { same: 0, other: 1, better: 2, worse: 3 } as const;
  const sorted = [...figures].sort((a, b) => order[a.verdict] - order[b.verdict]);
  const cells = sorted.map(({ suite, before, after, ratio, noise, verdict }) => [
    `${suite}: ${before.of}: ${before.what}`,
    value(before),
    value(after),
    `${ratio.toFixed(2)}x`,
    `±${Math.ceil(noise * 100)}%`,
    WORDS[verdict],
  ]);
  const rows = [['', 'before', 'after', 'ratio', 'noise', ''], ...cells];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) =>
    row
      .map((text, column) => (column === 0 || column === 5 ? text.padEnd(widths[column]!) : text.padStart(widths[column]!)))
      .join('  ')
      .trimEnd(),
  );
  const count = (verdict: ComparedFigure['verdict']): number => figures.filter((one) => one.verdict === verdict).length;
  return [
    ...cautions.map((text) => `caution: ${text}`),
    ...lines,
    ...missing.map((key) => `only before: ${key}`),
    ...added.map((key) => `only after: ${key}`),
    ...(count('other') > 0 ? [`not of Hookline, yet different: ${count('other')} figures; the machine may have been busy`] : []),
    `${count('worse')} worse, ${count('better')} better, ${count('same')} the same within noise`,
  ].join('\n');
}

function value({ samples, unit }: Figure): string {
  return `${amount(median(samples), unit)}${unit === 'x' ? '' : ` ${unit}`} ±${Math.ceil(spread(samples) * 100)}%`;
}
