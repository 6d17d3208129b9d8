// `add`, `del` and `test`: an entry put into a set, taken out of it, or looked for.

import { didYouMean } from '../text/suggest.ts';
import { maskNumber, toNumber } from './address.ts';
import type { Bitmap } from './bitmap.ts';
import type { IpSet, IpsetCollection } from './collection.ts';
import { type Entry, type EntryAction, readEntry } from './entry.ts';
import { expandEntry } from './expand.ts';
import { Faults, type Refusal, type Word } from './fault.ts';
import type { HashTable } from './hash-table.ts';
import type { ElementParts } from './layout.ts';
import { formatElement } from './print.ts';
import { type CommandResult, findSet, type Work } from './session.ts';
import type { Reference, SetList } from './set-list.ts';

/** Reads the entry of a command and checks that the set has what it asks for. */
function openEntry(
  action: EntryAction,
  [name, ...words]: readonly Word[],
  { collection, faults }: Work,
): { set: IpSet; entry: Entry } | undefined {
  const index = findSet(name!, collection, faults);
  if (index === undefined) return undefined;
  const { set } = collection.at(index)!;
  const entry = readEntry(set.type, set.settings.family, action, words, faults);
  return entry && checkExtensions(set, entry, faults) ? { set, entry } : undefined;
}

/** Ref: net/netfilter/ipset/ip_set_core.c:ip_set_get_extensions() */
function checkExtensions({ settings }: IpSet, { needs }: Entry, faults: Faults): boolean {
  if (needs.timeout && settings.timeout === undefined) faults.refuse('no-timeout', needs.timeout.span);
  else if (needs.counters && !settings.counters) faults.refuse('no-counters', needs.counters.span);
  else if (needs.comment && !settings.comment) faults.refuse('no-comment', needs.comment.span);
  else if (needs.skbinfo && !settings.skbinfo) faults.refuse('no-skbinfo', needs.skbinfo.span);
  return faults.fault === undefined;
}

export function changeElements(action: 'add' | 'del', operands: readonly Word[], work: Work): CommandResult | undefined {
  const opened = openEntry(action, operands, work);
  if (!opened) return undefined;
  const { set, entry } = opened;
  const { collection, session, faults } = work;
  const change = { action, entry, exist: session.exist, faults };
  if (set.members.method === 'hash') changeHash(set, set.members, change);
  else if (set.members.method === 'bitmap') changeBitmap(set, set.members, change);
  else changeList(collection, set.members, change);
  return faults.fault ? undefined : {};
}

interface Change {
  readonly action: 'add' | 'del';
  readonly entry: Entry;
  /** Faults of what is there already, or not there, do not count. */
  readonly exist: boolean;
  readonly faults: Faults;
}

function isFault(refusal: Refusal | undefined, { exist, faults, entry }: Change): boolean {
  if (!refusal || (exist && (refusal === 'element-exists' || refusal === 'no-such-element'))) return false;
  faults.refuse(refusal, entry.word.span);
  return true;
}

function changeHash({ type, settings }: IpSet, table: HashTable, change: Change): void {
  const { action, entry, exist, faults } = change;
  for (const key of expandEntry(type, settings, entry, action, faults)) {
    const refusal = action === 'add' ? table.add(key, entry.given, { exist, nomatch: entry.nomatch }) : table.delete(key);
    if (isFault(refusal, change)) return;
  }
}

function changeBitmap(set: IpSet, bitmap: Bitmap, change: Change): void {
  const { action, entry, exist } = change;
  const limits = spreadOf(set, entry);
  if (!limits) {
    change.faults.refuse('bad-prefix', entry.word.span);
    return;
  }
  const [low, high] = limits;
  if (bitmap.idOf(low) === undefined || bitmap.idOf(high) === undefined) {
    change.faults.refuse('out-of-range', entry.word.span);
    return;
  }
  for (let value = low; value <= high; value += bitmap.hosts) {
    const id = bitmap.idOf(value)!;
    const refusal = action === 'add' ? bitmap.add(id, entry.mac, entry.given, { exist }) : bitmap.delete(id);
    if (isFault(refusal, change)) return;
  }
}

/** The addresses or ports that an entry of a bitmap spreads over. Ref: net/netfilter/ipset/ip_set_bitmap_ip.c:bitmap_ip_uadt() */
function spreadOf({ type }: IpSet, { first, port }: Entry): readonly [number, number] | undefined {
  if (port) return [Math.min(port.port, port.portTo ?? port.port), Math.max(port.port, port.portTo ?? port.port)];
  const from = toNumber(first!.from);
  if (first!.to) return [from, toNumber(first!.to)].sort((a, b) => a - b) as [number, number];
  const { prefix } = first!;
  if (prefix === undefined || type.parts.includes('mac')) return [from, from];
  if (prefix === 0) return undefined;
  const mask = maskNumber(prefix);
  return [(from & mask) >>> 0, (from | ~mask) >>> 0];
}

function changeList(collection: IpsetCollection, list: SetList, change: Change): void {
  const { action, entry, exist, faults } = change;
  const index = memberIndex(collection, entry, faults);
  const reference = referenceOf(collection, entry, faults);
  if (index === undefined || faults.fault) return;
  const refusal = action === 'add' ? list.add(index, reference, entry.given, exist) : list.delete(index, reference);
  isFault(refusal, change);
}

function memberIndex(collection: IpsetCollection, { name, word }: Entry, faults: Faults): number | undefined {
  const index = collection.indexOf(name!);
  if (index < 0) {
    const text = 'Set to be added/deleted/tested as element does not exist.';
    return faults.fail('unknown-member', text, word.span, didYouMean(name!, collection.names()));
  }
  return collection.at(index)!.set.members.method === 'list' ? faults.refuse('set-loop', word.span) : index;
}

function referenceOf(collection: IpsetCollection, { reference, word }: Entry, faults: Faults): Reference | undefined {
  if (!reference) return undefined;
  const index = collection.indexOf(reference.name);
  return index < 0 ? faults.refuse('unknown-reference', word.span) : { index, place: reference.place };
}

export function testElement(operands: readonly Word[], work: Work): CommandResult | undefined {
  const opened = openEntry('test', operands, work);
  if (!opened) return undefined;
  const { set, entry } = opened;
  const isIn = isElement(set, entry, work.collection);
  const what = `${entryText(set, entry)} is ${isIn ? '' : 'NOT '}in set ${operands[0]!.text}.\n`;
  return { status: isIn ? 0 : 1, stderr: isIn ? `Warning: ${what}` : what };
}

/** What cannot be in the set is not in it: that is no fault. Ref: net/netfilter/ipset/ip_set_core.c:ip_set_utest() */
function isElement({ members, type, settings }: IpSet, entry: Entry, collection: IpsetCollection): boolean {
  if (members.method === 'hash') {
    const [key] = expandEntry(type, settings, entry, 'test', new Faults());
    return key !== undefined && members.test(key) === (entry.nomatch ? 'nomatch' : true);
  }
  if (members.method === 'bitmap') {
    const id = members.idOf(entry.port?.port ?? toNumber(entry.first!.from));
    return id !== undefined && members.test(id, entry.mac);
  }
  const index = collection.indexOf(entry.name!);
  const reference = entry.reference && { index: collection.indexOf(entry.reference.name), place: entry.reference.place };
  return index >= 0 && members.test(index, reference);
}

/** An entry as `test` repeats it. */
function entryText({ type, settings }: IpSet, entry: Entry): string {
  if (entry.name !== undefined) {
    return entry.name + (entry.reference ? ` ${entry.reference.place} ${entry.reference.name}` : '');
  }
  const host = settings.family === 6 ? 128 : 32;
  const parts: ElementParts = {
    ...(entry.first ? { ip: entry.first.from, prefix: entry.first.prefix ?? host } : {}),
    ...(entry.second ? { ip2: entry.second.from, prefix2: entry.second.prefix ?? host } : {}),
    ...(entry.port ? { port: entry.port.port, protocol: entry.port.protocol } : {}),
    ...(entry.mac ? { mac: entry.mac } : {}),
    ...(entry.mark === undefined ? {} : { mark: entry.mark }),
    ...(entry.interface === undefined ? {} : { interface: entry.interface }),
  };
  return formatElement(type.parts, parts, settings.family);
}
