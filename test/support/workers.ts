// Random scenarios with several numbers of workers, which must not show in anything that is told of them.

import { generateConversations } from '../kernel/conversation/generate.ts';
import { type GeneratedScenario, generateScenario } from '../kernel/generate.ts';
import { parsePacketLine } from './packet-line.ts';
import { type ReplayText, replayText } from './replay.ts';
import { hostInterfaces, scenarioCapture, scenarioTimes } from './scenario-replay.ts';

const WORKERS = [1, 2, 3, 4, 8];
/** Small, so that many batches are in flight. */
const BATCH_PACKETS = 16;
const PACKETS = 300;
const PARTS = ['ndjson', 'counters', 'conntrack', 'sets', 'log'] as const;

/** What the random scenarios of a seed, one of conversations and one of all kinds of rules, tell otherwise with more workers than one. */
export async function differencesByWorkers(seed: number): Promise<string[]> {
  const both = [generateConversations(seed, PACKETS), generateScenario(seed, PACKETS)];
  const differences: string[] = [];
  for (const [i, scenario] of both.entries()) {
    const name = `${['conversations', 'scenario'][i]} of seed ${seed}`;
    const [one, ...others] = await replays(scenario);
    if (one!.result.packets !== PACKETS) differences.push(`${name}: ${one!.result.packets} packets`);
    for (const [at, other] of others.entries()) {
      const parts = PARTS.filter((part) => other[part] !== one![part]);
      if (parts.length > 0) differences.push(`${name}: other ${parts.join(', ')} with ${WORKERS[at + 1]} workers`);
    }
  }
  return differences;
}

async function replays({ host, rules, rules6, ipset, packets: lines }: GeneratedScenario): Promise<ReplayText[]> {
  const packets = lines.map((line) => parsePacketLine(line));
  const input = {
    host,
    ...(rules === undefined ? {} : { rules }),
    ...(rules6 === undefined ? {} : { rules6 }),
    ...(ipset === undefined ? {} : { ipset }),
    assume: ['owner.uid=0', 'owner.gid=0'],
    log: true,
    captures: [scenarioCapture(hostInterfaces(host), packets, scenarioTimes(packets))],
    answers: 'host' as const,
    batchPackets: BATCH_PACKETS,
  };
  const texts: ReplayText[] = [];
  for (const workers of WORKERS) texts.push(await replayText({ ...input, workers }));
  return texts;
}
