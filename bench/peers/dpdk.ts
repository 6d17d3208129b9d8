// DPDK's access list library as a peer: a driver of it (DPDK_ACL names its binary) that takes rules and headers in ClassBench's manner and
// says what each of its algorithms costs a look-up.

import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type ClassHeader, type ClassRule, classBenchText, traceBytes } from '../traffic/class-rules.ts';

const run = promisify(execFile);

/** What the library is told of the machine; DPDK_EAL says otherwise. */
const EAL_ARGUMENTS = '--no-huge --no-pci --no-shconf -m 2048 -l 0';
const TIMEOUT_MS = 120_000;

/** Why there is none here; undefined when there is. */
export function whyNoDpdk(): string | undefined {
  const path = process.env['DPDK_ACL'];
  if (path === undefined) return 'DPDK_ACL names no driver of DPDK';
  return existsSync(path) ? undefined : `there is no ${path}, which DPDK_ACL names`;
}

/** Rules and headers as files for the driver. */
export class DpdkAcl {
  private readonly folder = mkdtempSync(join(tmpdir(), 'hookline-acl-'));

  constructor(rules: readonly ClassRule[], traces: Readonly<Record<string, readonly ClassHeader[]>>) {
    writeFileSync(join(this.folder, 'rules'), classBenchText(rules));
    for (const [name, headers] of Object.entries(traces)) writeFileSync(join(this.folder, name), traceBytes(headers));
  }

  /**
   * Nanoseconds that the best of the algorithms takes for a look-up of a trace: in the least of the driver's own rounds, which says what its
   * median one takes, and the cycles of both.
   */
  async best(trace: string): Promise<number> {
    const eal = (process.env['DPDK_EAL'] ?? EAL_ARGUMENTS).split(' ');
    const files = [join(this.folder, 'rules'), join(this.folder, trace)];
    const { stdout } = await run(process.env['DPDK_ACL']!, [...eal, '--', ...files], { timeout: TIMEOUT_MS });
    const results = stdout.matchAll(/^RES alg=\S+ tsc\/pkt med=([\d.]+) min=([\d.]+) .*ns\/pkt=([\d.]+)/gm);
    const costs = Array.from(results, ([, median, least, ns]) => (Number(ns) * Number(least)) / Number(median));
    if (costs.length === 0) throw new Error(`DPDK's driver measured nothing: ${stdout}`);
    return Math.min(...costs);
  }

  close(): void {
    rmSync(this.folder, { recursive: true });
  }
}
