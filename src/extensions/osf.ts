// -m osf: the operating system that a connection's first packet looks like.

import { OSF_LOGS, OSF_LOGS_FIRST, OSF_TTL_EQUAL, TEST_OSF } from '../../assembly/abi/opcode.ts';
import type { Test } from '../ir/ir.ts';
import { type Fingerprint, WINDOW_KINDS } from '../ir/osf.ts';
import { PROTOCOL_TCP } from '../net/protocol.ts';
import type { LowerContext, MatchExtension } from '../ruleset/extension.ts';
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
/** `--log`: the first fingerprint only. */
const LOG_FIRST = 1;

function words(fingerprint: Fingerprint, id: number): number[] {
  const { ttl, df, length, window, options } = fingerprint;
  const kind = WINDOW_KINDS.indexOf(window.kind);
  return [
    id,
    ttl,
    Number(df),
    length,
    kind,
    window.value,
    options.length,
    ...options.map((o) => ((o.kind << 16) | o.length) >>> 0),
  ];
}

/** What iptables takes and the kernel does not look at: `!`, and with --log the genre. */
function lower({ genre, ttl = OSF_TTL_EQUAL, log }: OsfOptions, { fingerprints, logs, warn }: LowerContext): Test[] {
  if (genre!.invert) warn('the kernel takes no notice of "!" before --genre');
  if (log !== undefined) warn('with --log the kernel takes every fingerprint for a match, whatever its genre');
  const wanted = fingerprints.flatMap((one, id) => (log !== undefined || one.genre === genre!.value ? [words(one, id)] : []));
  const writes = log !== undefined && logs;
  const flags = writes ? OSF_LOGS | (log === LOG_FIRST ? OSF_LOGS_FIRST : 0) : 0;
  const operands = [flags, ttl, wanted.length, ...wanted.flat()];
  return [{ kind: 'ask', opcode: TEST_OSF, operands, negate: false, effect: writes }];
}

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
  lower,
};
