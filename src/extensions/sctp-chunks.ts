// Chunk types of SCTP as -m sctp asks for them: names, and the flags that a chunk must have or not have.

import { SCTP_MATCH_ALL, SCTP_MATCH_ANY, SCTP_MATCH_ONLY } from '../../assembly/abi/operand.ts';
import { type Argument, type OptionContext, part } from '../ruleset/extension.ts';
import { split } from './values.ts';

const MATCH_TYPES = ['any', 'all', 'only'] as const;
const MATCH_CODES = { any: SCTP_MATCH_ANY, all: SCTP_MATCH_ALL, only: SCTP_MATCH_ONLY } as const;

interface ChunkFlags {
  mask: number;
  set: number;
}

export interface Chunks {
  readonly match: (typeof MATCH_TYPES)[number];
  /** Type numbers, or every one of them. */
  readonly types: ReadonlySet<number> | 'all';
  /** By type number. */
  readonly flags: ReadonlyMap<number, ChunkFlags>;
}

/** Letters of the flags, from bit 7 down; `-` has no meaning, but iptables takes it for the first bit without one. */
const NO_FLAGS = '--------';
const TYPES: readonly { readonly name: string; readonly type: number; readonly flags: string }[] = [
  { name: 'DATA', type: 0, flags: '----IUBE' },
  { name: 'INIT', type: 1, flags: NO_FLAGS },
  { name: 'INIT_ACK', type: 2, flags: NO_FLAGS },
  { name: 'SACK', type: 3, flags: NO_FLAGS },
  { name: 'HEARTBEAT', type: 4, flags: NO_FLAGS },
  { name: 'HEARTBEAT_ACK', type: 5, flags: NO_FLAGS },
  { name: 'ABORT', type: 6, flags: '-------T' },
  { name: 'SHUTDOWN', type: 7, flags: NO_FLAGS },
  { name: 'SHUTDOWN_ACK', type: 8, flags: NO_FLAGS },
  { name: 'ERROR', type: 9, flags: NO_FLAGS },
  { name: 'COOKIE_ECHO', type: 10, flags: NO_FLAGS },
  { name: 'COOKIE_ACK', type: 11, flags: NO_FLAGS },
  { name: 'ECN_ECNE', type: 12, flags: NO_FLAGS },
  { name: 'ECN_CWR', type: 13, flags: NO_FLAGS },
  { name: 'SHUTDOWN_COMPLETE', type: 14, flags: '-------T' },
  { name: 'I_DATA', type: 64, flags: '----IUBE' },
  { name: 'RE_CONFIG', type: 130, flags: NO_FLAGS },
  { name: 'PAD', type: 132, flags: NO_FLAGS },
  { name: 'ASCONF', type: 193, flags: NO_FLAGS },
  { name: 'ASCONF_ACK', type: 128, flags: NO_FLAGS },
  { name: 'FORWARD_TSN', type: 192, flags: NO_FLAGS },
  { name: 'I_FORWARD_TSN', type: 194, flags: NO_FLAGS },
];

/** Chunks with flags that a rule has room for. Ref: include/uapi/linux/netfilter/xt_sctp.h XT_NUM_SCTP_FLAGS */
const FLAGS_MAX = 4;

/** Reads `any|all|only` and `ALL`, `NONE` or a list of `TYPE[:flags]`. Ref: iptables libxt_sctp.c:parse_sctp_chunks() */
export function readChunks(kind: Argument, list: Argument, context: OptionContext): Chunks | undefined {
  const match = MATCH_TYPES.find((name) => name === kind.text.toLowerCase());
  if (!match) {
    context.diagnostics.error('unknown-word', `"${kind.text}" is not one of ${MATCH_TYPES.join(', ')}`, kind.span);
    return undefined;
  }
  const whole = list.text.toUpperCase();
  if (whole === 'ALL') return { match, types: 'all', flags: new Map() };
  if (whole === 'NONE') return { match, types: new Set(), flags: new Map() };
  const types = new Set<number>();
  const flags = new Map<number, ChunkFlags>();
  for (const piece of split(list, ',')) {
    if (piece.text !== '' && !readChunk(piece, types, flags, context)) return undefined;
  }
  return { match, types, flags };
}

/** Reads one type with its flags: a capital letter must be set, a small one not. Gives whether it is good. */
function readChunk(piece: Argument, types: Set<number>, flags: Map<number, ChunkFlags>, { diagnostics }: OptionContext): boolean {
  const colon = piece.text.indexOf(':');
  const name = part(piece, 0, colon < 0 ? piece.text.length : colon);
  const index = TYPES.findIndex((chunk) => chunk.name === name.text.toUpperCase());
  const found = TYPES[index];
  if (!found) {
    const names = TYPES.map((chunk) => chunk.name).join(', ');
    diagnostics.error('unknown-chunk-type', `"${name.text}" is not one of ${names}`, name.span);
    return false;
  }
  types.add(found.type);
  const letters = colon < 0 ? '' : piece.text.slice(colon + 1);
  for (const letter of letters) {
    const place = found.flags.indexOf(letter.toUpperCase());
    if (place < 0) {
      const known = found.flags.replaceAll('-', '') || 'none';
      diagnostics.error('unknown-chunk-flag', `${found.name} has no flag "${letter}" (it has ${known})`, piece.span);
      return false;
    }
    // iptables files the flags under the place of the name in its list, which from I_DATA on is not the type.
    const kept = flags.get(index) ?? { mask: 0, set: 0 };
    if (!flags.has(index) && flags.size === FLAGS_MAX) {
      diagnostics.error('too-many-chunk-flags', `flags can be asked of ${FLAGS_MAX} chunk types at most`, piece.span);
      return false;
    }
    flags.set(index, { mask: kept.mask | (0x80 >> place), set: kept.set | (/[A-Z]/.test(letter) ? 0x80 >> place : 0) });
  }
  if (letters !== '' && found.type !== index) {
    diagnostics.warning('option-ignored', `iptables loses the flags of ${found.name}`, piece.span);
  }
  return true;
}

function formatFlags({ mask, set }: ChunkFlags, letters: string): string {
  const bits = [...letters].map((letter, place) => [letter, 0x80 >> place] as const).filter(([, bit]) => mask & bit);
  return `:${bits.map(([letter, bit]) => (set & bit ? letter : letter.toLowerCase())).join('')}`;
}

/** The two words behind `--chunk-types`, by type number; with numbers in place of names on request. Ref: iptables libxt_sctp.c:print_chunks() */
export function formatChunks({ match, types, flags }: Chunks, { numeric }: { readonly numeric: boolean }): string[] {
  if (types === 'all') return [match, 'ALL'];
  if (types.size === 0) return [match, 'NONE'];
  const chunks = TYPES.filter(({ type }) => types.has(type)).sort((a, b) => a.type - b.type);
  const words = chunks.map(({ name, type, flags: letters }) => {
    const asked = flags.get(type);
    const title = numeric ? `0x${type.toString(16).toUpperCase().padStart(4, '0')}` : name;
    return title + (asked ? formatFlags(asked, letters) : '');
  });
  return [match, words.join(',')];
}

/** Operands of TEST_SCTP_CHUNKS. */
export function chunkOperands({ match, types, flags }: Chunks): number[] {
  const words: number[] = new Array<number>(8).fill(types === 'all' ? 0xffff_ffff : 0);
  if (types !== 'all') for (const type of types) words[type >> 5] = (words[type >> 5]! | (1 << (type & 31))) >>> 0;
  const asked = [...flags].map(([type, { mask, set }]) => type | (mask << 8) | (set << 16));
  return [MATCH_CODES[match], ...words, asked.length, ...asked];
}
