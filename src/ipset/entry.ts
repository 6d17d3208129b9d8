// An entry as `add`, `del` and `test` take it: its parts between commas, and the options behind it.

import { byteLength } from '../text/source.ts';
import { didYouMean } from '../text/suggest.ts';
import { type AddressRange, inetName, readAddress } from './address.ts';
import type { GivenExtensions } from './extensions.ts';
import type { Faults, Word } from './fault.ts';
import { type PortRange, readBig, readMac, readNumber, readPort, TIMEOUT_MAX, U16, U32, U64 } from './numbers.ts';
import type { EntryOption, Part, SetFamily, SetType, Spread } from './types.ts';
import { piece, separatorAt } from './words.ts';

export type EntryAction = 'add' | 'del' | 'test';

export interface Entry {
  readonly word: Word;
  readonly first?: AddressRange;
  readonly second?: AddressRange;
  readonly port?: PortRange;
  readonly mac?: Uint8Array;
  readonly mark?: number;
  readonly interface?: string;
  readonly physdev: boolean;
  readonly wildcard: boolean;
  readonly nomatch: boolean;
  /** Of a list: the set, and its neighbour. */
  readonly name?: string;
  readonly reference?: { readonly name: string; readonly place: 'before' | 'after' };
  readonly given: GivenExtensions;
  /** The first of the options that need a set with timeouts, counters, comments or marks. */
  readonly needs: Partial<Record<'timeout' | 'counters' | 'comment' | 'skbinfo', Word>>;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Draft = Mutable<Omit<Entry, 'given' | 'needs'>> & { given: Mutable<GivenExtensions>; needs: Mutable<Entry['needs']> };

/** Longest name of a set, an interface and a comment. Ref: include/uapi/linux/netfilter/ipset/ip_set.h, include/uapi/linux/if.h */
export const SET_NAME_BYTES = 31;
const INTERFACE_NAME_BYTES = 15;
const COMMENT_BYTES = 255;

const PHYSDEV = 'physdev:';

/** Reads an entry of a set. `words` = the entry and what stands behind it. */
export function readEntry(
  type: SetType,
  family: SetFamily,
  action: EntryAction,
  words: readonly Word[],
  faults: Faults,
): Entry | undefined {
  const [word, ...options] = words;
  const draft: Draft = { word: word!, physdev: false, wildcard: false, nomatch: false, given: {}, needs: {} };
  readParts(type, family, word!, draft, faults);
  if (faults.fault) return undefined;
  readOptions(type, action, options, draft, faults);
  if (faults.fault) return undefined;
  checkSpreads(type, family, action, draft, faults);
  return faults.fault ? undefined : draft;
}

/** Ref: ipset 7.17, lib/parse.c:ipset_parse_elem() */
function readParts(type: SetType, family: SetFamily, word: Word, draft: Draft, faults: Faults): void {
  const { text, span } = word;
  const pieces = splitParts(word);
  const count = type.parts.length;
  if (type.method === 'list' && pieces.length > 1) {
    readOldListEntry(pieces, draft, faults);
    return;
  }
  if (pieces.length < count && !(type.lastIsOptional && pieces.length === count - 1)) {
    const which = pieces.length === 1 ? 'Second' : 'Third';
    faults.syntax('missing-part', `${which} element is missing from ${text}.`, span);
    return;
  }
  if (pieces.length > count) {
    const sentences = [
      `Elem separator in ${text}, but settype ${type.name} supports none.`,
      `Two elem separators in ${text}, but settype ${type.name} supports one.`,
      `Three elem separators in ${text}, but settype ${type.name} supports two.`,
    ];
    faults.syntax('too-many-parts', sentences[count - 1]!, span);
    return;
  }
  for (const [i, one] of pieces.entries()) {
    readPart(type.parts[i]!, i, one, family, draft, faults);
    if (faults.fault) return;
  }
}

/** At most three commas matter. */
function splitParts(word: Word): Word[] {
  const pieces: Word[] = [];
  let rest = word;
  while (pieces.length < 3) {
    const comma = separatorAt(rest.text, ',');
    if (comma < 0) break;
    pieces.push(piece(rest, 0, comma));
    rest = piece(rest, comma + 1, rest.text.length);
  }
  return [...pieces, rest];
}

function readPart(part: Part, index: number, word: Word, family: SetFamily, draft: Draft, faults: Faults): void {
  const inet = family === 6 ? 6 : 4;
  switch (part) {
    case 'ip':
    case 'net':
    case 'single-ip': {
      const wide = part === 'net' ? 'prefix' : 'one';
      const range = readAddress(word, inet, part === 'single-ip' ? 'one' : inet === 4 ? 'any' : wide, faults);
      if (range) draft[index === 0 ? 'first' : 'second'] = range;
      return;
    }
    case 'port':
    case 'bare-port': {
      const port = readPort(word, part === 'port' ? family : 4, faults);
      if (port && part === 'bare-port' && port.protocol !== 6 && port.protocol !== 17) {
        faults.syntax('bad-protocol', 'Only protocols TCP and UDP are valid', word.span);
      }
      if (port) draft.port = port;
      return;
    }
    case 'mac': {
      const mac = readMac(word, faults);
      if (mac) draft.mac = mac;
      return;
    }
    case 'mark': {
      const mark = readNumber(word, U32, faults);
      if (mark !== undefined) draft.mark = mark;
      return;
    }
    case 'interface':
      readInterface(word, draft, faults);
      return;
    case 'set':
      if (checkSetName(word, faults)) draft.name = word.text;
  }
}

function readInterface(word: Word, draft: Draft, faults: Faults): void {
  draft.physdev = word.text.startsWith(PHYSDEV);
  const name = draft.physdev ? word.text.slice(PHYSDEV.length) : word.text;
  if (byteLength(name) > INTERFACE_NAME_BYTES) {
    const text = `interface name '${name}' is longer than ${INTERFACE_NAME_BYTES} characters`;
    faults.syntax('name-too-long', text, word.span);
  }
  draft.interface = name;
}

/** Whether a word can be the name of a set. */
export function checkSetName({ text, span }: Word, faults: Faults): boolean {
  if (byteLength(text) <= SET_NAME_BYTES) return true;
  faults.syntax('name-too-long', `setname '${text}' is longer than ${SET_NAME_BYTES} characters`, span);
  return false;
}

/** `NAME,before|after,NAME`, as ipset 4 had it. Ref: lib/parse.c:ipset_parse_name_compat() */
function readOldListEntry([name, place, other, more]: readonly Word[], draft: Draft, faults: Faults): void {
  if (!other || more || (place!.text !== 'before' && place!.text !== 'after')) {
    faults.fail('bad-reference', 'you must specify elements as setname,[before|after],setname', place!.span);
    return;
  }
  if (!checkSetName(name!, faults) || !checkSetName(other, faults)) return;
  draft.name = name!.text;
  draft.reference = { name: other.text, place: place!.text };
}

const FLAGS: readonly EntryOption[] = ['nomatch', 'wildcard'];

/** Options of `del` and `test`: few. */
function optionsOf(type: SetType, action: EntryAction): readonly EntryOption[] {
  if (action === 'add') return type.add;
  return type.add.filter((name) => name === 'before' || name === 'after' || (name === 'nomatch' && action === 'test'));
}

/** Ref: lib/ipset.c:call_parser() */
function readOptions(type: SetType, action: EntryAction, words: readonly Word[], draft: Draft, faults: Faults): void {
  const known = optionsOf(type, action);
  const seen = new Set<EntryOption>();
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    const name = known.find((option) => option === word.text.replace(/^--/, ''));
    if (!name) {
      faults.misuse('unknown-option', `Unknown argument: \`${word.text}'`, word.span, didYouMean(word.text, known));
      return;
    }
    const value = FLAGS.includes(name) ? word : words[++i];
    if (!value) {
      faults.misuse('missing-value', `Missing mandatory argument of option \`${name}'`, word.span);
      return;
    }
    if (seen.has(name)) faults.syntax('repeated-option', `${name} already specified`, word.span);
    seen.add(name);
    readOption(name, word, value, draft, faults);
    if (faults.fault) return;
  }
}

function readOption(name: EntryOption, option: Word, value: Word, draft: Draft, faults: Faults): void {
  const { given, needs } = draft;
  switch (name) {
    case 'nomatch':
    case 'wildcard':
      draft[name] = true;
      return;
    case 'before':
    case 'after':
      if (checkSetName(value, faults)) draft.reference = { name: value.text, place: name };
      return;
    case 'timeout':
      needs.timeout = option;
      given.timeout = readNumber(value, TIMEOUT_MAX, faults) ?? 0;
      return;
    case 'packets':
    case 'bytes':
      needs.counters ??= option;
      given[name] = readBig(value, U64, faults) ?? 0n;
      return;
    case 'comment':
      needs.comment = option;
      readComment(value, draft, faults);
      return;
    default:
      needs.skbinfo ??= option;
      readMarks(name, value, given, faults);
  }
}

function readComment(value: Word, draft: Draft, faults: Faults): void {
  if (value.text.includes('"')) {
    faults.syntax('bad-comment', '" character is not permitted in comments', value.span);
  } else if (byteLength(value.text) > COMMENT_BYTES) {
    const text = `Comment is longer than the maximum allowed ${COMMENT_BYTES} characters`;
    faults.syntax('bad-comment', text, value.span);
  }
  draft.given.comment = value.text;
}

/** Ref: lib/parse.c:ipset_parse_skbmark(), ipset_parse_skbprio() */
function readMarks(name: EntryOption, value: Word, given: Mutable<GivenExtensions>, faults: Faults): void {
  const hex = (digits: string): number => Number(BigInt.asUintN(32, BigInt(`0x${digits}`)));
  if (name === 'skbmark') {
    const found = /^0x([0-9a-fA-F]{1,16})(?:\/0x([0-9a-fA-F]{1,16}))?/.exec(value.text);
    if (!found) {
      const text = 'Invalid skbmark format, it should be:  MARK/MASK or MARK (see manpage)';
      faults.syntax('bad-skbmark', text, value.span);
      return;
    }
    given.mark = hex(found[1]!);
    given.markMask = found[2] === undefined ? U32 : hex(found[2]);
  } else if (name === 'skbprio') {
    const found = /^([0-9a-fA-F]{1,8}):([0-9a-fA-F]{1,8})/.exec(value.text);
    if (!found) {
      faults.syntax('bad-skbprio', 'Invalid skbprio format, it should be:MAJOR:MINOR (see manpage)', value.span);
      return;
    }
    given.priority = ((hex(found[1]!) << 16) | (hex(found[2]!) & U16)) >>> 0;
  } else {
    given.queue = readNumber(value, U16, faults) ?? 0;
  }
}

/** Ref: lib/ipset.c:check_allowed() */
function checkSpreads(type: SetType, family: SetFamily, action: EntryAction, draft: Draft, faults: Faults): void {
  const allowed = action === 'test' ? type.testSpreads : type.spreads;
  const { first, second, port, word } = draft;
  const used: readonly (readonly [Spread, boolean, string])[] = [
    ['prefix', first?.prefix !== undefined, 'IP/CIDR range'],
    ['range', first?.to !== undefined, 'FROM-TO IP range'],
    ['ports', port?.portTo !== undefined, 'FROM-TO port range'],
    ['prefix2', second?.prefix !== undefined, 'IP/CIDR range'],
    ['range2', second?.to !== undefined, 'FROM-TO IP range'],
  ];
  for (const [spread, isUsed, what] of used) {
    if (!isUsed || allowed.includes(spread)) continue;
    const where = `in command ${action} with set type ${type.name} and family ${inetName(family)}`;
    faults.fail('range-not-allowed', `${what} is not allowed ${where}`, word.span);
    return;
  }
}
