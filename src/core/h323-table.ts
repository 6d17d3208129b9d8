// Makes the table of the h323 helpers' decoder out of the grammar. Comes in: text in the notation of h323-grammar.ts; goes out: the
// fields as they lie in memory (assembly/abi/h323.ts), and where each that is kept lies among what is read.

import {
  FIELD_FLAG_EXTENSIBLE,
  FIELD_FLAG_KEEP,
  FIELD_FLAG_OPEN,
  FIELD_FLAG_OPTIONAL,
  FIELD_FLAG_STOP,
  FIELD_FLAGS,
  FIELD_KIND,
  FIELD_LOWER,
  FIELD_OFFSET,
  FIELD_PARTS,
  FIELD_SIZE,
  FIELD_UPPER,
  H323_FIELD_BYTES,
  KIND_BITS,
  KIND_CHOICE,
  KIND_DIGITS,
  KIND_FLAG,
  KIND_INTEGER,
  KIND_LIST,
  KIND_NULL,
  KIND_OBJECT,
  KIND_OCTETS,
  KIND_SEQUENCE,
  KIND_WIDE,
  SIZE_BYTE,
  SIZE_COUNTED,
  SIZE_FIXED,
  SIZE_LENGTH,
  SIZE_WORD,
} from '../../assembly/abi/h323.ts';
import { H323_GRAMMAR } from './h323-grammar.ts';

interface Type {
  readonly kind: number;
  readonly size: number;
  readonly lower: number;
  readonly upper: number;
  readonly isExtensible: boolean;
  readonly isOpen: boolean;
  readonly parts: readonly Field[];
}

interface Field {
  readonly name: string;
  readonly type: Type;
  readonly isKept: boolean;
  readonly isOptional: boolean;
  readonly isStop: boolean;
}

export interface H323Table {
  readonly bytes: Uint8Array;
  /** Numbers of the fields that stand for whole messages, by the name of their type. */
  readonly roots: ReadonlyMap<string, number>;
  /** Bytes that each root's message takes. */
  readonly sizes: ReadonlyMap<string, number>;
  /** Where kept fields lie, and the bits of those that may be absent: paths as `Setup.h245Address`. */
  readonly offsets: ReadonlyMap<string, number>;
  readonly bits: ReadonlyMap<string, number>;
}

const NOTHING: Type = { kind: KIND_NULL, size: SIZE_FIXED, lower: 0, upper: 0, isExtensible: false, isOpen: false, parts: [] };
const STOP: Field = { name: 'stop', type: NOTHING, isKept: false, isOptional: false, isStop: true };
const ABSENT: Field = { ...STOP, name: 'absent', isStop: false, isOptional: true };

const TEXTS: Readonly<Record<string, number>> = { octets: KIND_OCTETS, wide: KIND_WIDE, digits: KIND_DIGITS, bits: KIND_BITS };

/** Bits that a number of so many values takes. */
function bitsFor(values: number): number {
  return Math.ceil(Math.log2(values));
}

/** How a number, or a length, of a range is written. Ref: ITU-T X.691, 10.5 */
function sizeFor(values: number): number {
  if (values <= 255) return bitsFor(values);
  if (values === 256) return SIZE_BYTE;
  return values <= 65536 ? SIZE_WORD : SIZE_COUNTED;
}

/** Reads the notation. */
class GrammarReader {
  readonly types = new Map<string, Type>();
  private readonly words: readonly string[];
  private at = 0;

  constructor(text: string) {
    this.words = text.split(/[\s,]+/).filter((word) => word !== '');
    while (this.at < this.words.length) {
      const name = this.next();
      this.expect('=');
      this.types.set(name, this.type());
    }
  }

  private next(): string {
    const word = this.words[this.at++];
    if (word === undefined) throw new Error('the grammar ends too early');
    return word;
  }

  private expect(word: string): void {
    const found = this.next();
    if (found !== word) throw new Error(`expected "${word}" in the grammar, found "${found}"`);
  }

  private take(word: string): boolean {
    if (this.words[this.at] !== word) return false;
    this.at++;
    return true;
  }

  /** A number or a range, if one is next. */
  private range(): readonly [number, number] | undefined {
    const parts = /^(\d+)(?:\.\.(\d+))?$/.exec(this.words[this.at] ?? '');
    if (parts === null) return undefined;
    this.at++;
    return [Number(parts[1]), Number(parts[2] ?? parts[1])];
  }

  private type(): Type {
    const word = this.next();
    if (word === 'open') return { ...this.type(), isOpen: true };
    if (word === 'sequence' || word === 'choice') return this.constructed(word);
    if (word === 'list') return this.list();
    if (word === 'integer') return this.integer();
    const text = TEXTS[word];
    if (text !== undefined) return this.text(text);
    const simple = { null: KIND_NULL, flag: KIND_FLAG, object: KIND_OBJECT }[word];
    if (simple !== undefined) return { ...NOTHING, kind: simple };
    const named = this.types.get(word);
    if (named === undefined) throw new Error(`"${word}" is no type of the grammar`);
    return named;
  }

  private integer(): Type {
    const range = this.range();
    if (range === undefined) return { ...NOTHING, kind: KIND_INTEGER, size: SIZE_LENGTH };
    return { ...NOTHING, kind: KIND_INTEGER, size: sizeFor(range[1] - range[0] + 1), lower: range[0] };
  }

  private text(kind: number): Type {
    const range = this.range();
    if (range === undefined) return { ...NOTHING, kind, size: SIZE_LENGTH };
    const size = range[0] === range[1] ? SIZE_FIXED : sizeFor(range[1] - range[0] + 1);
    return { ...NOTHING, kind, size, lower: range[0] };
  }

  private list(): Type {
    const kept = this.range()?.[0] ?? 0;
    this.expect('of');
    const item: Field = { ...STOP, name: 'item', isStop: false, type: this.type(), isKept: kept > 0 };
    return { ...NOTHING, kind: KIND_LIST, size: SIZE_LENGTH, upper: kept, parts: [item] };
  }

  private constructed(word: string): Type {
    this.expect('{');
    const roots = this.fields();
    const isExtensible = this.take('...');
    const additions = isExtensible ? this.fields() : [];
    this.expect('}');
    const optional = roots.filter((field) => field.isOptional).length;
    return {
      ...NOTHING,
      kind: word === 'choice' ? KIND_CHOICE : KIND_SEQUENCE,
      size: word === 'choice' ? bitsFor(roots.length) : optional,
      lower: roots.length,
      upper: roots.length + additions.length,
      isExtensible,
      parts: [...roots, ...additions],
    };
  }

  private fields(): Field[] {
    const fields: Field[] = [];
    for (let word = this.words[this.at]; word !== '}' && word !== '...'; word = this.words[this.at]) {
      this.at++;
      if (word === undefined) throw new Error('the grammar ends within braces');
      if (word === 'stop') fields.push(STOP, ...Array.from({ length: this.range()?.[0] ?? 0 }, () => ABSENT));
      else fields.push(this.field(word));
    }
    return fields;
  }

  private field(word: string): Field {
    const [, star, name, mark] = /^(\*?)(.*?)(\??)$/.exec(word)!;
    const type = this.take('-') ? NOTHING : this.type();
    return { name: name!, type, isKept: star === '*', isOptional: mark === '?', isStop: false };
  }
}

/** Bytes that a kept field takes: a word for what it is, which of its fields are there, or how many, and then what is kept of them. */
function keptBytes(type: Type): number {
  const parts = type.parts.filter((part) => part.isKept).map((part) => keptBytes(part.type));
  if (type.kind === KIND_CHOICE) return 4 + Math.max(0, ...parts);
  if (type.kind === KIND_LIST) return 4 + type.upper * (parts[0] ?? 0);
  return type.kind === KIND_SEQUENCE ? 4 + parts.reduce((sum, bytes) => sum + bytes, 0) : 4;
}

/** Where each kept part of a type lies in it; of others 0. */
function partOffsets(type: Type): number[] {
  let offset = 4;
  return type.parts.map((part) => {
    if (!part.isKept) return 0;
    const bytes = keptBytes(part.type);
    if (type.kind === KIND_LIST) return bytes;
    const own = offset;
    if (type.kind === KIND_SEQUENCE) offset += bytes;
    return own;
  });
}

/** Makes the table for messages of the types of `names`. */
function h323Table(grammar: string, names: readonly string[]): H323Table {
  const { types } = new GrammarReader(grammar);
  const root = (name: string): Field => ({ ...STOP, name, isStop: false, isKept: true, type: types.get(name)! });
  const fields: { readonly field: Field; readonly offset: number; parts: number }[] = names.map((name) => ({
    field: root(name),
    offset: 0,
    parts: 0,
  }));
  const places = new Map<readonly Field[], number>();
  for (let i = 0; i < fields.length; i++) {
    const { type } = fields[i]!.field;
    if (type.parts.length === 0) continue;
    const known = places.get(type.parts);
    fields[i]!.parts = known ?? fields.length;
    if (known !== undefined) continue;
    places.set(type.parts, fields.length);
    const offsets = partOffsets(type);
    fields.push(...type.parts.map((field, part) => ({ field, offset: offsets[part]!, parts: 0 })));
  }
  const bytes = new Uint8Array(fields.length * H323_FIELD_BYTES);
  const view = new DataView(bytes.buffer);
  for (const [i, { field, offset, parts }] of fields.entries()) writeField(view, i * H323_FIELD_BYTES, field, offset, parts);
  return {
    bytes,
    roots: new Map(names.map((name, i) => [name, i])),
    sizes: new Map(names.map((name) => [name, keptBytes(types.get(name)!)])),
    ...namedParts(types),
  };
}

function writeField(view: DataView, at: number, { type, ...field }: Field, offset: number, parts: number): void {
  const flags =
    (field.isStop ? FIELD_FLAG_STOP : 0) |
    (field.isKept ? FIELD_FLAG_KEEP : 0) |
    (type.isExtensible ? FIELD_FLAG_EXTENSIBLE : 0) |
    (type.isOpen ? FIELD_FLAG_OPEN : 0) |
    (field.isOptional ? FIELD_FLAG_OPTIONAL : 0);
  view.setUint8(at + FIELD_KIND, type.kind);
  view.setUint8(at + FIELD_SIZE, type.size);
  view.setUint8(at + FIELD_LOWER, type.lower);
  view.setUint8(at + FIELD_UPPER, type.upper);
  view.setUint8(at + FIELD_FLAGS, flags);
  view.setUint16(at + FIELD_OFFSET, offset, true);
  view.setUint32(at + FIELD_PARTS, parts, true);
}

/** Where the kept parts of every named type lie, and which bit says that they are there. */
function namedParts(types: ReadonlyMap<string, Type>): Pick<H323Table, 'offsets' | 'bits'> {
  const offsets = new Map<string, number>();
  const bits = new Map<string, number>();
  const walk = (path: string, type: Type): void => {
    const own = partOffsets(type);
    let bit = 31;
    type.parts.forEach((part, i) => {
      const isCounted = part.isOptional || i >= type.lower;
      if (part.isKept) {
        offsets.set(`${path}.${part.name}`, own[i]!);
        if (type.kind === KIND_CHOICE) bits.set(`${path}.${part.name}`, i);
        else if (isCounted) bits.set(`${path}.${part.name}`, (1 << bit) >>> 0);
        if (![...types.values()].includes(part.type)) walk(`${path}.${part.name}`, part.type);
      }
      if (type.kind === KIND_SEQUENCE && isCounted) bit--;
    });
  };
  for (const [name, type] of types) walk(name, type);
  return { offsets, bits };
}

/** The table as the core has it: its messages are ROOT_RAS, ROOT_USER_INFORMATION and ROOT_CONTROL of assembly/abi/h323.ts. */
export const H323_TABLE: H323Table = h323Table(H323_GRAMMAR, ['RasMessage', 'UserInformation', 'MultimediaSystemControlMessage']);
