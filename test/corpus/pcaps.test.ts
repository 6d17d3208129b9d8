// Every capture of the corpus: read to its end or refused with a reason, and every packet of it dissected.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  CAPTURE_FAULT_BLOCK_LENGTH,
  CAPTURE_FAULT_INTERFACE,
  CAPTURE_FAULT_MAGIC,
  CAPTURE_FAULT_NONE,
  CAPTURE_FAULT_OPTION,
  CAPTURE_FAULT_RECORD_LENGTH,
  CAPTURE_FAULT_TIME_UNIT,
  CAPTURE_FAULT_VERSION,
} from '../../assembly/abi/capture.ts';
import { PACKET_WHY } from '../../assembly/abi/packet.ts';
import * as verdict from '../../assembly/abi/verdict.ts';
import { openCore } from '../support/core.ts';
import { dissectFrames } from '../support/dissection.ts';
import { captureReader, type Walk } from '../support/walk.ts';

const corpus = process.env.CORPUS;
const folder = corpus === undefined ? '' : join(corpus, 'pcaps');
const installed = corpus !== undefined && existsSync(join(folder, 'INDEX.tsv'));
if (!installed) console.warn('corpus: CORPUS names no folder with pcaps/INDEX.tsv, its captures are not read');

const FAULTS: Readonly<Record<number, string>> = {
  [CAPTURE_FAULT_NONE]: 'whole',
  [CAPTURE_FAULT_MAGIC]: 'refused: not a capture',
  [CAPTURE_FAULT_VERSION]: 'refused: version',
  [CAPTURE_FAULT_RECORD_LENGTH]: 'damaged: record length',
  [CAPTURE_FAULT_BLOCK_LENGTH]: 'damaged: block length',
  [CAPTURE_FAULT_INTERFACE]: 'damaged: interface not described',
  [CAPTURE_FAULT_OPTION]: 'damaged: interface option',
  [CAPTURE_FAULT_TIME_UNIT]: 'damaged: time unit',
};

const WHY_NAMES = new Map(Object.entries(verdict).flatMap(([name, code]) => (name.startsWith('WHY_') ? [[code, name]] : [])));

function outcomeOf(walk: Walk, size: number): string {
  if (walk.fault === CAPTURE_FAULT_NONE && walk.offset < size) return 'cut at its end';
  return FAULTS[walk.fault] ?? `fault ${walk.fault}`;
}

/** What a program prints, also when it ends with an error; nothing when it is not installed. */
function printed(program: string, args: readonly string[]): string {
  const { stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  return `${stdout ?? ''}${stderr ?? ''}`;
}

/** Packets that capinfos counts, or tcpdump where capinfos does not know the link type; undefined when neither does. */
function countedByOthers(path: string): number | undefined {
  const capinfos = /^Number of packets: +(\d+)/m.exec(printed('capinfos', ['-cM', path]));
  const tcpdump = capinfos ?? /^(\d+) packets?$/m.exec(printed('tcpdump', ['-nr', path, '--count']));
  return tcpdump === null ? undefined : Number(tcpdump[1]);
}

interface Entry {
  readonly file: string;
  /** As the index gives it; NaN where it has none. */
  readonly packets: number;
}

function index(): Entry[] {
  const [, ...lines] = readFileSync(join(folder, 'INDEX.tsv'), 'utf8').trim().split('\n');
  return lines.map((line) => {
    const columns = line.split('\t');
    return { file: columns[0]!, packets: Number.parseInt(columns[9] ?? '', 10) };
  });
}

describe.skipIf(!installed)('captures of the corpus', () => {
  const entries = installed ? index() : [];
  const outcomes = new Map<string, number>();
  const reasons = new Map<string, number>();
  const walks = new Map<string, { walk: Walk; outcome: string }>();
  const count = (map: Map<string, number>, key: string, by = 1) => void map.set(key, (map.get(key) ?? 0) + by);

  beforeAll(() => {
    const read = captureReader(openCore(1024));
    const core = openCore(2048);
    const mark = core.allocate(0);
    for (const { file } of entries) {
      const stored = readFileSync(join(folder, file));
      const bytes = file.endsWith('.gz') ? gunzipSync(stored) : stored;
      const walk = read(bytes, { capacity: 4096, interfaceMax: 1024 });
      const outcome = outcomeOf(walk, bytes.length);
      walks.set(file, { walk, outcome });
      count(outcomes, outcome);
      for (let start = 0; start < walk.frames.length; start += 1024) {
        const part = walk.frames.slice(start, start + 1024);
        const frames = part.map((frame) => ({ ...frame, linktype: walk.interfaces[frame.interface]!.linktype }));
        const { word } = dissectFrames(frames, 16, core);
        for (let i = 0; i < part.length; i++) count(reasons, WHY_NAMES.get(word(i, PACKET_WHY)) ?? 'no such reason');
        core.release(mark);
      }
    }
  });

  afterAll(() => {
    const table = (map: Map<string, number>) =>
      [...map].sort((a, b) => b[1] - a[1]).map(([name, number]) => `${String(number).padStart(8)}  ${name}`);
    console.log(['captures by outcome', ...table(outcomes), 'packets by reason', ...table(reasons)].join('\n'));
  });

  test('every one is read or refused for a reason that has a name', () => {
    expect(walks.size).toBe(entries.length);
    expect([...outcomes.keys()].filter((name) => name.startsWith('fault'))).toEqual([]);
    expect(reasons.has('no such reason')).toBe(false);
  });

  test('every one has the packets that the index counts, where it counts', () => {
    const wrong = entries.flatMap(({ file, packets }) => {
      const { walk, outcome } = walks.get(file)!;
      return walk.frames.length === packets || Number.isNaN(packets)
        ? []
        : [`${file}: ${outcome}, ${walk.frames.length} packets for ${packets}`];
    });
    expect(wrong).toEqual([]);
  });

  test.skipIf(printed('capinfos', ['--version']) === '')('every one has the packets that capinfos or tcpdump counts', () => {
    const uncounted: string[] = [];
    const wrong = entries.flatMap(({ file }) => {
      const { walk, outcome } = walks.get(file)!;
      const counted = countedByOthers(join(folder, file));
      if (counted === undefined) uncounted.push(file);
      return walk.frames.length === counted || counted === undefined
        ? []
        : [`${file}: ${outcome}, ${walk.frames.length} packets for ${counted}`];
    });
    expect(wrong).toEqual([]);
    expect(uncounted).toEqual([]);
  });
});
