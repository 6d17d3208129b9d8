// What an entry means for a set: the elements it stands for, one by one, in the kernel's order.
//
// Ref: the functions hash_*_uadt() in net/netfilter/ipset/ip_set_hash_*.c

import { isZero, prefixMask } from '../net/address.ts';
import { PROTOCOL_ICMP, PROTOCOL_ICMPV6 } from '../net/protocol.ts';
import { type AddressRange, bitsOf, masked, maskNumber, networkWithin, toAddress, toNumber } from './address.ts';
import type { Entry, EntryAction } from './entry.ts';
import type { Faults } from './fault.ts';
import { type ElementParts, encodeElement, layoutOf } from './layout.ts';
import { hasPorts } from './numbers.ts';
import { addressMask, type Settings } from './settings.ts';
import { type SetType, takesPrefixZero } from './types.ts';

/** An address, or a network, of an element. */
interface Network {
  readonly address: Uint8Array;
  readonly prefix: number;
}

/** The keys of the elements that an entry of a hash stands for. Where it stands for none, what is wrong is reported. */
export function* expandEntry(
  type: SetType,
  settings: Settings,
  entry: Entry,
  action: EntryAction,
  faults: Faults,
): Generator<Uint8Array> {
  const layout = layoutOf(type, settings.family);
  const first = type.parts[0] === 'mac' ? NOTHING : networksOf(type, settings, entry, 0, action, faults);
  const ports = portsOf(entry, settings, action, faults);
  const second = entry.second ? networksOf(type, settings, entry, 1, action, faults) : NOTHING;
  if (entry.mac?.every((byte) => byte === 0)) faults.refuse('null-element', entry.word.span);
  if (faults.fault || !first || !second || !ports) return;
  const rest: ElementParts = {
    ...(entry.mac ? { mac: entry.mac } : {}),
    ...(entry.mark === undefined ? {} : { mark: (entry.mark & settings.markmask) >>> 0 }),
    ...(entry.interface === undefined ? {} : { interface: entry.interface, physdev: entry.physdev, wildcard: entry.wildcard }),
  };
  for (const one of first()) {
    for (const port of ports()) {
      for (const other of second()) {
        yield encodeElement(layout, {
          ...rest,
          ...(one ? { ip: one.address, prefix: one.prefix } : {}),
          ...(other ? { ip2: other.address, prefix2: other.prefix } : {}),
          ...(port === undefined ? {} : { port, protocol: entry.port!.protocol }),
        });
      }
    }
  }
}

function* NOTHING(): Generator<Network | undefined> {
  yield undefined;
}

function portsOf(
  { port, word }: Entry,
  { family }: Settings,
  action: EntryAction,
  faults: Faults,
): (() => Generator<number | undefined>) | undefined {
  if (!port)
    return function* () {
      yield undefined;
    };
  if (port.protocol === 0) return faults.refuse('bad-protocol', word.span);
  const withPorts = hasPorts(port.protocol);
  const isIcmp = port.protocol === (family === 6 ? PROTOCOL_ICMPV6 : PROTOCOL_ICMP);
  const one = withPorts || isIcmp ? port.port : 0;
  const other = withPorts && action !== 'test' ? (port.portTo ?? one) : one;
  return function* () {
    for (let value = Math.min(one, other); value <= Math.max(one, other); value++) yield value;
  };
}

/** The addresses of the first or second part. IPv6 ones do not spread. */
function networksOf(
  type: SetType,
  settings: Settings,
  entry: Entry,
  index: 0 | 1,
  action: EntryAction,
  faults: Faults,
): (() => Generator<Network>) | undefined {
  const range = (index === 0 ? entry.first : entry.second)!;
  const isNet = type.parts[index === 0 ? 0 : type.parts.length - 1] === 'net';
  const { span } = entry.word;
  if (isNet) return netsOf(type, settings, range, action, span, faults);
  const mask = addressMask(settings);
  const from = mask ? masked(range.from, mask) : range.from;
  const isNone = isZero(from);
  if (isNone && type.name === 'hash:ip') return faults.refuse('null-element', span);
  if (isNone && type.name === 'hash:ip,port') return faults.refuse('bad-argument', span);
  if (isNone && type.name === 'hash:ip,mark' && settings.family === 4 && (entry.mark! & settings.markmask) === 0) {
    return faults.refuse('null-element', span);
  }
  if (settings.family === 6 || action === 'test') return only({ address: from, prefix: bitsOf(settings.family === 6 ? 6 : 4) });
  return addressesOf(type, settings, from, range, span, faults);
}

function only(network: Network): () => Generator<Network> {
  return function* () {
    yield network;
  };
}

/** The IPv4 addresses of a range or network. */
function addressesOf(
  type: SetType,
  settings: Settings,
  from: Uint8Array,
  { to, prefix }: AddressRange,
  span: Entry['word']['span'],
  faults: Faults,
): (() => Generator<Network>) | undefined {
  let low = toNumber(from);
  let high = low;
  if (to) {
    high = toNumber(to);
    if (high < low) [low, high] = [high, low];
    if (low === 0 && type.name === 'hash:ip') return faults.refuse('null-element', span);
  } else if (prefix !== undefined) {
    if (prefix === 0) return faults.refuse('bad-prefix', span);
    const bits = maskNumber(prefix);
    [low, high] = [(low & bits) >>> 0, (low | ~bits) >>> 0];
  }
  const step = type.name === 'hash:ip' && settings.netmask !== undefined ? 2 ** (32 - settings.netmask) : 1;
  return function* () {
    for (let value = low; value <= high; value += step) yield { address: toAddress(value), prefix: 32 };
  };
}

/** The networks of a part that is one, or that a range is cut into. */
function netsOf(
  type: SetType,
  settings: Settings,
  { from, to, prefix }: AddressRange,
  action: EntryAction,
  span: Entry['word']['span'],
  faults: Faults,
): (() => Generator<Network>) | undefined {
  const takesZero = takesPrefixZero(type);
  if (prefix === 0 && !takesZero) return faults.refuse('bad-prefix', span);
  if (!to || action === 'test') {
    const family = settings.family === 6 ? 6 : 4;
    const length = prefix ?? bitsOf(family);
    const mask = addressMask(settings);
    const address = masked(from, prefixMask(family, length));
    return only({ address: mask ? masked(address, mask) : address, prefix: length });
  }
  const [low, high] = [toNumber(from), toNumber(to)].sort((a, b) => a - b) as [number, number];
  if (low === 0 && high === 0xffff_ffff) return faults.refuse('whole-space', span);
  return function* () {
    for (let value = low; value <= high; ) {
      const network = networkWithin(value, high, takesZero);
      yield { address: toAddress(value), prefix: network.prefix };
      value = network.last + 1;
    }
  };
}
