// json-rules-engine, where it is installed: the same gateway as rules of facts, operators and priorities. What it cannot do, connections, it
// is told as a fact.

import type { AccessRule } from '../traffic/rules.ts';
import { inNetwork, NaiveConnections, type NaivePacket, readPackets } from './naive.ts';

const PACKAGE = 'json-rules-engine';
/** Of the lists; what stands between them comes in between. */
const BLOCKED_PRIORITY = 3;
const ESTABLISHED_PRIORITY = 2;
const SERVICES_PRIORITY = 1;

/** As much of its interface as is used here. */
interface RulesEngine {
  addOperator(name: string, check: (fact: never, value: never) => boolean): void;
  addRule(rule: unknown): void;
  run(facts: object): Promise<{ readonly events: readonly { readonly type: string }[] }>;
  stop(): unknown;
}

type EngineClass = new () => RulesEngine;

/** Its class; undefined where it is not installed. */
export async function findRulesEngine(): Promise<EngineClass | undefined> {
  try {
    return ((await import(PACKAGE)) as { readonly Engine: EngineClass }).Engine;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

export class JsonRulesFirewall {
  private readonly engine: RulesEngine;
  private readonly connections = new NaiveConnections();

  constructor(
    Engine: EngineClass,
    { blocked, services }: { readonly blocked: readonly AccessRule[]; readonly services: readonly AccessRule[] },
  ) {
    this.engine = new Engine();
    this.engine.addOperator('inNetwork', (address: number, [network, bits]: [number, number]) =>
      inNetwork(address, network, bits),
    );
    this.engine.addOperator('inRange', (port: number, [low, high]: [number, number]) => port >= low && port <= high);
    for (const rule of blocked) this.add(conditionsOf(rule), 'DROP', BLOCKED_PRIORITY);
    this.add([{ fact: 'state', operator: 'equal', value: 'ESTABLISHED' }], 'ACCEPT', ESTABLISHED_PRIORITY);
    for (const rule of services) this.add(conditionsOf(rule), 'ACCEPT', SERVICES_PRIORITY);
  }

  /** Packets of a capture that are accepted. */
  async accepted(capture: Uint8Array): Promise<number> {
    let count = 0;
    for (const packet of readPackets(capture)) if ((await this.verdict(packet)) === 'ACCEPT') count++;
    return count;
  }

  private async verdict(packet: NaivePacket): Promise<string> {
    const state = this.connections.state(packet);
    const { events } = await this.engine.run({ ...packet, state });
    const verdict = events[0]?.type ?? 'DROP';
    if (verdict === 'ACCEPT' && state === 'NEW') this.connections.add(packet);
    return verdict;
  }

  private add(all: readonly object[], type: string, priority: number): void {
    // The first rule that matches decides.
    this.engine.addRule({ conditions: { all }, event: { type }, priority, onSuccess: () => void this.engine.stop() });
  }
}

function conditionsOf(rule: AccessRule): object[] {
  const conditions: object[] = [
    { fact: 'source', operator: 'inNetwork', value: [rule.source, rule.sourceBits] },
    { fact: 'destination', operator: 'inNetwork', value: [rule.destination, rule.destinationBits] },
    { fact: 'protocol', operator: 'equal', value: rule.protocol },
  ];
  if (rule.protocol !== 1) conditions.push({ fact: 'dport', operator: 'inRange', value: [rule.portLow, rule.portHigh] });
  return conditions;
}
