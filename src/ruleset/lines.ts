// Lines of a restore file as fgets() gives them to iptables-restore, less what no line may hold.

import type { Diagnostics } from '../text/diagnostic.ts';
import { byteLength, type Source } from '../text/source.ts';

/** Longest line with its line end. Ref: iptables 1.8.9, iptables/iptables-restore.c:ip46tables_restore_main() */
export const LINE_BYTES_MAX = 10239;

/** Where a table begins. What has a NUL byte before the first of them is no text of ours. */
const TABLE_LINE = /^\*/m;
const BYTE_ORDER_MARK = '\ufeff';

export interface Line {
  readonly start: number;
  /** Offset behind the last character, line end (also a CR) not counted. */
  readonly end: number;
  /** A line end follows. */
  readonly isEnded: boolean;
}

/**
 * Gives line by line, reporting CR line ends (once), NUL bytes, lines that are too long (and not given) and a byte order mark.
 * Of a file that is no text nothing is given.
 */
export function* linesOf(source: Source, diagnostics: Diagnostics): Generator<Line> {
  const { text } = source;
  const nul = text.indexOf('\0');
  if (nul >= 0 && !TABLE_LINE.test(text.slice(0, nul))) {
    const message = 'there is a NUL byte: this is no text of iptables-save (or it is UTF-16, and should be UTF-8)';
    diagnostics.error('nul-byte', message, { source, start: nul, end: nul + 1 });
    return;
  }
  let isCrReported = false;
  let first = 0;
  if (text.startsWith(BYTE_ORDER_MARK)) {
    first = BYTE_ORDER_MARK.length;
    const message = 'the file begins with a byte order mark, which iptables-restore does not take';
    diagnostics.error('byte-order-mark', message, { source, start: 0, end: first });
  }
  for (let start = first; start < text.length; ) {
    const newline = text.indexOf('\n', start);
    let end = newline < 0 ? text.length : newline;
    const next = end + 1;
    if (end > start && text.charCodeAt(end - 1) === 13) {
      end--;
      // In a comment iptables-restore does not mind it.
      if (!isCrReported && text.charCodeAt(start) !== 35 /* # */) {
        isCrReported = true;
        const message = 'the line ends with a carriage return (CR LF): iptables-restore takes only LF line ends';
        diagnostics.error('cr-line-end', message, { source, start: end, end: end + 1 });
      }
    }
    if (nul >= 0) checkNul(source, start, end, diagnostics);
    if (checkLength(source, start, end, diagnostics)) yield { start, end, isEnded: newline >= 0 };
    start = next;
  }
}

/** Gives whether iptables-restore can read the line. */
function checkLength(source: Source, start: number, end: number, diagnostics: Diagnostics): boolean {
  // A UTF-16 unit has at most three bytes: most lines need no counting.
  if ((end - start) * 3 < LINE_BYTES_MAX) return true;
  const bytes = byteLength(source.text, start, end) + 1;
  if (bytes <= LINE_BYTES_MAX) return true;
  const message = `the line has ${bytes} bytes, iptables-restore reads at most ${LINE_BYTES_MAX}`;
  diagnostics.error('line-too-long', message, { source, start, end });
  return false;
}

function checkNul(source: Source, start: number, end: number, diagnostics: Diagnostics): void {
  const at = source.text.slice(start, end).indexOf('\0');
  if (at < 0) return;
  diagnostics.error('nul-byte', 'the line holds a NUL byte', { source, start: start + at, end: start + at + 1 });
}
