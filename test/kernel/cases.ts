// The tracker's named cases (test/conntrack/cases) against the live kernel: the same packets through a router, and after each what
// rules saw of it and what the table holds.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { briefEntry, HOSTS, type PacketScript, parsePacketScripts, type ScriptStep } from '../support/packet-script.ts';
import { ROOT } from '../support/scenario.ts';
import type { Bench } from './bench.ts';

const FOLDER = 'test/conntrack/cases';
const STATES = ['NEW', 'ESTABLISHED', 'RELATED', 'INVALID', 'UNTRACKED'];
const CHAINS = ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'].map((chain) => `:${chain} ACCEPT [0:0]\n`).join('');
const RULES = `*mangle\n${CHAINS}${STATES.map((state) => `-A PREROUTING -m conntrack --ctstate ${state}\n`).join('')}COMMIT\n`;

/** A case and what the kernel does with its steps. */
interface KernelCase {
  readonly file: string;
  readonly script: PacketScript;
  readonly answers: readonly KernelAnswer[];
}

interface KernelAnswer {
  readonly state: string;
  readonly table: readonly string[];
}

/** The files whose path contains a text. */
export function caseFiles(only: string): string[] {
  return readdirSync(join(ROOT, FOLDER))
    .sort()
    .map((name) => `${FOLDER}/${name}`)
    .filter((path) => path.includes(only));
}

/** Puts the cases of files to the kernel, those with the same settings in one go. */
export async function askKernel(bench: Bench, files: readonly string[]): Promise<KernelCase[]> {
  const cases = files.flatMap((file) =>
    parsePacketScripts(readFileSync(join(ROOT, file), 'utf8')).map((script) => ({ file, script })),
  );
  const settingsOf = ({ script }: (typeof cases)[number]): string => JSON.stringify(script.sysctl);
  const answered: KernelCase[] = [];
  for (const settings of new Set(cases.map(settingsOf))) {
    const group = cases.filter((one) => settingsOf(one) === settings);
    const scripts = group.map(({ script }) => script);
    const answers = await runScripts(bench, scripts);
    answered.push(...group.map((one, i) => ({ ...one, answers: answers[i]! })));
  }
  return answered;
}

async function runScripts(bench: Bench, scripts: readonly PacketScript[]): Promise<KernelAnswer[][]> {
  const packets = scripts.flatMap(({ steps }) =>
    steps.map(({ bytes, wait, isReply, table }, i) => ({
      interface: isReply ? 'eth1' : 'eth0',
      sent: false,
      wait,
      bytes,
      forget: i === 0,
      list: table !== undefined,
    })),
  );
  const { outcomes, tables } = await bench.run({ host: hostFor(scripts[0]!), rules: RULES, rules6: RULES, packets });
  let next = 0;
  return scripts.map(({ steps }) =>
    steps.map(() => {
      const state = STATES[(outcomes[next]!.hits.find(({ number }) => number > 0)?.number ?? 0) - 1] ?? '?';
      return { state, table: (tables[next++] ?? []).map(briefEntry) };
    }),
  );
}

/** A router between the two hosts, each behind a gateway. */
function hostFor({ sysctl }: PacketScript): string {
  const settings = { 'net.ipv4.ip_forward': 1, 'net.ipv6.conf.all.forwarding': 1, ...sysctl };
  const [[a, b], [a6, b6]] = [HOSTS.packets, HOSTS.packets6];
  return `
interfaces:
  eth0: { addresses: [192.0.2.1/24, "2001:db8:1::1/64"] }
  eth1: { addresses: [198.51.100.1/24, "2001:db8:2::1/64"] }
routes: [${a}/32 dev eth0, ${b}/32 dev eth1]
routes6: ["${a6}/128 dev eth0", "${b6}/128 dev eth1"]
sysctl:
${Object.entries(settings)
  .map(([name, value]) => `  ${name}: ${value}\n`)
  .join('')}`;
}

/** What differs between a case and what the kernel does. */
export function caseDifferences({ script, answers }: KernelCase): string[] {
  return script.steps.flatMap((step, i) => {
    const answer = answers[i]!;
    if (step.state === answer.state && isSameTable(step.table, answer.table)) return [];
    return [`line ${step.line}: ${step.text}\n  kernel ${answerText(step, answer)}`];
  });
}

/** The order of entries is the kernel's own, and some time passes before they are listed. */
function isSameTable(expected: readonly string[] | undefined, found: readonly string[]): boolean {
  if (expected === undefined) return true;
  const left = [...found];
  const areAll = expected.every((entry) => {
    const at = left.findIndex((other) => isSameEntry(entry, other));
    if (at >= 0) left.splice(at, 1);
    return at >= 0;
  });
  return areAll && left.length === 0;
}

function isSameEntry(expected: string, found: string): boolean {
  const [one, other] = [expected, found].map((entry) => /^(\S+) (\d+)(.*)$/.exec(entry));
  if (!one || !other || one[1] !== other[1] || one[3] !== other[3]) return expected === found;
  return Number(one[2]) - Number(other[2]) >= 0 && Number(one[2]) - Number(other[2]) <= 1;
}

/** What stands behind `=>`. The kernel counts the part of a second that has passed as a whole one. */
function answerText({ table }: ScriptStep, answer: KernelAnswer): string {
  const entries = answer.table.map((entry) => entry.replace(/^(\S+) (\d+)/, (_, name, left) => `${name} ${Number(left) + 1}`));
  return answer.state + (table === undefined ? '' : ` | ${entries.join('; ') || '-'}`);
}

/** Writes what the kernel does into the files where they say something else. Gives the files that have changed. */
export function recordCases(cases: readonly KernelCase[]): string[] {
  const changed = new Set<string>();
  for (const one of cases) {
    const path = join(ROOT, one.file);
    const lines = readFileSync(path, 'utf8').split('\n');
    for (const [i, step] of one.script.steps.entries()) {
      const answer = one.answers[i]!;
      if (step.state === answer.state && isSameTable(step.table, answer.table)) continue;
      const comment = / #.*$/.exec(step.text)?.[0] ?? '';
      lines[step.line - 1] = `${step.text.split('=>')[0]}=> ${answerText(step, answer)}${comment}`;
      changed.add(one.file);
    }
    writeFileSync(path, lines.join('\n'));
  }
  return [...changed];
}
