// The matcher that anyone would write: packets and rules as objects, connections in a Map, rules asked one after the other until one
// matches. It knows as much as the gateway's rules need, and no more.

import type { AccessRule } from '../traffic/rules.ts';

const FILE_HEADER_BYTES = 24;
const RECORD_BYTES = 16;
const ETHERNET_BYTES = 14;
const ETHERTYPE_IPV4 = 0x0800;

export interface NaivePacket {
  readonly source: number;
  readonly destination: number;
  readonly protocol: number;
  readonly sport: number;
  readonly dport: number;
}

interface Connection {
  readonly opener: string;
  replied: boolean;
}

export type Verdict = 'ACCEPT' | 'DROP';

/** The packets of a little-endian pcap of Ethernet frames with IPv4. */
export function* readPackets(capture: Uint8Array): Generator<NaivePacket> {
  const view = new DataView(capture.buffer, capture.byteOffset, capture.byteLength);
  for (let at = FILE_HEADER_BYTES; at < capture.length; ) {
    const length = view.getUint32(at + 8, true);
    const frame = at + RECORD_BYTES;
    at = frame + length;
    if (view.getUint16(frame + 12) !== ETHERTYPE_IPV4) continue;
    const ip = frame + ETHERNET_BYTES;
    const transport = ip + (view.getUint8(ip) & 15) * 4;
    yield {
      source: view.getUint32(ip + 12),
      destination: view.getUint32(ip + 16),
      protocol: view.getUint8(ip + 9),
      sport: view.getUint16(transport),
      dport: view.getUint16(transport + 2),
    };
  }
}

/** Which connection packets are of. */
export class NaiveConnections {
  private readonly byEnds = new Map<string, Connection>();

  /** What connection tracking says of a packet; one that is the first of its connection is remembered by `add`. */
  state({ source, destination, protocol, sport, dport }: NaivePacket): 'NEW' | 'ESTABLISHED' {
    const from = `${source}:${sport}`;
    const to = `${destination}:${dport}`;
    const connection = this.byEnds.get(from < to ? `${protocol} ${from} ${to}` : `${protocol} ${to} ${from}`);
    if (!connection) return 'NEW';
    if (connection.opener !== from) connection.replied = true;
    return connection.replied ? 'ESTABLISHED' : 'NEW';
  }

  add({ source, destination, protocol, sport, dport }: NaivePacket): void {
    const from = `${source}:${sport}`;
    const to = `${destination}:${dport}`;
    const key = from < to ? `${protocol} ${from} ${to}` : `${protocol} ${to} ${from}`;
    if (!this.byEnds.has(key)) this.byEnds.set(key, { opener: from, replied: false });
  }
}

/** The gateway of traffic/gateway.ts. */
export class NaiveFirewall {
  private readonly blocked: readonly AccessRule[];
  private readonly services: readonly AccessRule[];
  private readonly connections = new NaiveConnections();

  constructor({ blocked, services }: { readonly blocked: readonly AccessRule[]; readonly services: readonly AccessRule[] }) {
    this.blocked = blocked;
    this.services = services;
  }

  /** Packets of a capture that are accepted. */
  accepted(capture: Uint8Array): number {
    let count = 0;
    for (const packet of readPackets(capture)) if (this.verdict(packet) === 'ACCEPT') count++;
    return count;
  }

  private verdict(packet: NaivePacket): Verdict {
    const state = this.connections.state(packet);
    if (this.blocked.some((rule) => matches(rule, packet))) return 'DROP';
    if (state === 'ESTABLISHED') return 'ACCEPT';
    if (!this.services.some((rule) => matches(rule, packet))) return 'DROP';
    this.connections.add(packet);
    return 'ACCEPT';
  }
}

function matches(rule: AccessRule, { source, destination, protocol, dport }: NaivePacket): boolean {
  return (
    inNetwork(source, rule.source, rule.sourceBits) &&
    inNetwork(destination, rule.destination, rule.destinationBits) &&
    protocol === rule.protocol &&
    (protocol === 1 || (dport >= rule.portLow && dport <= rule.portHigh))
  );
}

export function inNetwork(address: number, network: number, bits: number): boolean {
  return bits === 0 || (address ^ network) >>> (32 - bits) === 0;
}
