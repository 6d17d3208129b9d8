// What iptables itself says and returns when it refuses a command.
//
// What the tool cannot read it says in words of its own (exit code 2). What libiptc or the kernel refuses comes as an error number,
// and what the number is put into depends on the function that failed last (exit code 1).
// Ref: iptables 1.8.9, iptables/iptables-standalone.c:iptables_main(), libiptc/libiptc.c:TC_STRERROR()

import type { Family } from '../ir/ir.ts';
import type { Command } from '../ruleset/command.ts';
import type { Diagnostic } from '../text/diagnostic.ts';

export const VERSION = 'v1.8.9 (legacy)';

/** Exit codes of iptables. Ref: include/xtables.h:enum xtables_exittype */
export const STATUS = { done: 0, refused: 1, misused: 2, wrongVersion: 3 } as const;
export type Status = (typeof STATUS)[keyof typeof STATUS];

type ErrorName = 'ENOENT' | 'EEXIST' | 'EINVAL' | 'ERANGE' | 'E2BIG' | 'EMLINK' | 'ENOTEMPTY' | 'ELOOP';

/** The error number that each kind of fault comes as. Every other is taken for one that the tool finds while it reads the words. */
const ERRORS: Readonly<Record<string, ErrorName>> = {
  'unknown-chain': 'ENOENT',
  'no-such-rule': 'ENOENT',
  'no-such-object': 'ENOENT',
  'policy-on-user-chain': 'ENOENT',
  'base-chain-name': 'ENOENT',
  'duplicate-chain': 'EEXIST',
  'chain-name-taken': 'EEXIST',
  'bad-policy': 'EINVAL',
  'chain-name-too-long': 'EINVAL',
  'delete-base-chain': 'EINVAL',
  'jump-to-base-chain': 'EINVAL',
  'object-differs': 'EINVAL',
  'wrong-table': 'EINVAL',
  'wrong-hook': 'EINVAL',
  'wrong-protocol': 'EINVAL',
  'not-for-ipv6': 'EINVAL',
  'needs-syn': 'EINVAL',
  'rate-overflow': 'ERANGE',
  'rule-number-too-big': 'E2BIG',
  'chain-in-use': 'EMLINK',
  'chain-not-empty': 'ENOTEMPTY',
  'chain-loop': 'ELOOP',
};

/** What an error is called, unless the command has a name of its own for it. */
const GENERAL: Readonly<Record<ErrorName, string>> = {
  ENOENT: 'No chain/target/match by that name',
  EEXIST: 'File exists',
  EINVAL: 'Invalid argument',
  ERANGE: 'Numerical result out of range',
  E2BIG: 'Argument list too long',
  EMLINK: 'Too many links',
  ENOTEMPTY: 'Directory not empty',
  ELOOP: 'Too many levels of symbolic links',
};

/** Names of errors by command; `D#` is a deletion by number. */
const OF_COMMAND: Readonly<Record<string, Partial<Record<ErrorName, string>>>> = {
  C: { ENOENT: 'Bad rule (does a matching rule exist in that chain?)' },
  D: { ENOENT: 'Bad rule (does a matching rule exist in that chain?)' },
  'D#': { E2BIG: 'Index of deletion too big' },
  I: { E2BIG: 'Index of insertion too big' },
  N: { EEXIST: 'Chain already exists' },
  P: { ENOENT: 'Bad built-in chain name', EINVAL: 'Bad policy name' },
  R: { E2BIG: 'Index of replacement too big' },
  Z: { E2BIG: 'Index of counter too big' },
};

export interface Refusal {
  readonly status: Status;
  /** What the tool prints to standard error. */
  readonly text: string;
}

export function toolName(family: Family): string {
  return family === 4 ? 'iptables' : 'ip6tables';
}

/** Whether libiptc or the kernel finds the fault, not the tool while it reads the words. */
export function isKernelFault({ code }: Diagnostic): boolean {
  return ERRORS[code] !== undefined;
}

/** How the tool refuses a command of which something was reported; undefined when the fault is none of libiptc's or the kernel's. */
export function kernelRefusal(fault: Diagnostic, { action, jump }: Command, family: Family): Refusal | undefined {
  const error = ERRORS[fault.code];
  if (!error || !action) return undefined;
  const { letter, operands, zero } = action;
  const key = letter === 'D' && operands.length > 1 ? 'D#' : zero ? 'Z' : letter;
  // Where the rule that is looked for leads to a chain or an extension, its name was looked up last, and the command's own is lost.
  const isLookUp = fault.code === 'no-such-rule' && (jump?.kind === 'chain' || jump?.kind === 'extension');
  const text = (isLookUp ? undefined : OF_COMMAND[key]?.[error]) ?? GENERAL[error];
  const advice = error === 'EINVAL' ? " Run `dmesg' for more information." : '';
  return { status: STATUS.refused, text: `${toolName(family)}: ${text}.${advice}\n` };
}

/** How the tool refuses words that it cannot read. The sentence is ours. */
export function misuse(fault: Diagnostic, family: Family): Refusal {
  const tool = toolName(family);
  const hint = `Try \`${tool} -h' or '${tool} --help' for more information.`;
  return { status: STATUS.misused, text: `${tool} ${VERSION}: ${fault.message}\n${hint}\n` };
}

/** How the tool refuses a table that the kernel does not have. */
export function noTable(name: string, family: Family): Refusal {
  const tool = toolName(family);
  const reason = 'Table does not exist (do you need to insmod?)';
  return {
    status: STATUS.wrongVersion,
    text: `${tool} ${VERSION}: can't initialize ${tool} table \`${name}': ${reason}\nPerhaps ${tool} or your kernel needs to be upgraded.\n`,
  };
}
