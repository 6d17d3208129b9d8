// Real conversations of protocols with helpers, through rules that let in only what the control connection is, or makes RELATED. The
// numbers are those of the live kernel, which was given the same packets.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { replayText } from '../support/replay.ts';

const corpus = process.env.CORPUS;
if (!corpus) console.log('corpus: conversations of protocols with helpers: SKIPPED, CORPUS is not set');

const RULES = `*raw
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A PREROUTING -p tcp -m tcp --dport 21 -j CT --helper ftp
-A PREROUTING -p udp -m udp --dport 69 -j CT --helper tftp
-A PREROUTING -p tcp -m tcp --dport 6667 -j CT --helper irc
-A PREROUTING -p udp -m udp --dport 5060:5061 -j CT --helper sip
-A PREROUTING -p tcp -m tcp --dport 1723 -j CT --helper pptp
-A PREROUTING -p udp -m udp --dport 1719 -j CT --helper RAS
-A PREROUTING -p tcp -m tcp --dport 1720 -j CT --helper Q.931
COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A FORWARD -m conntrack --ctstate RELATED -j ACCEPT
-A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT
-A FORWARD -p tcp -m multiport --dports 21,1720,1723,6667 -j ACCEPT
-A FORWARD -p udp -m multiport --dports 69,1719,5060,5061 -j ACCEPT
COMMIT
`;

/** A router with one network: what comes in by it leaves by it. */
const HOST = `interfaces: { eth0: { addresses: [198.18.0.1/24] } }
routes: [default via 198.18.0.2 dev eth0]
sysctl: { net.ipv4.ip_forward: 1 }
`;

/** Media may go to others than those who call. */
const ANY_MEDIA = `${HOST}modules: { nf_conntrack_sip: { sip_direct_media: 0 } }\n`;

/** Packets that each rule of FORWARD takes: RELATED, ESTABLISHED, what opens control connections; and what is left. */
const CASES = [
  { what: 'ftp, active', file: 'zeek/ftp__ipv4.pcap', host: HOST, hits: [4, 90, 1, 0], left: 0 },
  { what: 'ftp, passive', file: 'zeek/ftp__retr.pcap', host: HOST, hits: [1, 65, 1, 0], left: 0 },
  { what: 'tftp', file: 'tcpdump/tftp.pcap', host: HOST, hits: [1, 5, 0, 1], left: 0 },
  { what: 'tftp, several', file: 'ndpi/default__pcap__tftp.pcap', host: HOST, hits: [3, 100, 0, 5], left: 0 },
  { what: 'irc', file: 'zeek/irc-dcc-first-command.pcap', host: HOST, hits: [1, 8, 1, 0], left: 0 },
  { what: 'pptp', file: 'tcpdump/pptp.pcap', host: HOST, hits: [1, 21, 1, 0], left: 0 },
  // The last four come when the time of their connection is up.
  { what: 'h323', file: 'ndpi/default__pcap__h323.pcap', host: HOST, hits: [2, 65, 2, 2], left: 4 },
  { what: 'sip', file: 'ndpi/default__pcap__sip.pcap', host: HOST, hits: [0, 98, 0, 4], left: 10 },
  { what: 'sip, whose media go to a third', file: 'wireshark/sip-rtp.pcapng', host: HOST, hits: [0, 12, 0, 2], left: 548 },
  { what: 'sip, with any media', file: 'wireshark/sip-rtp.pcapng', host: ANY_MEDIA, hits: [548, 12, 0, 2], left: 0 },
] as const;

test.skipIf(!corpus).each(CASES)('what a control connection announces is RELATED: $what', async ({ file, host, hits, left }) => {
  const capture = readFileSync(join(corpus ?? '', 'pcaps', file));
  const { counters } = await replayText({ rules: RULES, host, captures: [capture], unnamedInterface: 'eth0' });
  const filter = counters.slice(counters.indexOf('*filter'));
  const found = [...filter.matchAll(/^\[(\d+):\d+\] -A FORWARD/gm)].map(([, packets]) => Number(packets));
  const policy = Number(/^:FORWARD DROP \[(\d+):/m.exec(filter)?.[1]);
  expect({ hits: found, left: policy }).toEqual({ hits, left });
});
