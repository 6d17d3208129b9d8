// The keys `kernel` and `modules` of a host file: what rules depend on of the kernel that is no sysctl.

import { isMap, isScalar, type Node, parseDocument } from 'yaml';
import { JIFFY_NS } from '../../assembly/abi/rate.ts';
import { KERNEL_DEFAULTS, type KernelSettings } from '../ir/kernel.ts';
import { HELPER_MODULES, HELPER_PORTS } from '../net/helper.ts';
import type { Diagnostics } from '../text/diagnostic.ts';
import type { Source, Span } from '../text/source.ts';
import { entriesOf, isNothing, type Reading, spanOf } from './yaml-node.ts';

const KERNEL_KEYS = ['minuteswest', 'jiffies', 'time', 'hz'];
/** Ticks a second. */
const HZ = String(1e9 / JIFFY_NS);
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
  const hz = texts.get('hz');
  if (hz && hz.text !== HZ) {
    const message = `the kernel counts ${hz.text} ticks a second; rules that go by ticks (limit, hashlimit, recent …) are evaluated with ${HZ}`;
    diagnostics.warning('other-hz', message, hz.span);
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

/** What a parameter may be told. */
interface Range {
  readonly min: number;
  readonly max: number;
}

/** Names that module parameters of yes and no take besides 1 and 0. Ref: lib/kstrtox.c:kstrtobool() */
const YES_OR_NO: Readonly<Record<string, number>> = { y: 1, yes: 1, t: 1, true: 1, on: 1, n: 0, no: 0, f: 0, false: 0, off: 0 };

/** A parameter of some modules of helpers: the ports that servers have. */
const PORTS = 'ports';

/**
 * Other ports than the usual one make other helpers, each with the port behind its name (`ftp-2121`), which CT --helper may then name; by port
 * a kernel since 6.0 gives helpers to nobody. Ref: net/netfilter/nf_conntrack_helper.c:nf_ct_helper_init()
 */
function checkPorts(text: string, port: number, span: Span, { diagnostics }: Reading): void {
  if (text.trim() === String(port)) return;
  diagnostics.error(
    'not-modelled',
    `helpers of other ports than ${port} are not modelled: expected "${PORTS}: ${port}", or none`,
    span,
  );
}

/** Reads the parameters of one module; those that are not given are left out. */
function readParameters(
  module: string,
  known: Readonly<Record<string, Range>>,
  node: Node | null,
  reading: Reading,
): Record<string, number> {
  const read: Record<string, number> = {};
  const port = HELPER_PORTS[module];
  const names = [...Object.keys(known), ...(port === undefined ? [] : [PORTS])];
  for (const [name, { text, span }] of textsOf(node, names, module, reading)) {
    if (name === PORTS) {
      checkPorts(text, port!, span, reading);
      continue;
    }
    const { min, max } = known[name]!;
    const isFlag = max === 1;
    const value = /^[0-9]+$/.test(text) ? Number(text) : isFlag ? YES_OR_NO[text.toLowerCase()] : undefined;
    if (value !== undefined && value >= min && value <= max) read[name] = value;
    else reading.diagnostics.error('bad-host', `"${name}" is a number from ${min} to ${max}`, span);
  }
  return read;
}

/** Reads the parameters of modules. */
export function readModules(node: Node | null, reading: Reading): Pick<KernelSettings, 'recent' | 'helpers'> {
  let { recent } = KERNEL_DEFAULTS;
  const helpers: Record<string, Record<string, number>> = {};
  if (isNothing(node)) return { recent, helpers };
  if (!isMap(node)) {
    reading.diagnostics.error('bad-host', 'modules is a mapping from modules to their parameters', spanOf(node, reading));
    return { recent, helpers };
  }
  const modules: Readonly<Record<string, Readonly<Record<string, Range>>>> = HELPER_MODULES;
  for (const { key, value } of entriesOf(node, ['xt_recent', ...Object.keys(modules)], 'modules', reading)) {
    if (key === 'xt_recent') recent = { ...recent, ...readParameters(key, RECENT_PARAMETERS, value, reading) };
    else helpers[key] = readParameters(key, modules[key]!, value, reading);
  }
  return { recent, helpers };
}

/** What a file of its own says of the kernel: a mapping with `kernel` and `modules`; all as usual without it. */
export function parseKernelYaml(
  source: Source | undefined,
  diagnostics: Diagnostics,
): { readonly kernel: KernelSettings; readonly clockNs: bigint } {
  const document = source && parseDocument(source.text, { prettyErrors: false });
  const [fault] = document?.errors ?? [];
  if (source && fault) {
    const [start, end] = fault.pos;
    diagnostics.error('yaml-syntax', fault.message.replace(/\.$/, ''), { source, start, end: Math.max(end, start + 1) });
  }
  const root = document?.contents ?? null;
  if (!source || fault || !isMap(root)) return { kernel: KERNEL_DEFAULTS, clockNs: 0n };
  const reading: Reading = { source, diagnostics, resolve: (node) => (node ?? null) as Node | null };
  const parts = new Map(
    entriesOf(root, ['kernel', 'modules'], 'a file of kernel settings', reading).map(({ key, value }) => [key, value]),
  );
  const { minutesWest, clockNs } = readKernel(parts.get('kernel') ?? null, reading);
  return { kernel: { ...KERNEL_DEFAULTS, minutesWest, ...readModules(parts.get('modules') ?? null, reading) }, clockNs };
}
