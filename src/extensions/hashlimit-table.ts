// What -m hashlimit comes to: a table of the kernel, which rules of one name share, and how a rule asks it.

import { TEST_HASHLIMIT } from '../../assembly/abi/opcode.ts';
import {
  HASHLIMIT_BURST,
  HASHLIMIT_BYTES,
  HASHLIMIT_CAP,
  HASHLIMIT_COST,
  HASHLIMIT_CREDIT,
  HASHLIMIT_DESTINATION_BITS,
  HASHLIMIT_ENTRY_BYTES,
  HASHLIMIT_EXPIRE,
  HASHLIMIT_INTERVAL,
  HASHLIMIT_KEY_WORDS,
  HASHLIMIT_MODE,
  HASHLIMIT_MODE_BYTES,
  HASHLIMIT_MODE_DSTIP,
  HASHLIMIT_MODE_DSTPORT,
  HASHLIMIT_MODE_INVERT,
  HASHLIMIT_MODE_RATE_MATCH,
  HASHLIMIT_MODE_SRCIP,
  HASHLIMIT_MODE_SRCPORT,
  HASHLIMIT_RATE,
  HASHLIMIT_SOURCE_BITS,
  HASHLIMIT_SWEEP,
  HZ,
} from '../../assembly/abi/rate.ts';
import type { Family, Test } from '../ir/ir.ts';
import type { LowerContext } from '../ruleset/extension.ts';
import { addressBits } from './addresses.ts';
import { defaultExpire, entryRates, type HashlimitRate } from './hashlimit-rate.ts';
import { type Pool, poolRoom, writePool } from './pool.ts';

export interface HashlimitOptions {
  rate?: HashlimitRate;
  /** Packets above the rate match, not those up to it. */
  above?: boolean;
  burst?: bigint;
  modes?: ReadonlySet<string>;
  name?: string;
  srcmask?: number;
  dstmask?: number;
  htableSize?: number;
  htableMax?: number;
  gcInterval?: number;
  expire?: number;
  rateMatch?: boolean;
  rateInterval?: number;
}

/** Milliseconds between two sweeps of a table, unless said. */
export const GC_INTERVAL_DEFAULT = 1000;

/** Buckets of a kernel with more than 1 GiB of memory, and entries to a bucket, unless said. Ref: net/netfilter/xt_hashlimit.c:htable_create() */
const SIZE_DEFAULT = 8192;
const ENTRIES_PER_BUCKET = 8;
/** Milliseconds from which on a time has no end in the kernel. Ref: kernel/time/time.c:__msecs_to_jiffies() */
const FOREVER_MS = 2 ** 31;
const FOREVER_JIFFIES = (1n << 62n) - 1n;

const MODE_BITS: Readonly<Record<string, number>> = {
  srcip: HASHLIMIT_MODE_SRCIP,
  srcport: HASHLIMIT_MODE_SRCPORT,
  dstip: HASHLIMIT_MODE_DSTIP,
  dstport: HASHLIMIT_MODE_DSTPORT,
};

/** Begun ticks count. Ref: include/linux/jiffies.h:_msecs_to_jiffies() */
function msToJiffies(ms: number): bigint {
  return ms >= FOREVER_MS ? FOREVER_JIFFIES : BigInt(Math.ceil((ms * HZ) / 1000));
}

function modeOf({ modes, rate, above, rateMatch }: HashlimitOptions): number {
  const bits = [...(modes ?? [])].map((mode) => MODE_BITS[mode]!);
  if (rate?.kind === 'bytes') bits.push(HASHLIMIT_MODE_BYTES);
  if (above) bits.push(HASHLIMIT_MODE_INVERT);
  if (rateMatch) bits.push(HASHLIMIT_MODE_RATE_MATCH);
  return bits.reduce((mode, bit) => mode | bit, 0);
}

/** Entries that the table may have: as many as it has buckets at least. Ref: net/netfilter/xt_hashlimit.c:htable_create() */
function mostEntries({ htableSize, htableMax }: HashlimitOptions): number {
  const size = htableSize || SIZE_DEFAULT;
  return htableMax ? Math.max(htableMax, size) : ENTRIES_PER_BUCKET * size;
}

function poolOf(options: HashlimitOptions): Pool {
  return { entries: mostEntries(options), entryBytes: HASHLIMIT_ENTRY_BYTES, keyWords: HASHLIMIT_KEY_WORDS };
}

/** The header of the table that a rule makes. */
function tableHeader(options: HashlimitOptions, family: Family): Uint8Array {
  const { rate, burst, rateMatch, rateInterval, srcmask, dstmask, gcInterval, expire } = options;
  const view = new DataView(new ArrayBuffer(HASHLIMIT_BYTES));
  writePool(view, poolOf(options));
  const word = (offset: number, value: number) => view.setUint32(offset, value, true);
  const long = (offset: number, value: bigint) => view.setBigUint64(offset, value, true);
  word(HASHLIMIT_MODE, modeOf(options));
  word(HASHLIMIT_SOURCE_BITS, srcmask ?? addressBits(family));
  word(HASHLIMIT_DESTINATION_BITS, dstmask ?? addressBits(family));
  long(HASHLIMIT_EXPIRE, msToJiffies(expire ?? defaultExpire(rate!, burst)));
  long(HASHLIMIT_SWEEP, msToJiffies(gcInterval ?? GC_INTERVAL_DEFAULT));
  const rates = entryRates(rate!, burst, rateMatch === true);
  long(HASHLIMIT_CREDIT, rates.credit);
  long(HASHLIMIT_CAP, rates.cap);
  long(HASHLIMIT_COST, rates.cost);
  long(HASHLIMIT_RATE, rates.rate);
  long(HASHLIMIT_BURST, rates.burst);
  word(HASHLIMIT_INTERVAL, rateInterval ?? 0);
  return new Uint8Array(view.buffer);
}

function isRateMatchTable({ initial }: { readonly initial?: Uint8Array }): boolean {
  return (initial![HASHLIMIT_MODE]! & HASHLIMIT_MODE_RATE_MATCH) !== 0;
}

/** Ref: net/netfilter/xt_hashlimit.c:hashlimit_mt_check_common() */
export function lowerHashlimit(options: HashlimitOptions, context: LowerContext): Test[] {
  const key = `hashlimit ${context.family} ${options.name}`;
  const there = context.findState(key);
  if (there && isRateMatchTable(there) !== (options.rateMatch === true)) {
    const message = `rules of the name "${options.name}" share a table: all of them have --hashlimit-rate-match, or none`;
    context.refuse('other-table', message);
  }
  const state = context.state({
    bytes: HASHLIMIT_BYTES,
    initial: tableHeader(options, context.family),
    room: poolRoom(poolOf(options)),
    key,
    spansFlows: true,
  });
  return [{ kind: 'ask', opcode: TEST_HASHLIMIT, operands: [state, modeOf(options)], negate: false, effect: true }];
}
