// The calls of sysctl. What a script has not set is as it is on this machine, which is only read.
//
// Ref: procps-ng 4.0.2, src/sysctl.c

import type { Answer, Call } from './call.ts';
import type { HostRecord } from './host.ts';

const FILE_DEFAULT = '/etc/sysctl.conf';

interface Options {
  readonly quiet: boolean;
  readonly ignoreUnknown: boolean;
  readonly valuesOnly: boolean;
  readonly namesOnly: boolean;
}

export function answerSysctl(host: HostRecord, call: Call): Answer {
  const flags = call.args.filter((arg) => arg.startsWith('-') && arg !== '-');
  const operands = call.args.filter((arg) => !arg.startsWith('-') || arg === '-');
  const has = (letter: string, long: string): boolean =>
    flags.some((flag) => (flag.startsWith('--') ? flag === `--${long}` : flag.includes(letter)));
  const options: Options = {
    quiet: has('q', 'quiet'),
    ignoreUnknown: has('e', 'ignore'),
    valuesOnly: has('n', 'values'),
    namesOnly: has('N', 'names'),
  };
  if (has('p', 'load') || has('f', 'file')) return load(host, call, operands, options);
  if (has('a', 'all')) return join([...host.sysctl].map(([name, value]) => done(shown(name, value, options))));
  return join(
    operands.map((operand) => (operand.includes('=') ? write(host, operand, options) : read(host, call, operand, options))),
  );
}

function load(host: HostRecord, call: Call, operands: readonly string[], options: Options): Answer {
  const files = operands.length > 0 ? operands : [FILE_DEFAULT];
  return join(
    files.map((file) => {
      const source = file === '-' ? call.readInput() : call.readFile(file);
      if (!source) return { status: 1, stdout: '', stderr: `sysctl: cannot open "${file}": No such file or directory\n` };
      const lines = source.text.split('\n').map((line) => line.trim().replace(/^-/, ''));
      const settings = lines.filter((line) => line !== '' && !/^[#;]/.test(line));
      return join(settings.map((line) => write(host, line, options)));
    }),
  );
}

function write(host: HostRecord, setting: string, options: Options): Answer {
  const [left, value] = setting.split(/=(.*)/s) as [string, string?];
  const name = dotted(left.trim());
  if (name === '' || value === undefined) {
    return { status: 1, stdout: '', stderr: `sysctl: "${setting}" must be of the form name=value\n` };
  }
  host.sysctl.set(name, value.trim());
  return done(options.quiet ? '' : shown(name, value.trim(), options));
}

function read(host: HostRecord, call: Call, operand: string, options: Options): Answer {
  const name = dotted(operand);
  const path = `/proc/sys/${name.replace(/[./]/g, (mark) => (mark === '.' ? '/' : '.'))}`;
  const value = host.sysctl.get(name) ?? call.readFile(path)?.text.trimEnd();
  if (value !== undefined) return done(shown(name, value, options));
  const stderr = options.ignoreUnknown ? '' : `sysctl: cannot stat ${path}: No such file or directory\n`;
  return { status: options.ignoreUnknown ? 0 : 1, stdout: '', stderr };
}

/** A name may be written with slashes where others have dots. */
function dotted(name: string): string {
  const first = /[./]/.exec(name)?.[0];
  return first === '/' ? name.replace(/[./]/g, (mark) => (mark === '/' ? '.' : '/')) : name;
}

function shown(name: string, value: string, { valuesOnly, namesOnly }: Options): string {
  if (namesOnly) return `${name}\n`;
  return valuesOnly ? `${value}\n` : `${name} = ${value}\n`;
}

function done(stdout: string): Answer {
  return { status: 0, stdout, stderr: '' };
}

/** Several answers as one. */
function join(answers: readonly Answer[]): Answer {
  const sum = (key: 'stdout' | 'stderr'): string => answers.map((answer) => answer[key]).join('');
  return { status: Math.max(0, ...answers.map(({ status }) => status)), stdout: sum('stdout'), stderr: sum('stderr') };
}
