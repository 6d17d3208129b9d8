// The connections that `--load-conntrack` names, or a host folder has: read before a replay, in the table from its first packet on.

import type { Engine } from '../engine/engine.ts';
import type { Loaded } from '../load.ts';
import { changesAddresses, type ReadConnection, readConnections } from '../report/conntrack/read.ts';
import { Diagnostics } from '../text/diagnostic.ts';
import type { Source, Span } from '../text/source.ts';
import { InputError } from './exit.ts';
import { reportOrFail } from './rules.ts';

export interface SavedConnections {
  /** Where they stand, and how many they are. */
  readonly source: string;
  readonly count: number;
  /** Replies of some come between other addresses: no way to spread packets by addresses keeps them together. */
  readonly needsOneShard: boolean;
  /** Puts them into the table, as they are when the first packet comes. */
  start(engine: Engine, firstNs: bigint): void;
}

/** Reads a list; with errors in it the command ends. */
export function readSavedConnections(source: Source, { images, host }: Loaded): SavedConnections {
  const diagnostics = new Diagnostics();
  const read = readConnections(source, diagnostics, host.kernel.labels);
  checkTwice(read, diagnostics);
  const connections = read.map(({ connection, span }) => {
    if (connection.helper === 0 || images.helpers) return connection;
    diagnostics.warning('idle-helper', 'no rule gives connections a helper, so that of this one is not followed', span);
    return { ...connection, helper: 0 };
  });
  reportOrFail(diagnostics);
  return {
    source: source.name,
    count: connections.length,
    needsOneShard: connections.some(changesAddresses),
    start(engine, firstNs) {
      if (engine.loadConnections(connections, firstNs).includes('no-room')) {
        throw new InputError(`${source.name}: there is no memory for so many connections`);
      }
    },
  };
}

/** No two connections may have the same tuple in one direction. */
function checkTwice(read: readonly ReadConnection[], diagnostics: Diagnostics): void {
  const seen = new Map<string, Span>();
  for (const { connection, span } of read) {
    for (const name of ['original', 'reply'] as const) {
      const { source, destination, sport, dport, zone } = connection[name];
      const key = [name, connection.protocol, source.join('.'), destination.join('.'), sport, dport, zone].join(' ');
      const earlier = seen.get(key);
      if (earlier) {
        const notes = [{ message: 'the other is here', span: earlier }];
        diagnostics.error('duplicate-connection', `another connection has the same ${name} direction`, span, notes);
        break;
      }
      seen.set(key, span);
    }
  }
}
