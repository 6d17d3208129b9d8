// Source text and places in it. Comes in: bytes of a file as a string. Goes out: spans. Knows nothing of iptables.

/** A text that was read, with the name people know it by (a path, or `<stdin>`). */
export interface Source {
  readonly name: string;
  readonly text: string;
}

/** Half-open range of UTF-16 offsets into one source's text. */
export interface Span {
  readonly source: Source;
  readonly start: number;
  readonly end: number;
}

/** Gives the 1-based line and column of an offset, and the offsets of its line's first and behind-last character. */
export function locate(source: Source, offset: number): { line: number; column: number; lineStart: number; lineEnd: number } {
  const at = Math.min(offset, source.text.length);
  const lineStart = source.text.lastIndexOf('\n', at - 1) + 1;
  const found = source.text.indexOf('\n', at);
  const lineEnd = found < 0 ? source.text.length : found;
  let line = 1;
  for (let i = source.text.indexOf('\n'); i >= 0 && i < lineStart; i = source.text.indexOf('\n', i + 1)) line++;
  return { line, column: at - lineStart + 1, lineStart, lineEnd };
}
