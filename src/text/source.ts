// Source text and places in it. Comes in: bytes of a file. Goes out: a string, and spans. Knows nothing of iptables.

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

/** Where an offset is: its 1-based line and column, and the offsets of its line's first and behind-last character. */
export interface Place {
  readonly line: number;
  readonly column: number;
  readonly lineStart: number;
  readonly lineEnd: number;
}

/** A byte that is no UTF-8 is kept as this code unit plus its value, a lone surrogate that no valid text has. */
const STRAY_BYTE = 0xdc00;
const LONE_SURROGATE = /[\ud800-\udfff]/u;

/** Makes a source of a file's bytes: UTF-8, where stray bytes (iptables does not mind them) survive and come back from `encodeText`. */
export function decodeSource(name: string, bytes: Uint8Array): Source {
  try {
    return { name, text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    return { name, text: decodeLossless(bytes) };
  }
}

/** Gives the bytes of a text; the inverse of `decodeSource`. */
export function encodeText(text: string): Uint8Array {
  if (!LONE_SURROGATE.test(text)) return new TextEncoder().encode(text);
  const encoder = new TextEncoder();
  const bytes: number[] = [];
  for (const character of text) {
    const code = character.codePointAt(0)!;
    if (code >= STRAY_BYTE + 0x80 && code <= STRAY_BYTE + 0xff) bytes.push(code - STRAY_BYTE);
    else bytes.push(...encoder.encode(character));
  }
  return Uint8Array.from(bytes);
}

function decodeLossless(bytes: Uint8Array): string {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let text = '';
  let at = 0;
  while (at < bytes.length) {
    const length = sequenceLength(bytes[at]!);
    try {
      text += decoder.decode(bytes.subarray(at, at + length));
      at += length;
    } catch {
      text += String.fromCharCode(STRAY_BYTE + bytes[at]!);
      at += 1;
    }
  }
  return text;
}

function sequenceLength(first: number): number {
  if (first < 0xc0) return 1;
  if (first < 0xe0) return 2;
  return first < 0xf0 ? 3 : 4;
}

/** Number of bytes of a piece of text as `encodeText` would write it. */
export function byteLength(text: string, start = 0, end = text.length): number {
  let bytes = 0;
  for (let i = start; i < end; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x80) bytes += 1;
    else if (code < 0x800) bytes += 2;
    else if (code >= STRAY_BYTE + 0x80 && code <= STRAY_BYTE + 0xff && !followsHighSurrogate(text, i)) bytes += 1;
    else if (code >= 0xd800 && code < 0xe000) bytes += 2;
    else bytes += 3;
  }
  return bytes;
}

function followsHighSurrogate(text: string, at: number): boolean {
  const before = at > 0 ? text.charCodeAt(at - 1) : 0;
  return before >= 0xd800 && before < 0xdc00;
}

/** Offsets of the line starts of each source that a place was asked of: a file with a thousand errors is counted through once. */
const lineStarts = new WeakMap<Source, readonly number[]>();

function lineStartsOf(source: Source): readonly number[] {
  const known = lineStarts.get(source);
  if (known) return known;
  const starts = [0];
  for (let i = source.text.indexOf('\n'); i >= 0; i = source.text.indexOf('\n', i + 1)) starts.push(i + 1);
  lineStarts.set(source, starts);
  return starts;
}

/** Gives the place of an offset. */
export function locate(source: Source, offset: number): Place {
  const at = Math.max(0, Math.min(offset, source.text.length));
  const starts = lineStartsOf(source);
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle]! <= at) low = middle;
    else high = middle - 1;
  }
  const lineStart = starts[low]!;
  const next = starts[low + 1];
  return { line: low + 1, column: at - lineStart + 1, lineStart, lineEnd: next === undefined ? source.text.length : next - 1 };
}
