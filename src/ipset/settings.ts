// What `create` says of a set.

import { prefixMask } from '../net/address.ts';
import type { Span } from '../text/source.ts';
import { didYouMean } from '../text/suggest.ts';
import { type AddressRange, bitsOf, maskNumber, readAddress, readBitmask, readPrefix, toNumber } from './address.ts';
import { Faults, type Word } from './fault.ts';
import { readNumber, readPort, TIMEOUT_MAX, U8, U32 } from './numbers.ts';
import type { CreateOption, SetFamily, SetType } from './types.ts';

/** The settings of a set, defaults filled in. */
export interface Settings {
  readonly family: SetFamily;
  /** Bitmaps: first and last address or port, as numbers. */
  readonly first: number;
  readonly last: number;
  /** Buckets to begin with, as a power of two. */
  readonly hashBits: number;
  readonly maxelem: number;
  readonly bucketsize: number;
  readonly initval: number;
  readonly netmask?: number;
  readonly bitmask?: Uint8Array;
  readonly markmask: number;
  /** Sets a list is said to hold. */
  readonly size: number;
  /** Seconds an element stays when its entry does not say; absent: the set knows no timeouts. */
  readonly timeout?: number;
  readonly counters: boolean;
  readonly comment: boolean;
  readonly skbinfo: boolean;
  readonly forceadd: boolean;
}

// Ref: net/netfilter/ipset/ip_set_hash_gen.h, include/linux/netfilter/ipset/ip_set_hash.h
const HASHSIZE_DEFAULT = 1024;
const HASHSIZE_MIN = 64;
/** The kernel gets no memory for more buckets. Ref: ip_set_hash_gen.h:htable_size() */
const HASH_BITS_MAX = 27;
const MAXELEM_DEFAULT = 65536;
const BUCKETSIZE_MIN = 2;
const BUCKETSIZE_MAX = 12;
/** Ref: include/linux/netfilter/ipset/ip_set_bitmap.h IPSET_BITMAP_MAX_RANGE */
const BITMAP_ELEMENTS_MAX = 65536;
/** Ref: include/linux/netfilter/ipset/ip_set_list.h */
const LIST_SIZE_DEFAULT = 8;
const LIST_SIZE_MIN = 4;

/** Options of create as they are read. */
interface Draft {
  family: SetFamily;
  values: Partial<
    Record<'hashsize' | 'maxelem' | 'netmask' | 'markmask' | 'size' | 'timeout' | 'bucketsize' | 'initval', number>
  >;
  flags: Set<CreateOption>;
  bitmask?: Uint8Array;
  range?: AddressRange;
  ports?: { readonly port: number; readonly portTo?: number };
  /** Where the range stands: at `range`, `from`, `to` or `network`. */
  rangeWord?: Word;
}

/** Options of create that ipset 4 had and that mean nothing any more. Ref: ipset 7.17, lib/args.c:ipset_parse_ignored() */
const IGNORED = ['probes', 'resize', 'gc', 'from', 'to', 'network'];
/** Old ways to say `range`. */
const OLD_RANGES = ['from', 'to', 'network'];
const FLAGS: readonly CreateOption[] = ['counters', 'comment', 'forceadd', 'skbinfo'];

/** Reads the words behind the type of `create`. `random` gives the seed of a hash that no option gives. */
export function readSettings(type: SetType, words: readonly Word[], random: () => number, faults: Faults): Settings | undefined {
  const draft: Draft = { family: type.families === 'none' ? 0 : 4, values: {}, flags: new Set() };
  const options = pairOptions(type, words, faults);
  if (!options || !readFamily(draft, options, faults)) return undefined;
  const seen = new Set<string>();
  for (const { name, value } of options) {
    if (name === 'family') continue;
    if (seen.has(name)) return faults.syntax('repeated-option', `${name} already specified`, value.span);
    seen.add(name);
    readOption(type, name, value, draft, faults);
    if (faults.fault) return undefined;
  }
  return finish(type, draft, words, random, faults);
}

interface GivenOption {
  readonly name: string;
  /** The option's value; of an option without one the option itself. */
  readonly value: Word;
}

/** Pairs options with their values. Ref: lib/ipset.c:call_parser() */
function pairOptions(type: SetType, words: readonly Word[], faults: Faults): GivenOption[] | undefined {
  const known: readonly string[] = [
    ...type.create,
    ...(type.create.includes('family') ? ['-4', '-6'] : []),
    ...(type.method === 'bitmap' ? OLD_RANGES.filter((name) => name !== 'network' || type.families === 'inet') : []),
    ...(type.method === 'hash' ? IGNORED : []),
  ];
  const options: GivenOption[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    const name = word.text.replace(/^--/, '');
    if (!known.includes(name)) {
      return faults.misuse('unknown-option', `Unknown argument: \`${word.text}'`, word.span, didYouMean(name, known));
    }
    if (name === '-4' || name === '-6') {
      options.push({ name: 'family', value: word });
    } else if ((FLAGS as readonly string[]).includes(name)) {
      options.push({ name, value: word });
    } else {
      const value = words[++i];
      if (!value) {
        return faults.misuse('missing-value', `Missing mandatory argument of option \`${name}'`, word.span);
      }
      options.push({ name, value });
    }
  }
  return options;
}

function readFamily(draft: Draft, options: readonly GivenOption[], faults: Faults): boolean {
  const families = options.filter(({ name }) => name === 'family');
  for (const [i, { value }] of families.entries()) {
    if (i > 0) {
      faults.syntax('repeated-option', 'family already specified', value.span);
      return false;
    }
    const { text, span } = value;
    if (['inet', 'ipv4', '-4'].includes(text)) draft.family = 4;
    else if (['inet6', 'ipv6', '-6'].includes(text)) draft.family = 6;
    else if (text === 'any' || text === 'unspec') faults.refuse('bad-family', span);
    else faults.syntax('unknown-family', `unknown inet family ${text}`, span, didYouMean(text, ['inet', 'inet6']));
    if (faults.fault) return false;
  }
  return true;
}

function readOption(type: SetType, name: string, value: Word, draft: Draft, faults: Faults): void {
  const { values } = draft;
  const number = (max: number): number | undefined => readNumber(value, max, faults);
  switch (name) {
    case 'hashsize':
    case 'maxelem':
    case 'markmask':
    case 'size':
    case 'initval':
      values[name] = number(U32) ?? 0;
      return;
    case 'bucketsize':
      values.bucketsize = number(U8) ?? 0;
      return;
    case 'timeout':
      values.timeout = number(TIMEOUT_MAX) ?? 0;
      return;
    case 'netmask':
    case 'bitmask':
      readMask(name, value, draft, faults);
      return;
    case 'range':
    case 'from':
    case 'to':
    case 'network':
      if (type.method === 'hash') ignore(name, value, faults);
      else readRange(type, name, value, draft, faults);
      return;
    case 'probes':
    case 'resize':
    case 'gc':
      ignore(name, value, faults);
      return;
    default:
      draft.flags.add(name as CreateOption);
  }
}

function ignore(name: string, value: Word, faults: Faults): void {
  faults.warnings.push(`Option '--${name} ${value.text}' is ignored. Please upgrade your syntax.`);
}

function readMask(name: 'netmask' | 'bitmask', value: Word, draft: Draft, faults: Faults): void {
  const family = draft.family === 6 ? 6 : 4;
  if (draft.values.netmask !== undefined || draft.bitmask) {
    faults.syntax('exclusive-options', 'bitmask and netmask are mutually exclusive, provide only one', value.span);
  } else if (name === 'bitmask') {
    const mask = readBitmask(value, family, faults);
    if (mask?.every((byte) => byte === 0)) faults.refuse('bad-netmask', value.span);
    else if (mask) draft.bitmask = mask;
  } else {
    const bits = readNetmask(value, bitsOf(family), faults);
    if (bits !== undefined) draft.values.netmask = bits;
  }
}

/** Ref: lib/parse.c:ipset_parse_netmask() */
function readNetmask(value: Word, max: number, faults: Faults): number | undefined {
  const reader = new Faults();
  const bits = readPrefix(value, max, 1, reader);
  if (!reader.fault) return bits;
  const text = `${reader.fault.text}\nSyntax error: netmask is out of the inclusive range of 1-${max}`;
  return faults.fail('bad-netmask', text, value.span);
}

/** Reads `range A-B`, or the older `from A to B` and `network A/N`. */
function readRange(type: SetType, name: string, value: Word, draft: Draft, faults: Faults): void {
  draft.rangeWord ??= value;
  if (type.families === 'inet') {
    const form = name === 'range' ? 'prefix-or-range' : name === 'network' ? 'only-prefix' : 'one';
    const range = readAddress(value, 4, form, faults);
    if (!range) return;
    const before = draft.range;
    draft.range = name === 'to' ? { ...(before ?? range), to: range.from } : before?.to ? { ...range, to: before.to } : range;
  } else {
    const range = readPort(value, 4, faults);
    if (!range) return;
    if (range.protocol !== 6 && range.protocol !== 17) {
      faults.syntax('bad-protocol', 'Only protocols TCP and UDP are valid', value.span);
    }
    const before = draft.ports;
    draft.ports =
      name === 'to' ? { ...(before ?? range), portTo: range.port } : before?.portTo ? { ...range, portTo: before.portTo } : range;
  }
}

function finish(type: SetType, draft: Draft, words: readonly Word[], random: () => number, faults: Faults): Settings | undefined {
  const { values, flags, family } = draft;
  const limits = type.method === 'bitmap' ? bitmapLimits(type, draft, words, faults) : { first: 0, last: 0 };
  if (!limits) return undefined;
  const bits = hashBits(values.hashsize ?? HASHSIZE_DEFAULT);
  if (type.method === 'hash' && bits > HASH_BITS_MAX) return faults.refuse('no-memory', words[0]?.span);
  if (values.markmask === 0) return faults.refuse('bad-markmask', words[0]?.span);
  const { netmask, timeout } = values;
  return {
    family,
    ...limits,
    hashBits: bits,
    maxelem: values.maxelem ?? MAXELEM_DEFAULT,
    bucketsize: evenBucket(values.bucketsize ?? BUCKETSIZE_MAX),
    initval: type.method === 'hash' ? (values.initval ?? random()) : 0,
    ...(netmask === undefined || (family !== 0 && netmask === bitsOf(family)) ? {} : { netmask }),
    ...(draft.bitmask ? { bitmask: draft.bitmask } : {}),
    markmask: values.markmask ?? U32,
    size: Math.max(LIST_SIZE_MIN, values.size ?? LIST_SIZE_DEFAULT),
    ...(timeout === undefined ? {} : { timeout }),
    counters: flags.has('counters'),
    comment: flags.has('comment'),
    skbinfo: flags.has('skbinfo'),
    forceadd: flags.has('forceadd'),
  };
}

function hashBits(size: number): number {
  return Math.ceil(Math.log2(Math.max(HASHSIZE_MIN, size)));
}

function evenBucket(size: number): number {
  if (size < BUCKETSIZE_MIN) return BUCKETSIZE_MIN;
  return size > BUCKETSIZE_MAX ? BUCKETSIZE_MAX : size + (size % 2);
}

interface Limits {
  readonly first: number;
  readonly last: number;
}

/** Ref: net/netfilter/ipset/ip_set_bitmap_ip.c:bitmap_ip_create() and its sisters */
function bitmapLimits(type: SetType, draft: Draft, words: readonly Word[], faults: Faults): Limits | undefined {
  const span = draft.rangeWord?.span ?? words[0]?.span;
  const { range, ports } = draft;
  if (type.families === 'none') {
    if (ports?.portTo === undefined) return faults.misuse('missing-option', "Mandatory option `range' is missing", span);
    return { first: Math.min(ports.port, ports.portTo), last: Math.max(ports.port, ports.portTo) };
  }
  if (!range || (range.to === undefined && range.prefix === undefined)) {
    return faults.misuse('missing-option', "Mandatory option `range' is missing", span);
  }
  const limits = addressLimits(range);
  if (!limits) return faults.refuse('bad-prefix', span);
  const { netmask } = draft.values;
  if (netmask === undefined || netmask === 32) {
    return limits.last - limits.first < BITMAP_ELEMENTS_MAX ? limits : faults.refuse('range-too-large', span);
  }
  return withNetmask(limits, netmask, span, faults);
}

function addressLimits({ from, to, prefix }: AddressRange): Limits | undefined {
  const a = toNumber(from);
  if (to) {
    const b = toNumber(to);
    return { first: Math.min(a, b), last: Math.max(a, b) };
  }
  if (prefix === undefined || prefix >= 32) return undefined;
  const mask = maskNumber(prefix);
  return { first: (a & mask) >>> 0, last: (a | ~mask) >>> 0 };
}

/** Widens a range to whole networks; there must be more than one of them. */
function withNetmask({ first, last }: Limits, netmask: number, span: Span | undefined, faults: Faults): Limits | undefined {
  const mask = maskNumber(netmask);
  const [low, high] = [(first & mask) >>> 0, (last | ~mask) >>> 0];
  let bits = 31;
  while (bits > 0 && (high & maskNumber(bits)) >>> 0 !== low) bits--;
  if ((bits === 0 && (low !== 0 || high !== U32)) || netmask <= bits) return faults.refuse('out-of-range', span);
  return 2 ** (netmask - bits) <= BITMAP_ELEMENTS_MAX ? { first: low, last: high } : faults.refuse('range-too-large', span);
}

/** The mask that every address of a set goes through; undefined when there is none. */
export function addressMask({ family, netmask, bitmask }: Settings): Uint8Array | undefined {
  if (bitmask) return bitmask;
  return netmask === undefined || family === 0 ? undefined : prefixMask(family, netmask);
}
