// What values packets have, where that is far from even: most packets belong to established connections, and most are TCP or
// UDP. It only steers which cuts are made; any table is right for any packet.

import {
  CTSTATE_DNAT,
  CTSTATE_ESTABLISHED,
  CTSTATE_INVALID,
  CTSTATE_NEW,
  CTSTATE_RELATED,
  CTSTATE_SNAT,
  CTSTATE_UNTRACKED,
  PKTTYPE_BROADCAST,
  PKTTYPE_HOST,
  PKTTYPE_LOOPBACK,
  PKTTYPE_MULTICAST,
  PKTTYPE_OTHERHOST,
  PKTTYPE_OUTGOING,
} from '../../assembly/abi/packet.ts';
import type { Field } from '../ir/ir.ts';
import { FIELDS } from './fields.ts';

type Weighted = readonly (readonly [value: number, weight: number])[];

const STATES: Weighted = [
  [0, 0.5],
  [CTSTATE_ESTABLISHED, 12],
  [CTSTATE_NEW, 4],
  [CTSTATE_RELATED, 1],
  [CTSTATE_INVALID, 1],
  [CTSTATE_UNTRACKED, 0.5],
];
const NATS: Weighted = [
  [0, 1],
  [CTSTATE_SNAT, 0.1],
  [CTSTATE_DNAT, 0.1],
  [CTSTATE_SNAT | CTSTATE_DNAT, 0.02],
];
const PROTOCOLS: ReadonlyMap<number, number> = new Map([
  [1, 4],
  [6, 60],
  [17, 30],
  [58, 4],
]);
/** Together as many as those above: what no rule is for comes with any of them, and is to be through soon. */
const OTHER_PROTOCOL = 0.4;

const FIELD_PRIOR: Partial<Record<Field, Weighted>> = {
  ctstate: STATES.flatMap(([state, weight]) => NATS.map(([nat, share]) => [state | nat, weight * share] as const)),
  proto: Array.from({ length: 256 }, (_, proto) => [proto, PROTOCOLS.get(proto) ?? OTHER_PROTOCOL] as const),
  pkttype: [
    [PKTTYPE_HOST, 20],
    [PKTTYPE_BROADCAST, 2],
    [PKTTYPE_MULTICAST, 2],
    [PKTTYPE_OTHERHOST, 1],
    [PKTTYPE_OUTGOING, 1],
    [PKTTYPE_LOOPBACK, 1],
  ],
};

/** Weighted values by field number; absent where any value is as likely as another. */
const PRIORS: readonly (Weighted | undefined)[] = FIELDS.map((field) => FIELD_PRIOR[field]);

/** Shares worked out before: the same few windows are asked about again and again. Emptied when full. */
const known = new Map<number, Float64Array>();
const KNOWN_MAX = 4096;

/** How packets fall on the children of a window of a field of which some bits are known; undefined = evenly. */
export function childMass(field: number, mask: number, value: number, shift: number, bits: number): Float64Array | undefined {
  const prior = PRIORS[field];
  if (!prior) return undefined;
  // The fields that have one are at most 16 bits wide.
  const key = (((field * 32 + shift) * 16 + bits) * 65536 + (mask & 0xffff)) * 65536 + (value & 0xffff);
  let mass = known.get(key);
  if (!mass) {
    mass = massOfPrior(prior, mask, value, shift, bits);
    if (known.size >= KNOWN_MAX) known.clear();
    known.set(key, mass);
  }
  return mass;
}

function massOfPrior(prior: Weighted, mask: number, value: number, shift: number, bits: number): Float64Array {
  const children = new Float64Array(1 << bits);
  let total = 0;
  for (const [x, weight] of prior) {
    if (((x ^ value) & mask) !== 0) continue;
    children[(x >>> shift) & (children.length - 1)]! += weight;
    total += weight;
  }
  // No value fits: no packet comes here, and any share will do.
  return total === 0 ? children.fill(2 ** -bits) : children.map((weight) => weight / total);
}

/** For fields with weighted values as many values as this, each as often as its weight says. */
const DRAWN_VALUES = 1024;
const DRAWN: readonly (Uint16Array | undefined)[] = PRIORS.map((prior) => prior && drawnValues(prior));

function drawnValues(prior: Weighted): Uint16Array {
  const total = prior.reduce((sum, [, weight]) => sum + weight, 0);
  const values = new Uint16Array(DRAWN_VALUES).fill(prior[0]![0]);
  let end = 0;
  for (const [value, weight] of prior) {
    const from = Math.round(end);
    end += (weight / total) * DRAWN_VALUES;
    values.fill(value, from, Math.round(end));
  }
  return values;
}

/** A value of a field for a number drawn from all 32-bit numbers; undefined where any value will do. */
export function priorValue(field: number, drawn: number): number | undefined {
  return DRAWN[field]?.[drawn % DRAWN_VALUES];
}
