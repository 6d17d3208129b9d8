// Random scenarios with several numbers of workers, which must not show in anything that is told of them.

import { generateConversations } from '../kernel/conversation/generate.ts';
import { type GeneratedScenario, generateScenario } from '../kernel/generate.ts';
import { generateGateway } from '../kernel/nat/gateway.ts';
import { generateTranslations } from '../kernel/nat/generate.ts';
import { parsePacketLine } from './packet-line.ts';
import { type ReplayInput, type ReplayText, replayText } from './replay.ts';
import { hostInterfaces, scenarioCapture, scenarioTimes } from './scenario-replay.ts';

const WORKERS = [2, 3, 4, 8];
/** Small, so that many batches are in flight. */
const BATCH_PACKETS = 16;
const PACKETS = 300;
const TRANSLATED_PACKETS = 80;
const PARTS = ['ndjson', 'counters', 'conntrack', 'sets', 'log'] as const;
/** What is told of packets that nobody looks at. */
const BRIEF = { brief: true, log: false } as const;
const BRIEF_PARTS = ['counters', 'conntrack', 'sets', 'sums'] as const;

/**
 * What the random scenarios of a seed, of conversations, of all kinds of rules and of gateways, tell otherwise with more workers than one.
 */
export async function differencesByWorkers(seed: number): Promise<string[]> {
  return [
    ...(await differences(`conversations of seed ${seed}`, generateConversations(seed, PACKETS))),
    ...(await differences(`scenario of seed ${seed}`, generateScenario(seed, PACKETS))),
    ...(await differences(`gateway of seed ${seed}`, await generateGateway(seed, PACKETS))),
  ];
}

/** The same of random translations, held to a plan that their rules speak against as often as not. */
export async function differencesOfTranslations(seed: number): Promise<string[]> {
  const scenario = await generateTranslations(seed, TRANSLATED_PACKETS);
  return await differences(`translations of seed ${seed}`, scenario, { spreads: true });
}

async function differences(name: string, scenario: GeneratedScenario, held: Partial<ReplayInput> = {}): Promise<string[]> {
  const input = inputOf(scenario);
  const one = await replayText({ ...input, workers: 1 });
  const found = one.result.packets === scenario.packets.length ? [] : [`${name}: ${one.result.packets} packets`];
  for (const workers of WORKERS) {
    const other: ReplayText = await replayText({ ...input, ...held, workers });
    const parts = PARTS.filter((part) => other[part] !== one[part]);
    if (parts.length > 0) found.push(`${name}: other ${parts.join(', ')} with ${workers} workers`);
  }
  for (const workers of [1, ...WORKERS]) {
    const other: ReplayText = await replayText({ ...input, ...held, ...BRIEF, workers });
    const parts = BRIEF_PARTS.filter((part) => other[part] !== one[part]);
    if (parts.length > 0) found.push(`${name}: other ${parts.join(', ')} with ${workers} workers, briefly`);
  }
  return found;
}

function inputOf({ host, rules, rules6, ipset, packets: lines }: GeneratedScenario): ReplayInput {
  const packets = lines.map((line) => parsePacketLine(line));
  return {
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
}
