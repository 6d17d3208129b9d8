// What modules of helpers are told changes what they expect: parameters that the live kernel takes only when it starts.

import { expect, test } from 'vitest';
import { parsePacketLine } from '../support/packet-line.ts';
import { replayScenario } from '../support/scenario-replay.ts';

const RULES = `*raw
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A PREROUTING -p tcp -m tcp --dport 21 -j CT --helper ftp
-A PREROUTING -p tcp -m tcp --dport 6667 -j CT --helper irc
-A PREROUTING -p udp -m udp --dport 10080 -j CT --helper amanda
COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
COMMIT
`;
const START = 1_700_000_000_000_000_000n;
const SECOND = 1_000_000_000n;

const host = (settings: string): string => `interfaces: { eth0: { addresses: [10.0.0.1/24] } }
routes: [default via 10.0.0.254 dev eth0]
sysctl: { net.ipv4.ip_forward: 1, net.netfilter.nf_conntrack_expect_max: 3 }
modules: { ${settings} }
`;

const there = (port: number, words: string): string => `eth0: 192.0.2.7 > 198.51.100.9 tcp 4000 > ${port} ${words}`;
const back = (port: number, words: string): string => `eth0: 198.51.100.9 > 192.0.2.7 tcp ${port} > 4000 ${words}`;
const hex = (text: string): string => Buffer.from(text, 'latin1').toString('hex');

/** A TCP connection whose client says the texts, each in its segment. */
function talk(port: number, texts: readonly string[]): string[] {
  const lines = [there(port, 'S seq 0'), back(port, 'SA seq 0 ack 1'), there(port, 'A seq 1 ack 1')];
  let seq = 1;
  for (const text of texts) {
    lines.push(there(port, `PA seq ${seq} ack 1 data ${hex(text)}`));
    seq += text.length;
    lines.push(back(port, `A seq 1 ack ${seq}`));
  }
  return lines;
}

/** Lines of conntrack -L and -L expect after packets a second apart. */
async function run(settings: string, lines: readonly string[]): Promise<{ connections: string[]; expected: string[] }> {
  const packets = lines.map((line) => parsePacketLine(line));
  const times = packets.map((_, i) => START + BigInt(i) * SECOND);
  const { conntrack, expectations } = await replayScenario({ host: host(settings), rules: RULES, packets, times });
  const shown = (text: string): string[] => text.split('\n').filter((line) => line !== '');
  return { connections: shown(conntrack), expected: shown(expectations) };
}

const offers = [41001, 41002, 41003, 41004].map((port) => `PRIVMSG x :\x01DCC CHAT chat ${0xc0000207} ${port}\x01\r\n`);
const dports = (expected: readonly string[]): (string | undefined)[] => expected.map((line) => /dport=(\d+)/.exec(line)?.[1]);

test('loose lets ftp expect connections to other addresses than that of who announces them', async () => {
  const lines = talk(21, ['NOOP\r\n', 'PORT 203,0,113,5,160,41\r\n']);
  expect((await run('', lines)).expected).toEqual([]);
  const { expected } = await run('nf_conntrack_ftp: { loose: 1 }', lines);
  expect(expected).toEqual([expect.stringMatching(/^299 proto=6 src=198.51.100.9 dst=203.0.113.5 sport=0 dport=41001 /)]);
});

test('max_dcc_channels and dcc_timeout say how many offers of irc count, and how long', async () => {
  const lines = talk(6667, offers);
  const { expected } = await run('nf_conntrack_irc: { max_dcc_channels: 2, dcc_timeout: 30 }', lines);
  expect(dports(expected)).toEqual(['41003', '41004']);
  expect(expected[1]).toMatch(/^29 /);
  expect(dports((await run('nf_conntrack_irc: { dcc_timeout: 3 }', lines)).expected)).toEqual(['41004']);
});

test('no more are expected at a time than nf_conntrack_expect_max: the offer is dropped', async () => {
  const { expected } = await run('', talk(6667, offers));
  expect(dports(expected)).toEqual(['41001', '41002', '41003']);
});

test('master_timeout is the time that an answer gives the connection of amanda', async () => {
  const lines = [
    'eth0: 192.0.2.7 > 198.51.100.9 udp 4000 > 10080 text x',
    'eth0: 198.51.100.9 > 192.0.2.7 udp 10080 > 4000 text y',
  ];
  expect((await run('', lines)).connections).toEqual([expect.stringMatching(/^udp +17 300 /)]);
  expect((await run('nf_conntrack_amanda: { master_timeout: 77 }', lines)).connections).toEqual([
    expect.stringMatching(/^udp +17 77 /),
  ]);
});
