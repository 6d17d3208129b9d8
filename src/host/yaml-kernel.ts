// The keys `kernel` and `modules` of a host file: what rules depend on of the kernel that is no sysctl.

import { isMap, isScalar, type Node } from 'yaml';
import { JIFFY_NS } from '../../assembly/abi/rate.ts';
import { KERNEL_DEFAULTS, type KernelSettings } from '../ir/kernel.ts';
import type { Span } from '../text/source.ts';
import { entriesOf, isNothing, type Reading, spanOf } from './yaml-node.ts';

const KERNEL_KEYS = ['minuteswest', 'jiffies', 'time'];
/** Of what settimeofday() takes. Ref: kernel/time/time.c:do_sys_settimeofday64() */
const MINUTES_WEST_MAX = 15 * 60;
const SECOND_NS = 1_000_000_000n;
const U32_MAX = 0xffff_ffff;

/** Ref: net/netfilter/xt_recent.c:recent_mt_init() */
const RECENT_PARAMETERS = {
  ip_list_tot: { min: 1, max: U32_MAX },
  ip_pkt_list_tot: { min: 0, max: 65535 },
} as const;

/** The entries of a mapping as text, by key. */
function textsOf(
  node: Node | null,
  known: readonly string[],
  what: string,
  reading: Reading,
): Map<string, { readonly text: string; readonly span: Span }> {
  if (isNothing(node)) return new Map();
  if (!isMap(node)) {
    reading.diagnostics.error('bad-host', `${what} is a mapping with ${known.join(', ')}`, spanOf(node, reading));
    return new Map();
  }
  return new Map(
    entriesOf(node, known, what, reading).map(({ key, value }) => {
      const text = isScalar(value) ? String(value.source ?? value.value) : '';
      return [key, { text, span: spanOf(value, reading) }];
    }),
  );
}

/** Reads the kernel's time zone and what its clock said at some time. */
export function readKernel(node: Node | null, reading: Reading): { readonly minutesWest: number; readonly clockNs: bigint } {
  const texts = textsOf(node, KERNEL_KEYS, 'kernel', reading);
  const { diagnostics } = reading;
  const west = texts.get('minuteswest');
  const minutesWest = west ? Number(/^[-+]?[0-9]+$/.exec(west.text)?.[0] ?? Number.NaN) : KERNEL_DEFAULTS.minutesWest;
  if (!(Math.abs(minutesWest) <= MINUTES_WEST_MAX)) {
    const message = `"minuteswest" is a number from ${-MINUTES_WEST_MAX} to ${MINUTES_WEST_MAX}: minutes west of UTC`;
    diagnostics.error('bad-host', message, west!.span);
  }
  const jiffies = texts.get('jiffies');
  const time = texts.get('time');
  if (!jiffies && !time) return { minutesWest, clockNs: 0n };
  if (!jiffies || !time) {
    diagnostics.error(
      'bad-host',
      '"jiffies" and "time" (when the kernel had counted so many) go together',
      (jiffies ?? time)!.span,
    );
    return { minutesWest, clockNs: 0n };
  }
  if (!/^[0-9]{1,19}$/.test(jiffies.text)) {
    diagnostics.error('bad-host', '"jiffies" is the number that /proc/timer_list shows', jiffies.span);
  }
  const parts = /^([0-9]{1,10})(?:\.([0-9]{1,9}))?$/.exec(time.text);
  if (!parts) diagnostics.error('bad-host', '"time" is a number of seconds since 1970', time.span);
  if (diagnostics.hasErrors || !parts) return { minutesWest, clockNs: 0n };
  const ns = BigInt(parts[1]!) * SECOND_NS + BigInt((parts[2] ?? '').padEnd(9, '0'));
  return { minutesWest, clockNs: BigInt(jiffies.text) * BigInt(JIFFY_NS) - ns };
}

/** Reads the parameters of modules. */
export function readModules(node: Node | null, reading: Reading): Pick<KernelSettings, 'recent'> {
  const recent = { ...KERNEL_DEFAULTS.recent };
  if (isNothing(node)) return { recent };
  if (!isMap(node)) {
    reading.diagnostics.error('bad-host', 'modules is a mapping from modules to their parameters', spanOf(node, reading));
    return { recent };
  }
  for (const { value } of entriesOf(node, ['xt_recent'], 'modules', reading)) {
    const names = Object.keys(RECENT_PARAMETERS) as (keyof typeof RECENT_PARAMETERS)[];
    const texts = textsOf(value, names, 'xt_recent', reading);
    for (const name of names) {
      const given = texts.get(name);
      if (!given) continue;
      const { min, max } = RECENT_PARAMETERS[name];
      recent[name] = /^[0-9]+$/.test(given.text) ? Number(given.text) : Number.NaN;
      if (recent[name] >= min && recent[name] <= max) continue;
      reading.diagnostics.error('bad-host', `"${name}" is a number from ${min} to ${max}`, given.span);
    }
  }
  return { recent };
}
