import { expect, test } from 'vitest';
import { JsonRulesFirewall } from '../../bench/peers/json-rules.ts';
import { ruleCounts, rulesByTable } from '../../bench/peers/kernel.ts';
import { NaiveFirewall, readPackets } from '../../bench/peers/naive.ts';
import { Firewall, loadRules } from '../../bench/scenarios/firewall.ts';
import { Flows, SNAP_FULL } from '../../bench/traffic/flows.ts';
import { GATEWAY_HOST, gateway } from '../../bench/traffic/gateway.ts';
import { firstMatch } from '../../bench/traffic/rules.ts';

const FLOWS = 200;
const one = gateway({ blocked: 40, services: 20 }, 3);
const flows = new Flows(FLOWS, 3, { tuple: one.tuple, snapBytes: SNAP_FULL });
const opened = flows.handshakes(0, FLOWS);
const mixed = flows.mixed({ packets: 1000, dataToOpening: 8, firstNew: FLOWS, refused: one.refused });
const ACCEPTED = 900;

test('flows of the gateway all differ, and are of clients and servers that its rules accept', () => {
  const keys = new Set<string>();
  for (let flow = 0; flow < 20_000; flow++) {
    const { source, destination, sport, dport } = one.tuple(flow, false);
    keys.add(`${source}:${sport} ${destination}:${dport}`);
    const header = { source, destination, protocol: 6, sport, dport };
    if (flow < 500) expect([firstMatch(one.blocked, header), firstMatch(one.services, header) >= 0]).toEqual([-1, true]);
  }
  expect(keys.size).toBe(20_000);
});

test('what shall be refused is what a rule of BLOCKED is about', () => {
  for (let index = 0; index < 500; index++) {
    const { source, destination, sport, dport } = one.refused(index);
    expect(firstMatch(one.blocked, { source, destination, protocol: 6, sport, dport })).toBeGreaterThanOrEqual(0);
  }
});

test('a mixed capture has the packets that it says, in turn', () => {
  expect(mixed.packets).toBe(1000);
  expect([...readPackets(mixed.bytes)]).toHaveLength(1000);
});

test('Hookline, the naive matcher and rules of json-rules-engine accept the same packets', async () => {
  const firewall = new Firewall({ loaded: loadRules(one.rules, GATEWAY_HOST), connections: 1000, workers: 0 });
  await firewall.replay(opened, { accepted: opened.packets });
  await firewall.replay(mixed, { accepted: ACCEPTED });
  const { filter } = ruleCounts(firewall.saved());
  expect(filter!.reduce((sum, [packets]) => sum + packets, 0)).toBeGreaterThan(opened.packets + mixed.packets);
  await firewall.close();
  const naive = new NaiveFirewall(one);
  expect([naive.accepted(opened.bytes), naive.accepted(mixed.bytes)]).toEqual([opened.packets, ACCEPTED]);
  const json = new JsonRulesFirewall(StandIn, one);
  expect([await json.accepted(opened.bytes), await json.accepted(mixed.bytes)]).toEqual([opened.packets, ACCEPTED]);
});

test('rules and their counters are read table by table', () => {
  const text = '*nat\n:PREROUTING ACCEPT [3:9]\n[1:40] -A PREROUTING -j ACCEPT\nCOMMIT\n*raw\nCOMMIT\n';
  expect(rulesByTable(text)).toEqual({ nat: ['[1:40] -A PREROUTING -j ACCEPT'], raw: [] });
  expect(ruleCounts(text)).toEqual({ nat: [[1, 40]], raw: [] });
});

interface StandInRule {
  readonly conditions: { readonly all: readonly { fact: string; operator: string; value: unknown }[] };
  readonly event: { readonly type: string };
  readonly priority: number;
  onSuccess(): void;
}

/** What is used of json-rules-engine, as its documentation describes it: rules of one priority together, the highest first, until stopped. */
class StandIn {
  private readonly rules: StandInRule[] = [];
  private readonly operators = new Map<string, (fact: never, value: never) => boolean>([
    ['equal', (fact, value) => fact === value],
  ]);
  private stopped = false;

  addOperator(name: string, check: (fact: never, value: never) => boolean): void {
    this.operators.set(name, check);
  }

  addRule(rule: unknown): void {
    this.rules.push(rule as StandInRule);
  }

  stop(): void {
    this.stopped = true;
  }

  async run(facts: object): Promise<{ events: { type: string }[] }> {
    this.stopped = false;
    const events: { type: string }[] = [];
    for (const priority of [...new Set(this.rules.map((rule) => rule.priority))].sort((a, b) => b - a)) {
      for (const rule of this.rules.filter((candidate) => candidate.priority === priority)) {
        const holds = rule.conditions.all.every(({ fact, operator, value }) =>
          this.operators.get(operator)!(facts[fact as keyof typeof facts], value as never),
        );
        if (!holds) continue;
        events.push(rule.event);
        rule.onSuccess();
      }
      if (this.stopped) break;
    }
    return { events };
  }
}
