import { expect, test } from 'vitest';
import { conntrackSysctls, initConntrack } from '../../src/core/conntrack.ts';
import { bytes, hex } from '../../src/packet/bytes.ts';
import { icmp, icmpv6, ipv4, ipv6, raw, sctp, type Transport, tcp, udp } from '../../src/packet/packets.ts';
import { openTracker } from './tracker.ts';

const START = 1_700_000_000_000_000_000n;
const HALF_SECOND = 500_000_000n;

const v4 = (payload: Transport): Uint8Array => ipv4({ src: '10.0.0.1', dst: '10.1.0.1', payload });
const v6 = (payload: Transport): Uint8Array => ipv6({ src: '2001:db8:a::1', dst: '2001:db8:b::1', payload });
const INIT = bytes(1, 0, 0, 20, 0, 0, 0, 5, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1);

test('the table is the text of conntrack -L, oldest first', () => {
  const tracker = openTracker();
  const packets = [
    v4(tcp({ sport: 1, dport: 2, flags: 'S' })),
    v6(tcp({ sport: 1, dport: 2, flags: 'S' })),
    v4(udp({ sport: 1, dport: 2 })),
    v4(icmp({ type: 13, id: 9 })),
    v6(icmpv6({ id: 7 })),
    v4(sctp({ sport: 1, dport: 2, chunks: INIT })),
    v4(raw(47, hex('2001880b00041234'))),
    v4(raw(33, new Uint8Array(16))),
    v4(raw(50, new Uint8Array(16))),
  ];
  tracker.feed(packets.map((each) => ({ bytes: each, time: START })));
  // As the live kernel lists the same packets, apart from its order.
  expect(tracker.text(START + HALF_SECOND)).toBe(
    `\
tcp      6 119 SYN_SENT src=10.0.0.1 dst=10.1.0.1 sport=1 dport=2 [UNREPLIED] src=10.1.0.1 dst=10.0.0.1 sport=2 dport=1 mark=0 use=1
tcp      6 119 SYN_SENT src=2001:db8:a::1 dst=2001:db8:b::1 sport=1 dport=2 [UNREPLIED] src=2001:db8:b::1 dst=2001:db8:a::1 sport=2 dport=1 mark=0 use=1
udp      17 29 src=10.0.0.1 dst=10.1.0.1 sport=1 dport=2 [UNREPLIED] src=10.1.0.1 dst=10.0.0.1 sport=2 dport=1 mark=0 use=1
icmp     1 29 src=10.0.0.1 dst=10.1.0.1 type=13 code=0 id=9 [UNREPLIED] src=10.1.0.1 dst=10.0.0.1 type=14 code=0 id=9 mark=0 use=1
icmpv6   58 29 src=2001:db8:a::1 dst=2001:db8:b::1 type=128 code=0 id=7 [UNREPLIED] src=2001:db8:b::1 dst=2001:db8:a::1 type=129 code=0 id=7 mark=0 use=1
sctp     132 9 CLOSED src=10.0.0.1 dst=10.1.0.1 sport=1 dport=2 [UNREPLIED] src=10.1.0.1 dst=10.0.0.1 sport=2 dport=1 mark=0 use=1
gre      47 29 src=10.0.0.1 dst=10.1.0.1 srckey=0x0 dstkey=0x1234 [UNREPLIED] src=10.1.0.1 dst=10.0.0.1 srckey=0x1234 dstkey=0x0 mark=0 use=1
dccp     33 599 src=10.0.0.1 dst=10.1.0.1 sport=0 dport=0 [UNREPLIED] src=10.1.0.1 dst=10.0.0.1 sport=0 dport=0 mark=0 use=1
unknown  50 599 src=10.0.0.1 dst=10.1.0.1 [UNREPLIED] src=10.1.0.1 dst=10.0.0.1 mark=0 use=1
`,
  );
});

test('with nf_conntrack_acct packets and bytes of each direction are listed', () => {
  const tracker = openTracker({ sysctl: { 'net.netfilter.nf_conntrack_acct': '1' } });
  const reply = ipv4({ src: '10.1.0.1', dst: '10.0.0.1', payload: icmp({ type: 0, id: 7 }) });
  tracker.feed([v4(icmp({ id: 7 })), v4(icmp({ id: 7 })), reply].map((each) => ({ bytes: each, time: START })));
  expect(tracker.text(START)).toBe(
    'icmp     1 30 src=10.0.0.1 dst=10.1.0.1 type=8 code=0 id=7 packets=2 bytes=56 src=10.1.0.1 dst=10.0.0.1 type=0 code=0 id=7 packets=1 bytes=28 mark=0 use=1\n',
  );
});

test('entries past their time are left out', () => {
  const tracker = openTracker();
  tracker.feed([{ bytes: v4(udp()), time: START }]);
  expect(tracker.text(START + 30n * 2n * HALF_SECOND)).toBe('');
});

test('a sysctl that is no whole number is refused by name', () => {
  const name = 'net.netfilter.nf_conntrack_udp_timeout';
  const init = (): void =>
    initConntrack(new DataView(new ArrayBuffer(1 << 20)), 0, { shards: 1, capacity: 64, sysctl: { [name]: 'soon' } });
  expect(conntrackSysctls).toContain(name);
  expect(init).toThrow(name);
});
