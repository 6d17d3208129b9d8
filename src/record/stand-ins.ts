// The stand-ins of the tools: small shell scripts in a folder that comes first on PATH. Each hands its words to the recorder by a
// named pipe and gives back what the recorder says. No file of the machine's own is touched.
//
// A call is a number (the process of the stand-in), with `N.args` (the words), `N.in` (standard input, if it is asked for) and, as
// the answer, a line in the pipe `N.reply` with `N.out` and `N.err` beside it.

import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { decodeSource, encodeText, type Source } from '../text/source.ts';
import { type Answer, type Call, InputNeeded } from './call.ts';

export interface StandIns {
  /** What comes first on PATH. */
  readonly folder: string;
  /** Takes everything away. */
  close(): void;
}

/** Where a program is, for scripts may set a PATH of their own. */
function pathOf(program: string): string {
  return execFileSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).trim();
}

function standInText(folder: string): string {
  const [mkfifo, cat] = [pathOf('mkfifo'), pathOf('cat')];
  return `#!/bin/sh
# Stand-in of "hookline record": writes down what it is asked, changes nothing, answers as the tool would.
call='${folder}/'$$
${mkfifo} "$call.reply" || exit 1
exec 3<>"$call.reply"
printf '%s\\0' "\${0##*/}" "$PWD" "$@" >"$call.args"
echo $$ >'${folder}/calls'
read -r status out err <&3
if [ "$status" = input ]; then
  ${cat} >"$call.in"
  echo $$ >'${folder}/calls'
  read -r status out err <&3
fi
[ "$out" = 0 ] || ${cat} "$call.out"
[ "$err" = 0 ] || ${cat} "$call.err" >&2
exit "$status"
`;
}

/** `sudo COMMAND` looks for the command where sudo is told to look; here it is run as the script itself would. */
const SUDO = `#!/bin/sh
case "$1" in -*) echo "hookline record: sudo with options cannot be recorded" >&2; exit 1;; esac
exec "$@"
`;

/** Sets up stand-ins; each call is given to \`answer\`. */
export function openStandIns(tools: readonly string[], answer: (call: Call) => Answer): StandIns {
  const root = mkdtempSync(join(tmpdir(), 'hookline-record-'));
  const folder = join(root, 'bin');
  mkdirSync(folder);
  const text = standInText(root);
  for (const tool of tools) writeFileSync(join(folder, tool), text, { mode: 0o755 });
  writeFileSync(join(folder, 'sudo'), SUDO, { mode: 0o755 });
  execFileSync('mkfifo', [join(root, 'calls')]);
  // Open for writing too, so that it does not end when a stand-in closes it.
  const calls = new Socket({ fd: openSync(join(root, 'calls'), constants.O_RDWR | constants.O_NONBLOCK), writable: false });
  let rest = '';
  calls.setEncoding('utf8');
  calls.on('data', (piece: string) => {
    const lines = (rest + piece).split('\n');
    rest = lines.pop()!;
    for (const id of lines) reply(join(root, id), answer);
  });
  return {
    folder,
    close() {
      calls.destroy();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** Answers the call of a stand-in. One that has gone in the meantime has no reader left, and is let go. */
function reply(path: string, answer: (call: Call) => Answer): void {
  let line: string;
  try {
    const { status, stdout, stderr } = answer(readCall(path));
    if (stdout !== '') writeFileSync(`${path}.out`, encodeText(stdout));
    if (stderr !== '') writeFileSync(`${path}.err`, encodeText(stderr));
    for (const part of ['args', 'in']) rmSync(`${path}.${part}`, { force: true });
    line = `${status} ${stdout === '' ? 0 : 1} ${stderr === '' ? 0 : 1}\n`;
  } catch (error) {
    if (!(error instanceof InputNeeded)) throw error;
    line = 'input 0 0\n';
  }
  try {
    const pipe = openSync(`${path}.reply`, constants.O_WRONLY | constants.O_NONBLOCK);
    writeSync(pipe, line);
    closeSync(pipe);
    // The number may come again.
    if (!line.startsWith('input')) rmSync(`${path}.reply`);
  } catch (error) {
    if (!['ENXIO', 'ENOENT', 'EPIPE'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

function readCall(path: string): Call {
  const [tool = '', folder = '', ...args] = decodeSource('', readFileSync(`${path}.args`))
    .text.split('\0')
    .slice(0, -1);
  return {
    tool,
    args,
    readFile: (name) => readSource(name, resolve(folder, name)),
    readInput() {
      const input = readSource('<stdin>', `${path}.in`);
      if (!input) throw new InputNeeded('standard input is needed');
      return input;
    },
    writeFile: (name, text) => writeFileSync(resolve(folder, name), encodeText(text)),
  };
}

function readSource(name: string, path: string): Source | undefined {
  try {
    return decodeSource(name, readFileSync(path));
  } catch {
    return undefined;
  }
}
