// Question: is memory flat and every connection accounted for, however many packets come?
//
// Flows of traffic.ts through rules that ask for the state of connections. All packets must be accepted, as many connections made
// as flows have begun, and each of them either freed or in the table at the end. It cannot show what fragments, logs and the
// state of rules hold.

import { VERDICT_ACCEPT } from '../../assembly/abi/verdict.ts';
import { conntrackEntryBytes } from '../../src/core/conntrack.ts';
import { tableEntries } from '../../src/core/flow.ts';
import { Engine } from '../../src/engine/engine.ts';
import { load } from '../../src/load.ts';
import { type FlowOptions, flowTraffic } from './traffic.ts';

export interface SoakOptions extends FlowOptions {
  readonly workers: number;
}

/** The state of things when so many packets were through. */
export interface SoakSample {
  readonly packets: number;
  readonly seconds: number;
  readonly rssBytes: number;
  readonly live: number;
  readonly created: number;
  readonly freed: number;
}

export interface SoakResult extends SoakSample {
  readonly accepted: number;
  /** Flows that have begun. */
  readonly begun: number;
  /** Slots of the pool that are in use, and entries that were found in the table, at the end. */
  readonly slots: number;
  readonly listed: number;
  /** Resident before the soak itself: the program and what batches take; the table is as good as empty. */
  readonly rssAtStart: number;
  /** Resident bytes that each entry has brought, at the end. */
  readonly bytesPerEntry: number;
  /** The same as planned: its slot, and its part of the buckets. */
  readonly plannedBytesPerEntry: number;
  readonly samples: readonly SoakSample[];
  /** What did not come out as it must. */
  readonly faults: readonly string[];
}

const SAMPLES = 20;
const SHARDS = 16;
/** Most connections, beside those under way some that are over: so many times these, or about as many as fit. */
const CONNECTIONS_A_FLOW = 4;
const CONNECTIONS_MAX = 11_000_000;
/** Growth of memory from the middle to the end that passes for flat: a part of it, or what a program needs to warm up. */
const GROWTH_MAX = 0.05;
const WARM_UP_BYTES = 48 << 20;

/** What is run first, so that everything has its memory but the table; over long before the rest begins. */
const WARM_UP = { packets: 300_000, flows: 64, length: 1000 };
const WARM_UP_SECONDS = 1_000_000;

const RULES = `*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -m conntrack --ctstate INVALID -j DROP
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A INPUT -m conntrack --ctstate NEW -j ACCEPT
COMMIT
`;

/** Timeouts so short that entries of flows that are over do not outnumber the others. */
const SYSCTL = {
  'net.netfilter.nf_conntrack_checksum': 0,
  'net.netfilter.nf_conntrack_tcp_timeout_syn_sent': 10,
  'net.netfilter.nf_conntrack_tcp_timeout_syn_recv': 10,
  'net.netfilter.nf_conntrack_tcp_timeout_time_wait': 10,
  'net.netfilter.nf_conntrack_udp_timeout': 10,
  'net.netfilter.nf_conntrack_udp_timeout_stream': 10,
  'net.netfilter.nf_conntrack_icmp_timeout': 10,
};

/** Runs the soak; `note` gets each sample as it is taken. */
export async function soak(options: SoakOptions, note: (sample: SoakSample) => void = () => undefined): Promise<SoakResult> {
  const warmUp = flowTraffic({ ...WARM_UP, seed: options.seed });
  const traffic = flowTraffic({ ...options, after: WARM_UP_SECONDS });
  const connections = Math.min(options.flows * CONNECTIONS_A_FLOW, CONNECTIONS_MAX);
  const loaded = load({ rules: { name: 'rules', text: RULES }, rules6: { name: 'rules6', text: RULES } });
  const engine = Engine.open({
    images: loaded.images,
    interfaceIndex: (name) => loaded.interfaces.indexOf(name),
    sysctl: { ...SYSCTL, 'net.netfilter.nf_conntrack_max': connections },
    workers: options.workers,
    shards: SHARDS,
  });
  await engine.replay([warmUp]);
  const rssAtStart = process.memoryUsage.rss();
  const started = performance.now();
  const samples: SoakSample[] = [];
  const sample = (packets: number): SoakSample => {
    const { live, created, freed } = engine.connections();
    const seconds = (performance.now() - started) / 1000;
    return { packets, seconds, rssBytes: process.memoryUsage.rss(), live, created, freed };
  };
  try {
    const result = await engine.replay([traffic], {
      onProgress({ packets }) {
        if (packets < ((samples.length + 1) * options.packets) / SAMPLES) return;
        samples.push(sample(packets));
        note(samples.at(-1)!);
      },
    });
    const end = sample(result.packets);
    let listed = 0;
    for (const _ of tableEntries(engine.views.data, engine.map.conntrack)) listed++;
    const outcome = {
      ...end,
      accepted: result.tally.packets[VERDICT_ACCEPT]!,
      begun: warmUp.begun + traffic.begun,
      slots: engine.connections().slots,
      listed,
      rssAtStart,
      bytesPerEntry: (end.rssBytes - rssAtStart) / end.live,
      plannedBytesPerEntry: conntrackEntryBytes({ shards: SHARDS, capacity: connections }),
      samples,
    };
    return { ...outcome, faults: faultsOf(outcome) };
  } finally {
    await engine.close();
  }
}

function faultsOf(outcome: Omit<SoakResult, 'faults'>): string[] {
  const { packets, accepted, created, begun, freed, live, slots, listed, samples } = outcome;
  const faults: string[] = [];
  if (accepted !== packets) faults.push(`${packets - accepted} packets were not accepted`);
  if (created !== begun) faults.push(`${begun} flows have begun, but ${created} connections were made`);
  if (created !== freed + live) faults.push(`${created} connections were made, but ${freed} freed and ${live} are there`);
  if (slots !== live) faults.push(`${live} connections are there, but ${slots} slots are in use`);
  if (listed !== live) faults.push(`${live} connections are there, but ${listed} in the table`);
  const middle = samples[Math.floor(samples.length / 2)]?.rssBytes ?? outcome.rssBytes;
  const growth = outcome.rssBytes - middle;
  if (growth > Math.max(middle * GROWTH_MAX, WARM_UP_BYTES))
    faults.push(`memory has grown by ${growth} bytes in the second half`);
  return faults;
}
