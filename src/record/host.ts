// What a script sets up besides rules: interfaces, addresses, routes, routing rules and settings; and the host file of it.

import type { Family } from '../ir/ir.ts';

export interface InterfaceRecord {
  /** Said by `ip link set … up` or `down`. */
  up?: boolean;
  mtu?: number;
  /** As `ip addr add` takes them, without the device. */
  readonly addresses: string[];
}

/** As `ip route add` takes it. */
export interface RouteRecord {
  readonly family: Family;
  readonly words: readonly string[];
}

/** As `ip rule add` takes it. */
export interface RuleRecord {
  readonly family: Family;
  readonly priority: number;
  readonly words: readonly string[];
}

export interface HostRecord {
  readonly interfaces: Map<string, InterfaceRecord>;
  routes: RouteRecord[];
  rules: RuleRecord[];
  readonly sysctl: Map<string, string>;
  /** Commands whose effect a host file has no place for, each once. */
  readonly leftOut: Set<string>;
}

export function createHostRecord(): HostRecord {
  return { interfaces: new Map(), routes: [], rules: [], sysctl: new Map(), leftOut: new Set() };
}

/** The interface of a name. A script may speak of any that the machine has: it is there as soon as something is set up on it. */
export function interfaceRecord(host: HostRecord, name: string): InterfaceRecord {
  const there = host.interfaces.get(name);
  if (there) return there;
  const made: InterfaceRecord = { addresses: [] };
  host.interfaces.set(name, made);
  return made;
}

/** The host file; undefined when the script set up nothing that it could hold. JSON texts are YAML too. */
export function hostYaml({ interfaces, routes, rules, sysctl }: HostRecord): string | undefined {
  const lines: string[] = [];
  if (interfaces.size > 0) lines.push('interfaces:');
  for (const [name, { addresses, mtu, up }] of interfaces) {
    const parts = [
      ...(addresses.length > 0 ? [`addresses: ${JSON.stringify(addresses)}`] : []),
      ...(mtu === undefined ? [] : [`mtu: ${mtu}`]),
      ...(up === false ? ['up: false'] : []),
    ];
    lines.push(`  ${JSON.stringify(name)}: ${parts.length > 0 ? `{ ${parts.join(', ')} }` : '{}'}`);
  }
  for (const family of [4, 6] as const) {
    const suffix = family === 4 ? '' : '6';
    const ofFamily = routes.filter((route) => route.family === family).map(({ words }) => words.join(' '));
    const priorities = rules
      .filter((rule) => rule.family === family)
      .map((rule) => `${rule.words.join(' ')} pref ${rule.priority}`);
    lines.push(...list(`routes${suffix}`, ofFamily), ...list(`rules${suffix}`, priorities));
  }
  if (sysctl.size > 0) lines.push('sysctl:');
  for (const [name, value] of sysctl) lines.push(`  ${JSON.stringify(name)}: ${JSON.stringify(value)}`);
  return lines.length > 0 ? `${lines.join('\n')}\n` : undefined;
}

function list(key: string, texts: readonly string[]): string[] {
  return texts.length > 0 ? [`${key}:`, ...texts.map((text) => `  - ${JSON.stringify(text)}`)] : [];
}
