// Random settings of connection tracking, as lines of a host file.

import type { Random } from '../random.ts';

/** So long do short timeouts last, and so long do packets wait for them. */
const SHORT_SECONDS = 2;
export const WAIT_SECONDS = 3;

const NUMBERS: readonly (readonly [string, readonly number[]])[] = [
  ['nf_conntrack_acct', [0, 1]],
  ['nf_conntrack_checksum', [0, 1]],
  ['nf_conntrack_tcp_be_liberal', [0, 1]],
  ['nf_conntrack_tcp_loose', [0, 1]],
  ['nf_conntrack_tcp_max_retrans', [0, 1, 2, 5, 255]],
  ['nf_conntrack_tcp_ignore_invalid_rst', [0, 1]],
];

const TIMEOUTS = [
  ...[
    'syn_sent',
    'syn_recv',
    'established',
    'fin_wait',
    'close_wait',
    'last_ack',
    'time_wait',
    'close',
    'max_retrans',
    'unacknowledged',
  ].map((state) => `tcp_timeout_${state}`),
  ...[
    'closed',
    'cookie_wait',
    'cookie_echoed',
    'established',
    'shutdown_sent',
    'shutdown_recd',
    'shutdown_ack_sent',
    'heartbeat_sent',
  ].map((state) => `sctp_timeout_${state}`),
  ...[
    'udp_timeout',
    'udp_timeout_stream',
    'icmp_timeout',
    'icmpv6_timeout',
    'gre_timeout',
    'gre_timeout_stream',
    'generic_timeout',
  ],
];

export interface Settings {
  /** Lines of `sysctl:`. */
  readonly lines: readonly string[];
  /** Some timeouts are short enough to run out while a packet waits. */
  readonly waits: boolean;
}

export function drawSettings(random: Random): Settings {
  const lines: string[] = [];
  const set = (name: string, value: number) => lines.push(`net.netfilter.${name}: ${value}`);
  const waits = random.chance(0.06);
  if (random.chance(0.6)) for (const [name, values] of random.some(NUMBERS)) set(name, random.pick(values));
  const some = waits ? random.some(TIMEOUTS) : random.chance(0.4) ? random.some(TIMEOUTS, 8) : [];
  for (const name of some)
    set(`nf_conntrack_${name}`, waits && random.chance(0.7) ? SHORT_SECONDS : random.pick([20, 77, 500, 1000]));
  return { lines, waits };
}
