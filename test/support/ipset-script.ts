// Scripts of `ipset` command lines with what each of them prints, run by ours and by the program of this machine.
//
//   ipset create a hash:ip initval 1
//   ipset add a 10.0.0.x
//     1 ipset v7.17: Syntax error: cannot parse 10.0.0.x: resolving to IPv4 address failed
//
// A command line begins with `ipset`; below it, indented, stand the exit code (where it is not 0) and the lines it prints. Words are
// split as in `ipset save` text. A line that begins with # is a comment.

import { execFileSync } from 'node:child_process';
import { applyIpsetCommand } from '../../src/ipset/apply.ts';
import { IpsetCollection } from '../../src/ipset/collection.ts';
import { Faults } from '../../src/ipset/fault.ts';
import { splitLine } from '../../src/ipset/words.ts';

/** What a command line did. */
export interface CommandRun {
  /** The line without `ipset`. */
  readonly line: string;
  readonly status: number;
  /** Everything it printed. */
  readonly output: string;
}

function wordsOf(
  line: string,
): { readonly text: string; readonly span: { source: { name: string; text: string }; start: number; end: number } }[] {
  return splitLine({ name: 'script', text: line }, 0, line.length, new Faults());
}

/** Runs the lines one after the other on a collection that begins empty. */
export function runOurs(lines: readonly string[]): CommandRun[] {
  const collection = new IpsetCollection();
  return lines.map((line) => {
    const { status, stdout, stderr } = applyIpsetCommand(collection, wordsOf(line), { random: () => 1 });
    return { line, status, output: stdout + stderr };
  });
}

const MARK = '=====';

/** Runs the lines in a network namespace of their own. Needs root and `ipset`. */
export function runLive(lines: readonly string[]): CommandRun[] {
  const quote = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;
  const script = lines
    .map(
      (line) =>
        `ipset ${wordsOf(line)
          .map(({ text }) => quote(text))
          .join(' ')} 2>&1; echo "${MARK} $?"\n`,
    )
    .join('');
  const text = execFileSync('unshare', ['-n', 'sh'], { input: script, encoding: 'utf8', maxBuffer: 1 << 28 });
  const runs: CommandRun[] = [];
  let output = '';
  for (const row of text.split('\n')) {
    const end = new RegExp(`^(.*)${MARK} ([0-9]+)$`).exec(row);
    if (end) {
      runs.push({ line: lines[runs.length]!, status: Number(end[2]), output: output + end[1]! });
      output = '';
    } else output += `${row}\n`;
  }
  return runs;
}

/** Whether two outputs say the same: the seconds that are left of a timeout may have gone on by one. */
export function saysTheSame(ours: CommandRun, live: CommandRun): boolean {
  if (ours.status !== live.status) return false;
  const split = (text: string): string[] => text.split(/(?<=timeout )(\d+)/);
  const [a, b] = [split(ours.output), split(live.output)];
  return a.length === b.length && a.every((one, i) => (i % 2 === 0 ? one === b[i] : [0, 1].includes(Number(one) - Number(b[i]))));
}

/** Reads a script and what its lines are said to print. */
export function readScript(text: string): CommandRun[] {
  const runs: { line: string; status: number; output: string }[] = [];
  for (const row of text.split('\n')) {
    const run = runs.at(-1);
    if (row.startsWith('ipset ')) runs.push({ line: row.slice('ipset '.length), status: 0, output: '' });
    else if (run && /^ {4}/.test(row)) run.output += `${row.slice(4)}\n`;
    else if (run && /^ {2}[0-9]/.test(row)) {
      run.status = Number(row[2]);
      run.output += row.length > 4 ? `${row.slice(4)}\n` : '';
    }
  }
  return runs;
}

/** Puts what the lines printed into a script's text. */
export function withRuns(text: string, runs: readonly CommandRun[]): string {
  let next = 0;
  const rows = text.split('\n').flatMap((row) => {
    if (/^ {2}( {2}|[0-9])/.test(row)) return [];
    if (!row.startsWith('ipset ')) return [row];
    const { status, output } = runs[next++]!;
    const lines = output === '' ? [] : output.replace(/\n$/, '').split('\n');
    const [first, ...rest] = status === 0 ? ['', ...lines] : [`  ${status} ${lines[0] ?? ''}`.trimEnd(), ...lines.slice(1)];
    return [row, ...(first === '' ? [] : [first]), ...rest.map((line) => `    ${line}`)];
  });
  return rows.join('\n');
}
