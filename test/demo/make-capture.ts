// Writes the demo's capture: a few seconds at an office gateway, as `tcpdump -i any` on it might have recorded them. The capture is
// committed; a test holds it to be what this makes. To write it again: node dist/test/demo/make-capture.js test/demo/office.pcapng

import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { address, concat } from '../../src/packet/bytes.ts';
import { pcapng } from '../../src/packet/captures.ts';
import { icmp, ipv4, raw, type Transport, tcp, udp } from '../../src/packet/packets.ts';

const LINKTYPE_RAW = 101;
const NANOSECONDS = 9;
const START_NS = 1_760_000_000_000_000_000n;
const INTERFACES = ['eth0', 'eth1'] as const;

const GATEWAY = '192.0.2.1';
const CLIENT = '10.0.0.21';
const WEB = '10.0.0.80';
const SITE = '198.51.100.10';
const VISITOR = '203.0.113.7';
const PEST = '203.0.113.70';

interface Step {
  readonly atMs: number;
  readonly by: (typeof INTERFACES)[number];
  readonly sent?: boolean;
  readonly data: Uint8Array;
}

const at = (atMs: number, by: Step['by'], src: string, dst: string, payload: Transport): Step => ({
  atMs,
  by,
  data: ipv4({ src, dst, payload, ttl: 64, df: true }),
});

/** A client fetches a page: handshake, request, answer, close. */
function browsing(startMs: number, sport: number): Step[] {
  const out = (ms: number, fields: Parameters<typeof tcp>[0]): Step =>
    at(startMs + ms, 'eth1', CLIENT, SITE, tcp({ sport, dport: 443, window: 64240, ...fields }));
  const back = (ms: number, fields: Parameters<typeof tcp>[0]): Step =>
    at(startMs + ms, 'eth0', SITE, CLIENT, tcp({ sport: 443, dport: sport, window: 65160, ...fields }));
  return [
    out(0, { flags: 'S', seq: 1000 }),
    back(21, { flags: 'SA', seq: 5000, ack: 1001 }),
    out(22, { flags: 'A', seq: 1001, ack: 5001 }),
    out(23, { flags: 'PA', seq: 1001, ack: 5001, payload: new Uint8Array(517) }),
    back(45, { flags: 'A', seq: 5001, ack: 1518 }),
    back(46, { flags: 'PA', seq: 5001, ack: 1518, payload: new Uint8Array(1400) }),
    out(47, { flags: 'A', seq: 1518, ack: 6401 }),
    out(90, { flags: 'FA', seq: 1518, ack: 6401 }),
    back(111, { flags: 'FA', seq: 6401, ack: 1519 }),
    out(112, { flags: 'A', seq: 1519, ack: 6402 }),
  ];
}

/** The capture's packets in the order of their times. */
function steps(): Step[] {
  const unanswered = ipv4({
    src: CLIENT,
    dst: '198.51.100.99',
    payload: udp({ sport: 40000, dport: 33434, payload: new Uint8Array(12) }),
  });
  const list: Step[] = [
    at(0, 'eth1', CLIENT, '198.51.100.53', udp({ sport: 50123, dport: 53, payload: new Uint8Array(31) })),
    at(12, 'eth0', '198.51.100.53', CLIENT, udp({ sport: 53, dport: 50123, payload: new Uint8Array(120) })),
    ...browsing(20, 50200),
    ...browsing(300, 50201),
    // A visitor reaches the web server; another network may not.
    at(150, 'eth0', VISITOR, WEB, tcp({ sport: 33000, dport: 443, flags: 'S', seq: 7000, window: 29200 })),
    at(151, 'eth1', WEB, VISITOR, tcp({ sport: 443, dport: 33000, flags: 'SA', seq: 9000, ack: 7001, window: 28960 })),
    at(180, 'eth0', VISITOR, WEB, tcp({ sport: 33000, dport: 443, flags: 'A', seq: 7001, ack: 9001, window: 29200 })),
    at(200, 'eth0', PEST, WEB, tcp({ sport: 41000, dport: 443, flags: 'S', seq: 1, window: 1024 })),
    // Mail straight out is refused, telnet at the gateway is reset, a stray acknowledgement belongs to nothing.
    at(210, 'eth1', CLIENT, '198.51.100.25', tcp({ sport: 50300, dport: 25, flags: 'S', seq: 1, window: 64240 })),
    at(220, 'eth0', PEST, GATEWAY, tcp({ sport: 41001, dport: 23, flags: 'S', seq: 1, window: 1024 })),
    at(230, 'eth0', PEST, CLIENT, tcp({ sport: 41002, dport: 50999, flags: 'A', seq: 1, ack: 1, window: 1024 })),
    // Pings: of the gateway, and through it.
    at(240, 'eth0', VISITOR, GATEWAY, icmp({ type: 8, id: 7, sequence: 1, payload: new Uint8Array(56) })),
    at(250, 'eth1', CLIENT, SITE, icmp({ type: 8, id: 9, sequence: 1, payload: new Uint8Array(56) })),
    at(272, 'eth0', SITE, CLIENT, icmp({ type: 0, id: 9, sequence: 1, payload: new Uint8Array(56) })),
    // An administrator logs in from the office.
    at(400, 'eth1', CLIENT, '10.0.0.1', tcp({ sport: 50400, dport: 22, flags: 'S', seq: 100, window: 64240 })),
    {
      ...at(401, 'eth1', '10.0.0.1', CLIENT, tcp({ sport: 22, dport: 50400, flags: 'SA', seq: 300, ack: 101, window: 65160 })),
      sent: true,
    },
    at(402, 'eth1', CLIENT, '10.0.0.1', tcp({ sport: 50400, dport: 22, flags: 'A', seq: 101, ack: 301, window: 64240 })),
    // A log message that is not tracked, a probe, and a router's word that the probe's way ends.
    at(410, 'eth1', CLIENT, '10.0.0.1', udp({ sport: 514, dport: 514, payload: new Uint8Array(80) })),
    { atMs: 420, by: 'eth1', data: unanswered },
    at(430, 'eth0', '198.51.100.1', CLIENT, icmp({ type: 11, code: 0, payload: unanswered.subarray(0, 28) })),
    at(440, 'eth0', VISITOR, GATEWAY, raw(47, address('0.0.8.0'))),
    {
      atMs: 450,
      by: 'eth1',
      data: ipv4({ src: CLIENT, dst: SITE, ttl: 1, payload: udp({ sport: 40001, dport: 53, payload: new Uint8Array(4) }) }),
    },
  ];
  return list.sort((a, b) => a.atMs - b.atMs);
}

/** The capture file. */
export function demoCapture(): Uint8Array {
  const { section, describe, enhanced } = pcapng();
  return concat(
    section(),
    ...INTERFACES.map((name) => describe({ name, linktype: LINKTYPE_RAW, resolution: NANOSECONDS })),
    ...steps().map(({ atMs, by, sent, data }) =>
      enhanced({
        interface: INTERFACES.indexOf(by),
        time: START_NS + BigInt(atMs) * 1_000_000n,
        data,
        direction: sent ? 'out' : 'in',
      }),
    ),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url) && process.argv[2] !== undefined)
  writeFileSync(process.argv[2], demoCapture());
