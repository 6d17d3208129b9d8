import { expect, test } from 'vitest';
import { Floor } from '../../bench/floor/floor.ts';
import { readPackets } from '../../bench/peers/naive.ts';
import { Flows, SNAP_BYTES, SNAP_FULL } from '../../bench/traffic/flows.ts';

const word = (value: bigint): bigint => BigInt.asUintN(64, value);
const swapped = (value: number, bytes: number): bigint => {
  const buffer = Buffer.alloc(4);
  buffer.writeUIntBE(value, 0, bytes);
  return BigInt(buffer.readUIntLE(0, bytes));
};

/** What the floor has to make of a packet: a hash of its addresses, ports and protocol, as they lie in memory. */
function hashOf(packet: { source: number; destination: number; protocol: number; sport: number; dport: number }): bigint {
  const addresses = swapped(packet.source, 4) | (swapped(packet.destination, 4) << 32n);
  const ports = swapped(packet.sport, 2) | (swapped(packet.dport, 2) << 16n);
  let hash = word(addresses * 0x9e3779b97f4a7c15n);
  hash = word((hash ^ (hash >> 32n) ^ ports ^ (BigInt(packet.protocol) << 32n)) * 0xbf58476d1ce4e5b9n);
  return hash ^ (hash >> 31n);
}

test.each([SNAP_BYTES, SNAP_FULL])(
  'the floor hashes every packet of a capture of more than one chunk, snap %i',
  async (snapBytes) => {
    const floor = await Floor.open();
    const { bytes, packets } = new Flows(100, 1, { snapBytes }).data(20_000);
    expect(floor.measure(bytes, packets)).toBeGreaterThan(0);
    let sum = 0n;
    for (const packet of readPackets(bytes)) sum = word(sum + hashOf(packet));
    expect(floor.sum).toBe(sum);
    expect(() => floor.measure(bytes, packets + 1)).toThrow(`walked ${packets} of ${packets + 1}`);
  },
);
