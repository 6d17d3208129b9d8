// What became of a packet, as the live kernel shows it and as a scenario file keeps it.
//
//   => eth1 ttl-1 | raw PREROUTING policy, filter FORWARD 2, filter allowed 1 x2
//   => delivered | filter INPUT 1
//   => gone | filter INPUT policy
//   => refused: Invalid argument
//
//   => eth1 ttl-1 but 1:b8 10:5a41 | mangle FORWARD 1
//
// In front of the bar: how it left (`same` bytes as it came, `ttl-1` only that changed, behind `but` the bytes that changed besides, each
// run with its offset, or all bytes in hex if there are more or less of them), that it was delivered to the host, or that it is gone. Behind it: every rule and policy that counted it, as a multiset.

import { toHex } from '../../src/packet/bytes.ts';

/** A rule (1-based number within its chain) or, with number 0, the policy that counted a packet. */
export interface Hit {
  readonly table: string;
  readonly chain: string;
  readonly number: number;
}

export interface Egress {
  readonly interface: string;
  readonly bytes: Uint8Array;
}

export interface PacketOutcome {
  readonly hits: readonly Hit[];
  readonly egress: readonly Egress[];
  readonly delivered: boolean;
  /** Why the device or socket did not take the packet. */
  readonly refused?: string;
}

/** A counter at the end of a run: table, chain, number (0 = the policy), packets, bytes. */
export type Count = readonly [table: string, chain: string, number: number, packets: number, bytes: number];

const TABLES = ['raw', 'mangle', 'nat', 'filter', 'security'];
const HOOKS = ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'];

/** Text of an outcome, equal exactly when the outcomes are. `packet` is what was injected. */
export function formatOutcome(outcome: PacketOutcome, packet: Uint8Array): string {
  const devices = [...new Set(outcome.egress.map((egress) => egress.interface))].sort();
  const ways = devices.flatMap((device) => {
    const left = outcome.egress.filter((egress) => egress.interface === device);
    const known = withoutDrawnIds(left, packet).map((bytes) => withoutDrawnId4(bytes, packet));
    return known.map((bytes) => `${device} ${formatEgress(bytes, packet)}`);
  });
  if (outcome.delivered) ways.push('delivered');
  if (outcome.refused !== undefined) ways.push(`refused: ${outcome.refused}`);
  return [ways.length > 0 ? ways.join(', ') : 'gone', formatHits(outcome.hits)].filter((part) => part !== '').join(' | ');
}

/**
 * Fragments that IPv6 packets left in, with identifications from 0 on: the kernel draws one for each packet (a copy that TEE sends is one).
 * Ref: net/ipv6/output_core.c:ipv6_select_ident()
 */
function withoutDrawnIds(left: readonly Egress[], packet: Uint8Array): Uint8Array[] {
  const views = left.map(({ bytes }) => {
    const at = fragmentHeaderAt(bytes);
    return { bytes, at, id: at === undefined ? '' : toHex(bytes.subarray(at + 4, at + 8)) };
  });
  const own = fragmentHeaderAt(packet);
  const kept = own === undefined ? '' : toHex(packet.subarray(own + 4, own + 8));
  const drawn = [...new Set(views.filter(({ at, id }) => at !== undefined && id !== kept).map(({ id }) => id))];
  return views.map(({ bytes, at, id }) => {
    if (at === undefined || id === kept) return bytes;
    const copy = bytes.slice();
    copy.fill(0, at + 4, at + 8);
    copy[at + 7] = drawn.indexOf(id);
    return copy;
  });
}

/**
 * An ICMP packet that the host answers with, with identification 0: the kernel's is a draw of its own. The times in its options, and in those
 * of what it quotes, are 0 too.
 * Ref: net/ipv4/route.c:__ip_select_ident()
 */
function withoutDrawnId4(bytes: Uint8Array, packet: Uint8Array): Uint8Array {
  const isIcmp = bytes[0]! >> 4 === 4 && bytes[9] === 1;
  if (!isIcmp || (bytes[4] === packet[4] && bytes[5] === packet[5])) return bytes;
  const copy = bytes.slice();
  const icmp = copy.subarray((copy[0]! & 15) * 4);
  const quotes = [3, 4, 5, 11, 12].includes(icmp[0]!);
  clearTimes(copy);
  if (quotes && clearTimes(icmp.subarray(8))) seal(icmp, 2, icmp.length & ~1);
  copy.fill(0, 4, 6);
  seal(copy, 10, (copy[0]! & 15) * 4);
  return copy;
}

/** Makes a checksum anew. */
function seal(bytes: Uint8Array, place: number, length: number): void {
  bytes.fill(0, place, place + 2);
  let sum = 0;
  for (let at = 0; at < length; at += 2) sum += (bytes[at]! << 8) | bytes[at + 1]!;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  bytes[place] = (~sum >> 8) & 0xff;
  bytes[place + 1] = ~sum & 0xff;
}

const OPTION_END = 0;
const OPTION_NOP = 1;
const OPTION_TIMESTAMP = 68;

/** Makes the times in an IPv4 header's options 0. Gives whether there are any. */
function clearTimes(ip: Uint8Array): boolean {
  const end = (ip[0]! & 15) * 4;
  for (let at = 20; at + 4 < end && ip[at] !== OPTION_END; at += ip[at] === OPTION_NOP ? 1 : Math.max(2, ip[at + 1]!)) {
    if (ip[at] !== OPTION_TIMESTAMP) continue;
    const written = Math.min(ip[at + 2]! - 1, ip[at + 1]!, end - at);
    const hasAddresses = (ip[at + 3]! & 15) !== 0;
    for (let time = at + (hasAddresses ? 8 : 4); time + 4 <= at + written; time += hasAddresses ? 8 : 4)
      ip.fill(0, time, time + 4);
    return true;
  }
  return false;
}

/** Where the fragment header of an IPv6 packet stands. */
function fragmentHeaderAt(bytes: Uint8Array): number | undefined {
  if (bytes[0]! >> 4 !== 6) return undefined;
  let next = bytes[6]!;
  let at = 40;
  while (next === 0 || next === 43 || next === 60) {
    next = bytes[at] ?? 59;
    at += ((bytes[at + 1] ?? 0) + 1) * 8;
  }
  return next === 44 && at + 8 <= bytes.length ? at : undefined;
}

function formatHits(hits: readonly Hit[]): string {
  const counts = new Map<string, number>();
  for (const hit of [...hits].sort(byPlace)) {
    const text = `${hit.table} ${hit.chain} ${hit.number === 0 ? 'policy' : hit.number}`;
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return [...counts].map(([text, count]) => (count === 1 ? text : `${text} x${count}`)).join(', ');
}

/** Tables in the order packets meet them, base chains before user chains, rules before the policy. */
function byPlace(a: Hit, b: Hit): number {
  const chain = (hit: Hit) => (HOOKS.includes(hit.chain) ? HOOKS.indexOf(hit.chain) : HOOKS.length);
  return (
    TABLES.indexOf(a.table) - TABLES.indexOf(b.table) ||
    chain(a) - chain(b) ||
    (a.chain < b.chain ? -1 : a.chain > b.chain ? 1 : 0) ||
    (a.number || Number.POSITIVE_INFINITY) - (b.number || Number.POSITIVE_INFINITY) ||
    0
  );
}

function formatEgress(bytes: Uint8Array, packet: Uint8Array): string {
  if (bytes.length !== packet.length) return toHex(bytes);
  const ttl = bytes[0]! >> 4 === 6 ? 7 : 8;
  const [name, base] = bytes[ttl] === packet[ttl] ? ['same', packet] : ['ttl-1', withTtlDecremented(packet)];
  const changes = changedRuns(base, bytes);
  return changes.length === 0 ? name : `${name} but ${changes.join(' ')}`;
}

/** The runs of bytes that changed, as `offset:hex`. */
function changedRuns(before: Uint8Array, after: Uint8Array): string[] {
  const runs: string[] = [];
  for (let at = 0; at < after.length; at++) {
    if (after[at] === before[at]) continue;
    const start = at;
    while (at < after.length && after[at] !== before[at]) at++;
    runs.push(`${start}:${toHex(after.subarray(start, at))}`);
  }
  return runs;
}

/** The packet as a router passes it on. Ref: include/net/ip.h:ip_decrease_ttl() */
function withTtlDecremented(packet: Uint8Array): Uint8Array {
  const bytes = packet.slice();
  if (bytes[0]! >> 4 === 6) {
    bytes[7]!--;
    return bytes;
  }
  bytes[8]!--;
  let sum = ((bytes[10]! << 8) | bytes[11]!) + 0x0100;
  sum += sum >= 0xffff ? 1 : 0;
  bytes[10] = (sum >> 8) & 0xff;
  bytes[11] = sum & 0xff;
  return bytes;
}

/** What both sides can say of an outcome: the reason for which a socket refused a packet is the kernel's alone. */
export function comparable(outcome: string): string {
  return outcome.replace(/^refused: [^|]*?(?= \||$)/, 'gone').replace(/, refused: [^|]*?(?= \||$)/, '');
}

/** Whether an outcome's text, made comparable, says that the packet got somewhere. */
export function wasAccepted(outcome: string): boolean {
  return !outcome.startsWith('gone');
}

/**
 * Brings `conntrack -L` lines into an order of their own and takes away what differs between two runs: ids, use counts.
 * The timeout is kept apart, to be compared within a second.
 */
export function conntrackEntries(text: string): TimedEntry[] {
  return text
    .split('\n')
    .filter((line) => /\bsrc=/.test(line))
    .map((line) => {
      const words = line.trim().split(/\s+/);
      // Entries in the table for good have no timeout: `udp 17 src=…`.
      const timeout = /^\d+$/.test(words[2] ?? '') ? Number(words[2]) : undefined;
      if (timeout !== undefined) words.splice(2, 1);
      // Behind all else stands the entry's own id; one before is that of an echo.
      const last = words.at(-1)?.startsWith('id=') ? words.length - 1 : words.length;
      const entry = words.slice(0, last).filter((word) => !word.startsWith('use='));
      return { entry: entry.join(' '), timeout };
    })
    .sort(inOrder);
}

function inOrder(a: TimedEntry, b: TimedEntry): number {
  return a.entry < b.entry ? -1 : a.entry > b.entry ? 1 : (a.timeout ?? 0) - (b.timeout ?? 0);
}

/** The same of `conntrack -L expect`. */
export function expectEntries(text: string): TimedEntry[] {
  return text
    .split('\n')
    .filter((line) => /\bsrc=/.test(line))
    .map((line) => {
      const [timeout, ...words] = line.trim().split(/\s+/);
      return { entry: words.join(' '), timeout: Number(timeout) };
    })
    .sort(inOrder);
}

interface EventLine {
  readonly text: string;
  /** Seconds that the connection had left. */
  readonly timeout: number | undefined;
}

/** Lines of `conntrack -E`, with the seconds apart. */
function eventLines(lines: readonly string[]): EventLine[] {
  return lines.map((line) => {
    const [, head, timeout, tail] = /^(.*?\[\w+\] (?:\S+ +\d+ \S+ +\d+ )?)(?:(\d+) )?(.*)$/.exec(line)!;
    return {
      text: `${head}${tail!.replace(/ \[USERSPACE\].*$/, '')}`,
      timeout: timeout === undefined ? undefined : Number(timeout),
    };
  });
}

const ENDS = (line: string): string => `src=(\\S+) ${line}dst=(\\S+) sport=(\\S+) dport=(\\S+)`;
const CONNECTION = new RegExp(`^\\[DESTROY\\] .*?\\b${ENDS('')}`);
const MASTER = new RegExp(`\\[DESTROY\\] proto=.* master-${ENDS('master-')}`);

/** The ends of a connection whose time was up, or of an expectation's master; undefined for any other line. */
function endsOf(pattern: RegExp, text: string): string | undefined {
  return pattern.exec(text)?.slice(1, 5).join(' ');
}

/** The connections whose time was up. */
function expired(lines: readonly EventLine[]): string[] {
  return lines.flatMap(({ text, timeout }) => (timeout === undefined ? (endsOf(CONNECTION, text) ?? []) : []));
}

const GRE = /\[DESTROY\] .*\bgre +47 src=(\S+) dst=(\S+)/;

/** Whether a connection of GRE may have gone with one that the pptp helper read, between the same two, whose time was up. */
function wentWithMaster(text: string, over: ReadonlySet<string>): boolean {
  const [, a, b] = GRE.exec(text) ?? [];
  if (a === undefined) return false;
  return [...over].some((ends) => ends.startsWith(`${a} ${b} `) || ends.startsWith(`${b} ${a} `));
}

/**
 * Leaves out the ends of connections whose time was up, and of the expectations and calls that went with them: the kernel tells of them when
 * it comes by.
 */
function certainLines(lines: readonly EventLine[], over: ReadonlySet<string>): EventLine[] {
  return lines.filter(({ text, timeout }) => {
    if ((timeout === undefined && text.startsWith('[DESTROY]')) || wentWithMaster(text, over)) return false;
    const master = endsOf(MASTER, text);
    return master === undefined || !over.has(master);
  });
}

/** The first difference between what is told of connections and expectations; [] when there is none. */
export function compareEvents(ours: readonly string[], kernel: readonly string[]): string[] {
  const [all, theirs] = [eventLines(ours), eventLines(kernel)];
  const over = new Set([...expired(all), ...expired(theirs)]);
  const [left, right] = [certainLines(all, over), certainLines(theirs, over)];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const [a, b] = [left[i], right[i]];
    if (a?.text === b?.text && Math.abs((a?.timeout ?? 0) - (b?.timeout ?? 0)) <= 1) continue;
    const text = (one: typeof a): string => (one === undefined ? 'nothing' : `${one.timeout} ${one.text}`);
    return [`event ${i + 1}\n  kernel   ${text(b)}\n  hookline ${text(a)}`];
  }
  return [];
}

/** Seconds by which timeouts of connections and expectations may differ. */
const TIMEOUT_SLACK = 1;

interface TimedEntry {
  readonly entry: string;
  readonly timeout: number | undefined;
}

/**
 * Differences between two conntrack tables, one a line; [] when they agree. The kernel's was listed some time between that of `ours` and of
 * `later`: what is gone from that may be missing there.
 */
export function compareConntrack(ours: string, kernel: string, later = ours): string[] {
  return compareEntries(conntrackEntries(ours), conntrackEntries(kernel), conntrackEntries(later));
}

/** Differences between two lists of expectations, likewise. */
export function compareExpectations(ours: string, kernel: string, later = ours): string[] {
  return compareEntries(expectEntries(ours), expectEntries(kernel), expectEntries(later));
}

/** All three in order. */
function compareEntries(left: readonly TimedEntry[], right: readonly TimedEntry[], later: readonly TimedEntry[]): string[] {
  const differences: string[] = [];
  let i = 0;
  let j = 0;
  let k = 0;
  while (i < left.length || j < right.length) {
    const [a, b] = [left[i], right[j]];
    if (a === undefined || (b !== undefined && b.entry < a.entry)) {
      differences.push(`only the kernel's: ${b!.timeout} ${b!.entry}`);
      j++;
      continue;
    }
    const last = later[k]?.entry === a.entry ? later[k++] : undefined;
    i++;
    if (a.entry === b?.entry) {
      j++;
      if (!isWithin(a, last, b)) differences.push(`timeout ${a.timeout} is ${b.timeout} in the kernel: ${a.entry}`);
    } else if (last) differences.push(`only ours: ${a.timeout} ${a.entry}`);
  }
  return differences;
}

/** Whether a timeout is one that it may be between two times. `last`: at the second; undefined = gone. */
function isWithin(first: TimedEntry, last: TimedEntry | undefined, asked: TimedEntry): boolean {
  const most = (first.timeout ?? -1) + TIMEOUT_SLACK;
  const least = (last ? (last.timeout ?? -1) : 0) - TIMEOUT_SLACK;
  return least <= (asked.timeout ?? -1) && (asked.timeout ?? -1) <= most;
}

/** Seconds by which what is left of a timeout may differ. */
const SET_TIMEOUT_SLACK = 1;

/** Differences between two texts of `ipset save`, element by element in their order. */
export function compareSets(ours: string, kernel: string): string[] {
  // ipset puts the second prefix length of an element it printed before behind a bitmask.
  const [a, b] = [ours.split('\n'), kernel.replace(/( bitmask \S+)\/\d+/g, '$1').split('\n')];
  const differences = Array.from({ length: Math.max(a.length, b.length) }, (_, i) =>
    isSameElement(a[i], b[i]) ? [] : [`hookline ${a[i] ?? 'nothing'}, kernel ${b[i] ?? 'nothing'}`],
  );
  return differences.flat();
}

function isSameElement(a: string | undefined, b: string | undefined): boolean {
  if (a === b) return true;
  const timeout = /^(add .* timeout )(\d+)(.*)$/;
  const [one, other] = [timeout.exec(a ?? ''), timeout.exec(b ?? '')];
  if (!one || !other || one[1] !== other[1] || one[3] !== other[3]) return false;
  return Math.abs(Number(one[2]) - Number(other[2])) <= SET_TIMEOUT_SLACK;
}
