// Addresses as `ip addr add` takes them, and names as the kernel does.

import type { Family } from '../ir/ir.ts';
import { parseIpv4, parseIpv6 } from '../net/address.ts';
import { parseUnsigned } from '../net/number.ts';
import type { Diagnostics } from '../text/diagnostic.ts';
import type { Span } from '../text/source.ts';
import { didYouMean } from '../text/suggest.ts';
import { type InterfaceAddress, network } from './host.ts';
import { parseScope } from './names.ts';
import { type Word, WordReader } from './words.ts';

/** IFNAMSIZ - 1. */
const NAME_MAX = 15;

/** What is wrong with a name, or undefined. Ref: net/core/dev.c:dev_valid_name() */
export function nameFault(name: string): string | undefined {
  if (name === '') return 'an interface needs a name';
  if (name.length > NAME_MAX) return `"${name}" has ${name.length} characters; an interface name has at most ${NAME_MAX}`;
  if (name === '.' || name === '..' || /[/:\s]/.test(name)) return `"${name}" cannot be the name of an interface`;
  return undefined;
}

/** Reads `ADDRESS[/LENGTH] [peer ADDRESS[/LENGTH]] [brd ADDRESS|+|-]`. */
export function parseInterfaceAddress(
  words: readonly Word[],
  whole: Span,
  diagnostics: Diagnostics,
): InterfaceAddress | undefined {
  const reader = new WordReader(words, whole, diagnostics);
  const before = diagnostics.errorCount;
  const first = reader.next();
  if (!first) {
    reader.error('bad-address', 'expected an address such as 192.0.2.1/24');
    return undefined;
  }
  const local = parsePrefixed(first, reader);
  let peer: Prefixed | undefined;
  let broadcast: Uint8Array | undefined;
  const rest: Rest = {};
  for (let word = reader.next(); word; word = reader.next()) {
    if (word.text === 'peer' || word.text === 'remote') {
      const value = reader.value(word, 'an address');
      peer = value && parsePrefixed(value, reader);
    } else if (word.text === 'brd' || word.text === 'broadcast') {
      const value = reader.value(word, 'an address, + or -');
      broadcast = value && parseBroadcast(value, local, reader);
    } else {
      parseOption(word, rest, reader);
    }
  }
  if (!local || diagnostics.errorCount > before) return undefined;
  if (peer && peer.family !== local.family) {
    reader.error('wrong-family', 'an address and its peer are of one family');
    return undefined;
  }
  const bits = local.family === 4 ? 32 : 128;
  return {
    family: local.family,
    address: local.address,
    prefixLength: peer?.length ?? local.length ?? bits,
    ...(peer ? { peer: peer.address } : {}),
    ...(broadcast ? { broadcast } : {}),
    ...rest,
  };
}

type Rest = { -readonly [K in 'scope' | 'metric' | 'noPrefixRoute' | 'deprecated']?: InterfaceAddress[K] };

/** Options with a value, and without, that say nothing about where packets go. A label is another name for the address, not an interface. */
const WITH_VALUE: ReadonlySet<string> = new Set(['label', 'proto', 'valid_lft', 'anycast']);
const ALONE: ReadonlySet<string> = new Set(['secondary', 'permanent', 'nodad', 'home', 'mngtmpaddr', 'autojoin', 'dynamic']);

function parseOption(word: Word, rest: Rest, reader: WordReader): void {
  const { text } = word;
  if (text === 'scope') {
    rest.scope = reader.parsed(word, 'a scope', parseScope, 'bad-scope', 'no scope such as link or global') ?? 0;
  } else if (text === 'metric' || text === 'priority') {
    rest.metric = reader.number(word, 'a metric', 0xffff_ffff) ?? 0;
  } else if (text === 'noprefixroute') {
    rest.noPrefixRoute = true;
  } else if (text === 'preferred_lft') {
    if (reader.value(word, 'a value')?.text === '0') rest.deprecated = true;
  } else if (WITH_VALUE.has(text)) {
    reader.value(word, 'a value');
  } else if (!ALONE.has(text)) {
    const known = ['peer', 'brd', 'scope', 'metric', 'noprefixroute', 'preferred_lft', ...WITH_VALUE, ...ALONE];
    reader.error('unknown-address-option', `"${text}" is no address option${didYouMean(text, known)}`, word);
  }
}

interface Prefixed {
  readonly family: Family;
  readonly address: Uint8Array;
  readonly length?: number;
}

function parsePrefixed(word: Word, reader: WordReader): Prefixed | undefined {
  const [text, lengthText] = word.text.split('/', 2);
  const address = text!.includes(':') ? parseIpv6(text!) : text!.split('.').length === 4 ? parseIpv4(text!) : undefined;
  if (!address) {
    reader.error('bad-address', `"${text}" is no IPv4 or IPv6 address`, word);
    return undefined;
  }
  const family = address.length === 4 ? 4 : 6;
  if (lengthText === undefined) return { family, address };
  const bits = family === 4 ? 32 : 128;
  const length = parseUnsigned(lengthText, bits);
  if (length === undefined) {
    reader.error('bad-prefix', `"${lengthText}" is no prefix length from 0 to ${bits}`, word);
    return undefined;
  }
  return { family, address, length };
}

function parseBroadcast(word: Word, local: Prefixed | undefined, reader: WordReader): Uint8Array | undefined {
  if (local?.family === 6) {
    reader.error('bad-address', 'IPv6 has no broadcast addresses', word);
    return undefined;
  }
  if (word.text === '-') return undefined;
  if (word.text === '+') {
    const length = local?.length ?? 32;
    return local && network(local.address, length).map((byte, i) => byte | (0xff >> Math.min(8, Math.max(0, length - 8 * i))));
  }
  const address = parseIpv4(word.text);
  if (!address) reader.error('bad-address', `"${word.text}" is no IPv4 address`, word);
  return address;
}
