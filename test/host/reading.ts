// Reading hosts in tests.

import { type Host, TABLE_LOCAL, TABLE_MAIN } from '../../src/host/host.ts';
import { parseSnapshot } from '../../src/host/snapshot.ts';
import type { SnapshotFile } from '../../src/host/snapshot-files.ts';
import { parseHostYaml } from '../../src/host/yaml.ts';
import { formatAddress } from '../../src/net/address.ts';
import { Diagnostics } from '../../src/text/diagnostic.ts';
import { renderDiagnostics } from '../../src/text/render.ts';
import type { Source } from '../../src/text/source.ts';

export interface Reading {
  readonly host: Host | undefined;
  /** Rendered diagnostics. */
  readonly messages: string;
  /** The message of each, without place. */
  readonly said: readonly string[];
}

function reading(host: Host | undefined, diagnostics: Diagnostics): Reading {
  return {
    host,
    messages: renderDiagnostics(diagnostics.list),
    said: diagnostics.list.map(({ severity, message, code }) => `${severity}: ${message} [${code}]`),
  };
}

export function readYaml(text: string): Reading {
  const diagnostics = new Diagnostics();
  return reading(parseHostYaml({ name: 'host.yaml', text }, diagnostics), diagnostics);
}

export function readSnapshot(files: Partial<Record<SnapshotFile, string>>): Reading {
  const diagnostics = new Diagnostics();
  const sources: Partial<Record<SnapshotFile, Source>> = {};
  for (const [name, text] of Object.entries(files)) sources[name as SnapshotFile] = { name, text };
  return reading(parseSnapshot(sources, diagnostics), diagnostics);
}

/** The routes of one family as `ip route show table all` words them, without what it adds for people. */
export function routeLines(host: Host, family: 4 | 6): string[] {
  return host.routes
    .filter((route) => route.family === family)
    .map(({ type, destination, prefixLength, gateway, device, table, metric, dead }) => {
      const name = `${formatAddress(destination)}/${prefixLength}`;
      const words = [
        type === 'unicast' ? '' : type,
        name,
        gateway ? `via ${formatAddress(gateway)}` : '',
        device ? `dev ${device}` : '',
      ];
      const tableName = table === TABLE_LOCAL ? 'local' : `${table}`;
      words.push(table === TABLE_MAIN ? '' : `table ${tableName}`, metric === 0 ? '' : `metric ${metric}`, dead ? 'dead' : '');
      return words.filter((word) => word !== '').join(' ');
    });
}
