// Numbers, ports, protocols and hardware addresses as ipset reads them.

import { scanUnsigned } from '../net/number.ts';
import {
  PROTOCOL_ICMP,
  PROTOCOL_ICMPV6,
  PROTOCOL_SCTP,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
  PROTOCOL_UDPLITE,
  parseProtocol,
  protocolName,
} from '../net/protocol.ts';
import { servicePort } from '../net/service.ts';
import type { Faults, Word } from './fault.ts';
import { parseIcmpName } from './icmp.ts';
import type { SetFamily } from './types.ts';
import { piece, separatorAt } from './words.ts';

export const U8 = 0xff;
export const U16 = 0xffff;
export const U32 = 0xffff_ffff;
/** The kernel's own mark for "not given" is taken away. Ref: lib/parse.c:ipset_parse_uint64() */
export const U64 = 0xffff_ffff_ffff_fffen;
/** Ref: lib/parse.c:ipset_parse_timeout(), include/linux/netfilter/ipset/ip_set.h IPSET_MAX_TIMEOUT */
export const TIMEOUT_MAX = 2147483;

/** Reads a number up to `max`, in any base of strtoull(). */
export function readBig(word: Word, max: bigint, faults: Faults): bigint | undefined {
  const scan = scanUnsigned(word.text);
  if (scan?.rest === '' && scan.value <= max) return scan.value;
  const isNumber = scan?.rest === '' || /^\s*[+-]?[0-9]+$/.test(word.text);
  if (isNumber) return faults.syntax('number-out-of-range', `'${word.text}' is out of range 0-${max}`, word.span);
  return faults.syntax('bad-number', `'${word.text}' is invalid as number`, word.span);
}

export function readNumber(word: Word, max: number, faults: Faults): number | undefined {
  const value = readBig(word, BigInt(max), faults);
  return value === undefined ? undefined : Number(value);
}

/** Reads a hardware address: six numbers in hexadecimal. Ref: lib/parse.c:ipset_parse_ether() */
export function readMac(word: Word, faults: Faults): Uint8Array | undefined {
  const parts = word.text.split(':');
  if (word.text.length <= 17 && parts.length === 6 && parts.every((part) => /^[0-9a-fA-F]{1,2}$/.test(part))) {
    return Uint8Array.from(parts, (part) => Number.parseInt(part, 16));
  }
  return faults.syntax('bad-mac', `cannot parse '${word.text}' as ethernet address`, word.span);
}

export interface PortRange {
  readonly protocol: number;
  /** Of ICMP: type and code as one number. */
  readonly port: number;
  readonly portTo?: number;
}

/** Protocols whose ports a set can tell. Ref: include/linux/netfilter/ipset/ip_set_getport.h:ip_set_proto_with_ports() */
export function hasPorts(protocol: number): boolean {
  return [PROTOCOL_TCP, PROTOCOL_SCTP, PROTOCOL_UDP, PROTOCOL_UDPLITE].includes(protocol);
}

/** Reads `[PROTO:]PORT[-PORT]`. Ref: lib/parse.c:ipset_parse_proto_port() */
export function readPort(word: Word, family: SetFamily, faults: Faults): PortRange | undefined {
  const colon = separatorAt(word.text, ':');
  if (colon < 0) return readPorts(word, 'tcp', PROTOCOL_TCP, faults);
  const name = piece(word, 0, colon);
  const rest = piece(word, colon + 1, word.text.length);
  const protocol = readProtocol(name, faults);
  if (protocol === undefined) return undefined;
  if (hasPorts(protocol)) return readPorts(rest, name.text, protocol, faults);
  if (protocol === PROTOCOL_ICMP || protocol === PROTOCOL_ICMPV6) return readIcmp(rest, protocol, family, faults);
  if (rest.text !== '0') {
    const text = `Protocol ${name.text} can be used with pseudo port value 0 only.`;
    return faults.syntax('port-not-zero', text, rest.span);
  }
  return { protocol, port: 0 };
}

/** Ref: lib/parse.c:ipset_parse_proto() */
function readProtocol(word: Word, faults: Faults): number | undefined {
  const scan = scanUnsigned(word.text);
  if (scan?.rest === '' && scan.value <= 255n) return Number(scan.value);
  const protocol = parseProtocol(word.text === 'icmpv6' ? 'ipv6-icmp' : word.text);
  if (protocol === undefined) {
    return faults.syntax('unknown-protocol', `cannot parse '${word.text}' as a protocol`, word.span);
  }
  return protocol || faults.syntax('unknown-protocol', `Unsupported protocol '${word.text}'`, word.span);
}

function readIcmp(word: Word, protocol: number, family: SetFamily, faults: Faults): PortRange | undefined {
  const [needed, label, inet] = protocol === PROTOCOL_ICMP ? ([4, 'ICMP', 'inet'] as const) : ([6, 'ICMPv6', 'inet6'] as const);
  if (family !== needed) {
    return faults.syntax('wrong-family', `Protocol ${label} can be used with family ${inet} only`, word.span);
  }
  const named = parseIcmpName(word.text, protocol);
  if (named !== undefined) return { protocol, port: named };
  const slash = separatorAt(word.text, '/');
  if (slash < 0) {
    return faults.fail('bad-icmp-type', `Cannot parse ${word.text} as an ${label} type/code.`, word.span);
  }
  const type = readNumber(piece(word, 0, slash), U8, faults);
  const code = type === undefined ? undefined : readNumber(piece(word, slash + 1, word.text.length), U8, faults);
  return type === undefined || code === undefined ? undefined : { protocol, port: type * 256 + code };
}

/** Reads a port or `port-port`; a name of a service may stand in brackets. */
function readPorts(word: Word, service: string, protocol: number, faults: Faults): PortRange | undefined {
  const dash = rangeAt(word, faults);
  if (dash === undefined) return undefined;
  const to = dash < 0 ? undefined : readOnePort(piece(word, dash + 1, word.text.length), service, faults);
  const port = readOnePort(dash < 0 ? word : piece(word, 0, dash), service, faults);
  if (port === undefined || (dash >= 0 && to === undefined)) return undefined;
  return { protocol, port, ...(to === undefined ? {} : { portTo: to }) };
}

function readOnePort(word: Word, service: string, faults: Faults): number | undefined {
  const scan = scanUnsigned(word.text);
  if (scan?.rest === '' && scan.value <= BigInt(U16)) return Number(scan.value);
  const number = scanUnsigned(service)?.rest === '' ? (protocolName(Number(service)) ?? service) : service;
  const named = servicePort(word.text.replace(/^\[(.*)\]$/, '$1'), number);
  if (named !== undefined) return named;
  const first = scan?.rest === '' ? `'${word.text}' is out of range 0-${U16}` : `'${word.text}' is invalid as number`;
  const second = `Syntax error: '${service}' is invalid as number`;
  return faults.syntax('bad-port', `${first}\n${second}\ncannot parse '${word.text}' as a ${service} port`, word.span);
}

/** Where the dash of a range stands, -1 without one; what stands in brackets in front keeps its dashes. Ref: lib/parse.c:find_range_separator() */
export function rangeAt({ text, span }: Word, faults: Faults): number | undefined {
  if (!text.startsWith('[')) return separatorAt(text, '-');
  const close = text.indexOf(']');
  if (close < 0) return faults.syntax('open-bracket', `cannot find closing escape character ']' in ${text}`, span);
  if (close === text.length - 1) return -1;
  if (text[close + 1] !== '-') {
    return faults.syntax('bad-range', `range separator expected after '${text.slice(0, close + 1)}'`, span);
  }
  return close + 1;
}
