// Random rulesets that translate addresses, with rules behind them that look at what came of it.

import type { Random } from '../random.ts';
import type { Family, World } from '../world.ts';
import { PROTOCOLS } from './script.ts';

/** What translations choose from: addresses that are somebody's, and some that are nobody's. */
interface Choices {
  readonly single: readonly string[];
  readonly ranges: readonly string[];
  readonly networks: readonly string[];
  readonly sources: readonly string[];
}

const CHOICES: Readonly<Record<Family, Choices>> = {
  4: {
    single: ['10.0.0.7', '10.0.0.8', '192.0.2.9', '172.16.0.5', '192.0.2.1', '127.0.0.1', '192.0.2.77', '198.51.100.7'],
    ranges: ['10.0.0.7-10.0.0.8', '192.0.2.70-192.0.2.79', '10.0.0.7-10.9.1.1', '192.0.2.77'],
    networks: ['10.0.0.0/24', '192.0.2.64/26', '172.16.0.0/16', '192.0.2.77/32', '10.0.0.0/8'],
    sources: ['10.0.0.0/24', '192.0.2.0/24', '10.0.0.7/32', '192.0.2.9/32', '192.0.2.1/32', '172.16.0.0/16'],
  },
  6: {
    single: ['2001:db8:2::7', '2001:db8:2::8', '2001:db8:1::9', '2001:db8:3::5', '2001:db8:1::1', '2001:db8:1::77', '::1'],
    ranges: ['2001:db8:2::7-2001:db8:2::8', '2001:db8:1::70-2001:db8:1::79', '2001:db8:2::7-2001:db8:9::1', '2001:db8:1::77'],
    networks: ['2001:db8:2::/64', '2001:db8:1::40/122', '2001:db8:3::/48', '2001:db8:1::77/128'],
    sources: ['2001:db8:2::/64', '2001:db8:1::/64', '2001:db8:2::7/128', '2001:db8:1::9/128', '2001:db8:1::1/128'],
  },
};

const PORT_WORDS = ['80', '1000', '4000-4063', '1000-2000', '500-600', '4000'];

function to(random: Random, family: Family, ports: boolean, isRange: boolean): string {
  const addresses = CHOICES[family];
  const address = random.pick(isRange ? addresses.ranges : addresses.single);
  if (!ports) return address;
  return `${family === 6 ? `[${address}]` : address}:${random.pick(PORT_WORDS)}`;
}

/** A target that sets the destination. */
function destinationTarget(random: Random, family: Family, ports: boolean): string {
  const persistent = random.chance(0.2) ? ' --persistent' : '';
  return random.weighted<() => string>([
    [5, () => `DNAT --to-destination ${to(random, family, ports, random.chance(0.3))}${persistent}`],
    [ports ? 1 : 0, () => `DNAT --to-destination ${family === 6 ? '[2001:db8:2::7]' : '10.0.0.7'}:2000-3000/1000`],
    [ports ? 1 : 0, () => `DNAT --to-destination :${random.pick(PORT_WORDS)}`],
    [2, () => `REDIRECT${ports ? ` --to-ports ${random.pick(PORT_WORDS)}` : ''}`],
    [1, () => `NETMAP --to ${random.pick(CHOICES[family].networks)}`],
  ])();
}

/** A target that sets the source. */
function sourceTarget(random: Random, family: Family, ports: boolean, chain: string): string {
  const persistent = random.chance(0.2) ? ' --persistent' : '';
  return random.weighted<() => string>([
    [5, () => `SNAT --to-source ${to(random, family, ports, random.chance(0.3))}${persistent}`],
    [chain === 'POSTROUTING' ? 4 : 0, () => `MASQUERADE${ports ? ` --to-ports ${random.pick(PORT_WORDS)}` : ''}`],
    [1, () => `NETMAP --to ${random.pick(CHOICES[family].networks)}`],
  ])();
}

/** Some matches; `ports`: a protocol that ports can be asked of. */
function matches(random: Random, family: Family, world: World, chain: string): { words: string; ports: boolean } {
  const icmp = family === 4 ? 'icmp' : 'ipv6-icmp';
  const protocol = random.weighted<string>([
    [3, ''],
    [4, 'tcp'],
    [4, 'udp'],
    [family === 4 ? 1 : 0, icmp],
    [1, 'sctp'],
  ]);
  const words = protocol === '' ? [] : [`-p ${protocol}`];
  const hasPorts = protocol !== '' && protocol !== icmp;
  if (hasPorts && random.chance(0.5)) words.push(`-m ${protocol} --dport ${random.pick(['80', '53', '1000', '0:1023', '4000'])}`);
  if (random.chance(0.4)) words.push(`${random.chance(0.2) ? '! ' : ''}-s ${random.pick(CHOICES[family].sources)}`);
  if (random.chance(0.4)) words.push(`${random.chance(0.2) ? '! ' : ''}-d ${random.pick(CHOICES[family].sources)}`);
  const isIn = chain === 'PREROUTING' || chain === 'INPUT';
  if (random.chance(0.3)) words.push(`${isIn ? '-i' : '-o'} ${random.pick([...world.interfaces, 'lo'])}`);
  return { words: words.join(' '), ports: protocol !== '' };
}

function natTable(random: Random, family: Family, world: World): string[] {
  const lines = ['*nat'];
  const chains = ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'];
  for (const chain of chains) lines.push(`:${chain} ACCEPT [0:0]`);
  for (const chain of chains) {
    const count = random.int(0, chain === 'INPUT' ? 2 : 5);
    for (let i = 0; i < count; i++) {
      const { words, ports } = matches(random, family, world, chain);
      const isDestination = chain === 'PREROUTING' || chain === 'OUTPUT';
      const usesPorts = ports && random.chance(0.5);
      const target = isDestination
        ? destinationTarget(random, family, usesPorts)
        : sourceTarget(random, family, usesPorts, chain);
      lines.push(`-A ${chain} ${words} -j ${random.chance(0.1) ? random.pick(['ACCEPT', 'RETURN']) : target}`);
    }
  }
  return [...lines, 'COMMIT'];
}

/** Rules that look at translations. */
function watch(random: Random, family: Family): string {
  const addresses = CHOICES[family].sources;
  return random.weighted<() => string>([
    [3, () => `-m conntrack --ctstate ${random.pick(['SNAT', 'DNAT', 'SNAT,DNAT', 'NEW', 'RELATED', 'ESTABLISHED', 'INVALID'])}`],
    [1, () => `-m conntrack ! --ctstate ${random.pick(['SNAT', 'DNAT', 'NEW'])}`],
    [1, () => `-m conntrack --${random.pick(['ctorigsrc', 'ctorigdst', 'ctreplsrc', 'ctrepldst'])} ${random.pick(addresses)}`],
    [1, () => `-m conntrack --ctdir ${random.pick(['ORIGINAL', 'REPLY'])}`],
    [2, () => `${random.pick(['-s', '-d'])} ${random.pick(addresses)}`],
    [1, () => `-m addrtype --${random.pick(['src', 'dst'])}-type ${random.pick(['LOCAL', 'UNICAST'])}`],
    [1, () => `-p udp -m udp --${random.pick(['sport', 'dport'])} ${random.pick(['80', '1000', '4000'])}`],
  ])();
}

function watchTable(random: Random, family: Family, table: string, chains: readonly string[]): string[] {
  const lines = [`*${table}`];
  for (const chain of chains) lines.push(`:${chain} ACCEPT [0:0]`);
  for (const chain of chains) {
    for (let i = random.int(0, 4); i > 0; i--) {
      const target = random.chance(0.06) ? ' -j DROP' : table === 'mangle' && random.chance(0.3) ? ` -j ${marking(random)}` : '';
      lines.push(`-A ${chain} ${watch(random, family)}${target}`);
    }
    if (table === 'mangle' && family === 6 && random.chance(0.15)) lines.push(...prefixRules(chain));
  }
  return [...lines, 'COMMIT'];
}

/** Another prefix for the inside, packet by packet. */
function prefixRules(chain: string): string[] {
  const inside = '2001:db8:2::/64';
  const outside = '2001:db8:77::/64';
  if (chain === 'POSTROUTING') return [`-A ${chain} -s ${inside} -o eth0 -j SNPT --src-pfx ${inside} --dst-pfx ${outside}`];
  if (chain === 'PREROUTING') return [`-A ${chain} -d ${outside} -i eth0 -j DNPT --src-pfx ${outside} --dst-pfx ${inside}`];
  return [];
}

/** Helpers for those protocols that conversations are held in, zones, and what is not tracked. */
function rawTable(random: Random, family: Family, world: World, hasHelpers: boolean): string[] {
  const helpers = hasHelpers ? PROTOCOLS.filter(({ families }) => families.includes(family)) : [];
  const given = [
    ...new Set(helpers.map(({ name, protocol, port }) => `-p ${protocol} -m ${protocol} --dport ${port} -j CT --helper ${name}`)),
  ];
  const others: string[] = [];
  if (random.chance(0.08))
    others.push(`-i ${random.pick(world.interfaces)} -j CT --zone${random.pick(['', '-orig', '-reply'])} 3`);
  if (random.chance(0.08))
    others.push(`-p ${random.pick(['udp', 'tcp'])} -s ${random.pick(CHOICES[family].sources)} -j CT --notrack`);
  const rules = ['PREROUTING', 'OUTPUT'].flatMap((chain) =>
    [...given, ...others.filter((rule) => chain === 'PREROUTING' || !rule.startsWith('-i'))].map((rule) => `-A ${chain} ${rule}`),
  );
  return rules.length === 0 ? [] : ['*raw', ':PREROUTING ACCEPT [0:0]', ':OUTPUT ACCEPT [0:0]', ...rules, 'COMMIT'];
}

/** What changes how a packet is routed, now and in answer. */
function marking(random: Random): string {
  return random.weighted<() => string>([
    [3, () => `MARK --set-xmark ${random.pick(['0x1', '0x2', '0x10', '0x5'])}/0xffffffff`],
    [1, () => `TOS --set-tos ${random.pick(['0x10', '0x08', '0xb8'])}/0xff`],
    [1, () => 'CONNMARK --save-mark'],
    [1, () => 'CONNMARK --restore-mark'],
  ])();
}

/** iptables-save text. */
export function natRules(random: Random, family: Family, world: World, hasHelpers: boolean): string {
  const mangle = ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'];
  const tables = [
    rawTable(random, family, world, hasHelpers),
    random.chance(0.5) ? watchTable(random, family, 'mangle', mangle) : [],
    natTable(random, family, world),
    random.chance(0.8) ? watchTable(random, family, 'filter', ['INPUT', 'FORWARD', 'OUTPUT']) : [],
  ];
  return `${tables.flat().join('\n')}\n`;
}
