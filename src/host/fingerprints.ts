// The operating systems' fingerprints as nfnl_osf loads them from a pf.os file.
//
//   S4:64:1:60:M*,S,T,N,W7:   Linux:2.6::Linux 2.6 (newer, 3)
//   window : ttl : df : length : options : genre : version : subtype : details
//
// Ref: iptables 1.8.9, utils/nfnl_osf.c:osf_load_line()

import type { Fingerprint } from '../ir/osf.ts';
import { scanDecimal } from '../net/number.ts';
import type { Diagnostics } from '../text/diagnostic.ts';
import type { Source, Span } from '../text/source.ts';

const FIELDS = 9;
/** Bytes of a name, less the final NUL. */
const NAME_BYTES = 31;
/** Bytes of TCP options. */
const OPTIONS_BYTES = 40;

const OPTION_KINDS: Readonly<Record<string, { readonly kind: number; readonly length: number }>> = {
  E: { kind: 0, length: 1 },
  N: { kind: 1, length: 1 },
  M: { kind: 2, length: 4 },
  W: { kind: 3, length: 3 },
  S: { kind: 4, length: 2 },
  T: { kind: 8, length: 10 },
};

/** Reads a file; a fingerprint that the list has already is not there twice. */
export function parseFingerprints(source: Source, diagnostics: Diagnostics): Fingerprint[] {
  const list = new Map<string, Fingerprint>();
  let start = 0;
  for (const line of source.text.split('\n')) {
    const span = { source, start, end: start + line.length };
    start += line.length + 1;
    const text = line.replace(/\r$/, '');
    if (text === '' || text.startsWith('#')) continue;
    const found = parseLine(text, span, diagnostics);
    if (found) list.set(JSON.stringify(found), list.get(JSON.stringify(found)) ?? found);
  }
  return [...list.values()];
}

function parseLine(line: string, span: Span, diagnostics: Diagnostics): Fingerprint | undefined {
  const fields = line.split(':').map((field, i) => (i === 0 ? field : field.trimStart()));
  if (fields.length !== FIELDS) {
    const message = `expected ${FIELDS} fields with ":" between (window, ttl, df, length, options, genre, version, subtype, details), found ${fields.length}`;
    diagnostics.error('bad-fingerprint', message, span);
    return undefined;
  }
  const [window, ttl, df, length, options, genre, version, subtype] = fields as [string, ...string[]] & Record<number, string>;
  const made: Fingerprint = {
    genre: name(genre!.replace(/^[@*]/, '')),
    version: name(version!),
    subtype: name(subtype!),
    ttl: number(ttl!) & 0xff,
    df: (number(df!) & 0xff) !== 0,
    length: number(length!) & 0xffff,
    window: parseWindow(window),
    options: options!.split(',').flatMap((option) => OPTION_KINDS[option.trimStart()[0] ?? ''] ?? []),
  };
  if (made.window.kind === 'modulo' && made.window.value === 0) {
    diagnostics.error('bad-fingerprint', 'a window cannot be a multiple of 0', span);
    return undefined;
  }
  if (made.options.reduce((sum, option) => sum + option.length, 0) > OPTIONS_BYTES) {
    diagnostics.error('bad-fingerprint', `TCP has at most ${OPTIONS_BYTES} bytes of options`, span);
    return undefined;
  }
  return made;
}

function name(text: string): string {
  return text.slice(0, NAME_BYTES);
}

/** As strtoul() with base 10, kept to 32 bits. */
function number(text: string): number {
  return Number(scanDecimal(text, 64).value & 0xffff_ffffn);
}

const WINDOW_SIGNS = { S: 'mss', T: 'mtu', '%': 'modulo' } as const;

function parseWindow(text: string): Fingerprint['window'] {
  const kind = Object.hasOwn(WINDOW_SIGNS, text[0] ?? '') ? WINDOW_SIGNS[text[0] as keyof typeof WINDOW_SIGNS] : undefined;
  if (!kind) return { kind: 'plain', value: /^\d/.test(text) ? number(text) : 0 };
  return { kind, value: number(text.slice(1).replace(kind === 'modulo' ? '' : /^%/, '')) };
}
