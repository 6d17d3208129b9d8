// -m realm: the realm of the route that the packet takes.

import { TEST_REALM } from '../../assembly/abi/opcode.ts';
import type { MatchExtension } from '../ruleset/extension.ts';
import { spaced } from './listing.ts';
import { formatNamedMask, type NamedZero, readNamedMask, type ValueMask } from './named-mask.ts';
import { askedOption, saveAsked } from './specs.ts';
import type { Asked } from './values.ts';

interface RealmOptions {
  realm?: Asked<ValueMask>;
}

/** Ref: iproute2 /etc/iproute2/rt_realms */
const REALM: NamedZero = { what: 'realm', name: 'cosmos' };

/** Ref: net/netfilter/xt_realm.c:realm_mt() */
export const realm: MatchExtension<RealmOptions> = {
  kind: 'match',
  name: 'realm',
  families: [4],
  hooks: ['INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  options: [askedOption('realm', 'realm', (argument, context) => readNamedMask(argument, context, REALM), { mandatory: true })],
  create: () => ({}),
  save: ({ realm }) => saveAsked('--realm', realm, (value) => formatNamedMask(value, REALM)),
  print: ({ realm }, { numeric }) =>
    spaced(saveAsked('realm', realm, (value) => formatNamedMask(value, numeric ? undefined : REALM))),
  lower({ realm }, { assume }) {
    assume.noteRoutes();
    const { mask, value } = realm!.value;
    return [{ kind: 'ask', opcode: TEST_REALM, operands: [mask, value], negate: realm!.invert, effect: false }];
  },
};
