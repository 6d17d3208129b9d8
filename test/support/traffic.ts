// Conversations for tests: seeded, in both directions, over several hosts, protocols and interfaces, with fragments and errors.

import { concat } from '../../src/packet/bytes.ts';
import { pcapng } from '../../src/packet/captures.ts';
import { icmp, ipv4, ipv6, type Transport, tcp, udp } from '../../src/packet/packets.ts';

/** Numbers from 0 up to, not including, `below`; the same for the same seed. */
export function numbersFrom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    // xorshift32
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state % below;
  };
}

const LINKTYPE_RAW = 101;
const START_NS = 1_700_000_000_000_000_000n;
/** 10^-9 seconds. */
const NANOSECONDS = 9;

/** Packets of a capture with interfaces eth0 and eth1, as pcapng. */
export function conversations(seed: number, packets: number): Uint8Array {
  const pick = numbersFrom(seed + 1);
  const blocks = pcapng();
  const describe = (name: string): Uint8Array => blocks.describe({ name, linktype: LINKTYPE_RAW, resolution: NANOSECONDS });
  const parts = [blocks.section(), describe('eth0'), describe('eth1')];
  let time = START_NS;
  for (let i = 0; i < packets; i++) {
    time += BigInt(pick(50_000_000));
    parts.push(blocks.enhanced({ data: packet(pick), time, interface: pick(2), direction: pick(4) === 0 ? 'out' : 'in' }));
  }
  return concat(...parts);
}

function packet(pick: (below: number) => number): Uint8Array {
  const [client, server] = [1 + pick(12), 100 + pick(4)];
  const isReply = pick(2) === 1;
  const [a, b] = isReply ? [server, client] : [client, server];
  const transport = segment(pick, isReply);
  if (pick(4) === 0) return ipv6({ src: `2001:db8::${a}`, dst: `2001:db8::${b}`, payload: transport });
  return ipv4({ src: `10.0.0.${a}`, dst: `10.0.0.${b}`, payload: transport });
}

function segment(pick: (below: number) => number, isReply: boolean): Transport {
  const [high, low] = [4000 + pick(6), [22, 53, 80, 443][pick(4)]!];
  const ports = isReply ? { sport: low, dport: high } : { sport: high, dport: low };
  switch (pick(5)) {
    case 0:
      return udp(ports);
    case 1:
      return icmp({ type: isReply ? 0 : 8, code: 0 });
    default:
      return tcp({ ...ports, flags: ['S', 'SA', 'A', 'PA', 'FA', 'R'][pick(6)]!, seq: pick(3) * 100, ack: pick(3) * 100 });
  }
}
