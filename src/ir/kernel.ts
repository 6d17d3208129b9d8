// What rules depend on of the kernel that runs them: settings that are neither rules nor sysctls.

import type { TimeoutPolicy } from './conntrack.ts';

export interface KernelSettings {
  /** Minutes that its own time zone is west of UTC. Ref: kernel/time/time.c sys_tz */
  readonly minutesWest: number;
  /** Parameters of the module xt_recent: most addresses in a list, and packets remembered of each (0 = as the rules need). */
  readonly recent: { readonly ip_list_tot: number; readonly ip_pkt_list_tot: number };
  /** Timeout policies of connection tracking, by name. */
  readonly timeouts: ReadonlyMap<string, TimeoutPolicy>;
  /** Numbers of labels of connections, by name. */
  readonly labels: ReadonlyMap<string, number>;
  /** Parameters that modules of connection tracking helpers were given, by module and name; all others are as src/net/helper.ts has them. */
  readonly helpers: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

export const KERNEL_DEFAULTS: KernelSettings = {
  minutesWest: 0,
  recent: { ip_list_tot: 100, ip_pkt_list_tot: 0 },
  timeouts: new Map(),
  labels: new Map(),
  helpers: {},
};
