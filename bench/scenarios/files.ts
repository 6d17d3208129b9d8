// Question: is a stateful replay of a file faster than tcpdump counts the packets of a filter?
//
// The same file for both, packets with data of open connections, at snap 96 and whole, in the kernel's cache. Hookline runs them through the
// gateway of the suite replay with one worker; tcpdump only counts "tcp port 80". Of tcpdump's time, what it takes for a file without packets
// is left out. It cannot show a slow disk. Both counts are asserted.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { captureSource } from '../../src/cli/capture.ts';
import { tcpdumpMs, whyNoTcpdump } from '../peers/tcpdump.ts';
import { alternate, type Contestant } from '../rounds.ts';
import { ratios } from '../statistics.ts';
import { type BenchRun, cost, type Figure, reference, type Suite, sizesOf } from '../suite.ts';
import { type FlowCapture, Flows, SNAP_BYTES, SNAP_FULL } from '../traffic/flows.ts';
import { GATEWAY_HOST, gateway, halves } from '../traffic/gateway.ts';
import { Firewall, loadRules } from './firewall.ts';

const SNAPS = { tiny: [SNAP_BYTES], quick: [SNAP_BYTES], usual: [SNAP_BYTES, SNAP_FULL], full: [SNAP_BYTES, SNAP_FULL] };
const RULES = 1000;
const FLOWS = 30_000;
const PACKETS = { tiny: 3000, quick: 300_000, usual: 1_000_000, full: 1_000_000 };
const WHOLE_PACKETS_PART = 4;
const FILTER = 'tcp port 80';
const FILTER_PORT = 80;
const FILE_HEADER_BYTES = 24;
/** Of tcpdump's time, so much at least is taken for counting: one start may take longer than another. */
const COUNTING_PART_LEAST = 0.5;

export const files: Suite = {
  name: 'files',
  title: 'a capture file through a gateway, one worker, beside tcpdump --count',
  async run(run) {
    const why = whyNoTcpdump();
    if (why !== undefined) return { figures: [], notices: [`Left out: ${why}.`] };
    const folder = mkdtempSync(join(tmpdir(), 'hookline-bench-'));
    const figures: Figure[] = [];
    try {
      for (const snapBytes of sizesOf(run, 'snap', SNAPS)) figures.push(...(await measure(snapBytes, run, folder)));
    } finally {
      rmSync(folder, { recursive: true });
    }
    return { figures, notices: [] };
  },
};

async function measure(snapBytes: number, run: BenchRun, folder: string): Promise<Figure[]> {
  const { rules, tuple } = gateway(halves(RULES), run.seed);
  const flows = new Flows(FLOWS, run.seed, { tuple, snapBytes });
  const packets = snapBytes === SNAP_FULL ? PACKETS[run.scale] / WHOLE_PACKETS_PART : PACKETS[run.scale];
  const firewall = new Firewall({ loaded: loadRules(rules, GATEWAY_HOST), connections: FLOWS, workers: 1 });
  const [path, empty] = [join(folder, 'packets.pcap'), join(folder, 'empty.pcap')];
  const name = snapBytes === SNAP_FULL ? 'whole packets' : `snap ${snapBytes}`;
  try {
    await firewall.fill(flows);
    const samples = await alternate([contestant()], { rounds: run.rounds, note: (text) => run.note(`${name}: ${text}`) });
    const [ours, tcpdump] = [samples.of(name, 'hookline'), samples.of(name, 'tcpdump')];
    return [
      cost(name, 'Hookline', 'ns', ours),
      reference(name, 'tcpdump', 'ns', tcpdump),
      cost(name, 'to tcpdump', 'x', ratios(ours, tcpdump), { bar: 1 }),
    ];
  } finally {
    await firewall.close();
  }

  /** One after the other over the same file, which is a new one each round: connections go on. */
  function contestant(): Contestant {
    return {
      name,
      async measure() {
        const capture = flows.data(packets);
        writeFileSync(path, capture.bytes);
        writeFileSync(empty, capture.bytes.subarray(0, FILE_HEADER_BYTES));
        const counted = await tcpdumpMs(path, FILTER, portPackets(capture, FILTER_PORT));
        const started = await tcpdumpMs(empty, FILTER, 0);
        const { elapsedMs } = await firewall.replayFrom(captureSource(path), packets, { accepted: packets });
        const counting = Math.max(counted - started, counted * COUNTING_PART_LEAST);
        return { hookline: (elapsedMs * 1e6) / packets, tcpdump: (counting * 1e6) / packets };
      },
    };
  }
}

/** Packets of a capture of segments that go to a port or come from it. */
function portPackets({ bytes }: FlowCapture, port: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let count = 0;
  for (let at = FILE_HEADER_BYTES; at < bytes.length; at += 16 + view.getUint32(at + 8, true)) {
    const ports = at + 16 + 14 + 20;
    if (view.getUint16(ports) === port || view.getUint16(ports + 2) === port) count++;
  }
  return count;
}
