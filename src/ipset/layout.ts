// How the kernel lays out the elements of its hash tables. The bytes of an element are what is hashed and compared.
//
// Ref: struct hash_ip4_elem and its sisters in net/netfilter/ipset/ip_set_hash_*.c, on a machine with the least significant byte first

import type { SetFamily, SetType } from './types.ts';

export const INTERFACE_BYTES = 16;
export const MAC_BYTES = 6;

/** Offsets of the fields in an element; -1 for one it does not have. */
export interface Layout {
  readonly bytes: number;
  /** Bytes in front that are hashed. */
  readonly hashed: number;
  readonly ip: number;
  readonly ip2: number;
  /** Two bytes, most significant first. */
  readonly port: number;
  readonly protocol: number;
  readonly mac: number;
  /** Four bytes, least significant first. */
  readonly mark: number;
  /** Prefix length of the first network, and of the second. */
  readonly prefix: number;
  readonly prefix2: number;
  readonly nomatch: number;
  /** Prefix length less one in the lower seven bits, nomatch in the highest bit, of one byte. */
  readonly isPacked: boolean;
  readonly physdev: number;
  readonly element: number;
  readonly wildcard: number;
  readonly interface: number;
  readonly addressBytes: number;
}

/** The bit of a packed byte that says nomatch, and that of a byte of its own. */
export const PACKED_NOMATCH = 0x80;
export const PACKED_PREFIX = 0x7f;

const layouts = new Map<string, Layout>();

/** The layout of a type's elements. */
export function layoutOf(type: SetType, family: SetFamily): Layout {
  const key = `${type.name}/${family}`;
  const known = layouts.get(key);
  if (known) return known;
  const layout = build(type, family);
  layouts.set(key, layout);
  return layout;
}

function build({ layout: fields, name }: SetType, family: SetFamily): Layout {
  const addressBytes = family === 6 ? 16 : 4;
  const sizes: Readonly<Record<string, number>> = {
    ip: addressBytes,
    ip2: addressBytes,
    port: 2,
    mac: MAC_BYTES,
    mark: 4,
    interface: INTERFACE_BYTES,
  };
  const at: Record<string, number> = {};
  let bytes = 0;
  let hashed = -1;
  for (const field of fields.split(' ')) {
    if (field === '|') hashed = bytes;
    else {
      at[field] = bytes;
      bytes += sizes[field] ?? 1;
    }
  }
  // A pair of IPv4 addresses is compared as one number of eight bytes, and elements are aligned to it.
  const alignment = at.ip2 !== undefined && family === 4 && !name.startsWith('hash:ip,') ? 8 : 4;
  bytes = Math.ceil(bytes / alignment) * alignment;
  const of = (field: string): number => at[field] ?? -1;
  return {
    bytes,
    hashed: hashed < 0 ? bytes : hashed,
    ip: of('ip'),
    ip2: of('ip2'),
    port: of('port'),
    protocol: of('protocol'),
    mac: of('mac'),
    mark: of('mark'),
    prefix: Math.max(of('prefix'), of('packed')),
    prefix2: Math.max(of('prefix2'), of('packed2')),
    nomatch: Math.max(of('nomatch'), of('packed'), of('packed2')),
    isPacked: 'packed' in at || 'packed2' in at,
    physdev: of('physdev'),
    element: of('element'),
    wildcard: of('wildcard'),
    interface: of('interface'),
    addressBytes,
  };
}

/** An element's parts, as text shows them. */
export interface ElementParts {
  readonly ip?: Uint8Array;
  readonly prefix?: number;
  readonly ip2?: Uint8Array;
  readonly prefix2?: number;
  readonly protocol?: number;
  readonly port?: number;
  readonly mac?: Uint8Array;
  readonly mark?: number;
  readonly interface?: string;
  readonly physdev?: boolean;
  readonly wildcard?: boolean;
  readonly nomatch?: boolean;
}

/** Writes an element; the addresses must be masked already. `nomatch` is not part of what is hashed: see setNomatch. */
export function encodeElement(layout: Layout, parts: ElementParts): Uint8Array {
  const key = new Uint8Array(layout.bytes);
  if (parts.ip) key.set(parts.ip, layout.ip);
  if (parts.ip2) key.set(parts.ip2, layout.ip2);
  if (parts.port !== undefined) {
    key[layout.port] = parts.port >> 8;
    key[layout.port + 1] = parts.port & 0xff;
    key[layout.protocol] = parts.protocol!;
  }
  if (parts.mac) key.set(parts.mac, layout.mac);
  if (parts.mark !== undefined) new DataView(key.buffer).setUint32(layout.mark, parts.mark, true);
  const less = layout.isPacked ? 1 : 0;
  if (layout.prefix >= 0) key[layout.prefix] = parts.prefix! - less;
  if (layout.prefix2 >= 0) key[layout.prefix2] = parts.prefix2! - less;
  if (parts.interface !== undefined) {
    key.set(new TextEncoder().encode(parts.interface).subarray(0, INTERFACE_BYTES - 1), layout.interface);
    key[layout.physdev] = parts.physdev ? 1 : 0;
    key[layout.wildcard] = parts.wildcard ? 1 : 0;
    key[layout.element] = 1;
  }
  return key;
}

/** Reads an element. */
export function decodeElement(layout: Layout, key: Uint8Array): ElementParts {
  const { isPacked, addressBytes } = layout;
  const prefix = (at: number): number => (isPacked ? (key[at]! & PACKED_PREFIX) + 1 : key[at]!);
  const address = (at: number): Uint8Array => key.slice(at, at + addressBytes);
  return {
    ...(layout.ip >= 0 ? { ip: address(layout.ip) } : {}),
    ...(layout.prefix >= 0 ? { prefix: prefix(layout.prefix) } : {}),
    ...(layout.ip2 >= 0 ? { ip2: address(layout.ip2) } : {}),
    ...(layout.prefix2 >= 0 ? { prefix2: prefix(layout.prefix2) } : {}),
    ...(layout.port >= 0 ? { port: key[layout.port]! * 256 + key[layout.port + 1]!, protocol: key[layout.protocol]! } : {}),
    ...(layout.mac >= 0 ? { mac: key.slice(layout.mac, layout.mac + MAC_BYTES) } : {}),
    ...(layout.mark >= 0 ? { mark: new DataView(key.buffer, key.byteOffset).getUint32(layout.mark, true) } : {}),
    ...(layout.interface >= 0
      ? { interface: interfaceOf(layout, key), physdev: key[layout.physdev] !== 0, wildcard: key[layout.wildcard] !== 0 }
      : {}),
    nomatch: isNomatch(layout, key),
  };
}

function interfaceOf(layout: Layout, key: Uint8Array): string {
  const bytes = key.subarray(layout.interface, layout.interface + INTERFACE_BYTES);
  return new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0)));
}

export function isNomatch(layout: Layout, key: Uint8Array): boolean {
  if (layout.nomatch < 0) return false;
  return (key[layout.nomatch]! & (layout.isPacked ? PACKED_NOMATCH : 0xff)) !== 0;
}

/** `flag` of an own byte is that of the kernel's interface. Ref: include/uapi/linux/netfilter/ipset/ip_set.h IPSET_FLAG_NOMATCH */
const NOMATCH_FLAG = 1 << 2;

/** Writes nomatch into an element that is stored. */
export function setNomatch(layout: Layout, key: Uint8Array, nomatch: boolean): void {
  const { nomatch: at, isPacked } = layout;
  if (at < 0) return;
  if (isPacked) key[at] = (key[at]! & PACKED_PREFIX) | (nomatch ? PACKED_NOMATCH : 0);
  else key[at] = nomatch ? NOMATCH_FLAG : 0;
}
