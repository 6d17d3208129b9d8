// Sets as text, as ipset 7.17 prints them.

import { formatAddress } from '../net/address.ts';
import { hex } from '../net/number.ts';
import { PROTOCOL_ICMP, PROTOCOL_ICMPV6, protocolName } from '../net/protocol.ts';
import { toAddress } from './address.ts';
import type { IpSet, IpsetCollection, NamedSet } from './collection.ts';
import type { Extensions } from './extensions.ts';
import { formatIcmp } from './icmp.ts';
import { decodeElement, type ElementParts } from './layout.ts';
import { compareElements } from './sort.ts';
import type { CreateOption, EntryOption, Part } from './types.ts';

export interface PrintOptions {
  /** Elements of hashes sorted (`-s`). */
  readonly sorted?: boolean;
}

/** Gives sets as `ipset save` does: all, or one. */
export function printSave(collection: IpsetCollection, options: PrintOptions = {}, only?: number): string {
  let text = '';
  for (const named of collection.sets()) {
    if (only !== undefined && named.index !== only) continue;
    text += `create ${named.name} ${named.set.type.name}${printSettings(named.set)}\n`;
    for (const element of printElements(collection, named.set, options)) text += `add ${named.name} ${element}\n`;
  }
  return text;
}

/** Gives one set as `ipset list` does. */
export function printList(
  collection: IpsetCollection,
  { name, set }: NamedSet,
  references: number,
  options: PrintOptions & { readonly terse?: boolean },
): string {
  const { type } = set;
  const head = [
    `Name: ${name}`,
    `Type: ${type.name}`,
    `Revision: ${type.revision}`,
    `Header:${printSettings(set)}`,
    `References: ${references}`,
    `Number of entries: ${set.members.count}`,
  ];
  if (options.terse) return `${head.join('\n')}\n`;
  const elements = [...printElements(collection, set, options)];
  return [...head, 'Members:', ...elements, ''].join('\n');
}

/** The options of `create`, each with a blank in front. */
export function printSettings(set: IpSet): string {
  return set.type.create
    .map((option) => {
      const value = settingText(option, set);
      return value === undefined ? '' : ` ${option}${value && ` ${value}`}`;
    })
    .join('');
}

/** The value of an option; '' for one without; undefined when it is not printed. */
function settingText(option: CreateOption, { type, settings, members }: IpSet): string | undefined {
  const { netmask, bitmask, timeout } = settings;
  const hash = members.method === 'hash' ? members : undefined;
  switch (option) {
    case 'family':
      return settings.family === 6 ? 'inet6' : 'inet';
    case 'range': {
      const print = (value: number): string => (type.families === 'inet' ? formatAddress(toAddress(value)) : String(value));
      return `${print(settings.first)}-${print(settings.last)}`;
    }
    case 'hashsize':
      return String(2 ** hash!.bits);
    case 'bucketsize':
      return String(hash!.bucketsize);
    case 'initval':
      return hex32(settings.initval);
    case 'markmask':
      return hex32(settings.markmask);
    case 'maxelem':
    case 'size':
      return String(settings[option]);
    case 'netmask':
      return netmask === undefined ? undefined : String(netmask);
    case 'bitmask':
      return bitmask && formatAddress(bitmask);
    case 'timeout':
      return timeout === undefined ? undefined : String(timeout);
    case 'forceadd':
      // ipset 7.17 loses it on the way from the kernel.
      return undefined;
    default:
      return settings[option] ? '' : undefined;
  }
}

function hex32(value: number): string {
  return `0x${value.toString(16).padStart(8, '0')}`;
}

/** The elements of a set with their extensions, in the kernel's order or sorted. */
export function printElements(collection: IpsetCollection, set: IpSet, { sorted }: PrintOptions = {}): Iterable<string> {
  const elements = elementTexts(collection, set);
  return sorted && set.members.method === 'hash' ? [...elements].sort(compareElements) : elements;
}

function* elementTexts(collection: IpsetCollection, set: IpSet): Generator<string> {
  const { members, type, settings } = set;
  if (members.method === 'hash') {
    for (const { key, extensions } of members.slots()) {
      const parts = decodeElement(members.layout, key);
      yield formatElement(type.parts, parts, settings.family) + printExtensions(set, extensions, parts);
    }
  } else if (members.method === 'bitmap') {
    for (const [id, { mac, extensions }] of members.members()) {
      const value = members.valueOf(id);
      const parts = type.families === 'inet' ? { ip: toAddress(value), ...(mac ? { mac } : {}) } : { port: value };
      yield formatElement(type.parts, parts, settings.family) + printExtensions(set, extensions, parts);
    }
  } else {
    for (const { index, extensions } of members.members) {
      yield collection.at(index)!.name + printExtensions(set, extensions, {});
    }
  }
}

/** Prints an element's parts with commas between. */
export function formatElement(kinds: readonly Part[], parts: ElementParts, family: 0 | 4 | 6): string {
  const texts = kinds.map((kind, i) => formatPart(kind, i, parts, family));
  return texts.filter((text) => text !== undefined).join(',');
}

function formatPart(kind: Part, index: number, parts: ElementParts, family: 0 | 4 | 6): string | undefined {
  switch (kind) {
    case 'ip':
    case 'single-ip':
      return formatAddress((index === 0 ? parts.ip : parts.ip2)!);
    case 'net': {
      const [address, prefix] = index === 0 ? [parts.ip!, parts.prefix!] : [parts.ip2!, parts.prefix2!];
      return formatAddress(address) + (prefix === (family === 6 ? 128 : 32) ? '' : `/${prefix}`);
    }
    case 'port':
      return formatPort(parts.protocol!, parts.port!);
    case 'bare-port':
      return String(parts.port);
    case 'mac':
      return parts.mac && Array.from(parts.mac, (byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join(':');
    case 'mark':
      return hex32(parts.mark!);
    case 'interface':
      return `${parts.physdev ? 'physdev:' : ''}${parts.interface}`;
    case 'set':
      return undefined;
  }
}

function formatPort(protocol: number, port: number): string {
  const name = protocolName(protocol) ?? String(protocol);
  const isIcmp = protocol === PROTOCOL_ICMP || protocol === PROTOCOL_ICMPV6;
  return `${name}:${isIcmp ? formatIcmp(port, protocol) : port}`;
}

function printExtensions(set: IpSet, extensions: Extensions, parts: ElementParts): string {
  return set.type.add
    .map((option) => {
      const value = extensionText(option, set, extensions, parts);
      return value === undefined ? '' : ` ${option}${value && ` ${value}`}`;
    })
    .join('');
}

function extensionText(
  option: EntryOption,
  { settings }: IpSet,
  extensions: Extensions,
  parts: ElementParts,
): string | undefined {
  const { timeout, counters } = settings;
  const { comment, mark, markMask, priority, queue } = extensions;
  switch (option) {
    case 'nomatch':
    case 'wildcard':
      return parts[option] ? '' : undefined;
    case 'timeout':
      return timeout === undefined ? undefined : String(extensions.timeout);
    case 'packets':
    case 'bytes':
      return counters ? String(extensions[option]) : undefined;
    case 'comment':
      return comment === undefined ? undefined : `"${comment}"`;
    case 'skbmark':
      if (mark === 0 && markMask === 0) return undefined;
      return hex(mark) + (markMask === 0xffff_ffff ? '' : `/${hex(markMask)}`);
    case 'skbprio':
      return priority === 0 ? undefined : `${(priority >>> 16).toString(16)}:${(priority & 0xffff).toString(16)}`;
    case 'skbqueue':
      return queue === 0 ? undefined : String(queue);
    default:
      return undefined;
  }
}
