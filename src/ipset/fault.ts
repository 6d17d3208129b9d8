// What is wrong with an ipset command: in ipset's own words, and where.

import type { Diagnostics } from '../text/diagnostic.ts';
import type { Span } from '../text/source.ts';

/** A word of a command: its text without quotes, and its place with them. */
export interface Word {
  readonly text: string;
  readonly span: Span;
}

export interface Fault {
  /** Stable kebab-case name of the kind of fault. */
  readonly code: string;
  /** What `ipset` prints behind its name and version. */
  readonly text: string;
  readonly span?: Span;
  /** For people: ` (did you mean "x"?)` and the like. */
  readonly hint: string;
  /** The command line itself is wrong: ipset refers to its help, and exits with 2 instead of 1. */
  readonly isUsage: boolean;
}

/** What the kernel refuses, as ipset says it. Ref: ipset 7.17, lib/errcode.c */
export const REFUSALS = {
  'unknown-set': 'The set with the given name does not exist',
  'set-exists': 'Set cannot be created: set with the same name already exists',
  'set-in-use': 'Set cannot be destroyed: it is in use by a kernel component',
  'set-in-use-rename': 'Set cannot be renamed: it is in use by another system',
  'set-exists-rename': 'Set cannot be renamed: a set with the new name already exists',
  'unknown-second-set': 'Sets cannot be swapped: the second set does not exist',
  'type-mismatch': 'The sets cannot be swapped: their type does not match',
  'bad-family': 'Protocol family not supported by the set type',
  'bad-netmask': 'The value of the netmask parameter is invalid',
  'bad-markmask': 'The value of the markmask parameter is invalid',
  'bad-prefix': 'The value of the CIDR parameter of the IP address is invalid',
  'no-timeout': 'Timeout cannot be used: set was created without timeout support',
  'no-counters': 'Packet/byte counters cannot be used: set was created without counter support',
  'no-comment': 'Comment cannot be used: set was created without comment support',
  'no-skbinfo': 'Skbinfo mapping cannot be used: set was created without skbinfo support',
  'element-exists': "Element cannot be added to the set: it's already added",
  'no-such-element': "Element cannot be deleted from the set: it's not added",
  'out-of-range': 'Element is out of the range of the set',
  'range-too-large': 'The range you specified exceeds the size limit of the set type',
  'set-full': 'Hash is full, cannot add more elements',
  'null-element': 'Null-valued element, cannot be stored in a hash type of set',
  'bad-protocol': 'Invalid protocol specified',
  'whole-space': 'Invalid range, covers the whole address space',
  'unknown-member': 'Set to be added/deleted/tested as element does not exist.',
  'set-loop': 'Sets with list:set type cannot be added to the set.',
  'unknown-reference': "The set to which you referred with 'before' or 'after' does not exist.",
  'reference-not-member': "The set to which you referred with 'before' or 'after' is not added to the set.",
  'no-memory': 'Kernel error received: Cannot allocate memory',
  'bad-argument': 'Kernel error received: Invalid argument',
} as const;
export type Refusal = keyof typeof REFUSALS;

/** Takes the first fault of a command, and the warnings. */
export class Faults {
  fault: Fault | undefined;
  readonly warnings: string[] = [];

  fail(code: string, text: string, span?: Span, hint = ''): undefined {
    this.fault ??= { code, text, hint, isUsage: false, ...(span ? { span } : {}) };
    return undefined;
  }

  /** As `fail`, for what is wrong with the form of the command. */
  misuse(code: string, text: string, span?: Span, hint = ''): undefined {
    this.fault ??= { code, text, hint, isUsage: true, ...(span ? { span } : {}) };
    return undefined;
  }

  refuse(refusal: Refusal, span?: Span): undefined {
    return this.fail(refusal, REFUSALS[refusal], span);
  }

  /** A fault of the syntax of a word. */
  syntax(code: string, text: string, span?: Span, hint = ''): undefined {
    return this.fail(code, `Syntax error: ${text}`, span, hint);
  }
}

/** Reports a fault for people: ipset's sentence without the words of which its output is full. */
export function reportFault({ code, text, span, hint }: Fault, diagnostics: Diagnostics, fallback: Span): void {
  const sentence = text.replace(/^(Syntax error|Kernel error received): /, '').replace(/\.$/, '');
  const message = /^[A-Z][a-z]/.test(sentence) ? sentence[0]!.toLowerCase() + sentence.slice(1) : sentence;
  diagnostics.error(code, message + hint, span ?? fallback);
}
