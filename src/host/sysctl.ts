// Kernel settings: their names, and which value is in force for an interface.

import {
  HOST_ANSWER_INBOUND4,
  HOST_ANSWER_MARK4,
  HOST_ANSWER_MARK6,
  HOST_ANSWER_NO_BROADCAST4,
  HOST_ANSWER_NO_ECHO4,
  HOST_ANSWER_NO_ECHO6,
  HOST_ANSWER_NO_MULTICAST6,
} from '../../assembly/abi/host.ts';
import type { Diagnostics } from '../text/diagnostic.ts';
import type { Span } from '../text/source.ts';
import type { Host, Sysctls } from './host.ts';

/**
 * Gives a sysctl's name as `sysctl -a` prints it. With slashes between the parts, dots stand for themselves, and are printed as
 * slashes. Ref: man 8 sysctl
 */
export function sysctlName(text: string): string {
  const first = /[./]/.exec(text)?.[0];
  return first === '/' ? text.replace(/[./]/g, (c) => (c === '/' ? '.' : '/')) : text;
}

/** The part of a name that stands for an interface. */
export function sysctlInterface(name: string): string {
  return name.replaceAll('.', '/');
}

type Combine = 'interface' | 'or' | 'and' | 'max';

/** How the value of `all` and that of the interface make the one in force. Ref: include/linux/inetdevice.h:IN_DEV_* */
const IPV4_CONF: Readonly<Record<string, { combine: Combine; initial: number; initialAll: number; max: number }>> = {
  rp_filter: { combine: 'max', initial: 0, initialAll: 0, max: 2 },
  route_localnet: { combine: 'or', initial: 0, initialAll: 0, max: 1 },
  accept_local: { combine: 'or', initial: 0, initialAll: 0, max: 1 },
  accept_source_route: { combine: 'and', initial: 1, initialAll: 0, max: 1 },
  send_redirects: { combine: 'or', initial: 1, initialAll: 1, max: 1 },
  drop_unicast_in_l2_multicast: { combine: 'or', initial: 0, initialAll: 0, max: 1 },
  bc_forwarding: { combine: 'and', initial: 0, initialAll: 0, max: 1 },
  src_valid_mark: { combine: 'or', initial: 0, initialAll: 0, max: 1 },
  shared_media: { combine: 'or', initial: 1, initialAll: 1, max: 1 },
  ignore_routes_with_linkdown: { combine: 'or', initial: 0, initialAll: 0, max: 1 },
};

/** `allWrites`: writing the value of `all` writes that of every interface. Ref: net/ipv6/addrconf.c:ipv6_devconf */
const IPV6_CONF: Readonly<Record<string, { initial: number; max: number; allWrites: boolean }>> = {
  disable_ipv6: { initial: 0, max: 1, allWrites: true },
  force_forwarding: { initial: 0, max: 1, allWrites: true },
  drop_unicast_in_l2_multicast: { initial: 0, max: 1, allWrites: false },
  ignore_routes_with_linkdown: { initial: 0, max: 1, allWrites: true },
  addr_gen_mode: { initial: 0, max: 3, allWrites: true },
  hop_limit: { initial: 64, max: 255, allWrites: false },
};

function value(sysctl: Sysctls, name: string): number | undefined {
  const text = sysctl[name];
  return text === undefined ? undefined : Number(text);
}

/** The IPv4 setting in force for packets of an interface. */
export function ipv4Setting(host: Pick<Host, 'sysctl'>, name: string, setting: string): number {
  const { combine, initial, initialAll } = IPV4_CONF[setting]!;
  const conf = (scope: string): number | undefined => value(host.sysctl, `net.ipv4.conf.${scope}.${setting}`);
  const all = conf('all') ?? initialAll;
  const own = conf(sysctlInterface(name)) ?? conf('default') ?? initial;
  if (combine === 'max') return Math.max(all, own);
  if (combine === 'and') return all !== 0 && own !== 0 ? 1 : 0;
  return all !== 0 || own !== 0 ? 1 : 0;
}

/** The IPv6 setting in force for an interface. */
export function ipv6Setting(sysctl: Sysctls, name: string, setting: string): number {
  const conf = (scope: string): number | undefined => value(sysctl, `net.ipv6.conf.${scope}.${setting}`);
  const { initial, allWrites } = IPV6_CONF[setting]!;
  return conf(sysctlInterface(name)) ?? (allWrites ? conf('all') : undefined) ?? conf('default') ?? initial;
}

/** Whether packets that come in by an interface may be forwarded. Writing `ip_forward`, or that of `all`, writes every interface's. */
export function forwards(sysctl: Sysctls, family: 4 | 6, name: string): boolean {
  const conf = (scope: string): number | undefined => value(sysctl, `net.ipv${family}.conf.${scope}.forwarding`);
  const all = (family === 4 ? value(sysctl, 'net.ipv4.ip_forward') : undefined) ?? conf('all');
  return (conf(sysctlInterface(name)) ?? all ?? conf('default') ?? 0) !== 0;
}

/** net.ipv6.conf.all.forwarding. */
export function forwards6(sysctl: Sysctls): boolean {
  return (value(sysctl, 'net.ipv6.conf.all.forwarding') ?? 0) !== 0;
}

/** The IPv6 MTU of an interface. */
export function ipv6Mtu(sysctl: Sysctls, name: string, mtu: number): number {
  return Math.min(mtu, value(sysctl, `net.ipv6.conf.${sysctlInterface(name)}.mtu`) ?? mtu);
}

/** Whether routes by an interface without a carrier are none. */
export function ignoresLinkdown(sysctl: Sysctls, family: 4 | 6, name: string): boolean {
  const setting = 'ignore_routes_with_linkdown';
  return (family === 4 ? ipv4Setting({ sysctl }, name, setting) : ipv6Setting(sysctl, name, setting)) !== 0;
}

/** FIB_MULTIPATH_HASH_FIELD_DEFAULT_MASK: addresses and protocol. */
const HASH_FIELDS_DEFAULT = 7;

/** What chooses among several paths. Without `seed` the kernel starts from a number of its own that it tells nobody: 0 here. */
export function hashSettings(sysctl: Sysctls, family: 4 | 6): { policy: number; fields: number; seed: number } {
  return {
    policy: value(sysctl, `net.ipv${family}.fib_multipath_hash_policy`) ?? 0,
    fields: value(sysctl, `net.ipv${family}.fib_multipath_hash_fields`) ?? HASH_FIELDS_DEFAULT,
    seed: value(sysctl, 'net.ipv4.fib_multipath_hash_seed') ?? 0,
  };
}

/** Settings of what the host answers with: the largest value of each, its value at first, and its bit (HOST_ANSWER_*). */
const ANSWERS: Readonly<Record<string, { readonly max: number; readonly initial: number; readonly bit: number }>> = {
  'net.ipv4.icmp_echo_ignore_all': { max: 1, initial: 0, bit: HOST_ANSWER_NO_ECHO4 },
  'net.ipv4.icmp_echo_ignore_broadcasts': { max: 1, initial: 1, bit: HOST_ANSWER_NO_BROADCAST4 },
  'net.ipv4.icmp_errors_use_inbound_ifaddr': { max: 1, initial: 0, bit: HOST_ANSWER_INBOUND4 },
  'net.ipv4.fwmark_reflect': { max: 255, initial: 0, bit: HOST_ANSWER_MARK4 },
  'net.ipv6.icmp.echo_ignore_all': { max: 1, initial: 0, bit: HOST_ANSWER_NO_ECHO6 },
  'net.ipv6.icmp.echo_ignore_multicast': { max: 1, initial: 0, bit: HOST_ANSWER_NO_MULTICAST6 },
  'net.ipv6.fwmark_reflect': { max: 0x7fffffff, initial: 0, bit: HOST_ANSWER_MARK6 },
};
const DEFAULT_TTL = 'net.ipv4.ip_default_ttl';
const TTL = 64;

/** HOST_ANSWER_* bits. */
export function answerSettings(sysctl: Sysctls): number {
  return Object.entries(ANSWERS).reduce(
    (bits, [name, { initial, bit }]) => bits | ((value(sysctl, name) ?? initial) ? bit : 0),
    0,
  );
}

/** Time to live of what the host sends. */
export function defaultTtl(sysctl: Sysctls): number {
  return value(sysctl, DEFAULT_TTL) ?? TTL;
}

/** Limits of the rate of ICMP messages, of each destination and of all together, and the largest value of each. They are in force if given. */
const LIMITS: Readonly<Record<string, number>> = {
  'net.ipv4.icmp_ratelimit': 0x7fffffff,
  'net.ipv6.icmp.ratelimit': 0x7fffffff,
  'net.ipv4.icmp_msgs_per_sec': 0x7fffffff,
};
/** What goes with them: types that they are about, and how many are saved up; and the same of what IPv4's routing tells. */
const LIMITED: Readonly<Record<string, number>> = {
  'net.ipv4.icmp_ratemask': 0xffffffff,
  'net.ipv4.icmp_msgs_burst': 0x7fffffff,
  'net.ipv4.route.redirect_load': 0x7fffffff,
  'net.ipv4.route.redirect_number': 0x7fffffff,
  'net.ipv4.route.redirect_silence': 0x7fffffff,
  'net.ipv4.route.error_cost': 0x7fffffff,
  'net.ipv4.route.error_burst': 0x7fffffff,
};
const BURST = 'net.ipv4.icmp_msgs_burst';
const MASK6 = 'net.ipv6.icmp.ratemask';

/** Names of the limits of ICMP messages that are in force, and of those that are not. */
export function messageLimits(sysctl: Sysctls): { readonly given: readonly string[]; readonly absent: readonly string[] } {
  const isGiven = (name: string): boolean =>
    sysctl[name] !== undefined || (name === 'net.ipv4.icmp_msgs_per_sec' && sysctl[BURST] !== undefined);
  const names = Object.keys(LIMITS);
  return { given: names.filter(isGiven), absent: names.filter((name) => !isGiven(name)) };
}

/** Whether a text is a list of types as the kernel prints it: `0-1,3-127`, or nothing. */
function isTypeList(text: string): boolean {
  if (!/^([0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*)?$/.test(text)) return false;
  return (text.match(/[0-9]+/g) ?? []).every((number) => Number(number) <= 255);
}

/** Settings that change where packets go and are not evaluated: their value must be the one that leaves things as they are. */
const NOT_MODELLED = /^net\.ipv[46]\.(conf\.[^.]+\.mc_forwarding|fib_multipath_use_neigh)$/;

/** Settings of what chooses among several paths, and the largest value of each. */
const MULTIPATH: Readonly<Record<string, number>> = {
  fib_multipath_hash_policy: 3,
  fib_multipath_hash_fields: 0xfff,
  fib_multipath_hash_seed: 0xffff_ffff,
};

/** Settings of connection tracking, read by it. */
const CONNTRACK = /^net\.(netfilter\.nf_conntrack_[a-z0-9_]+|nf_conntrack_max)$/;

/** Settings of fragments that wait for others, and the largest value of each. Those of IPv6 delivery are seen by no rule. */
const FRAGMENTS: Readonly<Record<string, number>> = {
  'net.ipv4.ipfrag_high_thresh': Number.MAX_SAFE_INTEGER,
  'net.ipv4.ipfrag_time': 0x7fffffff,
  'net.ipv4.ipfrag_max_dist': 0x7fffffff,
};

/** Settings that have two names. */
const ALIASES = [
  ['net.ipv4.ip_forward', 'net.ipv4.conf.all.forwarding'],
  ['net.netfilter.nf_conntrack_max', 'net.nf_conntrack_max'],
] as const;

interface Known {
  readonly min: number;
  readonly max: number;
}

function known(name: string): Known | undefined {
  if (name === 'net.ipv4.ip_forward') return { min: 0, max: 1 };
  if (FRAGMENTS[name] !== undefined) return { min: 0, max: FRAGMENTS[name] };
  if (CONNTRACK.test(name))
    return { min: name.endsWith('_buckets') ? 1 : 0, max: name.endsWith('_thresh') ? Number.MAX_SAFE_INTEGER : 0x7fffffff };
  if (ANSWERS[name] !== undefined) return { min: 0, max: ANSWERS[name].max };
  if (name === DEFAULT_TTL) return { min: 1, max: 255 };
  const limit = LIMITS[name] ?? LIMITED[name];
  // The kernel shows a mask with its highest bit as a negative number.
  if (limit !== undefined) return { min: name.endsWith('_ratemask') ? -0x80000000 : 0, max: limit };
  const multipath = MULTIPATH[/^net\.ipv[46]\.(fib_multipath_[a-z_]+)$/.exec(name)?.[1] ?? ''];
  if (multipath !== undefined) return { min: 0, max: multipath };
  const conf = /^net\.ipv([46])\.conf\.[^.]+\.([a-z0-9_]+)$/.exec(name);
  if (!conf) return undefined;
  const [, family, setting] = conf;
  if (setting === 'forwarding') return { min: 0, max: 1 };
  if (family === '4') return IPV4_CONF[setting!] && { min: 0, max: IPV4_CONF[setting!]!.max };
  if (setting === 'mtu') return { min: 1280, max: 0x7fffffff };
  return IPV6_CONF[setting!] && { min: 0, max: IPV6_CONF[setting!]!.max };
}

/** One setting as read, with its place. */
export interface SysctlEntry {
  readonly name: string;
  readonly value: string;
  readonly nameSpan: Span;
  readonly valueSpan: Span;
}

/** Checks settings and makes the map of them; the unused are kept, and named in one note. */
export function collectSysctls(entries: readonly SysctlEntry[], diagnostics: Diagnostics): Sysctls {
  const sysctl: Record<string, string> = Object.create(null);
  const unused: SysctlEntry[] = [];
  for (const entry of entries) {
    const name = sysctlName(entry.name);
    if (sysctl[name] !== undefined && sysctl[name] !== entry.value) {
      diagnostics.error('duplicate-sysctl', `${name} is given twice with different values`, entry.nameSpan);
    }
    sysctl[name] = entry.value;
    checkSysctl(name, entry, diagnostics, unused);
  }
  for (const [one, other] of ALIASES) {
    if (sysctl[one] === undefined || sysctl[other] === undefined || sysctl[one] === sysctl[other]) continue;
    const span = entries.find((e) => sysctlName(e.name) === other)!.nameSpan;
    diagnostics.error('sysctl-conflict', `${one} and ${other} are one setting, with two values here`, span);
  }
  noteUnused(unused, diagnostics);
  return sysctl;
}

function checkSysctl(name: string, entry: SysctlEntry, diagnostics: Diagnostics, unused: SysctlEntry[]): void {
  if (NOT_MODELLED.test(name)) {
    if (entry.value !== '0') {
      diagnostics.error(
        'not-modelled',
        `${name} = ${entry.value} changes where packets go, which is not modelled yet; only 0 is`,
        entry.nameSpan,
      );
    }
    return;
  }
  if (name === MASK6) {
    if (!isTypeList(entry.value)) {
      diagnostics.error('bad-sysctl', `${name} is a list of numbers from 0 to 255, not "${entry.value}"`, entry.valueSpan);
    }
    return;
  }
  const range = known(name);
  if (!range) {
    unused.push(entry);
    return;
  }
  const number = /^-?[0-9]+$/.test(entry.value) ? Number(entry.value) : Number.NaN;
  if (!(number >= range.min && number <= range.max)) {
    diagnostics.error(
      'bad-sysctl',
      `${name} is a number from ${range.min} to ${range.max}, not "${entry.value}"`,
      entry.valueSpan,
    );
  }
}

const UNUSED_NAMED = 3;

function noteUnused(unused: readonly SysctlEntry[], diagnostics: Diagnostics): void {
  const first = unused[0];
  if (!first) return;
  const names = unused.slice(0, UNUSED_NAMED).map(({ name }) => sysctlName(name));
  const more = unused.length > names.length ? ` and ${unused.length - names.length} more` : '';
  const message = `${names.join(', ')}${more} ${unused.length === 1 ? 'is' : 'are'} kept but not used: no influence on packets is modelled`;
  diagnostics.append([{ code: 'sysctl-not-used', severity: 'note', message, span: first.nameSpan }]);
}
