// -j AUDIT: tells the audit subsystem about the packet. Neither the packet nor its way changes.

import type { TargetExtension } from '../ruleset/extension.ts';

interface AuditOptions {
  type?: AuditType;
}

const TYPES = ['accept', 'drop', 'reject'] as const;
type AuditType = (typeof TYPES)[number];

/** Ref: net/netfilter/xt_AUDIT.c:audit_tg() */
export const audit: TargetExtension<AuditOptions> = {
  kind: 'target',
  name: 'AUDIT',
  families: [4, 6],
  options: [
    {
      name: 'type',
      argument: 'required',
      mandatory: true,
      set(options, [argument], { diagnostics }) {
        const { text, span } = argument!;
        const type = TYPES.find((name) => name === text.toLowerCase());
        if (type) options.type = type;
        else diagnostics.error('unknown-audit-type', `"${text}" is not one of ${TYPES.join(', ')}`, span);
      },
    },
  ],
  create: () => ({}),
  save: ({ type }) => (type ? ['--type', type] : []),
  print: ({ type }) => ` AUDIT ${type}`,
  lower: () => ({ kind: 'continue' }),
};
