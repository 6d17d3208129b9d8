// Timeout policies of connection tracking: the text of `nfct list timeout`, and what a policy is made of.

import { type TimeoutPolicy, TRACKED_PROTOCOLS, type TrackedProtocol } from '../ir/conntrack.ts';
import type { Family } from '../ir/ir.ts';
import type { Diagnostics } from '../text/diagnostic.ts';
import type { Source, Span } from '../text/source.ts';
import type { Sysctls } from './host.ts';

/** Timeout policies by name. */
export type TimeoutPolicies = ReadonlyMap<string, TimeoutPolicy>;

/**
 * Makes a policy. Timeouts that it does not say are those of the sysctls.
 *
 * Units: `given` is seconds by the name of the state, as nfct(8) has it, in small letters.
 * Ref: net/netfilter/nf_conntrack_proto_tcp.c:tcp_timeout_nlattr_to_obj()
 */
export function makePolicy(
  family: Family,
  protocol: TrackedProtocol,
  given: ReadonlyMap<string, number>,
  sysctl: Sysctls,
): TimeoutPolicy {
  const seconds = protocol.timeouts.map(({ state, name, initial }) => {
    const own = state === undefined ? undefined : given.get(state);
    return own ?? Number((name === '' ? undefined : sysctl[`net.netfilter.${name}`]) ?? initial);
  });
  return { family, protocol, seconds };
}

/** Address families by number. Ref: include/linux/socket.h AF_INET, AF_INET6 */
const FAMILIES: Readonly<Record<string, Family>> = { '2': 4, '10': 6 };

interface Draft {
  readonly name: string;
  readonly span: Span;
  readonly fields: Map<string, string>;
  readonly states: Map<string, number>;
}

const OPEN = /^\.(.+) = \{$/;
const FIELD = /^\t\.(l3proto|l4proto) = (\d+),$/;
const STATE = /^\t\t\.([A-Z0-9_]+) = (\d+),$/;
/** Lines that say nothing more: the policy within, and both ends. */
const FRAME = /^(\t\.policy = \{|\t\},|\};)?$/;

/** Reads what `nfct list timeout` prints. */
export function parseTimeoutList(source: Source | undefined, sysctl: Sysctls, diagnostics: Diagnostics): TimeoutPolicies {
  const drafts: Draft[] = [];
  for (const match of (source?.text ?? '').matchAll(/^.*$/gm)) {
    const line = match[0].trimEnd();
    const span: Span = { source: source!, start: match.index, end: match.index + line.length };
    const open = OPEN.exec(line);
    const field = FIELD.exec(line);
    const state = STATE.exec(line);
    const draft = drafts.at(-1);
    if (open) drafts.push({ name: open[1]!, span, fields: new Map(), states: new Map() });
    else if (field && draft) draft.fields.set(field[1]!, field[2]!);
    else if (state && draft) draft.states.set(state[1]!.toLowerCase(), Number(state[2]));
    else if (!FRAME.test(line)) diagnostics.error('bad-snapshot', 'expected a line as `nfct list timeout` prints it', span);
  }
  const policies = new Map<string, TimeoutPolicy>();
  for (const { name, span, fields, states } of drafts) {
    const family = FAMILIES[fields.get('l3proto') ?? ''];
    const protocol = TRACKED_PROTOCOLS.find(({ number }) => String(number) === fields.get('l4proto'));
    if (family && protocol) policies.set(name, makePolicy(family, protocol, states, sysctl));
    else
      diagnostics.error(
        'bad-snapshot',
        `expected l3proto and l4proto of timeout policy "${name}", of protocols that are known`,
        span,
      );
  }
  return policies;
}
