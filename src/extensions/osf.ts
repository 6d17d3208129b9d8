// -m osf: the operating system that a connection's first packet looks like.

import { PROTOCOL_TCP } from '../net/protocol.ts';
import type { MatchExtension } from '../ruleset/extension.ts';
import { listApart } from './listing.ts';
import { askedOption, numberOption, saveAsked, saveValue } from './specs.ts';
import { type Asked, readBareText } from './values.ts';

interface OsfOptions {
  genre?: Asked<string>;
  ttl?: number;
  log?: number;
}

/** Less the final NUL. Ref: include/uapi/linux/netfilter/nfnetlink_osf.h MAXGENRELEN */
const GENRE_BYTES = 31;

/** Ref: net/netfilter/xt_osf.c:xt_osf_match_packet() */
export const osf: MatchExtension<OsfOptions> = {
  kind: 'match',
  name: 'osf',
  families: [4],
  hooks: ['PREROUTING', 'INPUT', 'FORWARD'],
  protocols: [PROTOCOL_TCP],
  options: [
    askedOption('genre', 'genre', (argument, context) => readBareText(argument, context, GENRE_BYTES), { mandatory: true }),
    numberOption('ttl', 'ttl', { max: 2 }),
    numberOption('log', 'log', { max: 2 }),
  ],
  create: () => ({}),
  save: ({ genre, ttl, log }) => [...saveAsked('--genre', genre), ...saveValue('--ttl', ttl), ...saveValue('--log', log)],
  print: ({ genre }) => (genre ? ` OS fingerprint match ${listApart(genre)}` : ''),
};
