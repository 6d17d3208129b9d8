// -m state: the state of the packet's connection.

import type { MatchExtension } from '../ruleset/extension.ts';
import { STATES, stateTests } from './ctstate.ts';
import { spaced } from './listing.ts';
import { type Asked, namesOf, option, readNames } from './values.ts';

interface StateOptions {
  state?: Asked<number>;
}

/** Ref: net/netfilter/xt_conntrack.c:conntrack_mt() (iptables turns `state` into revision 3 of `conntrack`) */
export const state: MatchExtension<StateOptions> = {
  kind: 'match',
  name: 'state',
  families: [4, 6],
  usesConntrack: true,
  options: [
    {
      name: 'state',
      argument: 'required',
      invertible: true,
      mandatory: true,
      set(options, [argument], context) {
        const value = readNames(argument!, context, 'state', STATES);
        if (value !== undefined) options.state = { value, invert: context.invert };
      },
    },
  ],
  create: () => ({}),
  save: ({ state }) => (state ? option('--state', namesOf(state.value, STATES), state.invert) : []),
  print: ({ state }) => (state ? spaced(option('state', namesOf(state.value, STATES), state.invert)) : ''),
  lower: ({ state }) => (state ? stateTests(state) : []),
};
