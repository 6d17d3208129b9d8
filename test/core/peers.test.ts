import { expect, test } from 'vitest';
import {
  PEERS_ALL_BURST,
  PEERS_ALL_RATE,
  PEERS_HEADER_BYTES,
  PEERS_LIMIT_ALL,
  PEERS_LIMIT_EACH4,
  PEERS_LIMIT_EACH6,
  PEERS_LIMITS,
  PEERS_MASK4,
  PEERS_MASK6,
  PEERS_RATE4,
  PEERS_RATE6,
  PEERS_REDIRECT_NUMBER,
  PEERS_REDIRECT_SILENCE,
} from '../../assembly/abi/peer.ts';
import type { SysctlValues } from '../../src/core/conntrack.ts';
import { initPeers, peersRegionBytes } from '../../src/core/peers.ts';

const BASE = 64;

function region(sysctl?: SysctlValues): { word(at: number): number; types6(): number[] } {
  const view = new DataView(new ArrayBuffer(BASE + PEERS_HEADER_BYTES));
  initPeers(view, BASE, sysctl);
  return {
    word: (at) => view.getUint32(BASE + at, true),
    types6: () =>
      Array.from({ length: 256 }, (_, type) => type).filter(
        (type) => ((view.getUint8(BASE + PEERS_MASK6 + (type >> 3)) >> (type & 7)) & 1) !== 0,
      ),
  };
}

test('nothing given is no limit of messages, with the masks of a kernel and what its routing tells', () => {
  const { word, types6 } = region();
  expect(word(PEERS_LIMITS)).toBe(0);
  expect(word(PEERS_MASK4)).toBe(0x1818);
  expect(types6()).toEqual([0, 1, ...Array.from({ length: 125 }, (_, i) => i + 3)]);
  expect([word(PEERS_REDIRECT_NUMBER), word(PEERS_REDIRECT_SILENCE)]).toEqual([9, 5120]);
});

test('each limit that is given is in force, in ticks that are begun', () => {
  expect(region({ 'net.ipv4.icmp_ratelimit': '1001' }).word(PEERS_LIMITS)).toBe(PEERS_LIMIT_EACH4);
  expect(region({ 'net.ipv4.icmp_ratelimit': '1001' }).word(PEERS_RATE4)).toBe(251);
  const six = region({ 'net.ipv6.icmp.ratelimit': 0, 'net.ipv6.icmp.ratemask': '1,129-130,255' });
  expect(six.word(PEERS_LIMITS)).toBe(PEERS_LIMIT_EACH6);
  expect(six.word(PEERS_RATE6)).toBe(0);
  expect(six.types6()).toEqual([1, 129, 130, 255]);
  expect(region({ 'net.ipv6.icmp.ratemask': '' }).types6()).toEqual([]);
  const all = region({ 'net.ipv4.icmp_msgs_burst': 7 });
  expect(all.word(PEERS_LIMITS)).toBe(PEERS_LIMIT_ALL);
  expect([all.word(PEERS_ALL_RATE), all.word(PEERS_ALL_BURST)]).toEqual([1000, 7]);
});

test('with several shards nobody is met, so that there are settings only', () => {
  expect(peersRegionBytes(16)).toBe(PEERS_HEADER_BYTES);
  expect(peersRegionBytes(1)).toBeGreaterThan(65664 * 48);
});
