// A ruleset as the live tools print it in a network namespace of its own.
//
// In the namespace no host and no network has a name, for Hookline does not ask for these, and the accounts are those that every Debian
// system has.

import { spawnSync } from 'node:child_process';
import type { Family } from '../../src/ir/ir.ts';
import { encodeText } from '../../src/text/source.ts';
import { VIEWS, type Views, WHOLE } from '../support/listing.ts';

const NAMES = [
  'mount --bind /dev/null /etc/hosts',
  'mount --bind /dev/null /etc/networks',
  ...['passwd', 'group'].map((file) => `mount --bind /usr/share/base-passwd/${file}.master /etc/${file}`),
];

function toolOf(family: Family): string {
  return family === 4 ? 'iptables-legacy' : 'ip6tables-legacy';
}

function inNamespace(script: string, input = '') {
  const options = { input: encodeText(input), maxBuffer: 1 << 28, encoding: 'latin1' } as const;
  return spawnSync('unshare', ['-n', '-m', 'sh', '-c', script], options);
}

/** Loads a ruleset with its counters and gives what the tools print; undefined when they refuse it. `setup` goes before. */
export function liveViews(
  text: string,
  family: Family,
  tables: readonly string[],
  setup: readonly string[] = [],
): Views | undefined {
  const tool = toolOf(family);
  const mark = (title: string): string => `printf '\\n\\001%s\\n' '${title}'`;
  const commands = tables.flatMap((table) => [
    ...VIEWS.map(({ view }) => `${mark(`${table} ${view}`)}; ${tool} -t ${table} ${view}`),
    `${mark(`${table} save -c`)}; ${tool}-save -c -t ${table}`,
  ]);
  const script = [
    ...NAMES,
    ...setup.map((command) => `{ ${command}; }`),
    `{ ${tool}-restore -c 2>/dev/null || exit 9; }`,
    `{ ${commands.join('; ')}; ${mark(WHOLE)}; ${tool}-save -c; }`,
  ].join(' && ');
  const ran = inNamespace(script, text);
  if (ran.status === 9) return undefined;
  if (ran.status !== 0) throw new Error(`${script}\n${ran.stderr}`);
  const parts = ran.stdout.split('\n\x01').slice(1);
  const views = parts.map((part): [string, string] => {
    const end = part.indexOf('\n');
    return [part.slice(0, end), withoutComments(part.slice(end + 1))];
  });
  return new Map(views.filter(([view]) => view !== WHOLE || setup.length === 0));
}

/**
 * What `iptables -v -A` says of a rule, which it prints before it asks the kernel: the end of the line, where matches and target stand.
 * For rules that this machine's kernel does not take. Undefined when the tool itself refuses it.
 */
export function liveDescription(rule: string, family: Family, table: string): string | undefined {
  const script = [...NAMES, `${toolOf(family)} -t ${table} -v -A ${rule}`].join(' && ');
  return / {2}-> \S+ {2}(.*)$/m.exec(inNamespace(script).stdout)?.[1];
}

/** iptables-save says at the beginning and at the end of each table when it was asked. */
function withoutComments(text: string): string {
  return text.replace(/^# .*\n/gm, '');
}

/** The lines that differ, with what they are of. */
export function differences(live: Views, ours: Views): string[] {
  return [...live].flatMap(([view, text]) => {
    const mine = ours.get(view) ?? '';
    if (mine === text) return [];
    const [left, right] = [text.split('\n'), mine.split('\n')];
    const count = Math.max(left.length, right.length);
    const at = Array.from({ length: count }, (_, i) => i).filter((i) => left[i] !== right[i]);
    return at.slice(0, 20).map((i) => `${view}\n  live ${JSON.stringify(left[i])}\n  ours ${JSON.stringify(right[i])}`);
  });
}
