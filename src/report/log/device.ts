// The devices of a log line: IN, OUT and the link-layer header.
//
// A capture shows the link-layer header of frames on Ethernet. On loopback the kernel makes one of zeros; other devices are taken to have
// none, as tunnels.

import { PACKET_FLAG_IPV6, PACKET_FLAG_SENT } from '../../../assembly/abi/packet.ts';
import { HOOK_POSTROUTING } from '../../../assembly/abi/program.ts';
import type { LogRecord } from '../../core/batch.ts';

const ETHERNET_ADDRESSES = 12;
const ETHERTYPE_IPV4 = [0x08, 0x00];
const ETHERTYPE_IPV6 = [0x86, 0xdd];

/** What a packet's frame tells of its devices. */
export interface FrameDevices {
  /** Names of PACKET_IN and PACKET_OUT. */
  readonly in: string;
  readonly out: string;
  /** The device it came in by and the one it goes out by are loopback, Ethernet, or something without a link-layer header. */
  readonly inKind: DeviceKind;
  readonly outKind: DeviceKind;
  /** The captured link-layer header, from its first byte on. */
  readonly frame: Uint8Array;
}

export type DeviceKind = 'loopback' | 'ethernet' | 'bare';

/** The link-layer header the packet has: none when this host sends it, or a copy of it, by something else than loopback. */
function linkHeader({ flags }: LogRecord, { inKind, frame }: FrameDevices): readonly number[] {
  const type = (flags & PACKET_FLAG_IPV6) !== 0 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4;
  if (inKind === 'loopback') return [...new Array<number>(ETHERNET_ADDRESSES).fill(0), ...type];
  if (inKind === 'bare' || (flags & PACKET_FLAG_SENT) !== 0) return [];
  return [...frame.subarray(0, ETHERNET_ADDRESSES), ...type];
}

function colons(bytes: readonly number[]): string {
  return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}

/** The device that says how long a link-layer header is: behind routing the one that the packet goes out by. */
function deviceKind({ hook }: LogRecord, { inKind, outKind }: FrameDevices): DeviceKind {
  return hook === HOOK_POSTROUTING ? outKind : inKind;
}

/**
 * The link-layer header that listeners to NFLOG get. Of a packet without one they get its own first bytes where the device has headers.
 * Ref: net/netfilter/nfnetlink_log.c:__build_packet_message()
 */
export function listenerMac(record: LogRecord, devices: FrameDevices): string {
  if (devices.in === '' || deviceKind(record, devices) === 'bare') return '';
  const header = linkHeader(record, devices);
  return colons(header.length === 0 ? [...record.bytes.subarray(0, ETHERNET_ADDRESSES + ETHERTYPE_IPV4.length)] : header);
}

/** Ref: net/netfilter/nf_log_syslog.c:nf_log_dump_packet_common(), dump_mac_header() */
export function deviceText(record: LogRecord, devices: FrameDevices, macDecode: boolean): string {
  const text = `IN=${devices.in} OUT=${devices.out} `;
  if (devices.in === '') return text;
  const kind = deviceKind(record, devices);
  const header = kind === 'bare' ? [] : linkHeader(record, devices);
  if (!macDecode || kind !== 'ethernet') return `${text}MAC=${colons(header)} `;
  if (header.length === 0) return text;
  const [destination, source, type] = [header.slice(0, 6), header.slice(6, 12), header.slice(12)];
  return `${text}MACSRC=${colons(source)} MACDST=${colons(destination)} MACPROTO=${colons(type).replace(':', '')} `;
}
