// The key `timeout_policies` of a host file.
//
//   timeout_policies:
//     short: { l3proto: inet, l4proto: tcp, established: 100, close: 10 }      what `nfct add timeout short inet tcp established 100 close 10` makes

import { isMap, isScalar, type Node, type YAMLMap } from 'yaml';
import { type TimeoutPolicy, TRACKED_PROTOCOLS, type TrackedProtocol } from '../ir/conntrack.ts';
import type { Family } from '../ir/ir.ts';
import { parseUnsigned } from '../net/number.ts';
import { didYouMean } from '../text/suggest.ts';
import type { Sysctls } from './host.ts';
import { makePolicy, type TimeoutPolicies } from './timeout-policy.ts';
import { type Entry, entriesOf, isNothing, type Reading, spanOf } from './yaml-node.ts';

const FAMILIES: Readonly<Record<string, Family>> = { inet: 4, ipv4: 4, inet6: 6, ipv6: 6 };
/** Less the final NUL. Ref: include/net/netfilter/nf_conntrack_timeout.h CTNL_TIMEOUT_NAME_MAX */
const NAME_BYTES = 31;
const SECONDS_MAX = 0xffff_ffff;

/** Reads timeout policies. */
export function readTimeoutPolicies(node: Node | null, sysctl: Sysctls, reading: Reading): TimeoutPolicies {
  if (isNothing(node)) return new Map();
  if (!isMap(node)) {
    const message = 'timeout_policies is a mapping from names to what the policies say';
    reading.diagnostics.error('bad-host', message, spanOf(node, reading));
    return new Map();
  }
  const policies = new Map<string, TimeoutPolicy>();
  for (const entry of entriesOf(node, undefined, 'timeout_policies', reading)) {
    const bytes = new TextEncoder().encode(entry.key).length;
    if (bytes === 0 || bytes > NAME_BYTES) {
      reading.diagnostics.error('bad-name', `the name of a timeout policy has 1 to ${NAME_BYTES} bytes`, entry.keySpan);
    }
    const policy = readPolicy(entry, sysctl, reading);
    if (policy) policies.set(entry.key, policy);
  }
  return policies;
}

function readPolicy({ value, keySpan }: Entry, sysctl: Sysctls, reading: Reading): TimeoutPolicy | undefined {
  if (!isMap(value)) {
    const message = 'a timeout policy is a mapping with l3proto, l4proto and timeouts of that protocol';
    reading.diagnostics.error('bad-host', message, isNothing(value) ? keySpan : spanOf(value, reading));
    return undefined;
  }
  const family = readWord(value, 'l3proto', FAMILIES, keySpan, reading);
  const protocols = Object.fromEntries(TRACKED_PROTOCOLS.map((protocol) => [protocol.name, protocol]));
  const protocol = readWord(value, 'l4proto', protocols, keySpan, reading);
  if (!protocol) return undefined;
  const seconds = readSeconds(value, protocol, reading);
  if (seconds.size === 0) {
    reading.diagnostics.error('bad-host', 'a timeout policy says at least one timeout', keySpan);
  }
  return family && makePolicy(family, protocol, seconds, sysctl);
}

/** The value of a key that must be there, which is one of some words. */
function readWord<T>(
  map: YAMLMap,
  key: string,
  words: Readonly<Record<string, T>>,
  mapSpan: Entry['keySpan'],
  reading: Reading,
): T | undefined {
  const node = reading.resolve(map.get(key, true));
  const text = isScalar(node) ? String(node.value) : '';
  if (Object.hasOwn(words, text)) return words[text];
  const names = Object.keys(words);
  const message =
    text === 'dccp'
      ? 'the kernel has no tracker for dccp, and takes no policy for it: its connections are generic'
      : `"${key}" is one of ${names.join(', ')}${didYouMean(text, names)}`;
  reading.diagnostics.error('bad-host', message, isNothing(node) ? mapSpan : spanOf(node, reading));
  return undefined;
}

function readSeconds(map: YAMLMap, { name, timeouts }: TrackedProtocol, reading: Reading): Map<string, number> {
  const states = timeouts.flatMap(({ state }) => state ?? []);
  const seconds = new Map<string, number>();
  for (const { key, value } of entriesOf(map, ['l3proto', 'l4proto', ...states], `a timeout policy of ${name}`, reading)) {
    if (key === 'l3proto' || key === 'l4proto') continue;
    const number = isScalar(value) ? parseUnsigned(String(value.source ?? value.value), SECONDS_MAX) : undefined;
    if (number !== undefined) seconds.set(key, number);
    else
      reading.diagnostics.error('bad-host', `"${key}" is a number of seconds from 0 to ${SECONDS_MAX}`, spanOf(value, reading));
  }
  return seconds;
}
