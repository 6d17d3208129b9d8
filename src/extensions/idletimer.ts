// -j IDLETIMER: starts a timer anew that tells user space when no packet has come for a while. Neither the packet nor its way changes.

import type { RuleContext, TargetExtension } from '../ruleset/extension.ts';
import { flagOption, numberOption, saveValue, textOption } from './specs.ts';

interface IdletimerOptions {
  /** Seconds. */
  timeout?: number;
  label?: string;
  alarm?: boolean;
}

/** The kernel counts milliseconds in a signed word. Ref: net/netfilter/xt_IDLETIMER.c:idletimer_tg_helper() */
const TIMEOUT_MAX = Math.floor(0x7fff_ffff / 1000) - 1;
/** Bytes of a label, less the final NUL. Ref: include/uapi/linux/netfilter/xt_IDLETIMER.h MAX_IDLETIMER_LABEL_SIZE */
const LABEL_BYTES = 27;

/** Names that a file in sysfs cannot have there. Ref: net/netfilter/xt_IDLETIMER.c:idletimer_check_sysfs_name() */
const TAKEN: readonly string[] = ['', '.', '..', 'power', 'subsystem', 'uevent'];

function checkLabel({ label }: IdletimerOptions, { diagnostics, span }: RuleContext): void {
  if (label === undefined || !(TAKEN.includes(label) || label.includes('/'))) return;
  diagnostics.error(
    'bad-name',
    `the label "${label}" cannot be the name of a file in sysfs, which the kernel makes for it`,
    span,
  );
}

/** Ref: net/netfilter/xt_IDLETIMER.c:idletimer_tg_target_v1() */
export const idletimer: TargetExtension<IdletimerOptions> = {
  kind: 'target',
  name: 'IDLETIMER',
  families: [4, 6],
  options: [
    numberOption('timeout', 'timeout', { min: 1, max: TIMEOUT_MAX, mandatory: true }),
    textOption('label', 'label', { bytes: LABEL_BYTES, bare: true, mandatory: true }),
    flagOption('alarm', 'alarm'),
  ],
  create: () => ({}),
  finish: checkLabel,
  objects: ({ label = '', alarm }) => [{ kind: 'idle timer', name: label, made: alarm ? '--alarm' : 'no --alarm' }],
  save: ({ timeout, label, alarm }) => [
    ...saveValue('--timeout', timeout),
    ...saveValue('--label', label),
    ...(alarm ? ['--alarm'] : []),
  ],
  print: ({ timeout, label, alarm }) => ` timeout:${timeout} label:${label}${alarm ? ' alarm' : ''}`,
  lower: () => ({ kind: 'continue' }),
};
