// Drives bench.py: hands it scenarios, gets back what the live kernel did with each packet.

import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parse } from 'yaml';
import { hex, toHex } from '../../src/packet/bytes.ts';
import { ulogText } from '../../src/report/log/ulog.ts';
import type { Count, PacketOutcome } from '../support/outcome.ts';
import { ethernetInterfaces, frameOf, HOST_MAC, type ScenarioPacket } from '../support/packet-line.ts';
import type { RecentLists } from '../support/recent.ts';
import { type Answers, ROOT } from '../support/scenario.ts';

/** A packet, and what is done with the table of connections. */
export interface KernelPacket extends ScenarioPacket {
  /** Emptied before. */
  readonly forget?: boolean;
  /** Listed behind: those of the packet's family. */
  readonly list?: boolean;
}

/** What the kernel is asked: one host, its rules, the packets it meets. */
export interface KernelRequest {
  readonly host: string;
  readonly rules?: string | undefined;
  readonly rules6?: string | undefined;
  /** ipset save text. */
  readonly ipset?: string | undefined;
  readonly packets: readonly KernelPacket[];
  /** What the host may answer with. */
  readonly answers?: Answers;
  /** Read the counters a second time, by program. */
  readonly save?: boolean;
  /** Operating systems' fingerprints, as a pf.os file. */
  readonly osf?: string | undefined;
  /** Read what is logged of each packet. */
  readonly log?: boolean;
  /** Read what is told of connections and expectations. */
  readonly events?: boolean;
}

export interface KernelRun {
  readonly outcomes: readonly PacketOutcome[];
  /** When each packet was injected, nanoseconds since the epoch. */
  readonly times: readonly bigint[];
  /** When the rules were loaded, and what jiffies, in nanoseconds, are ahead of the time since the epoch. */
  readonly loadedNs: bigint;
  readonly clockNs: bigint;
  /** When the sets were read. */
  readonly endNs: bigint;
  /** Counters of every rule and policy at the end. */
  readonly totals: { readonly 4: readonly Count[]; readonly 6: readonly Count[] };
  /** Between when the connections were listed, nanoseconds since the epoch: each listing is a program's. */
  readonly dumpedNs: readonly [bigint, bigint];
  /** Lines of `conntrack -L`, both families. */
  readonly conntrack: readonly string[];
  /** Lines of `conntrack -L expect`. */
  readonly expectations: readonly string[];
  /** Text of `ipset save`; '' when there are no sets. */
  readonly sets: string;
  /** Lines of `conntrack -E`, then of `conntrack -E expect`. */
  readonly events: readonly string[];
  /** The lists of -m recent, by name. */
  readonly recent: RecentLists;
  /** Packets the host itself wanted to send, for each packet. */
  readonly answers: readonly (readonly Uint8Array[])[];
  /** Lines of `conntrack -L` behind each packet where that was asked for. */
  readonly tables: readonly (readonly string[] | undefined)[];
  /** Text of `iptables-save -c` and its sister, when asked for. */
  readonly saved?: { readonly 4: string; readonly 6: string };
  /** Lines of each packet's log: the kernel's own, then those of NFLOG. */
  readonly logs: readonly (readonly string[])[];
}

/** What a listener to NFLOG is told. */
interface Nflogged {
  readonly family: 4 | 6;
  readonly group: number;
  readonly prefix: string;
  readonly mark: number;
  readonly in: string;
  readonly out: string;
  readonly uid?: number;
  readonly gid?: number;
  readonly payload: string;
  readonly header: string;
}

interface PacketAnswer {
  readonly time: string;
  readonly hits: readonly Count[];
  readonly out: readonly (readonly [string, string])[];
  readonly delivered: readonly (readonly [string, string])[];
  readonly answers: readonly string[];
  readonly table?: readonly string[];
  readonly refused?: string;
  readonly log?: readonly string[];
  readonly nflog: readonly Nflogged[];
}

interface Answer {
  readonly error?: string;
  readonly packets: readonly PacketAnswer[];
  readonly loaded: string;
  readonly clock: string;
  readonly dumping: string;
  readonly dumped: string;
  readonly recent: RecentLists;
  readonly totals: KernelRun['totals'];
  readonly conntrack: readonly string[];
  readonly expectations: readonly string[];
  readonly sets?: string;
  readonly events?: { readonly conntrack: readonly string[]; readonly expect: readonly string[] };
  readonly ended?: string;
  readonly saved?: NonNullable<KernelRun['saved']>;
}

/** The kernel could not take a scenario: its rules or host are wrong. */
export class ScenarioRefused extends Error {}

export class Bench {
  private readonly child: ChildProcess;
  private readonly waiting: { resolve(line: string): void; reject(error: Error): void }[] = [];

  constructor() {
    this.child = spawn('/usr/bin/python3', [join(ROOT, 'test/kernel/bench.py')], { stdio: ['pipe', 'pipe', 'inherit'] });
    createInterface({ input: this.child.stdout! }).on('line', (line) => this.waiting.shift()?.resolve(line));
    this.child.on('exit', (code) => {
      for (const { reject } of this.waiting.splice(0)) reject(new Error(`bench.py ended with code ${code}`));
    });
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** Runs a scenario in a network namespace of its own. Requests may be made while others run; answers keep their order. */
  async run(request: KernelRequest): Promise<KernelRun> {
    const ethernet = ethernetInterfaces(request.packets);
    const packets = request.packets.map((packet) => ({
      hex: toHex(frameOf(packet, !packet.sent && ethernet.has(packet.interface))),
      ...(packet.interface === '' ? {} : { dev: packet.interface }),
      ...(packet.sent ? { sent: true } : {}),
      ...(packet.wait > 0 ? { wait: packet.wait } : {}),
      ...(packet.forget ? { forget: true } : {}),
      ...(packet.list ? { list: true } : {}),
    }));
    const { rules, rules6, ipset, save, log, osf } = request;
    const line = await this.ask({
      host: parse(request.host),
      ethernet: [...ethernet],
      mac: HOST_MAC,
      rules,
      rules6,
      ipset,
      packets,
      conntrack: true,
      save,
      log,
      osf,
      events: request.events,
      answers: request.answers,
      groups: log ? nflogGroups(`${rules}\n${rules6}`) : [],
    });
    const answer = JSON.parse(line) as Answer;
    if (answer.error !== undefined) throw new ScenarioRefused(answer.error);
    return {
      outcomes: answer.packets.map(toOutcome),
      times: answer.packets.map((packet) => BigInt(packet.time)),
      loadedNs: BigInt(answer.loaded),
      clockNs: BigInt(answer.clock),
      recent: answer.recent,
      totals: answer.totals,
      dumpedNs: [BigInt(answer.dumping), BigInt(answer.dumped)],
      conntrack: answer.conntrack,
      expectations: answer.expectations,
      sets: answer.sets ?? '',
      events: [...(answer.events?.conntrack ?? []), ...(answer.events?.expect ?? [])],
      endNs: BigInt(answer.ended ?? 0),
      answers: answer.packets.map((packet) => packet.answers.map(hex)),
      tables: answer.packets.map((packet) => packet.table),
      ...(answer.saved === undefined ? {} : { saved: answer.saved }),
      logs: answer.packets.map((packet) => [...(packet.log ?? []), ...packet.nflog.map(nflogText)]),
    };
  }

  private ask(request: unknown): Promise<string> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      this.child.stdin!.write(`${JSON.stringify(request)}\n`);
    });
  }

  close(): void {
    this.child.stdin!.end();
  }
}

/** The groups of the NFLOG rules of a text. */
function nflogGroups(rules: string): number[] {
  const groups = [...rules.matchAll(/-j NFLOG\b(.*)/g)].map(([, options]) =>
    Number(/--nflog-group (\d+)/.exec(options!)?.[1] ?? 0),
  );
  return [...new Set(groups)];
}

/** The line that a listener makes of what it is told. */
function nflogText({ family, payload, header, ...told }: Nflogged): string {
  const bytes = hex(payload);
  const mac = header.replace(/..(?=.)/g, '$&:');
  return ulogText({ ...told, mac, payload: bytes, isIpv6: family === 6 });
}

function toOutcome(packet: PacketAnswer): PacketOutcome {
  return {
    hits: packet.hits.flatMap(([table, chain, number, count]) => Array.from({ length: count }, () => ({ table, chain, number }))),
    egress: packet.out.map(([name, bytes]) => ({ interface: name, bytes: hex(bytes) })),
    delivered: packet.delivered.length > 0,
    ...(packet.refused === undefined ? {} : { refused: packet.refused }),
  };
}
