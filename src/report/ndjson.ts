// One JSON line a packet. Comes in: batches. Goes out: text, in pieces, the fields in the order of the contract:
// packet, time, in, out, verdict, by, ctstate, hits, policies, egress, why.
//
// `packet`, `time`, `verdict`, `hits`, `policies` and `egress` are always there (`verdict` is null for a frame that was not
// evaluated; `packet` of an egress is null when the packet left with IP options filled in); the others where
// there is something to say. `time` is a number of seconds with nine decimals, exact in its digits.

import {
  FRAME_INTERFACE,
  FRAME_NUMBER,
  OUTCOME_ARENA_FULL,
  OUTCOME_BY,
  OUTCOME_CTSTATE,
  OUTCOME_FAMILY,
  OUTCOME_FLAGS,
  OUTCOME_OUT,
  OUTCOME_VERDICT,
  OUTCOME_WHY,
  TRACE_MAX,
} from '../../assembly/abi/batch.ts';
import { PACKET_FLAG_SENT, PACKET_FLAGS } from '../../assembly/abi/packet.ts';
import { NO_COUNTER } from '../../assembly/abi/program.ts';
import type { CounterName } from '../compile/counters.ts';
import {
  type Batch,
  egressRecords,
  frameWord,
  outcomeWord,
  packetWord,
  timeText,
  traceLength,
  traceWord,
} from '../core/batch.ts';
import type { InterfaceUniverse } from '../ir/ir.ts';
import { ctstateName, explainWhy, verdictName } from './why.ts';

/** A piece of output is written when it is longer than this. */
const PIECE_CHARS = 1 << 18;

/** JSON fragments of one family's counter ids, made once. */
interface Fragments {
  /** `["filter","INPUT",1]` or `["filter","INPUT","DROP"]`. */
  readonly hit: readonly string[];
  /** `{"table":"filter","chain":"INPUT","rule":1}`. */
  readonly by: readonly string[];
  readonly isPolicy: readonly boolean[];
}

/** Those of each ruleset: a service writes many short replays of the same one. */
const made = new WeakMap<readonly CounterName[], Fragments>();

function fragments(names: readonly CounterName[] = []): Fragments {
  const known = made.get(names) ?? makeFragments(names);
  made.set(names, known);
  return known;
}

function makeFragments(list: readonly CounterName[]): Fragments {
  return {
    hit: list.map((n) => JSON.stringify([n.table, n.chain, n.rule ?? n.policy])),
    by: list.map(({ table, chain, rule, policy }) =>
      JSON.stringify(rule === undefined ? { table, chain, policy } : { table, chain, rule }),
    ),
    isPolicy: list.map((n) => n.rule === undefined),
  };
}

/** Everything that a packet met can be told. */
export function checkListed(batch: Batch, i: number): void {
  if ((outcomeWord(batch, i, OUTCOME_FLAGS) & OUTCOME_ARENA_FULL) === 0) return;
  throw new Error(`packet ${frameWord(batch, i, FRAME_NUMBER)} hits more rules than can be listed for one packet (${TRACE_MAX})`);
}

/** What left, with the names of what it left by: packets, fragments, copies; null for bytes that are not known. */
function egressJson(batch: Batch, i: number, nameOf: (out: number) => string): string {
  checkListed(batch, i);
  return egressRecords(batch, i)
    .map(({ out, hex }) => `{"out":${nameOf(out) || 'null'},"packet":${hex === undefined ? 'null' : `"${hex}"`}}`)
    .join(',');
}

export interface NdjsonNames {
  readonly names4?: readonly CounterName[];
  readonly names6?: readonly CounterName[];
  readonly interfaces: InterfaceUniverse;
}

/** Writes batches as text, in the order of their packets. */
export interface PacketWriter {
  /** The lines of a batch, in pieces. `interfaceNames` are the names the captures give, by entry of the interface table. */
  lines(batch: Batch, interfaceNames: readonly string[]): Generator<string>;
}

export function ndjsonWriter(names: NdjsonNames): PacketWriter {
  const by4 = fragments(names.names4);
  const by6 = fragments(names.names6);
  const universe = names.interfaces.names.map((name) => JSON.stringify(name));
  /** Index in the universe of each entry of the interface table. */
  const indexes: number[] = [];

  const line = (batch: Batch, i: number, interfaceNames: readonly string[]): string => {
    const family = outcomeWord(batch, i, OUTCOME_FAMILY) === 6 ? by6 : by4;
    const entry = frameWord(batch, i, FRAME_INTERFACE);
    const own = interfaceNames[entry] ?? '';
    const isSent = (packetWord(batch, i, PACKET_FLAGS) & PACKET_FLAG_SENT) !== 0;
    let text = `{"packet":${frameWord(batch, i, FRAME_NUMBER)},"time":${timeText(batch, i)}`;
    if (!isSent && own !== '') text += `,"in":${JSON.stringify(own)}`;
    const nameOf = (out: number): string => {
      indexes[entry] ??= names.interfaces.indexOf(own);
      return own !== '' && indexes[entry] === out ? JSON.stringify(own) : (universe[out] ?? '');
    };
    const out = outcomeWord(batch, i, OUTCOME_OUT);
    if (out !== 0) text += `,"out":${nameOf(out)}`;
    const verdict = verdictName(outcomeWord(batch, i, OUTCOME_VERDICT));
    text += verdict === undefined ? ',"verdict":null' : `,"verdict":"${verdict}"`;
    const by = outcomeWord(batch, i, OUTCOME_BY);
    if (by !== NO_COUNTER && family.by[by] !== undefined) text += `,"by":${family.by[by]}`;
    const ctstate = outcomeWord(batch, i, OUTCOME_CTSTATE);
    const state = ctstateName(ctstate);
    if (state) text += `,"ctstate":"${state}"`;
    let hits = '';
    let policies = '';
    const length = traceLength(batch, i);
    for (let at = 0; at < length; at++) {
      const id = traceWord(batch, i, at);
      if (family.isPolicy[id]) policies += (policies === '' ? '' : ',') + family.hit[id];
      else hits += (hits === '' ? '' : ',') + family.hit[id];
    }
    const egress = egressJson(batch, i, nameOf);
    text += `,"hits":[${hits}],"policies":[${policies}],"egress":[${egress}]`;
    const why = explainWhy(outcomeWord(batch, i, OUTCOME_WHY));
    return why ? `${text},"why":"${why.word}"}\n` : `${text}}\n`;
  };

  return {
    *lines(batch, interfaceNames) {
      let piece = '';
      for (let i = 0; i < batch.count; i++) {
        piece += line(batch, i, interfaceNames);
        if (piece.length > PIECE_CHARS) {
          yield piece;
          piece = '';
        }
      }
      if (piece !== '') yield piece;
    },
  };
}
