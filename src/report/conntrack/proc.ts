// Lines as the kernel itself lists its connections, in /proc/net/nf_conntrack.

import { IPS_ASSURED, IPS_SEEN_REPLY } from '../../../assembly/abi/flow.ts';
import { formatAddress } from '../../net/address.ts';
import { type Connection, connectionState, type Direction } from './connection.ts';
import { countWords, layer3Words, layer4Words, portWords, word } from './list.ts';
import { deltaTime, secondsLeft, type TableSettings, zonesOf } from './message.ts';
import { kernelName } from './names.ts';

/** IPv6 addresses are written out. */
function addressText(bytes: Uint8Array): string {
  if (bytes.length === 4) return formatAddress(bytes);
  return Buffer.from(bytes)
    .toString('hex')
    .replace(/(?<=^(?:.{4})+)(?=.)/g, ':');
}

function directionWords({ source, destination, ...way }: Direction, protocol: number): string[] {
  const name = kernelName(protocol);
  const ends = [`src=${addressText(source)}`, `dst=${addressText(destination)}`];
  return [...ends, ...portWords(way, protocol, name === 'unknown' ? undefined : name)];
}

/**
 * One line, without its end. Whoever reads it counts as a user of the entry.
 *
 * Ref: net/netfilter/nf_conntrack_standalone.c:ct_seq_show()
 */
export function procLine(connection: Connection, now: bigint, { counts, stamps }: TableSettings): string {
  const { family, protocol, original, reply, status, mark, secctx, created, use, timeouts } = connection;
  const state = connectionState(connection);
  const zones = zonesOf(connection);
  const words = [
    ...layer3Words(family),
    ...layer4Words(kernelName(protocol), protocol),
    String(secondsLeft(connection, now)),
    ...(state === undefined ? [] : [state]),
    ...(timeouts ? [`timeout=${timeouts[0]},`, `stream_timeout=${timeouts[1]}`] : []),
    ...directionWords(original, protocol),
    ...word('zone-orig', zones.original || undefined),
    ...(counts ? countWords(original) : []),
    ...((status & IPS_SEEN_REPLY) === 0 ? ['[UNREPLIED]'] : []),
    ...directionWords(reply, protocol),
    ...word('zone-reply', zones.reply || undefined),
    ...(counts ? countWords(reply) : []),
    ...((status & IPS_ASSURED) !== 0 ? ['[ASSURED]'] : []),
    ...word('mark', mark),
    ...word('secctx', secctx),
    ...(zones.original === 0 && zones.reply === 0 ? [`zone=${zones.both}`] : []),
    ...(stamps ? [`delta-time=${deltaTime(created, now)}`] : []),
    `use=${use + 1}`,
  ];
  return words.join(' ');
}
