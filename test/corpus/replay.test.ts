// Captures of the corpus through the whole program: rules, connections, workers. Reading alone is checked in pcaps.test.ts.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Engine } from '../../src/engine/engine.ts';
import { bytesSource } from '../../src/engine/source.ts';
import { load } from '../../src/load.ts';

const corpus = process.env.CORPUS;
const main = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));

/** Stateful rules of both families that most of the capture's packets divide over. */
const RULES = (family: 4 | 6, spanning = ''): string => `*raw
:PREROUTING ACCEPT [0:0]
-A PREROUTING -p udp -m udp --dport 5353 -j CT --notrack
COMMIT
*mangle
:PREROUTING ACCEPT [0:0]
-A PREROUTING -p tcp -m tcp --syn -j CONNMARK --set-xmark 0x7/0xff
-A PREROUTING -j CONNMARK --restore-mark
COMMIT
*filter
:INPUT DROP [0:0]
:FORWARD ACCEPT [0:0]
:services - [0:0]
${spanning}-A FORWARD -m conntrack --ctstate INVALID -j LOG
-A INPUT -m conntrack --ctstate INVALID -j LOG
-A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
-A INPUT -p tcp -m mark --mark 0x7 -g services
-A INPUT -p udp -m multiport --dports 53,67,123,443,1900,5353 -j ACCEPT
-A INPUT -p ${family === 4 ? 'icmp' : 'icmpv6'} -j ACCEPT
-A services -p tcp -m multiport --dports 22,25,80,110,143,443,1883,8080 -j ACCEPT
-A services -p tcp -j REJECT --reject-with tcp-reset
COMMIT
`;

/** Rules that packets of several connections change: everything runs in one shard. */
const SPANNING = `-A INPUT -p udp -m hashlimit --hashlimit-above 5/sec --hashlimit-mode srcip --hashlimit-name talkers
-A INPUT -p tcp -m recent --name seen --update --seconds 60 --hitcount 10
-A INPUT -p tcp -m recent --name seen --set
-A INPUT -p tcp -m connlimit --connlimit-above 4 --connlimit-mask 24 --connlimit-saddr
-A INPUT -m limit --limit 3/sec --limit-burst 7 -j LOG --log-prefix "some: "
-A INPUT -m statistic --mode nth --every 3 --packet 1
-A INPUT -m statistic --mode random --probability 0.25
-A INPUT -m quota --quota 1000000
`;
/** Hosts of the captures' networks go out under one address: replies that the captures have are to them, those of others pass as they are. */
const TRANSLATING = `*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A POSTROUTING -s 192.168.0.0/16 -j MASQUERADE
-A POSTROUTING -s 10.0.0.0/8 -j SNAT --to-source 203.0.113.1
COMMIT
`;
const GATEWAY = `interfaces: { eth0: { addresses: [203.0.113.1/24] } }
routes: ["default via 203.0.113.254 dev eth0"]
sysctl: { net.ipv4.ip_forward: 1 }
`;
const WORKERS = [1, 2, 3, 4, 8];

if (!corpus) console.log('corpus: captures through the whole program: SKIPPED, CORPUS is not set');

describe
  .skipIf(!corpus)
  .each([
    { name: 'rules that look at one connection at a time' },
    { name: 'rules that several connections change', spanning: SPANNING },
    { name: 'rules of a gateway that translates', translating: TRANSLATING, host: GATEWAY },
  ])('the composite capture under $name', ({ spanning, translating = '', host }) => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'hookline-workers-'));
    writeFileSync(join(folder, 'rules4'), translating + RULES(4, spanning));
    if (host !== undefined) writeFileSync(join(folder, 'host.yaml'), host);
    writeFileSync(join(folder, 'rules6'), RULES(6, spanning));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const digest = (data: Uint8Array | string): string => createHash('sha256').update(data).digest('hex');

  /** Digests of everything one replay gives. */
  function replay(workers: number) {
    const at = (name: string): string => join(folder, `${name}-${workers}`);
    const options = [
      '--rules',
      join(folder, 'rules4'),
      '--rules6',
      join(folder, 'rules6'),
      '--in',
      'eth0',
      ...(host === undefined ? [] : ['--host', join(folder, 'host.yaml')]),
      '--workers',
      String(workers),
    ];
    const files = ['--save-counters', at('counters'), '--conntrack', at('conntrack'), '--log', at('log')];
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [main, 'replay', '--format', 'ndjson', ...options, ...files, join(corpus!, 'pcaps/composite/ndpi-en10mb-appended.pcap')],
      { maxBuffer: 1 << 30 },
    );
    expect(status).toBe(0);
    expect(stderr.toString()).not.toMatch(/read again/);
    const outputs = ['counters', 'conntrack', 'log'].map((name) => readFileSync(at(name)));
    return {
      lines: stdout.toString().split('\n').length - 1,
      ndjson: digest(stdout),
      files: outputs.map(digest),
      sizes: outputs.map((o) => o.length),
    };
  }

  test('gives the same bytes with 1, 2, 3, 4 and 8 workers: per packet, counters, connections and the log', () => {
    const one = replay(WORKERS[0]!);
    console.log(`corpus: composite: ${one.lines} packets; bytes of counters, connections and log: ${one.sizes.join(', ')}`);
    expect(one.lines).toBe(100_700);
    expect(Math.min(...one.sizes)).toBeGreaterThan(1000);
    for (const workers of WORKERS.slice(1)) expect(replay(workers)).toEqual(one);
  });
});

describe.skipIf(!corpus)('every capture', () => {
  test('goes through stateful rules of both families to its end, or to the byte where it is damaged', async () => {
    const loaded = load({ rules: { name: 'rules4', text: RULES(4) }, rules6: { name: 'rules6', text: RULES(6) } });
    const [, ...lines] = readFileSync(join(corpus!, 'pcaps/INDEX.tsv'), 'utf8').trim().split('\n');
    const engine = Engine.open({
      images: loaded.images,
      interfaceIndex: (name) => loaded.interfaces.indexOf(name),
      sysctl: loaded.host.sysctl,
      workers: 0,
    });
    const wrong: string[] = [];
    let packets = 0;
    let damaged = 0;
    for (const line of lines) {
      const [file = '', , , , , , , , , counted] = line.split('\t');
      const stored = readFileSync(join(corpus!, 'pcaps', file));
      const bytes = file.endsWith('.gz') ? gunzipSync(stored) : stored;
      const result = await engine.replay([bytesSource(file, bytes)], { trace: true, egress: true });
      packets += result.packets;
      damaged += result.damage.length;
      const verdicts = result.tally.packets.reduce((sum, n) => sum + n, 0);
      if (verdicts !== result.packets || (/^\d+$/.test(counted ?? '') && result.packets !== Number(counted))) {
        wrong.push(`${file}: ${verdicts} verdicts for ${result.packets} packets, the index counts ${counted}`);
      }
    }
    await engine.close();
    console.log(`corpus: ${lines.length} captures, ${packets} packets, ${damaged} captures damaged at their end`);
    expect(wrong).toEqual([]);
  });
});
