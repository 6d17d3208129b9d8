// `hookline snapshot`: prints the script that takes a snapshot of a machine; with a folder, says what is in one.

import type { Host } from '../host/host.ts';
import type { HostReading } from '../host/read.ts';
import { snapshotScript } from '../host/snapshot-files.ts';
import { EXIT_DONE } from './exit.ts';
import { OutputClosed, openOutput } from './output.ts';
import { readHostOption } from './rules.ts';

/** Runs the command; gives its exit code. */
export async function snapshotCommand(folder: string | undefined): Promise<number> {
  const text = folder === undefined ? snapshotScript() : summary(folder, await readHostOption(folder));
  const output = openOutput(process.stdout);
  try {
    await output.write(text);
    await output.flush();
  } catch (error) {
    if (!(error instanceof OutputClosed)) throw error;
  }
  return EXIT_DONE;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

/** What a host is, in a few lines. */
function summary(
  path: string,
  { host, rules4, rules6, sets, connections, recent }: HostReading & { readonly host: Host },
): string {
  const routes = ([4, 6] as const).map((family) => {
    const own = host.routes.filter((route) => route.family === family);
    const tables = new Set(own.map(({ table }) => table)).size;
    const rules = host.rules.filter((rule) => rule.family === family).length;
    return `IPv${family}: ${count(own.length, 'route')} in ${count(tables, 'table')}, ${count(rules, 'routing rule')}\n`;
  });
  const sources = [rules4, rules6, sets, connections].flatMap((source) => (source ? [source.name] : []));
  const files = [...sources, ...(recent === undefined ? [] : [recent])];
  return [
    `${path}: ${count(host.interfaces.length, 'interface')} (${host.interfaces.map(({ name }) => name).join(', ')}), `,
    `${count(Object.keys(host.sysctl).length, 'setting')}\n`,
    ...routes,
    files.length > 0
      ? `taken with it: ${files.join(', ')}\n`
      : 'no rules, sets, connections or recent lists were taken with it\n',
  ].join('');
}
