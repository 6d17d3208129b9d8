// Headers as a classic pcap in memory: raw IPv4 packets, one microsecond apart.

import { pcapFile } from '../../src/packet/captures.ts';
import { icmp, ipv4, type Transport, tcp, udp } from '../../src/packet/packets.ts';
import type { Header } from './rules.ts';

const LINKTYPE_RAW = 101;
const START_NS = 1_700_000_000_000_000_000n;

const dotted = (address: number): string => [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');

function transport({ protocol, sport, dport }: Header): Transport {
  if (protocol === 1) return icmp({ type: 8 });
  return protocol === 6 ? tcp({ sport, dport, flags: 'S' }) : udp({ sport, dport });
}

/** A capture of `count` packets that goes through the headers again and again. */
export function capture(headers: readonly Header[], count: number): Uint8Array {
  const packets = headers.map((header) =>
    ipv4({ src: dotted(header.source), dst: dotted(header.destination), payload: transport(header) }),
  );
  return pcapFile(
    Array.from({ length: count }, (_, i) => ({ data: packets[i % packets.length]!, time: START_NS + BigInt(i) * 1000n })),
    { linktype: LINKTYPE_RAW },
  );
}
