// Byte strings: joining, numbers, addresses and checksums. Plain and slow: the core has its own, and tests hold one against the other.

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return join(parts);
}

/** As `concat`, for any number of parts. */
export function join(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

export function bytes(...values: readonly number[]): Uint8Array {
  return Uint8Array.from(values);
}

/** Bytes from hex digits; blanks are ignored. */
export function hex(text: string): Uint8Array {
  const digits = text.replace(/\s+/g, '');
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16));
}

export function toHex(data: Uint8Array): string {
  return Array.from(data, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export function be16(value: number): Uint8Array {
  return bytes((value >>> 8) & 0xff, value & 0xff);
}

export function be32(value: number): Uint8Array {
  return bytes((value >>> 24) & 0xff, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);
}

/** Pads with zero bytes to a multiple of `unit`. */
export function padded(data: Uint8Array, unit: number): Uint8Array {
  const rest = data.length % unit;
  return rest === 0 ? data : concat(data, new Uint8Array(unit - rest));
}

/** Four bytes of a dotted IPv4 address, or sixteen of an IPv6 address. */
export function address(text: string): Uint8Array {
  if (!text.includes(':')) return Uint8Array.from(text.split('.').map(Number));
  let written = text;
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (dotted !== null) {
    const [a, b, c, d] = dotted[2]!.split('.').map(Number) as [number, number, number, number];
    written = `${dotted[1]}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  }
  const [head = '', tail] = written.split('::') as [string, string?];
  const groups = (part: string): number[] => (part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16)));
  const left = groups(head);
  const right = tail === undefined ? [] : groups(tail);
  const middle = tail === undefined ? [] : new Array<number>(8 - left.length - right.length).fill(0);
  return concat(...[...left, ...middle, ...right].map(be16));
}

/** Six bytes of a MAC address. */
export function mac(text: string): Uint8Array {
  return Uint8Array.from(text.split(':').map((part) => Number.parseInt(part, 16)));
}

/** One's complement sum of 16-bit words, folded; not yet complemented. Ref: RFC 1071 */
export function onesSum(data: Uint8Array, start = 0): number {
  let sum = start;
  for (let i = 0; i < data.length; i += 2) sum += (data[i]! << 8) | (data[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return sum;
}

/** The Internet checksum of `data`. */
export function checksum(data: Uint8Array): number {
  return ~onesSum(data) & 0xffff;
}

/** CRC-32C as SCTP sends it: bit by bit, slow and plain. Ref: RFC 9260, appendix A */
export function crc32c(data: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}
