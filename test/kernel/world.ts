// The small world that random rules and random traffic share: few addresses, ports and values, so that rules are met.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { type Answers, SCENARIOS } from '../support/scenario.ts';
import { randomHost } from './generate-host.ts';
import type { Random } from './random.ts';

export type Family = 4 | 6;

/** Somebody on the network: an address, and the interface behind which it is; '' is the host itself. */
export interface Place {
  readonly address: string;
  readonly interface: string;
}

export interface World {
  /** Host file, YAML. */
  readonly host: string;
  readonly forwards: boolean;
  /** What the host answers with. */
  readonly answers: Answers;
  /** Rules may send copies. */
  readonly copies: boolean;
  readonly interfaces: readonly string[];
  readonly places: Readonly<Record<Family, readonly Place[]>>;
  /** Destinations that no conversation is held with: blackholes, broadcasts, addresses that are nowhere. */
  readonly dead: Readonly<Record<Family, readonly string[]>>;
}

const OUTSIDE: Readonly<Record<Family, readonly Place[]>> = {
  4: places('eth0', '192.0.2.9 192.0.2.10 192.0.2.130 198.51.100.7'),
  6: places('eth0', '2001:db8:1::9 2001:db8:1::a 2001:db8:1:0:8000::9 2001:db8:ffff::7'),
};
const INSIDE: Readonly<Record<Family, readonly Place[]>> = {
  4: [...places('eth1', '10.0.0.7 10.0.0.8 10.9.1.1'), ...places('eth2', '172.16.0.5')],
  6: [...places('eth1', '2001:db8:2::7 2001:db8:2::8 2001:db8:9::1'), ...places('eth2', '2001:db8:3::5')],
};
const SELF: Readonly<Record<Family, readonly Place[]>> = {
  4: places('', '192.0.2.1 10.0.0.1'),
  6: places('', '2001:db8:1::1 2001:db8:2::1'),
};

function places(name: string, addresses: string): Place[] {
  return addresses.split(' ').map((address) => ({ address, interface: name }));
}

export const PORTS = [0, 22, 53, 80, 443, 1000, 1024, 4000, 65535];
export const LENGTHS = [0, 1, 8, 10, 20, 100, 1000];
export const TTLS = [0, 1, 2, 3, 63, 64, 128, 255];
export const TOSES = [0, 0x02, 0x10, 0x2e, 0xb8, 0xff];

const SETTINGS = [
  'net.ipv4.conf.eth0.rp_filter: 1',
  'net.ipv4.conf.eth0.rp_filter: 2',
  'net.ipv4.conf.eth0.accept_local: 1',
  'net.ipv4.conf.eth0.route_localnet: 1',
  'net.netfilter.nf_conntrack_acct: 1',
  'net.netfilter.nf_conntrack_checksum: 0',
  'net.netfilter.nf_conntrack_tcp_be_liberal: 1',
  'net.netfilter.nf_conntrack_tcp_loose: 0',
  'net.netfilter.nf_conntrack_tcp_ignore_invalid_rst: 1',
  'net.netfilter.nf_conntrack_udp_timeout: 77',
  'net.netfilter.nf_conntrack_tcp_timeout_established: 77',
];

function drawSettings(random: Random): string[] {
  if (random.chance(0.6)) return [];
  return random
    .some(SETTINGS, 3)
    .filter((line, i, all) => !/rp_filter/.test(line) || all.findIndex((l) => /rp_filter/.test(l)) === i);
}

/** Text for the end of a host file, where its sysctls stand. */
function settingsText(lines: readonly string[], file: string): string {
  if (lines.length === 0) return '';
  return `${file === 'server.yaml' ? 'sysctl:\n' : ''}${lines.map((line) => `  ${line}\n`).join('')}`;
}

const DEAD: World['dead'] = {
  4: ['192.0.2.255', '255.255.255.255', '10.10.0.1', '10.11.0.1', '224.0.0.1', '224.0.0.251', '192.0.2.66', '203.0.113.5'],
  6: ['2001:db8:10::1', '2001:db8:11::1', 'ff02::1', 'ff02::fb', 'ff0e::7', '2001:db8:1::66'],
};

/** A host whose routes and rules are drawn. */
const DRAWN = 'drawn';

/**
 * Limits of what the host tells others: of a second or more, since the kernel's ticks are not to be foreseen to the last. Those of IPv6 are of
 * one second, as those of its redirects, which another host's savings are kept with too: with others it would matter which packets come
 * within a tick.
 */
const LIMITS = [
  ['net.ipv4.icmp_ratelimit: 1000', 'net.ipv4.icmp_ratemask: 6168'],
  ['net.ipv4.icmp_ratelimit: 3000', 'net.ipv4.icmp_ratemask: 7961'],
  ['net.ipv6.icmp.ratelimit: 1000', 'net.ipv6.icmp.ratemask: 0-1,3-127'],
  ['net.ipv6.icmp.ratelimit: 1000', 'net.ipv6.icmp.ratemask: 1,4,129'],
];

/** Settings and addresses of a host that answers: IPv4's redirects come behind times too short to be foreseen. */
function answering(random: Random, bare: string): { host: string; settings: string[] } {
  const silent = bare.replace(/^ *net\.ipv4\.conf\.\w+\.send_redirects:.*\n/gm, '');
  const host = random.chance(0.5) ? silent.replace('"2001:db8:1::1/64"', '"2001:db8:1::1/64", "fe80::1/64"') : silent;
  const limits = random.chance(0.5) ? [random.pick(LIMITS.slice(0, 2)), random.pick(LIMITS.slice(2))].flat() : [];
  return { host, settings: [...noRedirects(bare), ...limits] };
}

function noRedirects(host: string): string[] {
  const { interfaces } = parse(host) as { interfaces: object };
  return ['all', 'default', 'lo', ...Object.keys(interfaces)].map((name) => `net.ipv4.conf.${name}.send_redirects: 0`);
}

/**
 * Gives one of a few worlds: a router, one that checks the way back, a host that forwards nothing, one with routes and rules at random.
 * `settings`: its sysctls, instead of drawn ones; `answers`: the host may answer with what it rejects and does not forward.
 */
export function makeWorld(random: Random, settings?: readonly string[], answers = false): World {
  const file = random.weighted([
    [6, 'router.yaml'],
    [2, 'realms.yaml'],
    [1, 'strict.yaml'],
    [1, 'loose.yaml'],
    [1, 'server.yaml'],
    [5, DRAWN],
  ]);
  const bare = hostText(random, file);
  const told = answers ? answering(random, bare) : undefined;
  const drawn = settings ?? (file === DRAWN ? [] : drawSettings(random));
  const host = (told?.host ?? bare) + settingsText([...drawn, ...(told?.settings ?? [])], file);
  const { interfaces } = parse(host) as { interfaces: Record<string, { addresses: string[] }> };
  const addresses = Object.values(interfaces).flatMap((entry) => entry.addresses.map((address) => address.split('/')[0]));
  const known = (family: Family) => [
    ...[...OUTSIDE[family], ...INSIDE[family]].filter((place) => place.interface in interfaces),
    ...SELF[family].filter((place) => addresses.includes(place.address)),
  ];
  return {
    host,
    forwards: file !== 'server.yaml',
    // The bench lets copies pass by the gateway that their route names.
    copies: file !== DRAWN,
    answers: answers ? 'rules' : 'none',
    interfaces: Object.keys(interfaces),
    places: { 4: known(4), 6: known(6) },
    dead: DEAD,
  };
}

function hostText(random: Random, file: string): string {
  return file === DRAWN ? randomHost(random) : readFileSync(join(SCENARIOS, 'hosts', file), 'utf8');
}
