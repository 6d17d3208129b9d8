import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bytes, concat, crc32c, hex, toHex } from '../../src/packet/bytes.ts';
import { pcapFile, pcapng } from '../../src/packet/captures.ts';
import { ethernet, extension, icmp, icmpv6, ipv4, ipv6, sctp, tcp, udp, udpLite } from '../../src/packet/packets.ts';

test('a TCP segment written by hand is built byte for byte', () => {
  const packet = ipv4({
    src: '10.0.0.1',
    dst: '10.0.0.2',
    id: 1,
    payload: tcp({ sport: 4660, dport: 80, seq: 1, window: 8192 }),
  });
  expect(toHex(packet)).toBe(
    toHex(hex('45000028 00010000 400666cd 0a000001 0a000002  12340050 00000001 00000000 50022000 695b0000')),
  );
});

test('CRC-32C gives the check value of its standard', () => {
  expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283);
});

function tcpdumpInstalled(): boolean {
  try {
    execFileSync('tcpdump', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

test.skipIf(!tcpdumpInstalled())('tcpdump finds every checksum correct, in pcap and pcapng', () => {
  const data = hex('00 01 02 03 04');
  const packets = [
    ipv4({ payload: tcp({ flags: 'SA', options: bytes(2, 4, 5, 180), payload: data }) }),
    ipv4({ options: bytes(1), payload: udp({ dport: 9, payload: data }) }),
    ipv4({ payload: icmp({ payload: data }) }),
    ipv4({ payload: sctp({ chunks: hex('0b000004') }) }),
    ipv6({ payload: tcp({ payload: data }) }),
    ipv6({ extensions: [extension(0), extension(60)], payload: udp({ dport: 9, payload: data }) }),
    ipv6({ payload: icmpv6({ payload: data }) }),
    ipv6({ payload: udpLite({ payload: data, coverage: 8 }) }),
  ];
  const folder = mkdtempSync(join(tmpdir(), 'hookline-packets-'));
  try {
    const frames = packets.map((payload) => ({ data: ethernet({ payload }) }));
    const blocks = pcapng('big');
    writeFileSync(join(folder, 'a.pcap'), pcapFile(frames));
    writeFileSync(
      join(folder, 'b.pcapng'),
      concat(blocks.section(), blocks.describe({ name: 'eth0' }), ...frames.map(blocks.enhanced)),
    );
    for (const file of ['a.pcap', 'b.pcapng']) {
      const text = execFileSync('tcpdump', ['-nvvr', join(folder, file)], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      expect(text).not.toMatch(/bad|incorrect|wrong|invalid|malformed|truncated/i);
      expect(text.match(/IP6? \(/g)).toHaveLength(packets.length);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
