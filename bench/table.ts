// Figures as text: a row for each thing measured, a column for each figure of it, and what the bars say.

import { median, spread } from './statistics.ts';
import type { Figure, Unit } from './suite.ts';

/** A spread below it is not worth its room. */
const SPREAD_SHOWN = 0.005;
const GAP = '  ';

/** Rows and columns of cells, the head first. */
function grid(figures: readonly Figure[], head: string): string[][] {
  const columns = [...new Set(figures.map(columnTitle))];
  const rows = [...new Set(figures.map(({ of }) => of))];
  const cells = new Map(figures.map((figure) => [`${figure.of}\0${columnTitle(figure)}`, cell(figure)]));
  return [[head, ...columns], ...rows.map((row) => [row, ...columns.map((column) => cells.get(`${row}\0${column}`) ?? '')])];
}

function columnTitle({ what, unit }: Figure): string {
  return unit === 'x' ? what : `${what}, ${unit}`;
}

function cell({ samples, unit }: Figure): string {
  const scatter = spread(samples);
  return amount(median(samples), unit) + (scatter < SPREAD_SHOWN ? '' : ` ±${Math.ceil(scatter * 100)}%`);
}

/** A number with about three digits, in groups of three. */
export function amount(value: number, unit: Unit): string {
  const digits =
    Math.abs(value) >= 100 || Number.isInteger(value) ? 0 : Math.abs(value) >= 10 ? 1 : Math.abs(value) >= 0.1 ? 2 : 4;
  const text = value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return unit === 'x' ? `${text}x` : text;
}

/** The figures of a suite for a terminal. */
export function textTable(figures: readonly Figure[]): string {
  if (figures.length === 0) return '(no figures)';
  const rows = grid(figures, '');
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: readonly string[]): string =>
    row
      .map((text, column) => (column === 0 ? text.padEnd(widths[0]!) : text.padStart(widths[column]!)))
      .join(GAP)
      .trimEnd();
  return [...rows.map(line), ...barLines(figures)].join('\n');
}

/** The same for a page. */
export function markdownTable(figures: readonly Figure[]): string {
  if (figures.length === 0) return 'No figures.';
  const [head, ...rows] = grid(figures, 'measured');
  const line = (row: readonly string[]): string => `| ${row.join(' | ')} |`;
  const bars = barLines(figures).map((text) => `- ${text}`);
  const table = [line(head!), `|${head!.map((_, column) => (column === 0 ? '---|' : '---:|')).join('')}`, ...rows.map(line)];
  return [...table, ...(bars.length > 0 ? ['', ...bars] : [])].join('\n');
}

function barLines(figures: readonly Figure[]): string[] {
  return figures
    .filter(({ bar, aim }) => bar !== undefined || aim !== undefined)
    .map((figure) => {
      const { of, what, unit, samples, better, bar, aim } = figure;
      const asked = bar === undefined ? [] : [`${better === 'less' ? 'at most' : 'at least'} ${amount(bar, unit)}`];
      const aimed = aim === undefined ? [] : [`aim ${amount(aim, unit)}`];
      const unitText = unit === 'x' ? '' : ` ${unit}`;
      return `${judged(figure)}: ${of}: ${what} ${amount(median(samples), unit)}${unitText} (${[...asked, ...aimed].join(', ')})`;
    });
}

/** What is to be said of a figure of which something is asked, or which is meant to reach something. */
function judged({ samples, better, bar, aim }: Figure): string {
  const reaches = (limit: number): boolean => (better === 'less' ? median(samples) <= limit : median(samples) >= limit);
  if (bar !== undefined) return reaches(bar) ? 'met' : 'MISSED';
  return reaches(aim!) ? 'reached' : 'not reached';
}
