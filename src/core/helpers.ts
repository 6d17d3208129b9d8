// The settings of connection tracking helpers, and the buckets of expectations: their part of the conntrack region.

import {
  EXPECT_BUCKETS,
  HELPER_CLASSES,
  HELPER_FAMILIES,
  HELPER_PARAMETERS,
  HELPER_PARAMETERS_MAX,
  HELPER_PORT,
  HELPER_PROTOCOLS,
  HELPER_SETTINGS_BYTES,
  HELPER_TAKES_IPV4,
  HELPER_TAKES_IPV6,
  HELPER_TAKES_TCP,
  HELPER_TAKES_UDP,
  HELPERS_MAX,
  POLICY_BYTES,
  POLICY_MAX,
  POLICY_TIMEOUT,
} from '../../assembly/abi/expect.ts';

/** What a helper may expect, and what its module was told. */
export interface HelperSettings {
  /** By class: how many expectations a connection may have at a time (0 = any number), and for how many seconds each. */
  readonly policies: readonly { readonly max: number; readonly seconds: number }[];
  /** In the order that PARAMETER_* of abi/expect.ts has them. */
  readonly parameters: readonly number[];
  /** The server's port by which it is given to connections (0 = it is not), and of which families and protocols they may be. */
  readonly port: number;
  readonly families: readonly (4 | 6)[];
  readonly protocols: readonly number[];
}

const TCP = 6;

/** Bytes of the settings of all helpers. */
export const HELPERS_BYTES = HELPERS_MAX * HELPER_SETTINGS_BYTES;
/** Bytes of one shard's buckets of expectations. */
export const EXPECT_BUCKETS_BYTES = EXPECT_BUCKETS * 4;

/** Writes the settings of helpers, by their place. */
export function writeHelpers(view: DataView, at: number, helpers: readonly HelperSettings[]): void {
  if (helpers.length > HELPERS_MAX) throw new RangeError(`there is room for ${HELPERS_MAX} helpers`);
  for (const [place, { policies, parameters, port, families, protocols }] of helpers.entries()) {
    const base = at + place * HELPER_SETTINGS_BYTES;
    if (policies.length > HELPER_CLASSES || parameters.length > HELPER_PARAMETERS_MAX) {
      throw new RangeError(`helper ${place} has more classes or parameters than there is room for`);
    }
    for (const [index, { max, seconds }] of policies.entries()) {
      view.setUint32(base + index * POLICY_BYTES + POLICY_MAX, max, true);
      view.setBigUint64(base + index * POLICY_BYTES + POLICY_TIMEOUT, BigInt(seconds) * 1_000_000_000n, true);
    }
    const takes4 = families.includes(4) ? HELPER_TAKES_IPV4 : 0;
    const takes = protocols.map((protocol) => (protocol === TCP ? HELPER_TAKES_TCP : HELPER_TAKES_UDP));
    view.setUint16(base + HELPER_PORT, port, true);
    view.setUint8(base + HELPER_FAMILIES, takes4 | (families.includes(6) ? HELPER_TAKES_IPV6 : 0));
    view.setUint8(
      base + HELPER_PROTOCOLS,
      takes.reduce((bits, bit) => bits | bit, 0),
    );
    for (const [index, value] of parameters.entries()) view.setUint32(base + HELPER_PARAMETERS + index * 4, value, true);
  }
}
