// What an element carries besides its key: how long it stays, counters, a comment, marks for packets.

import type { Settings } from './settings.ts';

export interface Extensions {
  /** Seconds the element stays; 0 = for good. */
  readonly timeout: number;
  readonly packets: bigint;
  readonly bytes: bigint;
  readonly comment?: string;
  readonly mark: number;
  readonly markMask: number;
  readonly priority: number;
  readonly queue: number;
}

/** What an entry says of them. */
export type GivenExtensions = Partial<Extensions>;

export const NO_EXTENSIONS: Extensions = {
  timeout: 0,
  packets: 0n,
  bytes: 0n,
  mark: 0,
  markMask: 0,
  priority: 0,
  queue: 0,
};

/** Which extensions the elements of a set have. */
export type ExtensionSettings = Pick<Settings, 'timeout' | 'counters' | 'comment' | 'skbinfo'>;

/**
 * The extensions of an element that is added. Where the entry does not give counters, what stands in the place remains: there the
 * kernel forgets to clear what an element had that was deleted from it. Ref: include/linux/netfilter/ipset/ip_set.h:ip_set_init_counter()
 */
export function extensionsOf(settings: ExtensionSettings, given: GivenExtensions, before: Extensions | undefined): Extensions {
  const { timeout, counters, comment, skbinfo } = settings;
  if (timeout === undefined && !counters && !comment && !skbinfo) return NO_EXTENSIONS;
  return {
    timeout: given.timeout ?? timeout ?? 0,
    packets: counters ? (given.packets ?? before?.packets ?? 0n) : 0n,
    bytes: counters ? (given.bytes ?? before?.bytes ?? 0n) : 0n,
    ...(comment && given.comment ? { comment: given.comment } : {}),
    mark: given.mark ?? 0,
    markMask: given.markMask ?? 0,
    priority: given.priority ?? 0,
    queue: given.queue ?? 0,
  };
}
