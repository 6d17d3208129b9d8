// What is taken for granted when no host is given.

import { KERNEL_DEFAULTS } from '../ir/kernel.ts';
import { DEFAULT_RULES, type Host, type HostInterface, LOOPBACK, loopbackInterface } from './host.ts';

const MTU = 1500;

/** Gives a host with the interfaces of a capture that takes all that it receives. */
export function assumedHost(interfaceNames: readonly string[]): Host {
  const names = [...new Set(interfaceNames)].filter((name) => name !== '' && name !== LOOPBACK);
  const named = (name: string): HostInterface => ({
    name,
    up: true,
    loopback: false,
    arp: true,
    mtu: MTU,
    addresses: [],
    groups: [],
  });
  return {
    interfaces: [loopbackInterface(), ...names.map(named)],
    routes: [],
    rules: DEFAULT_RULES,
    sysctl: Object.create(null),
    kernel: KERNEL_DEFAULTS,
    clockNs: 0n,
    hasCustomLocalRoutes: false,
    assumed: true,
    assumptions: [
      'No host was given (--host): every received packet is taken to be for this host (INPUT), none is forwarded.',
      'Packets that the capture marks as sent go out by the interface they were captured on (OUTPUT, POSTROUTING).',
    ],
  };
}
