// `hookline record -o DIR -- COMMAND...`: runs a firewall script with stand-ins for the tools, and writes what it would have made.

import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { extensions } from '../extensions/index.ts';
import { printSave } from '../ipset/print.ts';
import { hostYaml } from '../record/host.ts';
import { answer, createRecorder, RECORDED_TOOLS, type Recorder } from '../record/recorder.ts';
import { savedText } from '../record/restore.ts';
import { openStandIns, type StandIns } from '../record/stand-ins.ts';
import { encodeText } from '../text/source.ts';
import { fileError, InputError } from './exit.ts';

export interface RecordCliOptions {
  readonly output: string;
  /** Run the command in this machine's own network. */
  readonly sharedNetwork?: boolean;
}

/** What a shell adds to the number of a signal that ended a program, and what it returns for a program that it cannot run. */
const [EXIT_SIGNAL, EXIT_NOT_FOUND] = [128, 127];

/** Behind the command, what tables its network has: rules that were loaded past the stand-ins. */
const AROUND = `"$@"
status=$?
cat /proc/self/net/ip_tables_names /proc/self/net/ip6_tables_names >"$HOOKLINE_PASSED_BY" 2>/dev/null
exit $status
`;

/** Runs the command; gives its exit code. */
export async function recordCommand(command: readonly string[], options: RecordCliOptions): Promise<number> {
  const { output } = options;
  try {
    mkdirSync(output, { recursive: true });
  } catch (error) {
    throw fileError(output, error);
  }
  const recorder = createRecorder(extensions);
  const standIns = openStandIns(RECORDED_TOOLS, (call) => answer(recorder, call));
  try {
    const isolation = options.sharedNetwork ? [] : isolationOf();
    if (!options.sharedNetwork && isolation.length === 0) {
      warn('no network namespace can be made here: what the script calls past the stand-ins acts on this machine');
    }
    const status = await run(command, standIns, isolation);
    const files = write(recorder, output);
    report(recorder, files, output, standIns);
    return status;
  } finally {
    standIns.close();
  }
}

/** What runs a command in a network namespace of its own: all that changes network settings past the stand-ins ends with it. */
function isolationOf(): string[] {
  const ways = [
    ['unshare', '--net'],
    ['unshare', '--map-root-user', '--net'],
  ];
  return ways.find(([program, ...words]) => spawnSync(program!, [...words, 'true'], { stdio: 'ignore' }).status === 0) ?? [];
}

/** Runs the command with the stand-ins first on PATH; resolves with the exit code that a shell would give. */
function run(command: readonly string[], { folder }: StandIns, isolation: readonly string[]): Promise<number> {
  const around = isolation.length > 0 ? [...isolation, 'sh', '-c', AROUND, 'sh'] : [];
  const [program, ...args] = [...around, ...command] as [string, ...string[]];
  const env = { ...process.env, PATH: `${folder}:${process.env.PATH ?? ''}`, HOOKLINE_PASSED_BY: passedBy(folder) };
  // What the terminal sends goes to the command too, and the record is of what it did until then.
  const ignore = (): void => undefined;
  process.on('SIGINT', ignore);
  return new Promise<number>((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'inherit', env });
    const end = (): void => void child.kill('SIGTERM');
    process.once('SIGTERM', end);
    child.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') {
        process.stderr.write(`hookline: ${program}: no such command\n`);
        resolve(EXIT_NOT_FOUND);
      } else {
        reject(new InputError(`${program}: cannot be run: ${error.message}`, { cause: error }));
      }
    });
    child.on('exit', (code, signal) => resolve(code ?? EXIT_SIGNAL + constants.signals[signal!]));
  }).finally(() => process.off('SIGINT', ignore));
}

function passedBy(folder: string): string {
  return join(folder, '..', 'passed-by');
}

/** Writes what there is, and gives the names of the files. A family that no command was about has none. */
function write({ firewall, sets, host }: Recorder, output: string): string[] {
  const texts: readonly (readonly [string, string | undefined])[] = [
    ['rules.v4', savedText(firewall, 4, { counters: true })],
    ['rules.v6', savedText(firewall, 6, { counters: true })],
    ['sets.ipset', printSave(sets)],
    ['host.yaml', hostYaml(host)],
  ];
  const files = texts.filter(([, text]) => text);
  for (const [name, text] of files) {
    const path = join(output, name);
    try {
      writeFileSync(path, encodeText(text!));
    } catch (error) {
      throw fileError(path, error);
    }
  }
  return files.map(([name]) => name);
}

function report({ calls, refused, host }: Recorder, files: readonly string[], output: string, { folder }: StandIns): void {
  const count = `${calls} ${calls === 1 ? 'call' : 'calls'}${refused > 0 ? `, ${refused} of them refused` : ''}`;
  const where = files.length > 0 ? `${files.join(', ')} in ${output}` : 'nothing to write';
  process.stderr.write(
    `hookline: recorded ${count}: ${where}; nothing on this machine was changed by ${calls === 1 ? 'it' : 'them'}\n`,
  );
  if (host.leftOut.size > 0) warn(`not in the host file: what was done by ${[...host.leftOut].join(', ')}`);
  if (tablesPassedBy(folder)) {
    warn(
      'the script called iptables by its path, past the stand-ins: those calls are not in the record (they ended with its network)',
    );
  }
}

function tablesPassedBy(folder: string): boolean {
  try {
    return readFileSync(passedBy(folder), 'utf8').trim() !== '';
  } catch {
    return false;
  }
}

function warn(message: string): void {
  process.stderr.write(`hookline: warning: ${message}\n`);
}
