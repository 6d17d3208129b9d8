// Lines of a restore file as fgets() gives them to iptables-restore, less what no line may hold.

import type { Diagnostics } from '../text/diagnostic.ts';
import { byteLength, type Source } from '../text/source.ts';

/** Longest line with its line end. Ref: iptables 1.8.9, iptables/iptables-restore.c:ip46tables_restore_main() */
export const LINE_BYTES_MAX = 10239;

export interface Line {
  readonly start: number;
  /** Offset behind the last character, line end (also a CR) not counted. */
  readonly end: number;
  /** A line end follows. */
  readonly isEnded: boolean;
}

/** Gives line by line, reporting CR line ends (once), NUL bytes and lines that are too long. */
export function* linesOf(source: Source, diagnostics: Diagnostics): Generator<Line> {
  const { text } = source;
  let isCrReported = false;
  const hasNul = text.includes('\0');
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf('\n', start);
    let end = newline < 0 ? text.length : newline;
    const next = end + 1;
    if (end > start && text.charCodeAt(end - 1) === 13) {
      end--;
      if (!isCrReported) {
        const message = 'the line ends with a carriage return (CR LF): iptables-restore takes only LF line ends';
        diagnostics.error('cr-line-end', message, { source, start: end, end: end + 1 });
      }
      isCrReported = true;
    }
    checkLength(source, start, end, diagnostics);
    if (hasNul) checkNul(source, start, end, diagnostics);
    yield { start, end, isEnded: newline >= 0 };
    start = next;
  }
}

function checkLength(source: Source, start: number, end: number, diagnostics: Diagnostics): void {
  // A UTF-16 unit has at most three bytes: most lines need no counting.
  if ((end - start) * 3 < LINE_BYTES_MAX) return;
  const bytes = byteLength(source.text, start, end) + 1;
  if (bytes <= LINE_BYTES_MAX) return;
  const message = `the line has ${bytes} bytes, iptables-restore reads at most ${LINE_BYTES_MAX}`;
  diagnostics.error('line-too-long', message, { source, start, end });
}

function checkNul(source: Source, start: number, end: number, diagnostics: Diagnostics): void {
  const at = source.text.slice(start, end).indexOf('\0');
  if (at < 0) return;
  diagnostics.error('nul-byte', 'the line holds a NUL byte', { source, start: start + at, end: start + at + 1 });
}
