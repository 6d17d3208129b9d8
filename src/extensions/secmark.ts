// -j SECMARK: sets the security mark of the packet to what a security context stands for.

import { ACTION_SECMARK } from '../../assembly/abi/opcode.ts';
import type { TargetExtension } from '../ruleset/extension.ts';
import { saveValue, textOption } from './specs.ts';

interface SecmarkOptions {
  context?: string;
}

/** Bytes of a context, less the final NUL. Ref: include/uapi/linux/netfilter/xt_SECMARK.h SECMARK_SECCTX_MAX */
const CONTEXT_BYTES = 255;

/** Whether there is such a context depends on the machine's policy. Ref: net/netfilter/xt_SECMARK.c:secmark_tg_check() */
export const secmark: TargetExtension<SecmarkOptions> = {
  kind: 'target',
  name: 'SECMARK',
  families: [4, 6],
  tables: ['mangle', 'security'],
  options: [textOption('selctx', 'context', { bytes: CONTEXT_BYTES, bare: true, mandatory: true })],
  create: () => ({}),
  save: ({ context }) => saveValue('--selctx', context),
  print: ({ context }) => ` SECMARK selctx ${context}`,
  lower({ context: name = '' }, context) {
    const text = new TextEncoder().encode(`${name}\0`);
    const state = context.state({ bytes: text.length, initial: text, key: `security context ${name}`, spansFlows: false });
    return { kind: 'effect', opcode: ACTION_SECMARK, operands: [state], name: 'SECMARK', changes: [] };
  },
};
