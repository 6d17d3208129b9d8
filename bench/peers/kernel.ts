// Drives kernel.py: the live kernel under a ruleset, with iptables-legacy or with the same rules in nft.

import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parse } from 'yaml';
import { missing } from '../../test/kernel/requirements.ts';
import { inCheckout } from '../root.ts';
import type { FlowCapture } from '../traffic/flows.ts';

export type KernelProgram = 'iptables-legacy' | 'nft';

/** Why the kernel cannot be asked here; undefined when it can. */
export function whyNoKernel(program: KernelProgram): string | undefined {
  const why = missing();
  if (why !== undefined) return why;
  if (spawnSync('unshare', ['-n', 'true']).status !== 0) return 'no network namespaces';
  if (program !== 'nft') return undefined;
  try {
    execFileSync('iptables-restore-translate', ['-V'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'needs iptables-restore-translate';
  }
}

export interface KernelTime {
  /** Of a packet: all there is, and without what the writing itself takes. */
  readonly grossNs: number;
  readonly netNs: number;
}

/** Packets and bytes of the rules of each table, in their order. */
export type RuleCounts = Readonly<Record<string, readonly (readonly [packets: number, bytes: number])[]>>;

export class KernelPeer {
  private readonly child: ChildProcess;
  private readonly answers: AsyncIterator<string>;
  private readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
    this.child = spawn('/usr/bin/python3', [inCheckout('bench/peers/kernel.py')], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.answers = createInterface({ input: this.child.stdout! })[Symbol.asyncIterator]();
  }

  /** Loads a ruleset for a host (a host file). Captures go through files of `folder`. */
  static async open(program: KernelProgram, rules: string, host: string, folder: string): Promise<KernelPeer> {
    const peer = new KernelPeer(folder);
    try {
      const loaded = program === 'nft' ? { nft: translated(rules, folder) } : { rules };
      await peer.ask({ host: parse(host), ...loaded });
    } catch (error) {
      peer.close();
      throw error;
    }
    return peer;
  }

  async write({ bytes, packets }: FlowCapture): Promise<KernelTime> {
    const path = join(this.folder, 'kernel.pcap');
    writeFileSync(path, bytes);
    const { ns, emptyNs, ...written } = await this.ask<{ ns: number; emptyNs: number; packets: number }>({ write: path });
    if (written.packets !== packets) throw new Error(`${written.packets} of ${packets} packets were written`);
    return { grossNs: ns / packets, netNs: (ns - emptyNs) / packets };
  }

  async counters(): Promise<RuleCounts> {
    return (await this.ask<{ counters: RuleCounts }>({ counters: true })).counters;
  }

  close(): void {
    this.child.stdin!.end();
  }

  private async ask<Answer>(request: unknown): Promise<Answer> {
    this.child.stdin!.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.answers.next();
    if (done) throw new Error('the kernel peer ended');
    const answer = JSON.parse(value) as Answer & { readonly error?: string };
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer;
  }
}

/** The same rules as nft takes them. */
function translated(rules: string, folder: string): string {
  const path = join(folder, 'translate.rules');
  writeFileSync(path, rules);
  return execFileSync('iptables-restore-translate', ['-f', path], { encoding: 'utf8', maxBuffer: 1 << 30 });
}

/** The rules of each table of an iptables-save text, as their lines. */
export function rulesByTable(text: string): Record<string, string[]> {
  const tables: Record<string, string[]> = {};
  let rules: string[] = [];
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) {
      rules = [];
      tables[line.slice(1)] = rules;
    } else if (/^(\[\d+:\d+\] )?-A /.test(line)) rules.push(line);
  }
  return tables;
}

/** What `iptables-save -c` text says of its rules. */
export function ruleCounts(saved: string): RuleCounts {
  const counts = (line: string) => /^\[(\d+):(\d+)\]/.exec(line)!.slice(1).map(Number) as [number, number];
  return Object.fromEntries(Object.entries(rulesByTable(saved)).map(([table, lines]) => [table, lines.map(counts)]));
}
