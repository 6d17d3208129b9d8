// Connection states as `-m conntrack --ctstate` and `-m state --state` name them.

import {
  CTSTATE_DNAT,
  CTSTATE_ESTABLISHED,
  CTSTATE_INVALID,
  CTSTATE_NEW,
  CTSTATE_RELATED,
  CTSTATE_SNAT,
  CTSTATE_UNTRACKED,
} from '../../assembly/abi/packet.ts';
import type { Test } from '../ir/ir.ts';
import { type Asked, masked } from './values.ts';

/** In the order iptables prints them. */
export const STATES: readonly (readonly [string, number])[] = [
  ['INVALID', CTSTATE_INVALID],
  ['NEW', CTSTATE_NEW],
  ['RELATED', CTSTATE_RELATED],
  ['ESTABLISHED', CTSTATE_ESTABLISHED],
  ['UNTRACKED', CTSTATE_UNTRACKED],
];

/** What `--ctstate` takes besides. */
export const CTSTATES: readonly (readonly [string, number])[] = [...STATES, ['SNAT', CTSTATE_SNAT], ['DNAT', CTSTATE_DNAT]];

/** One of the states holds. */
export function stateTests({ value, invert }: Asked<number>): Test[] {
  return masked('ctstate', value, 0, !invert);
}
