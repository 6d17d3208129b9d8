// The lists of -m recent as /proc/net/xt_recent/NAME shows them, one address a line:
//
//   src=192.0.2.9 ttl: 64 last_seen: 4297756481 oldest_pkt: 2 4297756430, 4297756481
//
// Ref: net/netfilter/xt_recent.c:recent_seq_show()

import { formatAddress, parseDotted, parseIpv6 } from '../net/address.ts';
import type { Diagnostics } from '../text/diagnostic.ts';
import type { Source, Span } from '../text/source.ts';
import type { RecentEntry } from './recent.ts';

/** What a list can hold. */
export interface RecentLimits {
  readonly entries: number;
  readonly stamps: number;
}

const U8_MAX = 255;
const U16_MAX = 65535;
const LINE = /^src=(\S+) ttl: ([0-9]{1,3}) last_seen: ([0-9]{1,20}) oldest_pkt: ([0-9]{1,5})((?:,? [0-9]{1,20})+)$/;

/** The time that was written last. */
function lastSeen({ index, stamps }: RecentEntry): bigint {
  return stamps[(index === 0 ? stamps.length : index) - 1]!;
}

/** All sixteen bits of each word. */
function formatWhole(address: Uint8Array): string {
  if (address.length === 4) return formatAddress(address);
  const digits = [...address].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return digits.match(/.{4}/g)!.join(':');
}

/** Prints a list in the order of its entries; the kernel's order is that of its hash. */
export function printRecent(entries: readonly RecentEntry[]): string {
  return entries
    .map((entry) => {
      const { address, ttl, index, stamps } = entry;
      return `src=${formatWhole(address)} ttl: ${ttl} last_seen: ${lastSeen(entry)} oldest_pkt: ${index} ${stamps.join(', ')}\n`;
    })
    .join('');
}

/** Reads a list; gives its entries from the one that was used longest ago on. */
export function parseRecent(source: Source, limits: RecentLimits, diagnostics: Diagnostics): RecentEntry[] {
  const entries: RecentEntry[] = [];
  const seen = new Map<string, Span>();
  let start = 0;
  for (const line of source.text.split('\n')) {
    const span = { source, start, end: start + line.length };
    start += line.length + 1;
    if (line.trim() === '') continue;
    const entry = parseLine(line, span, limits, diagnostics);
    if (!entry) continue;
    const key = entry.address.join('.');
    const earlier = seen.get(key);
    if (earlier)
      diagnostics.error('duplicate-address', 'the address stands in the list twice', span, [
        { message: 'first here', span: earlier },
      ]);
    else if (entries.length === limits.entries) {
      const message = `the list has room for ${limits.entries} addresses (module parameter ip_list_tot)`;
      diagnostics.error('list-full', message, span);
    }
    seen.set(key, span);
    entries.push(entry);
  }
  return entries.sort((a, b) => Number(lastSeen(a) - lastSeen(b)));
}

function parseLine(line: string, span: Span, limits: RecentLimits, diagnostics: Diagnostics): RecentEntry | undefined {
  const fields = LINE.exec(line);
  const text = fields?.[1] ?? '';
  const address = text.includes(':') ? parseIpv6(text) : parseDotted(text);
  const [ttl, index] = [Number(fields?.[2]), Number(fields?.[4])];
  if (!fields || !address || ttl > U8_MAX || index > U16_MAX) {
    const form = 'src=ADDRESS ttl: N last_seen: N oldest_pkt: N N, N …';
    diagnostics.error('bad-list', `expected a line as /proc/net/xt_recent shows it: ${form}`, span);
    return undefined;
  }
  const stamps = fields[5]!.split(',').map((stamp) => BigInt(stamp));
  const entry = { address, ttl, index, stamps };
  if (stamps.length > limits.stamps) {
    const message = `the rules have the list keep ${limits.stamps} times of an address, and here are ${stamps.length}`;
    diagnostics.error('too-many-times', message, span);
    return undefined;
  }
  if (index > stamps.length || lastSeen(entry) !== BigInt(fields[3]!)) {
    diagnostics.error('bad-list', '"last_seen" is the time in the place that "oldest_pkt" says, counted from 1', span);
    return undefined;
  }
  return entry;
}
