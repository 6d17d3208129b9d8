// Every cell of the TCP state table as packets: how a state is reached, then a segment of each class from each side, in order and
// in window.

import { parsePacketScripts } from '../support/packet-script.ts';

/** Each state by the one before it and the segment that leads on. Sequence numbers start at 100 and 500. */
const WAYS: readonly (readonly [state: string, from: string, segment: string])[] = [
  ['SYN_SENT', '', '> S 100:100(0)'],
  ['SYN_SENT2', 'SYN_SENT', '< S 500:500(0)'],
  ['SYN_RECV', 'SYN_SENT', '< SA 500:500(0) ack 101'],
  ['ESTABLISHED', 'SYN_RECV', '> A 101:101(0) ack 501'],
  ['FIN_WAIT', 'ESTABLISHED', '> FA 101:101(0) ack 501'],
  ['CLOSE_WAIT', 'FIN_WAIT', '< A 501:501(0) ack 102'],
  ['LAST_ACK', 'CLOSE_WAIT', '< FA 501:501(0) ack 102'],
  ['TIME_WAIT', 'LAST_ACK', '> A 102:102(0) ack 502'],
  ['CLOSE', 'ESTABLISHED', '> R 101:101(0)'],
];

const CLASSES = ['S', 'SA', 'FA', 'A', 'RA', 'P'] as const;

/** Next sequence number of each side in each state. */
const NEXT: Readonly<Record<string, readonly [original: number, reply: number]>> = {
  '': [100, 500],
  SYN_SENT: [101, 500],
  FIN_WAIT: [102, 501],
  CLOSE_WAIT: [102, 501],
  LAST_ACK: [102, 502],
  TIME_WAIT: [102, 502],
};

export interface GridAnswer {
  /** As `--ctstate` names it. */
  readonly state: string;
  /** State of the entry, `-` when it is gone. */
  readonly entry: string;
}

function wayTo(state: string): string[] {
  const way = WAYS.find(([name]) => name === state);
  return way === undefined ? [] : [...wayTo(way[1]), way[2]];
}

function packetsOf(segments: readonly string[]): Uint8Array[] {
  const lines = segments.map((segment) => `+0 ${segment} => X`);
  return parsePacketScripts(`# grid\n\`\`\`packets\n${lines.join('\n')}\n\`\`\`\n`)[0]!.steps.map((step) => step.bytes);
}

/** Puts every cell to a tracker, one row a line: state before, side, then for each class what is seen and the state after. */
export function gridCells(ask: (packets: readonly Uint8Array[]) => GridAnswer): string[] {
  const rows: string[] = [['state'.padEnd(15), ...CLASSES.map((name) => name.padEnd(24))].join('').trimEnd()];
  for (const state of ['', ...WAYS.map(([name]) => name)]) {
    for (const side of state === '' ? ['>'] : ['>', '<']) {
      const [original, reply] = NEXT[state] ?? [101, 501];
      const [seq, ack] = side === '>' ? [original, reply] : [reply, original];
      const cells = CLASSES.map((flags) => {
        const number = flags.startsWith('S') && state.startsWith('SYN_SENT') ? seq - 1 : seq;
        const { state: seen, entry } = ask(packetsOf([...wayTo(state), `${side} ${flags} ${number}:${number}(0) ack ${ack}`]));
        return `${seen} ${entry === state ? '=' : entry}`.padEnd(24);
      });
      rows.push([`${side} ${state || 'NONE'}`.padEnd(15), ...cells].join('').trimEnd());
    }
  }
  return rows;
}
