// What became of each packet, for people: what it was, every rule and policy that counted it in the order met, with the rule as it stands in
// its file, and what left.
//
//   packet 1, 1700000000.000050000, eth0: 198.51.100.7 > 192.0.2.1, tcp 4000 > 30080 S, 40 bytes, NEW
//     nat PREROUTING 1: -A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
//     nat KUBE-SEP-Z3SXJVTP5TMQXUIG 2: -A KUBE-SEP-Z3SXJVTP5TMQXUIG -p tcp -m tcp -j DNAT --to-destination 10.244.1.2:8080
//     nat POSTROUTING policy ACCEPT
//     cni0: 10.244.1.1 > 10.244.1.2, tcp 4000 > 8080 S, 40 bytes
//     ACCEPT by filter FORWARD policy
//
// Comes in: batches. Goes out: text, in pieces.

import {
  FRAME_CAPTURED,
  FRAME_DATA,
  FRAME_FLAG_SENT,
  FRAME_FLAGS,
  FRAME_INTERFACE,
  FRAME_LINK,
  FRAME_NUMBER,
  OUTCOME_BY,
  OUTCOME_CTSTATE,
  OUTCOME_FAMILY,
  OUTCOME_VERDICT,
  OUTCOME_WHY,
} from '../../assembly/abi/batch.ts';
import { NO_COUNTER } from '../../assembly/abi/program.ts';
import { type Batch, egressPlaces, frameWord, outcomeWord, timeText, traceLength, traceWord } from '../core/batch.ts';
import type { InterfaceUniverse } from '../ir/ir.ts';
import type { NamedRules } from './names.ts';
import { checkListed, type PacketWriter } from './ndjson.ts';
import { packetWords } from './packet-words.ts';
import { ctstateName, explainWhy, verdictName } from './why.ts';

/** A piece of output is written when it is longer than this. */
const PIECE_CHARS = 1 << 18;
const NO_RULES: NamedRules = { names: [], texts: [] };
const U16 = 0xffff;

export interface TextSource {
  readonly interfaces: InterfaceUniverse;
  readonly rules4?: NamedRules;
  readonly rules6?: NamedRules;
}

export function textWriter({ interfaces, rules4 = NO_RULES, rules6 = NO_RULES }: TextSource): PacketWriter {
  const packet = (batch: Batch, i: number, interfaceNames: readonly string[]): string => {
    const rules = outcomeWord(batch, i, OUTCOME_FAMILY) === 6 ? rules6 : rules4;
    const own = interfaceNames[frameWord(batch, i, FRAME_INTERFACE)] ?? '';
    checkListed(batch, i);
    const lines = [heading(batch, i, own)];
    for (let at = 0; at < traceLength(batch, i); at++) lines.push(counted(rules, traceWord(batch, i, at)));
    for (const { out, at, length } of egressPlaces(batch, i)) {
      const name = interfaces.indexOf(own) === out && own !== '' ? own : (interfaces.names[out] ?? '');
      const bytes = batch.views.u8.subarray(at, at + length);
      lines.push(`${name === '' ? 'left' : name}: ${length === 0 ? 'bytes that are not known' : packetWords(bytes)}`);
    }
    lines.push(end(batch, i, rules));
    return `${lines.join('\n  ')}\n`;
  };
  return {
    *lines(batch, interfaceNames) {
      let piece = '';
      for (let i = 0; i < batch.count; i++) {
        piece += packet(batch, i, interfaceNames);
        if (piece.length > PIECE_CHARS) {
          yield piece;
          piece = '';
        }
      }
      if (piece !== '') yield piece;
    },
  };
}

/** What a packet is, as it was captured. */
function heading(batch: Batch, i: number, name: string): string {
  const word = frameWord(batch, i, FRAME_FLAGS);
  const link = (word >>> ((FRAME_LINK - FRAME_FLAGS) * 8)) & U16;
  const where = (word & FRAME_FLAG_SENT) !== 0 ? ['sent'] : name === '' ? [] : [name];
  const start = frameWord(batch, i, FRAME_DATA);
  const bytes = batch.views.u8.subarray(start + link, start + frameWord(batch, i, FRAME_CAPTURED));
  const state = ctstateName(outcomeWord(batch, i, OUTCOME_CTSTATE));
  const front = [`packet ${frameWord(batch, i, FRAME_NUMBER)}`, timeText(batch, i), ...where].join(', ');
  const isRead = verdictName(outcomeWord(batch, i, OUTCOME_VERDICT)) !== undefined;
  return `${front}: ${isRead ? packetWords(bytes) : 'no packet that can be read'}${state ? `, ${state}` : ''}`;
}

/** A rule or policy, by its counter. */
function counted({ names, texts }: NamedRules, id: number): string {
  const name = names[id];
  if (!name) return `counter ${id}`;
  const { table, chain, rule, policy } = name;
  return rule === undefined ? `${table} ${chain} policy ${policy}` : `${table} ${chain} ${rule}: ${texts[id] ?? ''}`;
}

/** The verdict, and what gave it. */
function end(batch: Batch, i: number, { names }: NamedRules): string {
  const verdict = verdictName(outcomeWord(batch, i, OUTCOME_VERDICT)) ?? 'not evaluated';
  const why = explainWhy(outcomeWord(batch, i, OUTCOME_WHY));
  if (why) return `${verdict}: ${why.sentence}`;
  const by = outcomeWord(batch, i, OUTCOME_BY);
  const name = by === NO_COUNTER ? undefined : names[by];
  return name ? `${verdict} by ${name.table} ${name.chain} ${name.rule ?? 'policy'}` : verdict;
}
