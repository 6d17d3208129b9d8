// The addresses that translation gives: MASQUERADE takes one of the device that a packet leaves by, REDIRECT one of that it came in by.

import {
  OWN_ADDRESS,
  OWN_BYTES,
  OWN_FLAG_SOURCE,
  OWN_FLAGS,
  OWN_INTERFACE,
  OWN_LENGTH,
  OWN_NETWORK,
} from '../../assembly/abi/host.ts';
import type { Family } from '../ir/ir.ts';
import { addressWords } from '../net/address.ts';
import { type Host, type InterfaceAddress, network, sameBytes } from './host.ts';

interface OwnAddress {
  readonly device: string;
  readonly entry: InterfaceAddress;
  readonly isSource: boolean;
}

/** How far an IPv4 address is known, as rtnetlink numbers it: everywhere, or on this host. */
const SCOPE_UNIVERSE = 0;
const SCOPE_HOST = 254;

function scopeOf({ address }: InterfaceAddress): number {
  return address[0] === 127 ? SCOPE_HOST : SCOPE_UNIVERSE;
}

/** The network of an address, which is that of the other end where there is one. */
function networkOf({ address, peer, prefixLength }: InterfaceAddress): Uint8Array {
  return network(peer ?? address, prefixLength);
}

/** An address is secondary to one before it of the same network. Ref: net/ipv4/devinet.c:__inet_insert_ifa() */
function isSecondary(entry: InterfaceAddress, before: readonly InterfaceAddress[]): boolean {
  return before.some(
    (other) =>
      other.prefixLength === entry.prefixLength && sameBytes(network(entry.address, entry.prefixLength), networkOf(other)),
  );
}

/** The IPv4 addresses of a device as the kernel lists them: by scope, the nearest first, then secondary ones. Ref: net/ipv4/devinet.c:__inet_insert_ifa() */
function listed4(device: string, added: readonly InterfaceAddress[]): OwnAddress[] {
  const secondary = added.map((entry, i) => isSecondary(entry, added.slice(0, i)));
  const primary = added.filter((_, i) => !secondary[i]).sort((a, b) => scopeOf(b) - scopeOf(a));
  return [
    ...primary.map((entry) => ({ device, entry, isSource: scopeOf(entry) === SCOPE_UNIVERSE })),
    ...added.filter((_, i) => secondary[i]).map((entry) => ({ device, entry, isSource: false })),
  ];
}

/** The addresses of a family, by device, each device's as the kernel lists them. */
export function ownAddresses(host: Host, family: Family): OwnAddress[] {
  return host.interfaces.flatMap(({ name, addresses }) => {
    const added = addresses.filter((entry) => entry.family === family);
    return family === 4 ? listed4(name, added) : added.map((entry) => ({ device: name, entry, isSource: false }));
  });
}

/** Writes them to the section whose offset stands at `offsetAt`. */
export function writeOwnAddresses(
  view: DataView,
  offsetAt: number,
  list: readonly OwnAddress[],
  numbers: ReadonlyMap<string, number>,
): void {
  let at = view.getUint32(offsetAt, true);
  for (const { device, entry, isSource } of list) {
    view.setUint32(at + OWN_INTERFACE, numbers.get(device) ?? 0, true);
    view.setUint32(at + OWN_FLAGS, isSource ? OWN_FLAG_SOURCE : 0, true);
    view.setUint32(at + OWN_LENGTH, entry.prefixLength, true);
    for (const [i, word] of addressWords(entry.address).entries()) view.setUint32(at + OWN_ADDRESS + i * 4, word, true);
    for (const [i, word] of addressWords(networkOf(entry)).entries()) view.setUint32(at + OWN_NETWORK + i * 4, word, true);
    at += OWN_BYTES;
  }
}
