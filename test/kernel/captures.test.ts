// Real conversations of protocols with helpers, packet by packet through the live kernel and through Hookline: what the kernel was given
// once, at its own pace, must come to the same.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import type { ScenarioPacket } from '../support/packet-line.ts';
import { replayScenario } from '../support/scenario-replay.ts';
import { Bench } from './bench.ts';
import { compareRuns } from './compare.ts';
import { missing } from './requirements.ts';

const corpus = process.env.CORPUS;
const lacking = missing() ?? (corpus === undefined ? 'needs CORPUS' : undefined);

/**
 * A router with one network, of both families: what comes in by it leaves by it. Captures have packets whose checksum the sender's device
 * was yet to make, which Hookline knows and a kernel that gets them so does not.
 */
const HOST = `interfaces: { eth0: { addresses: [198.18.0.1/24, "2001:db8:ffff::1/64"] } }
routes: [default via 198.18.0.2 dev eth0]
routes6: ["default via 2001:db8:ffff::2 dev eth0"]
sysctl: { net.ipv4.ip_forward: 1, net.ipv6.conf.all.forwarding: 1, net.netfilter.nf_conntrack_checksum: 0 }
`;

const HELPERS = [
  ['ftp', 'tcp', '21', [4, 6]],
  ['tftp', 'udp', '69', [4, 6]],
  ['irc', 'tcp', '6666:6667', [4]],
  ['sip', 'udp', '5060:5061', [4, 6]],
  ['pptp', 'tcp', '1723', [4]],
  ['RAS', 'udp', '1719', [4, 6]],
  ['Q.931', 'tcp', '1720', [4, 6]],
  ['netbios-ns', 'udp', '137', [4]],
  ['snmp', 'udp', '161', [4]],
] as const;

const ofFamily = (family: 4 | 6) => HELPERS.filter(([, , , families]) => (families as readonly number[]).includes(family));

/** Lets in what the control connections are, and what they make RELATED; counts by whose helper. */
function rules(family: 4 | 6): string {
  const given = ofFamily(family).map(
    ([name, protocol, ports]) => `-A PREROUTING -p ${protocol} -m ${protocol} --dport ${ports} -j CT --helper ${name}`,
  );
  const asked = ofFamily(family).map(([name]) => `-A FORWARD -m helper --helper ${name}`);
  const opened = ofFamily(family).map(
    ([, protocol, ports]) => `-A FORWARD -p ${protocol} -m ${protocol} --dport ${ports} -j ACCEPT`,
  );
  return [
    '*raw',
    ':PREROUTING ACCEPT [0:0]',
    ':OUTPUT ACCEPT [0:0]',
    ...given,
    'COMMIT',
    '*filter',
    ':INPUT ACCEPT [0:0]',
    ':FORWARD DROP [0:0]',
    ':OUTPUT ACCEPT [0:0]',
    ...asked,
    '-A FORWARD -m conntrack --ctstate RELATED -j ACCEPT',
    '-A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT',
    ...opened,
    'COMMIT',
    '',
  ].join('\n');
}

const FILES = [
  'zeek/ftp__ipv4.pcap',
  'zeek/ftp__ipv6.pcap',
  'zeek/ftp__retr.pcap',
  'zeek/ftp__ftp-auth-tls.pcap',
  'zeek/ftp__ftp-many-port-expected.pcap.gz',
  'zeek/ftp__bruteforce.pcap',
  'tcpdump/tftp.pcap',
  'ndpi/default__pcap__tftp.pcap',
  'zeek/irc-dcc-first-command.pcap',
  'zeek/irc-dcc-send-malformed-host.pcap',
  'zeek/irc-dcc-send-malformed-port.pcap',
  'zeek/irc-basic.pcap',
  'ndpi/default__pcap__sip.pcap',
  'zeek/sip__wireshark.pcap',
  'tcpdump/pptp.pcap',
  'ndpi/default__pcap__pptp.pcap',
  'ndpi/default__pcap__h323.pcap',
  'ndpi/default__pcap__netbios.pcap',
  'ndpi/default__pcap__snmp.pcap',
];

const ETHERTYPES: ReadonlySet<number> = new Set([0x0800, 0x86dd]);
const PCAP_BIG = 0xa1b2c3d4;
const PCAPNG = 0x0a0d0d0a;
const ENHANCED_BLOCK = 6;
const ETHERNET_BYTES = 14;
/** What a TUN device takes. */
const MTU = 1500;

interface Frame {
  readonly bytes: Buffer;
  /** On the wire. */
  readonly length: number;
}

/** The frames of a pcap file. */
function pcapFrames(bytes: Buffer): Frame[] {
  const isBig = bytes.readUInt32BE(0) === PCAP_BIG;
  const word = (at: number): number => (isBig ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at));
  const frames: Frame[] = [];
  for (let at = 24; at + 16 <= bytes.length; at += 16 + word(at + 8)) {
    frames.push({ bytes: bytes.subarray(at + 16, at + 16 + word(at + 8)), length: word(at + 12) });
  }
  return frames;
}

/** The frames of a little-endian pcapng file. */
function pcapngFrames(bytes: Buffer): Frame[] {
  const frames: Frame[] = [];
  for (let at = 0; at + 12 <= bytes.length; at += bytes.readUInt32LE(at + 4)) {
    if (bytes.readUInt32LE(at) !== ENHANCED_BLOCK) continue;
    const data = bytes.subarray(at + 28, at + 28 + bytes.readUInt32LE(at + 20));
    frames.push({ bytes: data, length: bytes.readUInt32LE(at + 24) });
  }
  return frames;
}

/** The IP packets of a capture of Ethernet frames that it has whole. */
function packetsOf(file: string): ScenarioPacket[] {
  const read = readFileSync(join(corpus ?? '', 'pcaps', file));
  const bytes = file.endsWith('.gz') ? gunzipSync(read) : read;
  const frames = bytes.readUInt32BE(0) === PCAPNG ? pcapngFrames(bytes) : pcapFrames(bytes);
  const isUsable = ({ bytes: frame, length }: Frame): boolean =>
    frame.length === length && frame.length > ETHERNET_BYTES && frame.length <= MTU + ETHERNET_BYTES;
  const packets = frames.filter((frame) => isUsable(frame) && ETHERTYPES.has(frame.bytes.readUInt16BE(12)));
  return packets.map(({ bytes: frame }) => ({
    interface: 'eth0',
    sent: false,
    wait: 0,
    bytes: new Uint8Array(frame.subarray(ETHERNET_BYTES)),
  }));
}

describe.skipIf(lacking)('real conversations', () => {
  const bench = lacking === undefined ? new Bench() : undefined;
  afterAll(() => bench?.close());

  test.each(FILES)('%s comes to the same as in the live kernel', async (file) => {
    const packets = packetsOf(file);
    expect(packets.length).toBeGreaterThan(0);
    const given = { host: HOST, rules: rules(4), rules6: rules(6), packets };
    const kernel = await bench!.run(given);
    const { times, loadedNs, clockNs, dumpedNs, endNs } = kernel;
    const ours = await replayScenario({ ...given, times, loadedNs, clockNs, dumpedNs, endNs });
    expect(compareRuns(packets, kernel, ours).map(({ packet, text }) => `${packet ?? ''} ${text}`)).toEqual([]);
  });
});

if (lacking !== undefined) console.warn(`real conversations: SKIPPED, ${lacking}`);
