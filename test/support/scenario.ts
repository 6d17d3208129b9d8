// Scenario files: rules, a host, packets, and what the live kernel did with them, in one readable page of Markdown.
//
//   # Title
//   Why it exists.
//   Host: router.yaml          one of test/scenarios/hosts, or a fence named host
//   Answers: rules             what the host answers with: none (without the line); that of rules, routing and forwarding; all that a host
//                              answers of which no program listens to anything (host)
//   ```rules …```  ```rules6 …```        iptables-save text, with times told from now (rule-times.ts)
//   ```ipset …```              ipset save text: the sets the rules name
//   ```payload NAME …```       text that packets carry by its name, each line ended by CR LF; \x01 is a byte
//   ```packets …```            the packet language; below each packet a recorded line `  => outcome`
//   ```conntrack …```          recorded: `conntrack -L` at the end
//   ```expectations …```       recorded where there are any: `conntrack -L expect` at the end
//   ```sets …```               recorded where there are sets: `ipset save` at the end
//   ```osf …```                operating systems' fingerprints, as a pf.os file
//   ```events …```             recorded where the fence is: lines of `conntrack -E -o extended`, and of `conntrack -E expect`
//   ```log …```                recorded where the fence is: the log, each line between its packet's number and a bar
//
// Recording rewrites the recorded lines and leaves the rest as it stands.

import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parsePacketLine, type ScenarioPacket } from './packet-line.ts';
import type { Payloads } from './words.ts';

export interface ScenarioLine {
  readonly text: string;
  readonly packet: ScenarioPacket;
  /** What was recorded; undefined before the first recording. */
  readonly outcome: string | undefined;
}

/** What the host may answer with. */
export type Answers = 'none' | 'rules' | 'host';

export interface Scenario {
  /** Path below test/scenarios. */
  readonly name: string;
  readonly title: string;
  readonly rules: string | undefined;
  readonly rules6: string | undefined;
  readonly ipset: string | undefined;
  /** YAML. */
  readonly host: string;
  readonly answers: Answers;
  readonly packets: readonly ScenarioLine[];
  readonly conntrack: string;
  readonly expectations: string;
  readonly sets: string;
  readonly osf: string | undefined;
  /** Undefined: nobody asks. */
  readonly log: string | undefined;
  /** Undefined: nobody listens. */
  readonly events: string | undefined;
  readonly text: string;
}

/** The repository's root, from sources and from dist/ alike. */
export const ROOT = fileURLToPath(new URL(import.meta.url.includes('/dist/') ? '../../../' : '../../', import.meta.url));
export const SCENARIOS = join(ROOT, 'test/scenarios');

interface Fence {
  readonly name: string;
  /** Line numbers of the first line inside, and of the closing fence. */
  readonly start: number;
  readonly end: number;
}

function findFences(lines: readonly string[], name: string): Fence[] {
  const fences: Fence[] = [];
  for (let i = 0; i < lines.length; i++) {
    const open = /^```(\w+(?: \w+)?)$/.exec(lines[i]!);
    if (open === null) continue;
    const end = lines.indexOf('```', i + 1);
    if (end < 0) throw new Error(`${name}:${i + 1}: fence is not closed`);
    fences.push({ name: open[1]!, start: i + 1, end });
    i = end;
  }
  return fences;
}

export function parseScenario(name: string, text: string): Scenario {
  const lines = text.split('\n');
  const fences = findFences(lines, name);
  const body = (fence: string): string | undefined => {
    const found = fences.find((candidate) => candidate.name === fence);
    return found && `${lines.slice(found.start, found.end).join('\n')}\n`;
  };
  const hostFile = lines.map((line) => /^Host: (\S+)$/.exec(line)?.[1]).find((file) => file !== undefined);
  const host = body('host') ?? (hostFile && readFileSync(join(SCENARIOS, 'hosts', hostFile), 'utf8'));
  if (host === undefined) throw new Error(`${name}: no host`);
  const packets = fences.find((fence) => fence.name === 'packets');
  if (packets === undefined) throw new Error(`${name}: no packets`);
  return {
    name,
    title: lines[0]!.replace(/^# /, ''),
    rules: body('rules'),
    rules6: body('rules6'),
    ipset: body('ipset'),
    host,
    answers: lines.map((line) => /^Answers: (rules|host)$/.exec(line)?.[1] as Answers).find(Boolean) ?? 'none',
    packets: parsePackets(name, lines, packets, parsePayloads(lines, fences)),
    conntrack: body('conntrack') ?? '',
    expectations: body('expectations') ?? '',
    sets: body('sets') ?? '',
    osf: body('osf'),
    log: body('log'),
    events: body('events'),
    text,
  };
}

function parsePayloads(lines: readonly string[], fences: readonly Fence[]): Payloads {
  const named = fences.filter(({ name }) => name.startsWith('payload '));
  const texts = named.map(({ name, start, end }) => {
    const text = lines
      .slice(start, end)
      .map((line) => `${line.replace(/\\x([0-9a-f]{2})/g, (_, byte) => String.fromCharCode(Number.parseInt(byte, 16)))}\r\n`)
      .join('');
    return [name.slice('payload '.length), new TextEncoder().encode(text)] as const;
  });
  return Object.fromEntries(texts);
}

function parsePackets(name: string, lines: readonly string[], fence: Fence, payloads: Payloads): ScenarioLine[] {
  const packets: ScenarioLine[] = [];
  for (let i = fence.start; i < fence.end; i++) {
    const text = stripComment(lines[i]!);
    if (text === '' || text.startsWith('=>')) continue;
    try {
      packets.push({ text, packet: parsePacketLine(text, payloads), outcome: /^ *=> (.*)$/.exec(lines[i + 1] ?? '')?.[1] });
    } catch (error) {
      throw new Error(`${name}:${i + 1}: ${(error as Error).message}`, { cause: error });
    }
  }
  return packets;
}

function stripComment(line: string): string {
  return line.replace(/(^|\s)#.*$/, '').trim();
}

/** The lines of each packet's log behind its number, 1 for the first. */
export function numberedLog(logs: readonly (readonly string[])[]): string[] {
  return logs.flatMap((lines, i) => lines.map((line) => `${i + 1} ${line}|`));
}

/** The same as one text. */
export function logText(logs: readonly (readonly string[])[]): string {
  return `${numberedLog(logs).join('\n')}\n`;
}

/** What is recorded at the end of a scenario, line by line. */
export interface Recorded {
  readonly conntrack: readonly string[];
  readonly expectations: readonly string[];
  readonly sets: readonly string[];
  readonly log: readonly string[];
  readonly events: readonly string[];
}

/** Gives the text of a scenario with other outcomes, other tables of connections and sets, and, where it has one, another log. */
export function withOutcomes(
  scenario: Scenario,
  outcomes: readonly string[],
  { conntrack, expectations, sets, log, events }: Recorded,
): string {
  const lines = scenario.text.split('\n');
  const fence = findFences(lines, scenario.name).find((candidate) => candidate.name === 'packets')!;
  const recorded: string[] = [];
  let next = 0;
  for (const line of lines.slice(fence.start, fence.end)) {
    if (/^ *=>/.test(line)) continue;
    recorded.push(line);
    if (stripComment(line) !== '') recorded.push(`  => ${outcomes[next++]}`);
  }
  const tail = lines.slice(fence.end + 1).join('\n');
  const head = [...lines.slice(0, fence.start), ...recorded, '```'].join('\n');
  const rest = tail.replace(/\n*```(conntrack|expectations|sets|log|events)\n[\s\S]*?```\n?/g, '').replace(/\n+$/, '');
  const fenced = (name: string, body: readonly string[]): string =>
    `\n\n\`\`\`${name}\n${body.map((line) => `${line}\n`).join('')}\`\`\``;
  const table = conntrack.length > 0 ? fenced('conntrack', conntrack) : '';
  const expected = expectations.length > 0 ? fenced('expectations', expectations) : '';
  const kept = scenario.ipset === undefined ? '' : fenced('sets', sets);
  const told = scenario.events === undefined ? '' : fenced('events', events);
  return `${head}${rest}${table}${expected}${kept}${told}${scenario.log === undefined ? '' : fenced('log', log)}\n`;
}

/** All committed scenarios, in the order of their names. */
export function readScenarios(): Scenario[] {
  return readdirSync(SCENARIOS, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .sort()
    .map((file) => parseScenario(file, readFileSync(join(SCENARIOS, file), 'utf8')));
}

/** Path of a scenario file for people. */
export function scenarioPath(scenario: Scenario): string {
  return relative(process.cwd(), join(SCENARIOS, scenario.name));
}
